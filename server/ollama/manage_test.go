package ollama_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"rehearse/server/interview"
	"rehearse/server/ollama"
	"rehearse/server/ollama/ollamatest"
)

// A model is fetched with its progress, a stream that ends early is no success, and going away stops it.
func TestPullAndRemove(t *testing.T) {
	t.Parallel()
	s := ollamatest.New(t)
	c := ollama.New([]string{s.URL}, nil)
	var steps []ollama.Progress
	tell := func(p ollama.Progress) { steps = append(steps, p) }
	if err := c.Pull(t.Context(), "qwen3:4b", tell); err != nil || len(steps) != 3 || steps[1].Completed != 40<<20 || steps[1].Total != 100<<20 {
		t.Fatalf("%v, %+v", err, steps)
	}
	if _, err := c.Detect(t.Context(), "qwen3:4b"); err != nil {
		t.Errorf("what was fetched is not found: %v", err)
	}
	s.Set(ollamatest.NoDone)
	check(t, c.Pull(t.Context(), "qwen3:4b", tell), interview.CodeUnavailable, "ask again to go on")
	s.Set(ollamatest.Stall)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := c.Pull(ctx, "qwen3:4b", tell); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a pull that is left: %v", err)
	}
	s.Set(ollamatest.OK)
	check(t, c.Pull(t.Context(), "qwen3:480b-cloud", tell), interview.CodeInvalid, "another company's machines")
	if err := c.Remove(t.Context(), "qwen3:4b"); err != nil {
		t.Fatal(err)
	}
	check(t, c.Remove(t.Context(), "qwen3:4b"), interview.CodeNotFound, "no model")
	none := ollama.New([]string{"http://127.0.0.1:1"}, nil)
	check(t, none.Pull(t.Context(), "x", tell), interview.CodeUnavailable, "does not answer")
	check(t, none.Remove(t.Context(), "x"), interview.CodeUnavailable, "does not answer")
}

// trials are two lead-ins, both fit when they begin with You.
func trials() []ollama.Trial {
	b := exchangeOf()
	b.Exchange = append(b.Exchange, interview.Line{Candidate: true, Text: "I moved the key out of the build."})
	b.Question, b.Anchors = "What did it cost you?", []string{"I moved the key out of the build"}
	fit := func(text string) bool { return strings.HasPrefix(text, "You ") }
	return []ollama.Trial{{Brief: b, Fit: fit}, {Brief: b, Fit: fit}}
}

// What a model can do is found out by trying it.
func TestProbe(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		set  func(*ollamatest.Server)
		want func(ollama.Abilities) bool
		says string
	}{
		"good": {func(s *ollamatest.Server) {
			s.Odds(func(string) float64 { return 0.1 })
			s.Reply(func(task string) string {
				if strings.Contains(task, "animal") {
					return `{"animal":"door","count":4}`
				}
				return "You moved the key out of the build."
			})
		}, func(a ollama.Abilities) bool {
			return a.Voice && a.Exam && a.Odds && a.Schema && a.SystemRead != nil && *a.SystemRead && a.VoiceFit == 2
		}, "voice: yes"},
		"asks": {func(s *ollamatest.Server) {
			s.Reply(func(string) string { return "And why did you do that? Tell me." })
		}, func(a ollama.Abilities) bool { return !a.Voice && !a.Exam && !a.Odds && !a.Schema }, "voice: no"},
		"silent": {func(s *ollamatest.Server) { s.Set(ollamatest.Silent) }, func(a ollama.Abilities) bool { return !a.Voice && !a.Exam }, "grading: no"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := ollamatest.New(t)
			c.set(s)
			client, m := newClient(t, s, bound)
			a, err := client.Probe(t.Context(), m, ollama.NewVoice(client, m, promptSet(t)), trials(), nil)
			if err != nil {
				t.Fatal(err)
			}
			if !c.want(a) || !strings.Contains(a.Verdict, c.says) {
				t.Errorf("%+v", a)
			}
			if a.Model != m.Model || a.Server != "0.0.0" {
				t.Errorf("%+v", a)
			}
		})
	}
	s := ollamatest.New(t)
	client, m := newClient(t, s, bound)
	s.Set(ollamatest.Reset)
	if _, err := client.Probe(t.Context(), m, ollama.NewVoice(client, m, promptSet(t)), trials(), nil); err == nil {
		t.Error("a model that answers nothing was tried without an error")
	}
}

// Suggestions fit the memory, and none is a model that runs elsewhere.
func TestSuggest(t *testing.T) {
	t.Parallel()
	for _, memory := range []uint64{0, 8 << 30, 16 << 30, 32 << 30} {
		list := ollama.Suggest(memory)
		if len(list) < 2 {
			t.Errorf("%d suggestions for %d bytes", len(list), memory)
		}
		for _, s := range list {
			if memory > 0 && uint64(s.Bytes) > memory*7/10 || strings.Contains(s.Name, "cloud") || s.Why == "" {
				t.Errorf("%+v for %d bytes", s, memory)
			}
		}
	}
}
