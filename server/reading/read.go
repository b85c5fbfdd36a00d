package reading

import (
	"slices"
	"strings"

	"rehearse/server/interview"
)

// gateWords is the least a first behavioural answer needs to be read as more than a non-answer.
const gateWords = 12

// Read measures an answer.
func Read(in Input) Reading {
	r := Reading{Words: interview.CountWords(in.Text), Sentences: []Sentence{}, Missing: []Part{}, Quantities: []Quantity{}, Codes: []string{}}
	r.SpokenMinutes = float64(r.Words) / interview.CandidateWordsPerMinute
	spans := sentences(in.Text)
	clues := make([]clue, len(spans))
	for i, s := range spans {
		clues[i] = look(in.Text, s)
	}
	scores(clues)
	tags := tag(clues)
	for i, s := range spans {
		r.Sentences = append(r.Sentences, Sentence{Start: s.Start, End: s.End, Part: tags[i]})
	}
	r.Quantities = append(r.Quantities, quantities(in.Text, spans)...)
	measure(in.Text, clues, tags, &r)
	r.ResponseType = responseType(in, clues, &r)
	for _, p := range partOf {
		if !slices.Contains(tags, p) {
			r.Missing = append(r.Missing, p)
		}
	}
	if in.Kind == interview.KindBehavioural || in.Kind == "" {
		r.Gaps = gaps(in, clues, tags, &r)
		for _, g := range r.Gaps {
			r.Codes = append(r.Codes, g.Code)
		}
	}
	return r
}

func spansOf(re *form, c *clue) []Span {
	var out []Span
	for _, m := range re.FindAllStringIndex(c.low, 3) {
		if m[0] < m[1] {
			out = append(out, Span{c.span.Start + m[0], min(c.span.Start+m[1], c.span.End)})
		}
	}
	return out
}

// measure fills ownership and the cues.
func measure(text string, clues []clue, tags []Part, r *Reading) {
	m := &r.Measures
	m.Sentences = len(clues)
	headline := -1
	words := 0
	for i := range clues {
		c := &clues[i]
		if (tags[i] == Action || tags[i] == Result) && headline < 0 {
			headline = words
		}
		words += interview.CountWords(text[c.span.Start:c.span.End])
		if c.question {
			m.Questions++
		}
		if c.cond && c.iActs+c.weActs == 0 {
			m.Hypothetical++
		} else if c.iActs+c.weActs+c.iStates > 0 || c.past > 0 && !c.cond {
			m.Event++
		}
		if tags[i] == Action {
			r.Ownership.I += c.iActs
			if c.weActs > 0 && !(c.namedWe && c.iActs > 0) {
				r.Ownership.We += c.weActs
			}
			if c.iActs+c.weActs == 0 && c.passive > 0 {
				r.Ownership.Passive++
			}
		}
		m.Alternatives = append(m.Alternatives, spansOf(alternativeForm, c)...)
		m.Costs = append(m.Costs, spansOf(costForm, c)...)
		m.Opposition = append(m.Opposition, spansOf(oppositionForm, c)...)
		m.Failures = append(m.Failures, spansOf(failureForm, c)...)
		m.Reflection = append(m.Reflection, spansOf(reflectForm, c)...)
		m.Customer = append(m.Customer, spansOf(strictCustomer, c)...)
		m.Provenance = append(m.Provenance, spansOf(provenanceForm, c)...)
		m.How = append(m.How, spansOf(howForm, c)...)
	}
	m.Headline = max(0, headline)
	specific := len(r.Quantities) + len(dates.FindAllStringIndex(strings.ToLower(text), 20))
	if r.Words > 0 {
		m.Specific = float64(specific) * 100 / float64(r.Words)
	}
}

var dates = newForm(`\b(?:(?:19|20)\d\d|january|february|march|april|june|july|august|september|october|november|december|monday|tuesday|wednesday|thursday|friday|saturday|sunday|q[1-4]|last (?:year|summer|spring|winter|autumn|fall|month|week|quarter)|(?:\w+) (?:years?|months?|weeks?) ago|this (?:year|spring|summer))\b`)

