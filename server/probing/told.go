package probing

import (
	"strings"

	"rehearse/server/interview"
	"rehearse/server/reading"
)

// Told is all that one interviewer may know of a story another heard: its figures, so that two that disagree are noticed,
// and marks by which the same story is known again. Neither holds a sentence of it.
type Told struct {
	Figures []Figure
	Marks   []uint64 // see reading.Marks
}

// Figure is a quantity as it was said.
type Figure struct {
	reading.Quantity
	Text string
}

// Tell returns what passes of a story to other interviewers.
func Tell(x Exchange) Told {
	out := Told{Marks: reading.Marks(x.Answer)}
	r := reading.Read(reading.Input{Question: x.Text, Text: x.Answer, Kind: interview.KindBehavioural, Expect: x.Expect})
	for _, q := range r.Quantities {
		out.Figures = append(out.Figures, Figure{q, strings.TrimSpace(x.Answer[q.Start:q.End])})
	}
	return out
}

// elsewhere asks about a figure that was another when the same story was told to another interviewer. Other stories have
// other figures, so that only a story that is known again is compared.
func (c *chooser) elsewhere(t Told) (Choice, bool) {
	if reading.ReusedMarks(t.Marks, reading.Marks(c.Exchanges[0].Answer)) < ReusedAbove {
		return Choice{}, false
	}
	before := make([]reading.Quantity, len(t.Figures))
	for i, f := range t.Figures {
		before[i] = f.Quantity
	}
	var found []reading.Conflict
	var said []string
	for _, x := range c.Exchanges {
		for _, k := range reading.Conflicts(before, c.read(x).Quantities) {
			found, said = append(found, k), append(said, strings.TrimSpace(x.Answer[k.After.Start:k.After.End]))
		}
	}
	for i, k := range found {
		a, b := "", said[i]
		for _, f := range t.Figures {
			if f.Start == k.Before.Start {
				a = f.Text
			}
		}
		target := Opaque("Q17", a, b)
		if c.targets[target] {
			continue
		}
		choice, ok := c.ask("Q17", "two figures for the same thing", nil)
		if !ok {
			return Choice{}, false
		}
		choice.Text, choice.Target = strings.NewReplacer("{first}", a, "{second}", b).Replace(choice.Text), target
		return choice, true
	}
	return Choice{}, false
}
