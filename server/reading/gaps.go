package reading

import (
	"slices"
	"strings"

	"rehearse/server/interview"
)

// evidence is what the sentences of an answer hold, for the gaps to rest on.
type evidence struct {
	clues []clue
	tags  []Part
	r     *Reading
	// outcome marks the sentences that say how it came out: told as results, and neither a cost, a mistake,
	// an option nor a lesson.
	outcome []bool
	seen    []map[*wording]bool // forms looked for in each sentence
	low     []string            // the sentences in lower case, with straight apostrophes
}

func gather(text string, clues []clue, tags []Part, r *Reading) *evidence {
	e := &evidence{clues: clues, tags: tags, r: r, outcome: make([]bool, len(clues)), low: make([]string, len(clues)), seen: make([]map[*wording]bool, len(clues))}
	each(len(clues), func(i int) {
		e.low[i] = strings.ReplaceAll(strings.ToLower(text[clues[i].span.Start:clues[i].span.End]), "’", "'")
		c := &clues[i]
		aside := e.says(reflectForm, i) || e.says(costForm, i) || e.says(failureForm, i) || e.says(alternativeForm, i) || e.says(oppositionForm, i)
		n := e.figures(i)
		change := n > 0 && e.says(changeForm, i)
		byOthers := c.iActs+c.weActs == 0 // what came of it is told of things and of other people
		switch {
		case c.cond && !change, c.question:
		case tags[i] == Result && (!aside || change):
			e.outcome[i] = true
		case byOthers && !aside && tags[i] != Task && (change && tags[i] != Situation || n == 0 && e.says(resultForm, i)):
			e.outcome[i] = true
		case byOthers && tags[i] != Task && (e.levels(i) || n >= 2 && (e.says(provenanceForm, i) || e.series(i))): // two measurements beside each other
			e.outcome[i] = true
		case i == 0 && change && !aside, i < 2 && n >= 2 && byOthers && !aside: // the headline first
			e.outcome[i] = true
		}
	})
	return e
}

// figures counts the figures of a sentence that are no mere span of time.
func (e *evidence) figures(i int) int {
	n := 0
	for _, q := range e.r.Quantities {
		if q.Start >= e.clues[i].span.Start && q.End <= e.clues[i].span.End && (q.Role != RoleWindow || e.levels(i)) {
			n++
		}
	}
	return n
}

var levelForm = newWording(`\bfrom\b.*\bto\b|\bbecame\b|\bdown to\b|\bcompared (?:to|with)\b|\binstead of\b`)

// levels reports whether a sentence compares two figures, so that spans of time in it are what was measured.
func (e *evidence) levels(i int) bool {
	n := 0
	for _, q := range e.r.Quantities {
		if q.Start >= e.clues[i].span.Start && q.End <= e.clues[i].span.End {
			n++
		}
	}
	return n >= 2 && e.says(levelForm, i)
}

// series reports whether a sentence gives figures for two times: a level, and the level later.
func (e *evidence) series(i int) bool {
	n := 0
	for _, q := range e.r.Quantities {
		if q.Start >= e.clues[i].span.Start && q.End <= e.clues[i].span.End && q.Role != RoleWindow {
			n++
		}
	}
	return n >= 2 && len(timeForm.FindAllStringIndex(e.low[i], 4)) >= 2
}

// says reports whether sentence i holds a form; each is looked for once.
func (e *evidence) says(re *wording, i int) bool {
	v, ok := e.seen[i][re]
	if !ok {
		v = re.MatchString(e.low[i])
		if e.seen[i] == nil {
			e.seen[i] = map[*wording]bool{}
		}
		e.seen[i][re] = v
	}
	return v
}

// said reports whether a form occurs in sentences of some parts, or in any when none is given.
func (e *evidence) said(re *wording, in ...Part) bool {
	for i := range e.clues {
		if (len(in) == 0 || slices.Contains(in, e.tags[i])) && e.says(re, i) {
			return true
		}
	}
	return false
}

