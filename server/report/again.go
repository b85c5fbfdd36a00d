package report

import (
	"context"
	"slices"
	"strings"

	"rehearse/server/grading"
	"rehearse/server/interview"
	"rehearse/server/reading"
)

// Again is a second attempt beside the one before it: what is new, what is still missing, and what was there and is not
// any more. All of it is measured by code.
type Again struct {
	Session string     `json:"session"`        // the attempt before
	Turn    int        `json:"turn,omitempty"` // of a fork: the turn it goes on from
	Part    string     `json:"part,omitempty"` // the one part of the story that was told again
	Attempt int        `json:"attempt"`        // 2 for the first repetition
	Block   int        `json:"block"`
	Gained  []string   `json:"gained"`
	Still   []string   `json:"still_missing"`
	Lost    []string   `json:"lost"`
	Before  *float64   `json:"measured_before"` // measured score, 0 to 1; nil where there is none
	After   *float64   `json:"measured_after"`
	Marks   []MarkPair `json:"dimensions,omitempty"`
	Was     string     `json:"was,omitempty"` // what was said of that part the time before
	Is      string     `json:"is,omitempty"`
	Figures [2]int     `json:"figures"` // before and after
}

// MarkPair is a dimension that code measures, before and after.
type MarkPair struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Before int    `json:"before"`
	After  int    `json:"after"`
}

// Origin is the session that another one tries again or goes on from; empty when it is neither.
func Origin(st interview.State) string {
	if st.Session.Fork != nil {
		return st.Session.Fork.Session
	}
	return st.Session.RetryOf
}

// Compare sets a second attempt beside the one before. Attempt counts from 1, the first telling.
func (r *Report) Compare(st, before interview.State, p *interview.Pack, attempt int) {
	now, old := lastItem(&st), (*interview.Block)(nil)
	if f := st.Session.Fork; f != nil {
		if t := st.Turn(f.Turn); t != nil {
			now = st.Block(t.Block)
		}
	}
	if now == nil {
		return
	}
	for i := range before.Blocks {
		if b := &before.Blocks[i]; b.Item == now.Item && (st.Session.Fork == nil || b.Block == now.Block) {
			old = b
		}
	}
	if old == nil {
		return // another question was asked: there is nothing to set beside it
	}
	a := &Again{Session: before.ID, Attempt: attempt, Part: st.Session.Part, Block: now.Block, Gained: []string{}, Still: []string{}, Lost: []string{}}
	if st.Session.Fork != nil {
		a.Turn = st.Session.Fork.Turn
	}
	if interview.Kind(now.Kind) == interview.KindBehavioural {
		a.stories(&st, &before, now, old, p)
	} else {
		a.points(&st, &before, now, old, p)
	}
	r.Again = a
}

// lastItem is the last block with an item.
func lastItem(st *interview.State) *interview.Block {
	for i := range slices.Backward(st.Blocks) {
		if b := &st.Blocks[i]; b.Item != "" {
			return b
		}
	}
	return nil
}

// answers are those of a block in order.
func answers(st *interview.State, b *interview.Block) []string {
	var out []string
	for _, n := range b.Turns {
		if t := st.Turn(n); t.Answered {
			out = append(out, t.Answer)
		}
	}
	return out
}

