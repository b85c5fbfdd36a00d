package debrief

import (
	"fmt"
	"slices"
	"strings"

	"rehearse/server/grading"
	"rehearse/server/interview"
	"rehearse/server/reading"
)

// mostLines is how many points of one exercise an interviewer writes down on each side, and mostQuotes how many quotes.
const (
	mostLines  = 3
	mostQuotes = 2
)

func quoteOf(st *interview.State, q interview.Quote) (Quote, bool) {
	t := st.Turn(q.Turn)
	if t == nil || q.Start < 0 || q.End > len(t.Answer) || q.Start >= q.End {
		return Quote{}, false
	}
	return Quote{q, t.Answer[q.Start:q.End]}, true
}

// whole is the sentence a quote stands in: a word or two say little in a note.
func whole(st *interview.State, q interview.Quote) interview.Quote {
	if t := st.Turn(q.Turn); t != nil && q.Start >= 0 && q.Start < q.End && q.End <= len(t.Answer) {
		if from, to := reading.SentenceAt(t.Answer, q.Start); from <= q.Start && q.End <= to {
			q.Start, q.End = from, to
		}
	}
	return q
}

func quotesOf(st *interview.State, in []interview.Quote) []Quote {
	out := []Quote{}
	for _, q := range in {
		if w, ok := quoteOf(st, whole(st, q)); ok && len(out) < mostQuotes && !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	return out
}

// note is what one interviewer wrote down, from their own round alone.
func note(st *interview.State, who Interviewer, blocks []*rated) Note {
	n := Note{Interviewer: who, Blocks: []int{}, For: []Line{}, Against: []Line{}, Unknowns: []Line{}}
	for _, r := range blocks {
		n.Blocks = append(n.Blocks, r.b.Block)
		switch {
		case !r.ok:
			n.Unknowns = append(n.Unknowns, open(st, r))
		case r.story():
			n.story(st, r)
		default:
			n.exercise(st, r)
		}
		if r.ok {
			for _, f := range r.g.RedFlags {
				var qs []interview.Quote
				for _, q := range f.Quotes {
					qs = append(qs, interview.Quote(q))
				}
				n.Against = append(n.Against, Line{Block: r.b.Block, About: r.about, Text: f.Say, By: "authored rule", Quotes: quotesOf(st, qs)})
			}
		}
	}
	if len(blocks) == 0 {
		n.Unknowns = append(n.Unknowns, Line{About: "Everything", Text: "Nothing was asked in this round.", Quotes: []Quote{}, Absent: true})
	}
	return n
}

// open is a block without a number.
func open(st *interview.State, r *rated) Line {
	l := Line{Block: r.b.Block, About: r.about, Text: r.status, Quotes: first(st, r.b)}
	l.Absent = len(l.Quotes) == 0
	return l
}

// first are the first words of a block's first answer.
func first(st *interview.State, b *interview.Block) []Quote {
	for _, n := range b.Turns {
		if t := st.Turn(n); t.Answered {
			if s := reading.Sentences(t.Answer); len(s) > 0 {
				if q, ok := quoteOf(st, interview.Quote{Turn: n, Start: s[0].Start, End: s[0].End}); ok {
					return []Quote{q}
				}
			}
		}
	}
	return []Quote{}
}

func (n *Note) story(st *interview.State, r *rated) {
	var names []string
	var quotes []Quote
	for _, d := range dimensions {
		v := r.g.Dimensions[d.id]
		if v == nil {
			names = append(names, d.name)
			for _, q := range heard(st, r.b, d.id) {
				if !slices.Contains(quotes, q) {
					quotes = append(quotes, q)
				}
			}
			continue
		}
		x := float64(*v)
		l := Line{Block: r.b.Block, About: d.name + ", " + r.about, Text: "nothing in the answer shows it", Value: &x, By: "measured", Quotes: []Quote{}}
		for _, dec := range r.g.Decisions {
			if dec.Dimension == d.id {
				var qs []interview.Quote
				for _, q := range dec.Quotes {
					qs = append(qs, interview.Quote(q))
				}
				l.Text, l.By, l.Quotes = dec.Why, dec.By, quotesOf(st, qs)
			}
		}
		if len(l.Quotes) == 0 {
			l.Quotes = first(st, r.b)
		}
		if *v >= 3 {
			n.For = append(n.For, l)
		} else {
			n.Against = append(n.Against, l)
		}
	}
	if len(names) > 0 {
		why := "needs a reader, and no certified model judged it."
		if r.judged() {
			why = r.g.Model + " could not decide it."
		}
		n.Unknowns = append(n.Unknowns, Line{Block: r.b.Block, About: listed(names) + ", " + r.about, Text: why + " This is what there is to go by.", Quotes: quotes})
	}
}

// heard is the sentence in which a dimension that nobody judged would show: the act for depth and principle, the result
// for level, the end for reflection.
func heard(st *interview.State, b *interview.Block, dimension string) []Quote {
	for _, n := range b.Turns {
		t := st.Turn(n)
		if !t.Answered || !t.Main {
			continue
		}
		r := reading.Read(reading.Input{Question: t.Text, Text: t.Answer, Kind: interview.KindBehavioural, Expect: t.Expect})
		part := map[string]string{"B6": "R"}[dimension]
		if part == "" {
			part = "A"
		}
		for _, s := range r.Sentences {
			if dimension != "B7" && string(s.Part) == part {
				if q, ok := quoteOf(st, interview.Quote{Turn: n, Start: s.Start, End: s.End}); ok {
					return []Quote{q}
				}
			}
		}
		if k := len(r.Sentences); k > 0 {
			if q, ok := quoteOf(st, interview.Quote{Turn: n, Start: r.Sentences[k-1].Start, End: r.Sentences[k-1].End}); ok {
				return []Quote{q}
			}
		}
	}
	return first(st, b)
}

func (n *Note) exercise(st *interview.State, r *rated) {
	if r.rubric == nil {
		return
	}
	x := r.value()
	made, missing, unclear := []Line{}, []Line{}, []Line{}
	points := slices.Clone(r.g.Points)
	weight := func(id string) int {
		for _, p := range r.rubric.Points {
			if p.ID == id && p.Must {
				return 100 + p.Weight
			} else if p.ID == id {
				return p.Weight
			}
		}
		return 0
	}
	slices.SortStableFunc(points, func(a, b grading.Verdict) int { return weight(b.ID) - weight(a.ID) })
	for _, v := range points {
		i := slices.IndexFunc(r.rubric.Points, func(p interview.Point) bool { return p.ID == v.ID })
		if i < 0 {
			continue
		}
		var qs []interview.Quote
		for _, q := range v.Quotes {
			qs = append(qs, interview.Quote(q))
		}
		l := Line{Block: r.b.Block, About: r.about, Text: r.rubric.Points[i].Text, By: v.By, Quotes: quotesOf(st, qs)}
		switch {
		case v.Verdict == interview.VerdictYes:
			made = append(made, l)
		case v.Verdict == interview.VerdictUnclear:
			l.Absent = len(l.Quotes) == 0
			unclear = append(unclear, l)
		case r.rubric.Points[i].Must:
			l.Text, l.Absent = "Not said: "+l.Text, true
			missing = append(missing, l)
		}
	}
	n.For = append(n.For, made[:min(mostLines, len(made))]...)
	n.Against = append(n.Against, missing[:min(mostLines, len(missing))]...)
	n.Unknowns = append(n.Unknowns, unclear[:min(mostLines, len(unclear))]...)
	if len(made) == 0 && len(missing) == 0 && x != nil {
		l := Line{Block: r.b.Block, About: r.about, Text: fmt.Sprintf("came to %.2f of 5 as a whole", *x), Value: x, By: r.by(), Quotes: first(st, r.b)}
		if *x >= 3 {
			n.For = append(n.For, l)
		} else {
			n.Against = append(n.Against, l)
		}
	}
}

// disagree is how far apart two interviewers are when they disagree, on the scale from 1 to 5.
const disagree = 1.5

// disagreements are the dimensions and principles that interviewers saw differently, and a vote that is split.
func disagreements(st *interview.State, votes []Vote, rows []Row, all []*rated) []Disagreement {
	out := []Disagreement{}
	var sides []Side
	split := map[bool]bool{}
	for i := range votes {
		v := &votes[i]
		if v.For() || v.Against() {
			split[v.For()] = true
			sides = append(sides, Side{Round: v.Round, Name: v.Name, Holds: v.Vote + ": " + v.Why})
		}
	}
	if split[true] && split[false] {
		out = append(out, Disagreement{About: "The vote", Sides: sides, Settle: "What follows: a difference in one of these is what parts the votes, and more of the same evidence from somebody who has not asked yet would settle it."})
	}
	for _, d := range dimensions {
		var sides []Side
		for i := range votes {
			for _, v := range votes[i].Values {
				if v.ID == d.id && v.Value != nil {
					sides = append(sides, Side{Round: votes[i].Round, Name: votes[i].Name, Holds: fmt.Sprintf("%.2f", *v.Value), value: *v.Value, Quote: evidence(st, all, votes[i].Round, d.id)})
				}
			}
		}
		if ends := apart(sides); ends != nil {
			out = append(out, Disagreement{About: d.name, Sides: ends, Settle: d.settle})
		}
	}
	for _, row := range rows {
		var sides []Side
		for _, pt := range row.Points {
			s := Side{Round: pt.Round, Name: pt.Name, Holds: fmt.Sprintf("%.2f", pt.Value), value: pt.Value}
			if q := first(st, st.Block(pt.Block)); len(q) > 0 {
				s.Quote = &q[0]
			}
			sides = append(sides, s)
		}
		if ends := apart(sides); ends != nil && ends[0].Round != ends[1].Round {
			out = append(out, Disagreement{About: row.Principle.Label, Sides: ends, Settle: "A second occasion, unlike the ones told, on which " + strings.ToLower(row.Principle.Label) + " cost something, with how it came out."})
		}
	}
	return out
}

// apart returns the lowest and the highest of some sides when they are far enough apart.
func apart(sides []Side) []Side {
	if len(sides) < 2 {
		return nil
	}
	low, high := sides[0], sides[0]
	for _, s := range sides {
		if s.value < low.value {
			low = s
		}
		if s.value > high.value {
			high = s
		}
	}
	if high.value-low.value < disagree {
		return nil
	}
	return []Side{low, high}
}

// evidence is a quote that a dimension of a round rests on.
func evidence(st *interview.State, all []*rated, round int, dimension string) *Quote {
	for _, r := range all {
		if r.b.Round != round || !r.ok || !r.story() {
			continue
		}
		for _, d := range r.g.Decisions {
			if d.Dimension != dimension {
				continue
			}
			for _, q := range d.Quotes {
				if w, ok := quoteOf(st, whole(st, interview.Quote(q))); ok {
					return &w
				}
			}
		}
	}
	for _, r := range all {
		if r.b.Round == round && r.ok && r.story() {
			if q := first(st, r.b); len(q) > 0 {
				return &q[0]
			}
		}
	}
	return nil
}
