package report

import (
	"rehearse/server/interview"
)

// Called is how well the candidate called the follow-ups before they were asked; set for sessions with guess.
type Called struct {
	Asked  int    `json:"asked"`  // follow-ups that waited to be called
	Called int    `json:"called"` // of those, called in time
	Hits   int    `json:"hits"`   // called as what they were
	Near   int    `json:"near"`   // of the same family, but not the same
	Calls  []Call `json:"calls"`
}

// Call is one follow-up with what it was called.
type Call struct {
	Turn       int    `json:"turn"`
	Guess      string `json:"guess,omitempty"` // empty: not in time
	GuessName  string `json:"guess_name,omitempty"`
	Actual     string `json:"actual"`
	ActualName string `json:"actual_name"`
	Hit        bool   `json:"hit"`
	Near       bool   `json:"near,omitempty"`
}

// called holds the guesses of a session against what was asked; nil when none was wanted. A follow-up that was never
// asked, because the session ended first, does not count.
func called(st *interview.State, p *interview.Pack) *Called {
	if !st.Session.Guess {
		return nil
	}
	family := map[string]string{}
	for _, b := range p.Bank {
		family[b.Type] = b.Family
	}
	out := &Called{Calls: []Call{}}
	for _, g := range st.Guesses {
		t := st.Turn(g.Turn)
		if t == nil || t.Probe == nil {
			continue
		}
		c := Call{Turn: g.Turn, Guess: g.Type, Actual: t.Probe.Type, ActualName: probeName(p, t.Probe.Type)}
		out.Asked++
		if g.Type != "" {
			out.Called++
			c.GuessName, c.Hit = probeName(p, g.Type), g.Type == t.Probe.Type
			c.Near = !c.Hit && family[g.Type] != "" && family[g.Type] == family[t.Probe.Type]
		}
		if c.Hit {
			out.Hits++
		}
		if c.Near {
			out.Near++
		}
		out.Calls = append(out.Calls, c)
	}
	return out
}

// calledMarkdown writes the calls in a list.
func calledMarkdown(p printer, c *Called) {
	if c == nil {
		return
	}
	p("## Follow-ups you called")
	p("")
	p("%d of %d called as what they were, %d of the same family.", c.Hits, c.Asked, c.Near)
	p("")
	for _, k := range c.Calls {
		guess := k.GuessName
		if guess == "" {
			guess = "not called in time"
		}
		p("- Turn %d: you said %s, it was %s.", k.Turn, guess, k.ActualName)
	}
	p("")
}
