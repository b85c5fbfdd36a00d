package debrief

import (
	"rehearse/server/interview"
	"rehearse/server/probing"
	"rehearse/server/reading"
)

// Reused is a story that was told to two interviewers.
type Reused struct {
	Share  float64 `json:"share"` // of the story's own words that stand in both, 0 to 1
	First  Telling `json:"first"`
	Second Telling `json:"second"`
}

// Telling is one time a thing was said: by its interviewer, and in the candidate's words.
type Telling struct {
	Round int    `json:"round"`
	Name  string `json:"name"`
	Block int    `json:"block"`
	Quote Quote  `json:"quote"`
}

// Numbers are two figures for the same thing in a story that two interviewers heard.
type Numbers struct {
	What   string    `json:"what"`
	First  Telling   `json:"first"`
	Second Telling   `json:"second"`
	Said   [2]string `json:"said"`
}

// consistency compares what was told to different interviewers: the same story, and in it figures that disagree. Other
// stories have other figures, so only a story that is known again is compared.
func consistency(st *interview.State, people []Interviewer, all []*rated) ([]Reused, []Numbers) {
	reused, numbers := []Reused{}, []Numbers{}
	for j, later := range all {
		for _, earlier := range all[:j] {
			if earlier.b.Round == later.b.Round || !earlier.story() || !later.story() {
				continue
			}
			a, b := told(st, earlier.b), told(st, later.b)
			if a == nil || b == nil {
				continue
			}
			share := reading.Reused(a.Answer, b.Answer)
			if share < probing.ReusedAbove {
				continue
			}
			at := func(r *rated, q Quote) Telling {
				who := people[r.b.Round-1]
				return Telling{Round: who.Round, Name: who.Name, Block: r.b.Block, Quote: q}
			}
			qa, qb := first(st, earlier.b), first(st, later.b)
			if len(qa) == 0 || len(qb) == 0 {
				continue
			}
			reused = append(reused, Reused{Share: round(share), First: at(earlier, qa[0]), Second: at(later, qb[0])})
			seen := map[[2]string]bool{}
			for _, m := range earlier.b.Turns {
				for _, n := range later.b.Turns {
					x, y := st.Turn(m), st.Turn(n)
					for _, k := range reading.Conflicts(figures(x), figures(y)) {
						said := [2]string{x.Answer[k.Before.Start:k.Before.End], y.Answer[k.After.Start:k.After.End]}
						one, _ := quoteOf(st, whole(st, interview.Quote{Turn: m, Start: k.Before.Start, End: k.Before.End}))
						two, _ := quoteOf(st, whole(st, interview.Quote{Turn: n, Start: k.After.Start, End: k.After.End}))
						if seen[said] {
							continue
						}
						seen[said] = true
						what := k.After.Noun
						if k.After.Unit != "" {
							what += " " + k.After.Unit
						}
						numbers = append(numbers, Numbers{What: what, First: at(earlier, one), Second: at(later, two), Said: said})
					}
				}
			}
		}
	}
	return reused, numbers
}

// told is the turn in which a story was told; nil where it was not.
func told(st *interview.State, b *interview.Block) *interview.Turn {
	for _, n := range b.Turns {
		if t := st.Turn(n); t.Main && t.Answered {
			return t
		}
	}
	return nil
}

func figures(t *interview.Turn) []reading.Quantity {
	if !t.Answered {
		return nil
	}
	return reading.Read(reading.Input{Question: t.Text, Text: t.Answer, Kind: interview.KindBehavioural, Expect: t.Expect, Followup: !t.Main}).Quantities
}
