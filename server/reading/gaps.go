package reading

import (
	"slices"
)

// evidence is what the sentences of an answer hold, for the gaps to rest on.
type evidence struct {
	clues []clue
	tags  []Part
	r     *Reading
	// outcome marks the sentences that say how it came out: told as results, and neither a cost, a mistake,
	// an option nor a lesson.
	outcome []bool
}

func gather(clues []clue, tags []Part, r *Reading) *evidence {
	e := &evidence{clues: clues, tags: tags, r: r, outcome: make([]bool, len(clues))}
	for i := range clues {
		low := clues[i].low
		aside := reflectForm.MatchString(low) || costForm.MatchString(low) || failureForm.MatchString(low) || alternativeForm.MatchString(low) || oppositionForm.MatchString(low)
		measured := e.figures(i) > 0 && changeForm.MatchString(low) && tags[i] != Situation
		switch {
		case clues[i].cond && !measured, clues[i].question:
		case tags[i] == Result && !aside, measured && (tags[i] == Result || !aside), resultForm.MatchString(low) && tags[i] != Task && !aside,
			tags[i] == Result && measured:
			e.outcome[i] = true
		case i == 0 && (e.levels(i) || changeForm.MatchString(low) && e.figures(i) > 0): // the headline first
			e.outcome[i] = true
		}
	}
	return e
}

// figures counts the figures of a sentence that are no mere span of time.
func (e *evidence) figures(i int) int {
	n := 0
	for _, q := range e.r.Quantities {
		if q.Start >= e.clues[i].span.Start && q.End <= e.clues[i].span.End && (q.Role != "window" || e.levels(i)) {
			n++
		}
	}
	return n
}

var levelForm = newForm(`\bfrom\b.*\bto\b|\bbecame\b|\bdown to\b|\bcompared (?:to|with)\b|\binstead of\b`)

// levels reports whether a sentence compares two figures, so that spans of time in it are what was measured.
func (e *evidence) levels(i int) bool {
	n := 0
	for _, q := range e.r.Quantities {
		if q.Start >= e.clues[i].span.Start && q.End <= e.clues[i].span.End {
			n++
		}
	}
	return n >= 2 && levelForm.MatchString(e.clues[i].low)
}

// count is how often a form occurs in sentences of some parts, or in all when none is given.
func (e *evidence) count(re *form, in ...Part) int {
	n := 0
	for i := range e.clues {
		if len(in) == 0 || slices.Contains(in, e.tags[i]) {
			n += len(re.FindAllStringIndex(e.clues[i].low, 3))
		}
	}
	return n
}

// first returns the first sentence that satisfies a condition.
func (e *evidence) first(ok func(i int) bool) Span {
	for i := range e.clues {
		if ok(i) {
			return e.clues[i].span
		}
	}
	return Span{}
}

// gaps lists what is missing, in the order in which it is probed. Each needs the absence of every form of
// it: a part that is there is worse to ask for than a part that is missing is to leave.
func gaps(in Input, clues []clue, tags []Part, r *Reading) []Gap {
	e := gather(clues, tags, r)
	var out []Gap
	add := func(code, why string, s Span) {
		out = append(out, Gap{Code: code, Start: s.Start, End: s.End, Why: why})
	}
	if r.ResponseType != Story {
		add("Q01", map[ResponseType]string{PseudoStory: "what you usually do, not one occasion", Exemplification: "examples in general, not one occasion", Opinion: "an opinion, not an occasion",
			SelfDescription: "how you see yourself, not an occasion", NonAnswer: "no occasion was told"}[r.ResponseType], Span{})
	}
	situation := e.first(func(i int) bool { return tags[i] == Situation })
	action := e.first(func(i int) bool { return tags[i] == Action && clues[i].iActs > 0 })
	if !e.stakes() {
		add("Q02", "no stakes, scale or people affected in the situation", situation)
	}
	if !slices.Contains(tags, Task) && e.count(dutyForm) == 0 || e.count(dutyForm) == 0 && !e.sureTask() {
		add("Q03", "what you were answerable for was not said", situation)
	}
	acts := 0
	for i := range clues {
		acts += clues[i].iActs
	}
	if acts < 2 {
		add("Q04", "fewer than two things you did yourself", action)
	}
	we, own := r.Ownership.We, r.Ownership.I
	if we >= 2 && we*2 > own || we > 0 && own == 0 || e.count(assignedForm) > 0 && acts < 3 {
		add("Q05", "it stays open which part was yours", e.first(func(i int) bool { return tags[i] == Action && clues[i].weActs > 0 }))
	}
	out = append(out, e.result(in)...)
	return append(out, e.depth(in, action)...)
}

// stakes reports whether the beginning of the story says what was at stake, for whom, or how large it was.
func (e *evidence) stakes() bool {
	for i := range e.clues {
		if e.tags[i] == Result || e.tags[i] == Action && i*3 > len(e.clues) {
			continue
		}
		low := e.clues[i].low
		if stakesForm.MatchString(low) || strictCustomer.MatchString(low) {
			return true
		}
		for _, q := range e.r.Quantities {
			if q.Start >= e.clues[i].span.Start && q.End <= e.clues[i].span.End && (q.Role == "population" || q.Role == "money" || q.Value >= 20 && q.Role != "window" && e.tags[i] == Situation) {
				return true
			}
		}
	}
	return false
}

