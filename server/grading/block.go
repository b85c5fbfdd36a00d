package grading

import (
	"context"
	"slices"
	"strings"

	"rehearse/server/interview"
)

// Block grades a closed block of a session. The turns of its quotes are the session's.
func (g Grader) Block(ctx context.Context, st *interview.State, b *interview.Block, p *interview.Pack) Grade {
	b = st.Reviewed(b)
	in, turns := inputOf(st, b, p)
	if len(turns) == 0 {
		return g.failed(interview.Errorf(interview.CodeInvalid, "nothing was answered here"), Grade{Flags: []string{}})
	}
	out := g.Grade(ctx, in)
	out.retell(turns)
	if rubric := p.Rubrics[b.Item]; rubric != nil && in.Kind.Technical() && out.Graded {
		out.Exercise = measureExercise(st, b, p, rubric)
		if out.Exercise != nil && out.Exercise.Briefing != nil {
			out.Exercise.Briefing.Listener = g.heed(ctx, explanation(st, b).Answer, rubric)
		}
		for _, s := range []*Scores{&out.Unprompted, &out.After} {
			if s.Score != nil {
				s.Score = number(out.Exercise.adjust(*s.Score))
				s.Measured = s.Score
			}
		}
		out.Score, out.Measured = out.After.Score, out.After.Measured
	}
	return out
}

// inputOf is what a block holds for grading, and for each of its texts the turn it was said in; 0 for rows
// of a table, which are measured and cannot be quoted.
func inputOf(st *interview.State, b *interview.Block, p *interview.Pack) (Input, []int) {
	in := Input{Kind: interview.Kind(b.Kind), Level: st.Session.Level, Reach: p.Reaches(st.Session.Level), Names: p.PrincipleNames()}
	var turns []int
	add := func(turn int, probe, text string, main bool) {
		if len(turns) == 0 {
			in.Answer = text
		} else {
			in.History = append(in.History, Exchange{Probe: probe, Answer: text, Part: main})
		}
		turns = append(turns, turn)
	}
	for _, n := range b.Turns {
		t := st.Turn(n)
		if in.Question == "" && t.Main {
			in.Question = t.Text
		}
		if t.Answered {
			add(n, t.Text, t.Answer, t.Main)
		}
		var said []string
		for _, a := range t.Artifacts {
			for _, raw := range a.Rows {
				if text := interview.RowText(raw); text != "" { // source is no prose
					said = append(said, text)
				}
			}
		}
		if len(said) > 0 && t.Answered {
			add(0, t.Text, strings.Join(said, ".\n"), t.Main)
		}
	}
	rubric := p.Rubrics[b.Item]
	if rubric == nil {
		return in, turns
	}
	in.Points, in.RedFlags = PointsOf(rubric), rubric.RedFlags
	for _, pr := range p.Principles {
		if slices.Contains(rubric.Principles, pr.ID) {
			in.Principle, in.Observable = strings.TrimSpace(in.Principle+" "+pr.Gloss), in.Observable || pr.Observable
		}
	}
	return in, turns
}

// retell gives every quote the number of its turn in the session and drops those of rows.
func (out *Grade) retell(turns []int) {
	fix := func(quotes []Quote) []Quote {
		kept := quotes[:0]
		for _, q := range quotes {
			if n := turns[q.Turn]; n > 0 {
				kept = append(kept, Quote{n, q.Start, q.End})
			}
		}
		return kept
	}
	// Two readings may share the slice of a decision and its quotes: each is retold once, on a copy.
	out.Before, out.Decisions = slices.Clone(out.Before), slices.Clone(out.Decisions)
	out.PointsBefore, out.Points = slices.Clone(out.PointsBefore), slices.Clone(out.Points)
	each := func(quotes *[]Quote) { *quotes = fix(slices.Clone(*quotes)) }
	for _, ds := range [][]Decision{out.Before, out.Decisions} {
		for i := range ds {
			each(&ds[i].Quotes)
		}
	}
	for _, vs := range [][]Verdict{out.PointsBefore, out.Points} {
		for i := range vs {
			each(&vs[i].Quotes)
		}
	}
	for i := range out.RedFlags {
		each(&out.RedFlags[i].Quotes)
	}
}