// stories compares two tellings. Of a fork the whole block counts, since only one turn differs; otherwise the first
// answers. A part that was told by itself takes the place of that part in the earlier answer.
func (a *Again) stories(st, before *interview.State, now, old *interview.Block, p *interview.Pack) {
	is, was := answers(st, now), answers(before, old)
	if len(is) == 0 || len(was) == 0 {
		return
	}
	from, to := was[0], is[0]
	if a.Turn > 0 {
		from, to = strings.Join(was, "\n\n"), strings.Join(is, "\n\n")
	}
	read := func(text string) reading.Reading {
		return reading.Read(reading.Input{Question: before.Turn(old.Turns[0]).Text, Text: text, Kind: interview.KindBehavioural, Reach: p.Reaches(st.Session.Level), Names: p.PrincipleNames()})
	}
	first := read(from)
	if a.Part != "" {
		a.Was, a.Is = partOf(from, first, a.Part), to
		to = without(from, first, a.Part) + "\n\n" + to
	}
	second := read(to)
	a.Figures = [2]int{len(first.Quantities), len(second.Quantities)}
	missing := func(r reading.Reading) []string {
		var out []string
		for _, g := range r.Gaps {
			if !slices.Contains(readyWhenAsked, g.Code) {
				out = append(out, probeName(p, g.Code))
			}
		}
		return out
	}
	a.differ(missing(first), missing(second))
	grade := func(text string) grading.Grade {
		return grading.Grader{}.Grade(context.Background(), grading.Input{Kind: interview.KindBehavioural, Question: before.Turn(old.Turns[0]).Text, Answer: text, Level: st.Session.Level, Reach: p.Reaches(st.Session.Level), Names: p.PrincipleNames()})
	}
	x, y := grade(from), grade(to)
	a.Before, a.After = x.Measured, y.Measured
	marks, after := dimensionsOf(x.Decisions), dimensionsOf(y.Decisions)
	for _, id := range []string{"B1", "B2", "B4"} {
		if marks[id] > 0 && after[id] > 0 {
			a.Marks = append(a.Marks, MarkPair{ID: id, Name: dimensionNames[id], Before: marks[id], After: after[id]})
		}
	}
}

// differ sorts what was missing before and after.
func (a *Again) differ(before, after []string) {
	for _, g := range before {
		if slices.Contains(after, g) {
			a.Still = append(a.Still, g)
		} else {
			a.Gained = append(a.Gained, g)
		}
	}
	for _, g := range after {
		if !slices.Contains(before, g) {
			a.Lost = append(a.Lost, g)
		}
	}
}

// partOf are the sentences of a part, joined; without are all others.
func partOf(text string, r reading.Reading, part string) string {
	return sentencesOf(text, r, func(p reading.Part) bool { return string(p) == part })
}

func without(text string, r reading.Reading, part string) string {
	return sentencesOf(text, r, func(p reading.Part) bool { return string(p) != part })
}

func sentencesOf(text string, r reading.Reading, take func(reading.Part) bool) string {
	var out []string
	for _, s := range r.Sentences {
		if take(s.Part) {
			out = append(out, strings.TrimSpace(text[s.Start:s.End]))
		}
	}
	return strings.Join(out, " ")
}

// points compares two attempts at a technical exercise by what a strong answer holds.
func (a *Again) points(st, before *interview.State, now, old *interview.Block, p *interview.Pack) {
	rubric, item := p.Rubrics[now.Item], p.Items[now.Item]
	if rubric == nil || item == nil {
		return
	}
	var x, y Block
	technical(&x, *before, old, item, rubric)
	technical(&y, *st, now, item, rubric)
	missing := func(b Block) []string {
		var out []string
		for _, pt := range b.Points {
			if !pt.After {
				out = append(out, pt.Text)
			}
		}
		for _, f := range b.Findings {
			if !f.Said {
				out = append(out, f.Title)
			}
		}
		return out
	}
	a.differ(missing(x), missing(y))
	a.Before, a.After = measuredOf(before, old, p), measuredOf(st, now, p)
}

// measuredOf is the measured score of a block, by code alone.
func measuredOf(st *interview.State, b *interview.Block, p *interview.Pack) *float64 {
	g := grading.Grader{}.Block(context.Background(), st, b, p)
	if !g.Graded {
		return nil
	}
	return g.Measured
}

// againMarkdown writes the comparison.
func againMarkdown(p printer, a *Again) {
	if a == nil {
		return
	}
	p("## Beside the attempt before")
	p("")
	if a.Before != nil && a.After != nil {
		p("Measured %.2f before, %.2f now.", *a.Before, *a.After)
		p("")
	}
	for _, m := range a.Marks {
		p("- %s: %d before, %d now.", m.Name, m.Before, m.After)
	}
	for _, l := range []struct {
		name string
		what []string
	}{{"New", a.Gained}, {"Still missing", a.Still}, {"Was there and is not now", a.Lost}} {
		for _, w := range l.what {
			p("- %s: %s.", l.name, plainLine(w))
		}
	}
	p("")
}
