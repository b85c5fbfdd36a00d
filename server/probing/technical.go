package probing

import (
	"cmp"
	"slices"

	"rehearse/server/interview"
	"rehearse/server/reading"
)

// open are the wordings that ask for a missing point where its author wrote none. They name nothing.
var open = []string{
	"What have you not covered yet that would worry you?",
	"What else would you want in place before you call this done?",
	"Where would you look next, and why there?",
	"What would somebody who wants to break this try next?",
	"Which part of your answer would you test first, and how?",
	"What is still unprotected after what you have described?",
}

// technical asks for what is missing, weightiest must-point first, without naming it; an exam goes on
// with the strongest claim when nothing is.
func (c *chooser) technical() Choice {
	if c.Rubric != nil {
		missing := Missing(c.Rubric, c.all+"\n"+c.Extra, c.Steps)
		for _, p := range missing {
			target := Opaque("point", c.Rubric.Item, p.ID)
			text := p.ProbeIfMissing
			if c.targets[target] || (text != "" && c.Asked[text]) {
				continue
			}
			if text == "" {
				var ok bool
				if text, ok = c.wording(open); !ok {
					continue
				}
			}
			expect := p.Expects
			if expect == "" {
				expect = interview.ExpectFact
			}
			return Choice{Type: TypePoint, Target: target, Text: text, Expect: expect, Family: TypePoint,
				Anchors: c.topical(text), Reason: "something a strong answer holds was not said"}
		}
	}
	if c.Mode == interview.ModeExam || c.Dig || (c.Rubric == nil && len(c.Exchanges) == 1 && thin(c.all)) {
		return c.strongest(nil)
	}
	return done("nothing is missing")
}

// thin reports whether a technical answer is too short to have said anything.
func thin(text string) bool { return interview.CountWords(text) < 15 }

// topical ties a question to something said about the same thing: the two share a word that carries meaning.
// A question about something else stands better alone.
func (c *chooser) topical(question string) []Anchor {
	var out []Anchor
	for _, a := range c.anchors("Q06") {
		if reading.Shares(a.Text, question) {
			out = append(out, a)
		}
	}
	return out
}

// Missing returns the points that text does not say, must-points first, then by weight. Steps, when
// given, keeps points that belong to no step or to one of these.
func Missing(r *interview.Rubric, text string, steps []string) []interview.Point {
	var out []interview.Point
	prepared := reading.Prepare(text)
	for _, p := range r.Points {
		if len(steps) > 0 && p.Step != "" && !slices.Contains(steps, p.Step) {
			continue
		}
		if spans := said(text, prepared, p); len(spans) == 0 {
			out = append(out, p)
		}
	}
	slices.SortStableFunc(out, func(a, b interview.Point) int {
		if a.Must != b.Must {
			if a.Must {
				return -1
			}
			return 1
		}
		return cmp.Compare(b.Weight, a.Weight)
	})
	return out
}

// Said returns where text says a point: by its synonyms and expressions, outside a negation; for a point
// with neither, by the words of its own text.
func Said(text string, p interview.Point) []reading.Span {
	return said(text, reading.Prepare(text), p)
}

func said(text string, prepared *reading.Prepared, p interview.Point) []reading.Span {
	phrases := slices.Clone(p.Synonyms)
	for _, re := range p.Regex {
		phrases = append(phrases, "re:"+re)
	}
	if len(phrases) == 0 {
		return reading.Echoes(text, p.Text)
	}
	return prepared.Find(phrases, p.Negations)
}