// late reports whether a form occurs in the last third of the sentences.
func (e *evidence) late(re *wording) bool {
	for i := len(e.clues) * 2 / 3; i < len(e.clues); i++ {
		if e.says(re, i) {
			return true
		}
	}
	return false
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
	e := gather(in.Text, clues, tags, r)
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
	if !e.stakes() || slices.Contains(r.Missing, Situation) {
		add("Q02", "no stakes, scale or people affected in the situation", situation)
	}
	if !slices.Contains(tags, Task) && !e.said(dutyForm) || !e.said(dutyForm) && !e.sureTask() {
		add("Q03", "what you were answerable for was not said", situation)
	}
	acts := 0
	for i := range clues {
		if e.outcome[i] || !e.says(alternativeForm, i) && !e.says(oppositionForm, i) && !e.says(reflectForm, i) {
			acts += clues[i].iActs // what was turned down, argued about or learned is no step that was taken
		} else {
			acts += max(0, clues[i].iActs-1)
		}
	}
	if acts < 2 {
		add("Q04", "fewer than two things you did yourself", action)
	}
	we, own := r.Ownership.We, r.Ownership.I
	if we >= 2 && we*2 > own || we > 0 && own == 0 || e.said(assignedForm) && acts < 3 {
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
		if e.says(stakesForm, i) || e.says(strictCustomer, i) {
			return true
		}
		for _, q := range e.r.Quantities {
			if q.Start >= e.clues[i].span.Start && q.End <= e.clues[i].span.End && (q.Role == RolePopulation || q.Role == RoleMoney || q.Value >= 20 && q.Role != RoleWindow && e.tags[i] == Situation) {
				return true
			}
		}
	}
	return false
}