// sureTask reports whether a sentence is a task by more than its place.
func (e *evidence) sureTask() bool {
	for i := range e.clues {
		if e.tags[i] == Task && softmax(e.clues[i].score)[iT] > 0.6 {
			return true
		}
	}
	return false
}

// result are the gaps of how it came out.
func (e *evidence) result(in Input) []Gap {
	told, figures, at := false, 0, -1
	for i := range e.clues {
		if !e.outcome[i] {
			continue
		}
		told = true
		if n := e.figures(i); n > 0 {
			figures += n
			if at < 0 {
				at = i
			}
		}
	}
	last := Span{}
	for i := range e.clues {
		if e.outcome[i] {
			last = e.clues[i].span
		}
	}
	switch {
	case !told:
		return []Gap{{Code: "Q09", Why: "how it ended was not said"}}
	case figures == 0 && in.Observable:
	case figures == 0:
		return []Gap{{Code: "Q10", Start: last.Start, End: last.End, Why: "an outcome without a figure"}}
	case !e.backed():
		s := e.clues[at].span
		return []Gap{{Code: "Q11", Start: s.Start, End: s.End, Why: "a figure without what it was before, over how long, or how it was measured"}}
	}
	return nil
}

// backed reports whether the figures of the outcome come with two of three: what it was before, over how
// long, and how it was measured. The sentences round a figure may bring them.
func (e *evidence) backed() bool {
	before, window, source := false, false, false
	for i := range e.clues {
		if !e.outcome[i] || e.figures(i) == 0 {
			continue
		}
		for k := max(0, i-1); k <= min(len(e.clues)-1, i+1); k++ {
			low := e.clues[k].low
			before = before || beforeForm.MatchString(low) && (k == i || e.figures(k) > 0) || e.levels(k)
			window = window || windowForm.MatchString(low) && k >= i-1
			source = source || provenanceForm.MatchString(low)
		}
		for _, q := range e.r.Quantities {
			before = before || q.Role == "baseline" || q.Start < e.clues[i].span.Start && e.same(q, i)
		}
	}
	n := 0
	for _, b := range []bool{before, window, source} {
		if b {
			n++
		}
	}
	return n >= 2
}

// same reports whether an earlier figure counts what a figure of sentence i counts.
func (e *evidence) same(q Quantity, i int) bool {
	for _, o := range e.r.Quantities {
		if o.Start >= e.clues[i].span.Start && o.End <= e.clues[i].span.End && o.Noun == q.Noun && q.Noun != "" && o.Unit == q.Unit {
			return true
		}
	}
	return false
}

// depth are the gaps that may wait until they are asked for.
func (e *evidence) depth(in Input, action Span) []Gap {
	var out []Gap
	m := &e.r.Measures
	add := func(missing bool, code, why string, s Span) {
		if missing {
			out = append(out, Gap{Code: code, Start: s.Start, End: s.End, Why: why})
		}
	}
	choice := Span{}
	if len(m.Alternatives) > 0 {
		choice = m.Alternatives[0]
	}
	add(e.unexplained(), "Q06", "what was done, not how", action)
	add(len(m.Alternatives) == 0, "Q07", "no option that was considered and left", action)
	add(len(m.Alternatives) > 0 && len(m.Costs) == 0, "Q08", "a choice without its cost", choice)
	add(len(m.Opposition) == 0, "Q13", "nobody disagreed", action)
	add(len(m.Customer) == 0 && e.count(customerForm, Result, Situation) == 0, "Q16", "nothing on what it meant for those it was for", Span{})
	add(in.Level > "L4" && e.count(scaleForm) == 0, "Q12", "a local solution; what happens at a larger scale is open", action)
	add(len(m.Failures) == 0, "Q14", "nothing went wrong", action)
	add(len(m.Reflection) == 0, "Q15", "no lesson", Span{})
	return out
}

// unexplained reports whether the actions are named and not shown: most of the verbs are abstract, or no
// action sentence says by what means.
func (e *evidence) unexplained() bool {
	vagueActs, plainActs, how := 0, 0, 0
	for i := range e.clues {
		if e.tags[i] != Action {
			continue
		}
		c := &e.clues[i]
		named := 0
		for k, t := range c.toks {
			if t.word && pastVerb(t.low) && k > 0 && (c.toks[k-1].low == "i" || joins(c.toks[k-1].low)) {
				if abstract[base(t.low)] || abstract[base(t.low)+"e"] {
					named++
				} else if !stative[base(t.low)] {
					plainActs++
				}
			}
		}
		vagueActs += named
		if named == 0 && howForm.MatchString(c.low) {
			how++
		}
	}
	return vagueActs >= 3 && vagueActs > plainActs || how == 0 && plainActs < 3
}
