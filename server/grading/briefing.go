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
	Listener *Listened  `json:"listener,omitempty"` // set with a grade
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

// RoleMet is a question asked in role, or an objection, and whether its answer met it; Yielded is giving way where one
// should not. A listener who was not met presses: Pressed are those turns, and Held says that the first answer
// met them already. Quotes are the words that met them, or the words that gave way.
type RoleMet struct {
	ID        string  `json:"id"`
	Turn      int     `json:"turn"`
	Text      string  `json:"text"`
	Objection bool    `json:"objection,omitempty"`
	Pressed   []int   `json:"pressed_turns,omitempty"`
	Met       bool    `json:"met"`
	Held      bool    `json:"met_at_once"`
	Yielded   bool    `json:"yielded,omitempty"`
	Why       string  `json:"why"`
	Quotes    []Quote `json:"quotes,omitempty"`
}

// measureBriefing checks the explanation (the first answer of the block) and the answers to the questions in role. It
// returns nil for a block that is no briefing or has no answer.
func measureBriefing(st *interview.State, b *interview.Block, item *interview.Item, rubric *interview.Rubric, audiences []interview.Audience) *Briefing {
	if item == nil || item.Kind != interview.KindBriefing || rubric.Briefing == nil {
		return nil
	}
	explained := explanation(st, b)
	given := []string{item.Prompt.Main, item.Context, strings.Join(item.Prompt.Variants, " ")}
	for _, f := range item.Facts {
		given = append(given, f.Answer)
	}
	for _, n := range b.Turns {
		given = append(given, st.Turn(n).Text)
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
		if spans := reading.Claims(text, h.Bends); len(spans) > 0 {
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

// explanation is the turn in which the listener was told; nil when nothing was.
func explanation(st *interview.State, b *interview.Block) *interview.Turn {
	for _, n := range b.Turns {
		if t := st.Turn(n); t.Answered {
			return t
		}
	}
	return nil
}

func (b *Briefing) check(passed bool) {
	b.Checks++
	if passed {
		b.Passed++
	}
}

// roles checks the answers to questions and objections in role, each with the turn in which the listener pressed.
func (b *Briefing) roles(st *interview.State, block *interview.Block, rubric *interview.Rubric) {
	for k, n := range block.Turns {
		t := st.Turn(n)
		i := slices.IndexFunc(rubric.Questions, func(q interview.RoleQuestion) bool { return q.Text == t.Wording })
		if i < 0 || !t.Main {
			continue
		}
		q := rubric.Questions[i]
		m := RoleMet{ID: q.ID, Turn: n, Text: q.Text, Objection: q.Objection, Why: q.Why}
		m.hear(q, t)
		m.Held = m.Met
		for _, after := range block.Turns[k+1:] {
			next := st.Turn(after)
			if next.Probe == nil || next.Probe.Type != interview.ProbePress {
				break
			}
			m.Pressed = append(m.Pressed, after)
			m.hear(q, next)
		}
		b.Asked = append(b.Asked, m)
		b.check(m.Met)
	}
}

// hear reads one reply to a question in role. Who gave way and then held has held.
func (m *RoleMet) hear(q interview.RoleQuestion, t *interview.Turn) {
	if m.Met {
		return
	}
	met, yielded := reading.InRole(q, t.Answer)
	switch {
	case len(yielded) > 0:
		m.Yielded, m.Quotes = true, quotesOf(t.Turn, yielded, 3)
	case len(met) > 0:
		m.Met, m.Yielded, m.Quotes = true, false, quotesOf(t.Turn, met, 3)
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
