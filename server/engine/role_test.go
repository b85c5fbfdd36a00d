package engine_test

import (
	"fmt"
	"slices"
	"testing"

	"rehearse/server/interview"
)

// TestTheListenerPresses: an objection that was not met comes back up to twice, in other words each time; one that was
// met, or given way to, does not.
func TestTheListenerPresses(t *testing.T) {
	for _, tt := range []struct {
		name    string
		replies []string
		presses int
	}{
		{"never met", []string{"It matters.", "It really matters.", "Please."}, 2},
		{"met at once", []string{"It is one exception, for our customers."}, 0},
		{"met when pressed", []string{"It matters.", "Then one exception, for our customers."}, 1},
		{"gave way", []string{"Okay we wait."}, 0},
		{"skipped", nil, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			seed := uint64(7)
			id := b.create(interview.NewSession{Format: "briefing", Item: "br-gift-card-gateway", Seed: &seed})
			c := b.attach(id, 0)
			rubric := b.o.Pack.Rubrics["br-gift-card-gateway"]
			objection, presses := -1, 0
			var heard []string
			for {
				f := c.until("question.asked", "report.ready")
				if f.Type == "report.ready" {
					break
				}
				q := data[interview.QuestionAsked](t, f)
				if slices.Contains(heard, q.Text) {
					t.Errorf("%q was asked twice", q.Text)
				}
				heard = append(heard, q.Text)
				if q.Probe != nil && q.Probe.Type == interview.ProbePress {
					presses++
				}
				if i := slices.IndexFunc(rubric.Questions, func(r interview.RoleQuestion) bool { return r.Text == q.Wording }); i >= 0 && rubric.Questions[i].Objection {
					objection = q.Turn
				}
				cmd := interview.Command{Type: "answer", ID: fmt.Sprint("a", q.Turn), Turn: q.Turn, Text: "The supplier has told us and we should act."}
				if objection > 0 {
					if k := q.Turn - objection; k < len(tt.replies) {
						cmd.Text = tt.replies[k]
					} else {
						cmd.Type, cmd.Text = "skip", ""
					}
				}
				c.must(cmd)
			}
			if objection < 0 || presses != tt.presses {
				t.Errorf("pressed %d times, want %d (objection in turn %d)", presses, tt.presses, objection)
			}
		})
	}
}
