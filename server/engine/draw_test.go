package engine_test

import (
	"fmt"
	"testing"

	"rehearse/server/engine"
	"rehearse/server/interview"
	"rehearse/server/progress"
)

// TestPracticeLeavesReservedItems: practice draws none of the items that are kept for checks while there are others, and
// a check draws one of them.
func TestPracticeLeavesReservedItems(t *testing.T) {
	b := newBench(t)
	kept := progress.Reserved(b.o.Pack)
	b.o.Draw = kept.Draw
	b.e.Close()
	b.e = engine.New(b.o)
	drawn := func(mode interview.Mode, seed uint64) string {
		t.Helper()
		c := b.attach(b.create(interview.NewSession{Format: "threat-model", Mode: mode, Seed: &seed}), 0)
		c.until("block.started")
		st, err := b.e.State(t.Context(), c.id)
		if err != nil {
			t.Fatal(err)
		}
		return st.Blocks[0].Item
	}
	seen := map[string]bool{}
	for seed := range uint64(12) {
		if item := drawn(interview.ModeCoached, seed); kept[item] {
			t.Errorf("practice drew %s", item)
		} else {
			seen["practice "+item] = true
		}
		if item := drawn(interview.ModeExam, seed); !kept[item] {
			t.Errorf("a check drew %s", item)
		} else {
			seen["check "+item] = true
		}
	}
	if len(seen) < 5 {
		t.Errorf("the draw hardly varies: %v", fmt.Sprint(seen))
	}
}