// responseType tells a story from what only sounds like an answer.
func responseType(in Input, clues []clue, r *Reading) ResponseType {
	if r.Words == 0 || len(clues) == 0 {
		return NonAnswer
	}
	events, acts, habits, opinions, self := 0, 0, 0, 0, 0
	for i := range clues {
		c := &clues[i]
		acts += c.iActs + c.weActs
		switch {
		case c.cond:
			habits++
		case c.iActs+c.weActs > 0 || c.past > 0 && !presentForm.MatchString(c.low):
			events++
		}
		if opinionForm.MatchString(c.low) {
			opinions++
		}
		if selfForm.MatchString(c.low) {
			self++
		}
	}
	n := len(clues)
	if !in.Followup && r.Words < gateWords && acts < 2 || acts == 0 && events == 0 && habits == 0 && opinions == 0 && self == 0 && r.Words < 40 {
		return NonAnswer
	}
	if in.Followup {
		return Story // a follow-up's form is judged by what it asked for
	}
	switch {
	case events*2 > n && acts > 0 && events > habits, acts >= 4 && events >= habits:
		return Story
	case habits >= max(1, events):
		if self > habits {
			return SelfDescription
		}
		if examples.MatchString(strings.ToLower(in.Text)) {
			return Exemplification
		}
		if opinions > habits && acts == 0 {
			return Opinion
		}
		return PseudoStory
	case self > opinions && self*2 >= n:
		return SelfDescription
	case opinions > 0 && acts == 0:
		return Opinion
	case self > 0 && acts < 2:
		return SelfDescription
	case events > 0 && acts > 0:
		return Story
	case events > 0 && r.Words >= 40:
		return Story
	}
	return Opinion
}

var (
	presentForm = newForm(`^(?:i|we) (?:am|are|think|believe|always|usually|like|try|make|have|do|work|want|feel)\b`)
	opinionForm = newForm(`\b(?:i (?:strongly |really |firmly )?(?:think|believe|feel that|feel strongly)|in my opinion|in my view|it(?:'s| is) (?:important|essential|crucial|key|vital|necessary|always|better|about)|(?:is|are) (?:important|essential|crucial|key|vital|the most|everything|what matters)|one (?:should|must|has to|needs to)|people (?:should|need to)|you (?:should|have to|need to|must|can't|cannot)|matters)\b`)
	selfForm    = newForm(`\b(?:i(?:'m| am) (?:a|an|very|really|always|the (?:kind|type|sort)|someone|known|good|not|quite|naturally|passionate|proud|curious|detail)|i consider myself|my (?:strengths?|style|personality|approach|philosophy)|i (?:pride|see) myself|people (?:say|describe|tell) )\b`)
	examples    = newForm(`\b(?:for example|for instance|such as|things like|e\.g\.)`)
)

// Answers reports whether a reply has the form that its question expected.
func Answers(text string, expect interview.Expect) bool {
	words := interview.CountWords(text)
	low := strings.ToLower(text)
	if words < 2 || dodge.MatchString(low) && words < 25 {
		return false
	}
	spans := sentences(text)
	switch expect {
	case interview.ExpectNumber:
		return len(quantities(text, spans)) > 0
	case interview.ExpectEvent:
		for _, s := range spans {
			if c := look(text, s); c.iActs+c.weActs > 0 || c.past > 0 && !c.cond {
				return words >= 8
			}
		}
		return false
	case interview.ExpectName:
		return words >= 2
	}
	return words >= 5
}

var dodge = newForm(`\b(?:i don't (?:know|remember|recall)|i do not (?:know|remember|recall)|no idea|not sure|can't (?:say|remember)|cannot (?:say|remember)|nothing really|not really|hard to say|it depends)\b`)
