package ollama_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"rehearse/server/interview"
	"rehearse/server/ollama"
	"rehearse/server/ollama/ollamatest"
)

func spans(texts ...string) []interview.CheckSpan {
	var out []interview.CheckSpan
	at := 0
	for _, s := range texts {
		out = append(out, interview.CheckSpan{Start: at, End: at + len(s), Text: s})
		at += len(s) + 1
	}
	return out
}

// The sentence with the highest odds is the verdict, the confidence and the evidence; nothing is asked twice.
func TestWeigher(t *testing.T) {
	t.Parallel()
	s := ollamatest.New(t)
	s.Odds(func(task string) float64 {
		switch {
		case strings.Contains(task, "moved my launch"):
			return 0.97
		case strings.Contains(task, "perhaps"):
			return 0.27 // just at the middle
		}
		return 0.02
	})
	c, m := newClient(t, s, bound)
	k, err := ollama.NewWeigher(c, m, promptSet(t), ollama.DefaultWeights())
	if err != nil {
		t.Fatal(err)
	}
	check := interview.Check{Criterion: "B5", Points: []interview.CheckPoint{
		{ID: "cost", Text: "It cost the candidate something", Where: spans("I called them.", "I moved my launch by a month.")},
		{ID: "unclear", Text: "Somebody opposed it", Where: spans("It was perhaps not what she wanted.")},
		{ID: "not", Text: "Others took it over", Where: spans("I called them.")},
		{ID: "nowhere", Text: "It runs every night"},
	}}
	for range 2 {
		got, err := k.Check(t.Context(), check)
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]string{"cost": interview.VerdictYes, "unclear": interview.VerdictUnclear, "not": interview.VerdictNo, "nowhere": interview.VerdictNo}
		for _, r := range got {
			if r.Verdict != want[r.ID] {
				t.Errorf("%s is %s (share %.2f), want %s", r.ID, r.Verdict, *r.Share, want[r.ID])
			}
		}
		if at := got[0].At; at == nil || at.Text != "I moved my launch by a month." || got[0].Confidence < 0.9 {
			t.Errorf("the evidence is %+v, confidence %.2f", at, got[0].Confidence)
		}
	}
	if n := len(s.Chats()); n != 4 || k.Calls() != 4 {
		t.Errorf("%d requests, %d calls, want 4: nothing is asked twice", n, k.Calls())
	}
	for _, r := range s.Chats() {
		if !r.Logprobs || r.TopLogprobs != 20 || len(r.Messages) != 2 {
			t.Errorf("the request is %+v", r)
		}
	}
	if l, err := k.Odds(t.Context(), "x", "I moved my launch by a month."); err != nil || math.Abs(l-math.Log(0.97/0.03)) > 0.01 {
		t.Errorf("the odds are %.3f, %v", l, err)
	}
}

// A server without log-probabilities is told apart from a failure.
func TestNoOdds(t *testing.T) {
	t.Parallel()
	s := ollamatest.New(t)
	c, m := newClient(t, s, bound)
	k, err := ollama.NewWeigher(c, m, promptSet(t), ollama.Weights{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.Odds(t.Context(), "x", "y"); !errors.Is(err, interview.ErrNoOdds) {
		t.Errorf("without log-probabilities: %v", err)
	}
	s.Set(ollamatest.Reset)
	if _, err := k.Odds(t.Context(), "x", "y"); err == nil || errors.Is(err, interview.ErrNoOdds) {
		t.Errorf("a connection that broke: %v", err)
	}
}
