package report

import (
	"testing"

	"rehearse/server/interview"
	"rehearse/server/pack/packtest"
)

// A hit is the same type, near the same family; what was not called in time, or never asked, is neither.
func TestCalled(t *testing.T) {
	p := packtest.Flagship(t)
	same := map[string][]string{}
	for _, b := range p.Bank {
		same[b.Family] = append(same[b.Family], b.Type)
	}
	var near [2]string
	for _, types := range same {
		if len(types) > 1 {
			near = [2]string{types[0], types[1]}
		}
	}
	st := interview.State{Session: interview.SessionCreated{Guess: true}}
	for i, typ := range []string{"", "Q09", near[0], "Q05"} {
		q := interview.QuestionAsked{Turn: i + 1, Main: typ == ""}
		if typ != "" {
			q.Probe = &interview.ProbeRef{Type: typ}
		}
		st.Turns = append(st.Turns, interview.Turn{QuestionAsked: q})
	}
	st.Guesses = []interview.GuessRecorded{{Turn: 2, Type: "Q09"}, {Turn: 3, Type: near[1]}, {Turn: 4}, {Turn: 5, Type: "Q01"}}
	c := called(&st, p)
	if c.Asked != 3 || c.Called != 2 || c.Hits != 1 || c.Near != 1 || c.Calls[2].Guess != "" || c.Calls[0].ActualName == "" {
		t.Errorf("%+v", c)
	}
	st.Session.Guess = false
	if called(&st, p) != nil {
		t.Error("a session without guess has calls")
	}
}