// sureTask reports whether a sentence is a task by more than its place.
func (e *evidence) sureTask() bool {
	for i := range e.clues {
		if e.tags[i] == Task && e.r.Sentences[i].Chance > 0.6 {
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
	e.r.Backed = e.backing()
	switch {
	case !told:
		return []Gap{{Code: "Q09", Why: "how it ended was not said"}}
	case figures == 0 && in.Observable:
	case figures == 0:
		return []Gap{{Code: "Q10", Start: last.Start, End: last.End, Why: "an outcome without a figure"}}
	case !e.r.Backed.enough():
		s := e.clues[at].span
		return []Gap{{Code: "Q11", Start: s.Start, End: s.End, Why: "a figure without what it was before, over how long, or how it was measured"}}
	}
	return nil
}

// enough reports whether figures come with two of three: what it was before, over how long, and how it was measured.
func (b Backing) enough() bool {
	n := 0
	for _, said := range []bool{b.Before, b.Window, b.Source} {
		if said {
			n++
		}
	}
	return n >= 2
}

// backing is what was said about the figures of the outcome. The sentences round a figure may bring it.
func (e *evidence) backing() Backing {
	var b Backing
	for i := range e.clues {
		if !e.outcome[i] || e.figures(i) == 0 {
			continue
		}
		for k := max(0, i-1); k <= min(len(e.clues)-1, i+1); k++ {
			b.Before = b.Before || e.says(beforeForm, k) || e.levels(k) || e.series(k)
			b.Window = b.Window || e.says(windowForm, k) && k >= i-1
			b.Source = b.Source || e.says(provenanceForm, k)
		}
		for _, q := range e.r.Quantities {
			b.Before = b.Before || q.Role == RoleBaseline || q.Start < e.clues[i].span.Start && e.same(q, i)
		}
		b.Noun = b.Noun || slices.ContainsFunc(e.clues[i].toks, func(t token) bool { return t.word && t.form == fNoun })
	}
	return b
}

// same reports whether an earlier figure counts what a figure of sentence i counts.
func (e *evidence) same(q Quantity, i int) bool {
	for _, o := range e.r.Quantities {
		if o.Start < e.clues[i].span.Start || o.End > e.clues[i].span.End || o.Unit != q.Unit {
			continue
		}
		if o.Noun == q.Noun && q.Noun != "" || q.Unit == "%" && (o.Noun == "" || q.Noun == "") { // "12% of sign-ins were failing", later "it fell to 0.2%"
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
	add(len(m.Alternatives) == 0 && !e.said(alternativeForm), "Q07", "no option that was considered and left", action)
	add((len(m.Alternatives) > 0 || e.said(alternativeForm)) && len(m.Costs) == 0 && !e.said(costForm), "Q08", "a choice without its cost", choice)
	add(len(m.Opposition) == 0 && !e.said(oppositionForm), "Q13", "nobody disagreed", action)
	add(len(m.Customer) == 0 && !e.said(strictCustomer) && !e.said(customerForm, Result, Situation), "Q16", "nothing on what it meant for those it was for", Span{})
	add(in.Reach && !e.said(scaleForm) && !e.many(), "Q12", "a local solution; what happens at a larger scale is open", action)
	smooth := len(m.Opposition) == 0 && !e.said(oppositionForm)
	add(smooth && len(m.Failures) == 0 && !e.said(failureForm), "Q14", "nothing went wrong", action)
	add(len(m.Reflection) == 0 && !e.said(reflectForm) && !e.late(habitForm), "Q15", "no lesson", Span{})
	return out
}

// many reports whether what was done was done to a number of things that only a method reaches.
func (e *evidence) many() bool {
	return slices.ContainsFunc(e.r.Quantities, func(q Quantity) bool {
		return q.Value >= manyThings && (q.Role == RolePopulation || q.Unit == "" && q.Noun != "" && q.Role != RoleWindow && q.Role != RoleMoney)
	})
}

// manyThings is how many services, repositories or people are no local matter.
const manyThings = 30

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
			if t.word && pastVerb(t.low) && k > 0 && (c.toks[k-1].low == "i" || c.toks[k-1].low == "and" || c.toks[k-1].low == "," || c.toks[k-1].low == "then") {
				if abstract[base(t.low)] || abstract[base(t.low)+"e"] {
					named++
				} else if !stative[base(t.low)] {
					plainActs++
				}
			}
		}
		vagueActs += named
		if named == 0 && e.says(howForm, i) {
			how++
		}
	}
	return vagueActs >= 3 && vagueActs > plainActs || how == 0 && plainActs < 3
}

// declineWords is the most a reply has that says it has nothing to tell.
const declineWords = 25

// Declines reports whether a reply only says that there is nothing to tell: "Sorry, I have never done that".
func Declines(text string) bool {
	words := interview.CountWords(text)
	if words == 0 || words > declineWords {
		return false
	}
	spans := Sentences(text)
	clues := make([]clue, len(spans))
	for i, s := range spans {
		clues[i] = look(text, s)
	}
	t := tally(clues)
	return t.dodges > 0 && t.acts <= t.dodges && len(quantities(text, clues)) == 0
}

// Answers reports whether a reply has the form that its question expected.
func Answers(text string, expect interview.Expect) bool {
	words := interview.CountWords(text)
	if words == 0 {
		return false
	}
	spans := Sentences(text)
	clues := make([]clue, len(spans))
	for i, s := range spans {
		clues[i] = look(text, s)
	}
	t := tally(clues)
	if t.dodges > 0 && words < 25 && t.acts == 0 && len(quantities(text, clues)) == 0 {
		return false
	}
	switch expect {
	case interview.ExpectNumber:
		return len(quantities(text, clues)) > 0 || strings.ContainsAny(text, "0123456789")
	case interview.ExpectEvent:
		return t.events > 0 && words >= 8
	case interview.ExpectName:
		return true
	case interview.ExpectReason, interview.ExpectFact, interview.ExpectCounterfactual:
		return words >= 3
	}
	return words >= 5
}
