package stories_test

import (
	"testing"
	"time"

	"rehearse/server/interview"
	"rehearse/server/pack/packtest"
	"rehearse/server/stories"
)

// What a session took over from another was said there: it is no second telling, and what follows it counts.
func TestAForkIsNoSecondTelling(t *testing.T) {
	pack := packtest.Flagship(t)
	at := time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC)
	first := sat(t, pack, "one", at, pairs[2].answer)
	if got := stories.Tellings(first, pack); len(got) != 1 || len(got[0].Numbers) == 0 || len(got[0].Grams) == 0 {
		t.Fatalf("the telling itself: %+v", got)
	}
	taken := sat(t, pack, "two", at, pairs[2].answer)
	taken.Session.Fork = &interview.Fork{Session: "one", Turn: 2}
	if got := stories.Tellings(taken, pack); len(got) != 0 {
		t.Errorf("taken over and nothing after it: %+v", got)
	}
	again := sat(t, pack, "three", at, pairs[2].answer)
	again.Session.Fork = &interview.Fork{Session: "one", Turn: 1}
	if got := stories.Tellings(again, pack); len(got) != 1 || len(got[0].Numbers) == 0 || len(got[0].Grams) == 0 {
		t.Errorf("told anew: %+v", got)
	}
	open := first
	open.Closed = false
	other := first
	other.Session.Pack.ID = "another"
	for name, st := range map[string]interview.State{"open": open, "of another pack": other} {
		if got := stories.Tellings(st, pack); len(got) != 0 {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
