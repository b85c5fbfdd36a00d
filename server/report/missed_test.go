package report_test

import (
	"testing"

	"rehearse/server/interview"
	"rehearse/server/pack/packtest"
	"rehearse/server/report"
)

// TestMissed: a follow-up that was skipped or answered past the point is kept with one's own words and other words for it;
// what code cannot decide is not.
func TestMissed(t *testing.T) {
	p := packtest.Flagship(t)
	a := report.Attempts(story(t, p), p)
	if len(a) != 1 {
		t.Fatalf("%d attempts", len(a))
	}
	found := false
	for _, m := range a[0].Missed {
		if m.Turn == 2 {
			t.Errorf("what was answered is kept: %+v", m)
		}
		if m.Turn == 3 {
			found = true
			if m.Asked != "What went wrong on the way?" || m.Other == "" || m.Other == m.Asked || m.Said == "" || m.Lacking == "" {
				t.Errorf("%+v", m)
			}
		}
	}
	if !found {
		t.Errorf("the skipped follow-up is not kept: %+v", a[0].Missed)
	}
	st := story(t, p)
	st.Ratings = []interview.RatingRecorded{{Block: 1, Dimensions: map[string]int{"B1": 2}}, {Block: 1, Dimensions: map[string]int{"B1": 4}}}
	if a := report.Attempts(st, p); a[0].Self["B1"] != 4 || a[0].Calls != nil {
		t.Errorf("own marks %v", a[0].Self)
	}
}
