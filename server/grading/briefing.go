package grading

import (
	"slices"
	"strings"

	"rehearse/server/interview"
	"rehearse/server/reading"
)

// What a briefing is held to.
const (
	askWithin    = 40   // words before which the bottom line asks for something
	plainGrade   = 10.0 // highest reading grade (Flesch-Kincaid) for a listener who is not technical
	wantedChoice = 2    // options of the decision, doing nothing among them
)

// Briefing is what code measured in an explanation to somebody who is not technical. Each check is passed or not; the
// naive listener is a model's and stands elsewhere.
type Briefing struct {
	Audience string     `json:"audience"`
	AskAt    int        `json:"ask_at_word"` // where the ask begins, from 1; 0 when there is none
	Ask      *Quote     `json:"ask,omitempty"`
	Level    float64    `json:"reading_grade"`
	Jargon   []Quote    `json:"undefined_jargon,omitempty"`
	Choices  []Option   `json:"options"`
	Held     []HeldFact `json:"facts"`
	Invented []Quote    `json:"invented_figures,omitempty"`
	Asked    []RoleMet  `json:"questions_in_role,omitempty"`
	Passed   int        `json:"passed"`
	Checks   int        `json:"checks"`
}

// Option is one option of the decision, and whether the explanation offers it.
type Option struct {
	ID      string `json:"id"`
	Text    string `json:"text"`
	Nothing bool   `json:"nothing,omitempty"`
	Said    bool   `json:"said"`
}

// The states of a fact that must not be distorted.
const (
	FactKept    = "kept"
	FactBent    = "bent"
	FactMissing = "missing"
)

// HeldFact is a fact that must not be distorted. State is kept, bent or missing.
type HeldFact struct {
	ID    string  `json:"id"`
	Text  string  `json:"text"`
	State string  `json:"state"`
	Why   string  `json:"why"`
	Quote []Quote `json:"quotes,omitempty"`
}

// RoleMet is a question asked in role, and whether its answer met it; Yielded is giving way where one should not.
type RoleMet struct {
	ID      string `json:"id"`
	Turn    int    `json:"turn"`
	Met     bool   `json:"met"`
	Yielded bool   `json:"yielded,omitempty"`
	Why     string `json:"why"`
}

// measureBriefing checks the explanation (the first answer of the block) and the answers to the questions in role. It
// returns nil for a block that is no briefing or has no answer.
func measureBriefing(st *interview.State, b *interview.Block, item *interview.Item, rubric *interview.Rubric, audiences []interview.Audience) *Briefing {
	if item == nil || item.Kind != interview.KindBriefing || rubric.Briefing == nil {
		return nil
	}
	var explained *interview.Turn
	given := []string{item.Prompt.Main, item.Context, strings.Join(item.Prompt.Variants, " ")}
	for _, f := range item.Facts {
		given = append(given, f.Answer)
	}
	for _, n := range b.Turns {
		t := st.Turn(n)
		given = append(given, t.Text)
		if explained == nil && t.Answered {
			explained = t
		}
	}
	if explained == nil {
		return nil
	}
	out := &Briefing{Audience: b.Audience, Choices: []Option{}, Held: []HeldFact{}}
	var knows []string
	for _, a := range audiences {
		if a.ID == b.Audience {
			knows = a.Terms
		}
	}
	text := explained.Answer
	quotes := func(spans []reading.Span) []Quote { return quotesOf(explained.Turn, spans, 5) }

	if spans := reading.Find(text, rubric.Briefing.Ask, nil); len(spans) > 0 {
		out.AskAt = len(strings.Fields(text[:spans[0].Start])) + 1
		out.Ask = &Quote{explained.Turn, spans[0].Start, spans[0].End}
	}
	out.check(out.AskAt > 0 && out.AskAt <= askWithin)

	out.Level = reading.Read(reading.Input{Text: text, Kind: item.Kind, Plain: true}).Measures.GradeLevel
	out.check(out.Level <= plainGrade)

	for _, t := range reading.Undefined(text, rubric.Briefing.Jargon, knows) {
		out.Jargon = append(out.Jargon, Quote{explained.Turn, t.Start, t.End})
	}
	out.check(len(out.Jargon) == 0)

	offered, nothing := 0, false
	for _, c := range rubric.Briefing.Choices {
		o := Option{ID: c.ID, Text: c.Text, Nothing: c.Nothing, Said: len(reading.Find(text, c.Says, nil)) > 0}
		if o.Said {
			offered++
			nothing = nothing || c.Nothing
		}
		out.Choices = append(out.Choices, o)
	}
	out.check(offered >= wantedChoice && nothing)

	whole := true
	for _, h := range rubric.MustNot {
		f := HeldFact{ID: h.ID, Text: h.Text, Why: h.Why, State: FactMissing}
		if spans := reading.Find(text, h.Bends, nil); len(spans) > 0 {
			f.State, f.Quote = FactBent, quotes(spans)
		} else if spans := reading.Find(text, h.Says, nil); len(spans) > 0 {
			f.State, f.Quote = FactKept, quotes(spans)
		}
		whole = whole && f.State == FactKept
		out.Held = append(out.Held, f)
	}
	out.check(whole)

	out.Invented = quotes(reading.Foreign(text, given...))
	out.check(len(out.Invented) == 0)

	out.roles(st, b, rubric)
	return out
}

func (b *Briefing) check(passed bool) {
	b.Checks++
	if passed {
		b.Passed++
	}
}

// roles checks the answers to questions in role.
func (b *Briefing) roles(st *interview.State, block *interview.Block, rubric *interview.Rubric) {
	for _, n := range block.Turns {
		t := st.Turn(n)
		i := slices.IndexFunc(rubric.Questions, func(q interview.RoleQuestion) bool { return q.Text == t.Wording })
		if i < 0 {
			continue
		}
		q := rubric.Questions[i]
		m := RoleMet{ID: q.ID, Turn: n, Why: q.Why, Yielded: len(reading.Find(t.Answer, q.Yields, nil)) > 0}
		m.Met = !m.Yielded && len(reading.Find(t.Answer, q.Met, nil)) > 0
		b.Asked = append(b.Asked, m)
		b.check(m.Met)
	}
}

// checksShare is how much of a briefing's score its checks are; the rest are its points. The figure is ours.
const checksShare = 0.5

// adjust joins the checks to the score of the points.
func (b *Briefing) adjust(score float64) float64 {
	if b == nil || b.Checks == 0 {
		return score
	}
	return (1-checksShare)*score + checksShare*float64(b.Passed)/float64(b.Checks)
}
