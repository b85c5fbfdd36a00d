package smoke_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"rehearse/prompts"
	"rehearse/server/engine"
	"rehearse/server/interview"
	"rehearse/server/ollama"
	"rehearse/server/ollama/ollamatest"
	"rehearse/server/pack/packtest"
	"rehearse/server/prompt"
	"rehearse/server/sqlite"
	"rehearse/server/voice"
)

// A session stays on the server that holds its prefix, and moves to another when that one dies, in the same follow-up.
func TestASessionMovesToAnotherHost(t *testing.T) {
	t.Parallel()
	one, two := ollamatest.New(t), ollamatest.New(t)
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "rehearse.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	set, err := prompt.Load(prompts.FS)
	if err != nil {
		t.Fatal(err)
	}
	client := ollama.New([]string{one.URL, two.URL}, nil)
	client.FirstToken, client.Idle = 10*time.Second, 10*time.Second
	e := engine.New(engine.Options{Store: store, History: store, Pack: packtest.Flagship(t), Authored: voice.Authored{}, WordPause: time.Microsecond,
		Voice: func(ctx context.Context) (engine.Interviewer, interview.VoiceInfo) {
			m, err := client.Detect(ctx, ollama.Auto)
			if err != nil {
				return voice.Authored{}, ollama.NoModel(interview.AsError(err).Message)
			}
			v := ollama.NewVoice(client, m, set)
			return v, v.Info()
		}})
	t.Cleanup(func() {
		e.Close()
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	r := &room{engine: e, store: store, pack: packtest.Flagship(t), fake: one}
	spoken := func(s *ollamatest.Server) int { return (&room{fake: s}).leadIns() }
	h := hear(t, r.sit(t, interview.NewSession{Format: "phone-screen"}, nil))
	if spoken(one) == 0 || spoken(two) != 0 || len(h.degraded) > 0 {
		t.Fatalf("%d lead-ins on the first server, %d on the second, degraded %q", spoken(one), spoken(two), h.degraded)
	}
	one.Set(ollamatest.Reset)
	one.Everywhere(true)
	h = hear(t, r.sit(t, interview.NewSession{Format: "phone-screen"}, func() { one.Close() }))
	if _, byModel := h.checkFollowUps(t, r.pack); byModel == 0 || spoken(two) == 0 || len(h.degraded) > 0 {
		t.Errorf("after the first server died: %d by the model, %d lead-ins on the second, degraded %q", byModel, spoken(two), h.degraded)
	}
	if h.voice.Host != one.URL {
		t.Errorf("the session began on %q", h.voice.Host)
	}
}
