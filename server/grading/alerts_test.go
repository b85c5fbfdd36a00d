package grading

import (
	"testing"

	"rehearse/server/interview"
)

func TestCalled(t *testing.T) {
	t.Parallel()
	for verdict, want := range map[string][2]bool{
		"true": {true, true}, "True positive": {true, true}, "FP": {false, true}, "false positive": {false, true}, "not exploitable": {false, true},
		"real, fix it": {true, true}, "not true": {false, false}, "": {false, false}, "maybe": {false, false}, "true or false?": {false, false},
	} {
		if is, ok := Called(verdict); is != want[0] || ok != want[1] {
			t.Errorf("%q is read as %v, %v", verdict, is, ok)
		}
	}
}

// Alerts count when they are called what they are; one without a verdict is not right, and a chain loses for evidence
// that belongs to no step.
func TestAlertsAndChains(t *testing.T) {
	t.Parallel()
	r := &interview.Rubric{Alerts: []interview.AlertKey{{ID: "a", True: true}, {ID: "b"}, {ID: "c", True: true}}}
	e := &Exercise{}
	if !e.judged([]interview.VerdictRow{{ID: "a", Verdict: "true"}, {ID: "b", Verdict: "true"}}, r) || *e.AlertsRight != 1 || *e.Alerts != 3 {
		t.Errorf("%d of %d", *e.AlertsRight, *e.Alerts)
	}
	if got := e.adjust(1); got <= 0.6 || got >= 0.8 {
		t.Errorf("one of three alerts leaves %.2f of a whole score", got)
	}
	chain := &interview.Rubric{Chain: []interview.Ranked{{ID: "1"}, {ID: "2"}, {ID: "3"}, {ID: "4"}}, Unrelated: []interview.Ranked{{ID: "x"}}}
	right, wrong := &Exercise{}, &Exercise{}
	right.ranked([]interview.RankingRow{{ID: "1"}, {ID: "2"}, {ID: "3"}, {ID: "4"}}, chain)
	wrong.ranked([]interview.RankingRow{{ID: "4"}, {ID: "x"}, {ID: "3"}, {ID: "2"}, {ID: "1"}}, chain)
	if right.adjust(1) != 1 || *right.Apart != 0 || *right.RankingTau != 1 {
		t.Errorf("the right order: %+v", right)
	}
	if *wrong.Apart != 1 || *wrong.RankingTau != -1 || wrong.adjust(1) > 0.9 {
		t.Errorf("the order turned round, with a stray: %+v leaves %.2f", wrong, wrong.adjust(1))
	}
}
