package reading

import (
	"slices"
	"strings"

	"rehearse/server/interview"
)

// perSentence is how many cues of a kind are kept for a sentence.
const perSentence = 3

// measure fills ownership and the cues.
func measure(text string, principles []string, clues []clue, tags []Part, r *Reading) {
	m := &r.Measures
	m.Sentences = len(clues)
	headline := -1
	words := 0
	for i := range clues {
		c := &clues[i]
		if (tags[i] == Action || tags[i] == Result) && headline < 0 {
			headline = words
		}
		n := interview.CountWords(text[c.span.Start:c.span.End])
		words += n
		m.Longest = max(m.Longest, n)
		if c.question {
			m.Questions++
		}
		if c.cond && c.iActs+c.weActs == 0 {
			m.Hypothetical++
		} else if c.iActs+c.weActs+c.iStates > 0 || c.past > 0 && !c.cond {
			m.Event++
		}
		if tags[i] == Action {
			own(c, &r.Ownership)
		}
		for _, k := range []struct {
			group int
			into  *[]Span
		}{{gAlternative, &m.Alternatives}, {gCost, &m.Costs}, {gOppose, &m.Opposition}, {gFail, &m.Failures}, {gReflect, &m.Reflection}, {gCustomer, &m.Customer},
			{gProvenance, &m.Provenance}, {gHow, &m.How}, {gHedge, &m.Hedges}, {gBoost, &m.Boosters}, {gStock, &m.Stock}, {gPrinciple, &m.Principles}} {
			*k.into = append(*k.into, c.spans(k.group, perSentence)...)
		}
	}
	if !slices.Contains(tags, Action) { // a story in one breath: "we had an outage, so we looked into it and fixed it"
		for i := range clues {
			if tags[i] != Task && !clues[i].cond && !clues[i].has(gDodge) {
				own(&clues[i], &r.Ownership)
			}
		}
	}
	m.Principles = append(m.Principles, mentions(text, principles)...)
	m.Headline = max(0, headline)
	if m.Event+m.Hypothetical > 0 {
		m.PastRatio = float64(m.Event) / float64(m.Event+m.Hypothetical)
	}
	specific := len(r.Quantities) + len(dates.FindAllStringIndex(strings.ToLower(text[:min(len(text), maxText)]), 40)) + names(text, clues)
	if r.Words > 0 {
		m.Specific = float64(specific) * 100 / float64(r.Words)
	}
}

// own counts who acts in a sentence of the Action: I, a "we" of whom it is not said who did what, or nobody.
func own(c *clue, o *Ownership) {
	o.I += c.iActs
	if !c.together && c.weActs > 0 {
		o.We += c.weActs
	}
	if c.iActs+c.weActs == 0 {
		o.Passive += min(1, c.passive)
	}
}

var dates = newWording(`\b(?:(?:19|20)\d\d|january|february|march|april|june|july|august|september|october|november|december|monday|tuesday|wednesday|thursday|friday|saturday|sunday|q[1-4])\b`)

// mentions are the places where one of some names stands, as whole words, in any case; each name once.
func mentions(text string, list []string) []Span {
	var out []Span
	low := strings.ToLower(text)
	for _, name := range list {
		name = strings.ToLower(name)
		for from := 0; name != "" && len(low) == len(text); {
			i := strings.Index(low[from:], name)
			if i < 0 {
				break
			}
			start, end := from+i, from+i+len(name)
			if (start == 0 || !letter(low[start-1])) && (end == len(low) || !letter(low[end])) {
				out = append(out, Span{start, end})
				break
			}
			from = end
		}
	}
	return out
}

func letter(b byte) bool { return b >= 'a' && b <= 'z' || b >= '0' && b <= '9' || b >= 0x80 }

// names counts capitalised words inside sentences: people, systems, places.
func names(text string, clues []clue) int {
	n := 0
	for i := range clues {
		for k := range clues[i].toks {
			t := &clues[i].toks[k]
			if k > 0 && t.word && t.form == fNoun && clues[i].toks[k-1].form != fQuote && text[t.start] >= 'A' && text[t.start] <= 'Z' {
				n++
			}
		}
	}
	return n
}

// responseType tells a story from what only sounds like an answer (D7).
func responseType(in Input, clues []clue, r *Reading) ResponseType {
	if r.Words == 0 || len(clues) == 0 {
		return NonAnswer
	}
	t := tally(clues)
	if in.Followup {
		return followupType(r, t)
	}
	n := len(clues)
	switch {
	case r.Words < gateWords && t.acts < 2, t.acts+t.events+t.habits+t.opinions+t.self == 0 && r.Words < 40, t.dodges > 0 && r.Words < 40 && t.acts == 0:
		return NonAnswer
	case t.events*2 > n && t.acts > 0 && t.events > t.habits, t.acts >= 4 && t.events >= t.habits:
		return Story
	case t.habits >= max(1, t.events):
		return general(t, strings.ToLower(in.Text))
	case t.self > t.opinions && t.self*2 >= n:
		return SelfDescription
	case t.opinions > 0 && t.acts == 0:
		return Opinion
	case t.self > 0 && t.acts < 2:
		return SelfDescription
	case t.events > 0 && t.acts > 0, t.events > 0 && r.Words >= 40, t.events > 0 && t.opinions == 0 && len(r.Quantities) > 0:
		return Story
	}
	return Opinion
}

// gateWords is the least a first behavioural answer needs to be read as more than a non-answer.
const gateWords = 12

type tallies struct{ events, acts, habits, opinions, self, dodges, examples int }

// dodgeTokens is how long a sentence is, in words and marks, that says nothing but that it has nothing to say: "I do not
// know who owned it, but the platform team decided that week" goes on.
const dodgeTokens = 12

func tally(clues []clue) tallies {
	var t tallies
	for i := range clues {
		c := &clues[i]
		t.acts += c.iActs + c.weActs
		switch {
		case c.cond && c.iActs+c.weActs == 0:
			t.habits++
		case c.iActs+c.weActs > 0 || c.past > 0 && c.past >= c.present:
			t.events++
		}
		if c.has(gOpinion) {
			t.opinions++
		}
		if c.has(gSelf) {
			t.self++
		}
		if c.has(gDodge) && len(c.toks) <= dodgeTokens {
			t.dodges++
		}
		if c.has(gExample) {
			t.examples++
		}
	}
	return t
}

func general(t tallies, low string) ResponseType {
	switch {
	case t.self > t.habits:
		return SelfDescription
	case t.examples > 0 || strings.Contains(low, "e.g."):
		return Exemplification
	case t.opinions > t.habits && t.acts == 0:
		return Opinion
	}
	return PseudoStory
}

// followupType judges a reply by what was asked: any form is right, saying nothing is not.
func followupType(r *Reading, t tallies) ResponseType {
	if t.dodges > 0 && r.Words < 25 && t.acts == 0 && len(r.Quantities) == 0 {
		return NonAnswer
	}
	return Story
}
