package ollama_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"rehearse/server/interview"
	"rehearse/server/ollama"
	"rehearse/server/ollama/ollamatest"
)

// The protocol of a real server, with a generated model that says noise in milliseconds: what is promised of calls holds
// there and not only with the scripted endpoint.
func TestRealProtocol(t *testing.T) {
	if os.Getenv("REHEARSE_E2E_MODEL") == "" {
		t.Skip("a real server is only used by make e2e-model")
	}
	r, why := ollamatest.StartReal(t)
	if r == nil {
		t.Fatal(why)
	}
	r.Tiny(true)
	c := ollama.New([]string{r.URL}, nil)
	m, err := c.Detect(t.Context(), ollamatest.TinyName)
	if err != nil {
		t.Fatal(err)
	}
	v := ollama.NewVoice(c, m, promptSet(t))
	if err := v.Preload(t.Context()); err != nil {
		t.Fatal(err)
	}
	b := exchangeOf()
	b.Exchange = append(b.Exchange, interview.Line{Candidate: true, Text: typed(3)})
	b.Question, b.Anchors = "What did it cost you?", []string{"I moved the key"}
	t.Run("speaks", func(t *testing.T) {
		if _, err := v.Speak(t.Context(), b); err != nil && !strings.Contains(err.Error(), "said") {
			t.Error(err) // noise may be nothing at all, or the same over and over
		}
	})
	t.Run("odds", func(t *testing.T) {
		k, err := ollama.NewWeigher(c, m, promptSet(t), ollama.DefaultWeights())
		if err != nil {
			t.Fatal(err)
		}
		// Half a character is kept back by the server, and its odds with it.
		if _, err := k.Odds(t.Context(), "The key was moved", "I moved the key."); err != nil && !errors.Is(err, interview.ErrNoOdds) {
			t.Error(err)
		}
	})
	t.Run("stopped", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Millisecond)
		defer cancel()
		if _, err := v.Speak(ctx, b); err == nil || !errors.Is(err, context.DeadlineExceeded) {
			t.Logf("a call that was stopped after 5 ms: %v", err) // it may have been quicker
		}
		if _, err := v.Speak(t.Context(), b); err != nil && !strings.Contains(err.Error(), "said") {
			t.Errorf("after a stopped call: %v", err)
		}
	})
	t.Run("too long", func(t *testing.T) {
		long := b
		long.Exchange = []interview.Line{{Text: "What happened?"}, {Candidate: true, Text: strings.Repeat("é", 12_000)}}
		if _, err := v.Speak(t.Context(), long); err != nil && !strings.Contains(err.Error(), "said") {
			t.Errorf("an exchange over the context: %v", err)
		}
	})
	t.Run("reads along", func(t *testing.T) {
		v.Listen("one", exchangeOf(), typed(6), true, nil)
		until(t, "reading", func() bool {
			for _, p := range r.Passed() {
				if req, ok := p.Chat(); ok && !p.Gone.IsZero() && len(req.Messages) > 0 && strings.HasSuffix(req.Messages[len(req.Messages)-1].Content, typed(6)) {
					return true
				}
			}
			return false
		})
		v.Rest("one")
	})
	t.Run("killed", func(t *testing.T) {
		r.Kill()
		if _, err := v.Speak(t.Context(), b); interview.AsError(err).Code != interview.CodeUnavailable {
			t.Errorf("a server that was killed: %v", err)
		}
		r.Start()
		if _, err := v.Speak(t.Context(), b); err != nil && !strings.Contains(err.Error(), "said") {
			t.Errorf("a server that was started again: %v", err)
		}
	})
	for i, p := range r.Passed() {
		if req, ok := p.Chat(); ok && (req.Truncate == nil || *req.Truncate || req.Shift == nil || *req.Shift || req.Options["num_ctx"] != 8192.0) {
			t.Errorf("request %d lets the server cut: %s", i, p.Body[:min(len(p.Body), 200)])
		}
	}
}
