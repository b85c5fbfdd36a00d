package engine_test

import (
	"context"
	"strings"
	"testing"

	"rehearse/server/engine"
	"rehearse/server/interview"
)

// What the candidate prepares for steers which items are drawn, and nothing in a session that was given a seed.
func TestAJobDescriptionSteersTheChoice(t *testing.T) {
	b := newBench(t)
	asked := 0
	o := b.o
	o.Steer = func(context.Context) func(*interview.Item) float64 {
		return func(it *interview.Item) float64 {
			asked++
			if strings.HasPrefix(it.ID, "cr-js") || strings.HasPrefix(it.ID, "cr-py") {
				return 0.9
			}
			return 0.1
		}
	}
	e := engine.New(o)
	defer e.Close()
	draw := func(seed *uint64) string {
		sum, err := e.Create(t.Context(), interview.NewSession{Format: "code-review", Seed: seed})
		if err != nil {
			t.Fatal(err)
		}
		frames := make(chan interview.Frame, 1000)
		_, detach, err := e.Attach(t.Context(), sum.ID, 0, func(f interview.Frame) { frames <- f })
		if err != nil {
			t.Fatal(err)
		}
		defer detach()
		for f := range frames {
			if f.Type == string(interview.EvBlockStarted) {
				return data[interview.BlockStarted](t, f).Item
			}
		}
		return ""
	}
	for range 2 { // later ones rotate to what was not practised yet
		if id := draw(nil); !strings.HasPrefix(id, "cr-js") && !strings.HasPrefix(id, "cr-py") {
			t.Errorf("it drew %s", id)
		}
	}
	before := asked
	seed := uint64(3)
	if first, again := draw(&seed), draw(&seed); first != again || asked != before {
		t.Errorf("a session with a seed drew %s and %s, steered %d times", first, again, asked-before)
	}
}
