package report

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"rehearse/server/grading"
	"rehearse/server/interview"
)

// wordsOf returns the candidate's words that a quote names.
type wordsOf func(q grading.Quote) string

// wordsIn are the words of the answers of a block.
func wordsIn(b *Block) wordsOf {
	return func(q grading.Quote) string {
		i := slices.IndexFunc(b.Questions, func(k Question) bool { return k.Turn == q.Turn })
		if i < 0 || b.Questions[i].Answer == nil || q.Start < 0 || q.End > len(b.Questions[i].Answer.Text) || q.Start >= q.End {
			return ""
		}
		return b.Questions[i].Answer.Text[q.Start:q.End]
	}
}

// said are several quotes in one line.
func (w wordsOf) said(quotes []grading.Quote) string {
	var out []string
	for _, q := range quotes {
		if text := w(q); text != "" {
			out = append(out, "“"+plainLine(text)+"”")
		}
	}
	return strings.Join(out, ", ")
}

// briefingMarkdown shows the checks of an explanation.
func briefingMarkdown(p printer, b *grading.Briefing, words wordsOf) {
	if b == nil {
		return
	}
	p("- Checks passed: %d of %d.", b.Passed, b.Checks)
	if b.AskAt > 0 {
		p("- What you asked for begins at word %d; it should stand within the first 40.%s", b.AskAt, quoted(words, b.Ask))
	} else {
		p("- No request was found: say in the first 40 words what you want decided.")
	}
	p("- Reading grade %.1f; 10 or less for this listener.", b.Level)
	if len(b.Jargon) > 0 {
		p("- Terms that were not explained: %s.", words.said(b.Jargon))
	}
	for _, o := range b.Choices {
		p("- Option, %s: %s.", plainLine(o.Text), map[bool]string{true: "offered", false: "not offered"}[o.Said])
	}
	for _, h := range b.Held {
		line := h.State
		if s := words.said(h.Quote); s != "" {
			line += ", " + s
		}
		p("- Fact, %s: %s. %s", plainLine(h.Text), line, h.Why)
	}
	if len(b.Invented) > 0 {
		p("- Figures that the case does not give: %s.", words.said(b.Invented))
	}
	for _, q := range b.Asked {
		p("- %s", inRole(q, words))
	}
	listenerMarkdown(p, b.Listener)
}

func quoted(words wordsOf, q *grading.Quote) string {
	if q == nil {
		return ""
	}
	return " " + words.said([]grading.Quote{*q})
}

// inRole is a line about a question or an objection of the listener.
func inRole(q grading.RoleMet, words wordsOf) string {
	what, state := "Asked in role", "not met"
	if q.Objection {
		what = "Objection"
	}
	switch {
	case q.Met && q.Held:
		state = "met"
	case q.Met:
		state = "met when you were pressed"
	case q.Yielded:
		state = "you gave way"
	}
	if s := words.said(q.Quotes); s != "" {
		state += ", " + s
	}
	return what + ", “" + plainLine(q.Text) + "” " + turnsOf(q) + ": " + state + ". " + q.Why
}

func turnsOf(q grading.RoleMet) string {
	out := fmt.Sprintf("(turn %d", q.Turn)
	for _, n := range q.Pressed {
		out += fmt.Sprintf(", pressed in %d", n)
	}
	return out + ")"
}

// listenerMarkdown shows what somebody who heard the explanation only could answer.
func listenerMarkdown(p printer, l *grading.Listened) {
	switch {
	case l == nil:
		return
	case !l.Made:
		p("- Whether a listener who hears only your words could answer for them was not checked: %s.", plainLine(l.Why))
		return
	}
	p("- A listener who heard your explanation and nothing else (%s) answered %d of %d questions rightly. What it could not answer, you did not say plainly enough for it. This changes no score.", l.Model, l.Right, l.Asked)
	for _, a := range l.Answers {
		p("  - %s “%s” %s", plainLine(a.Question), plainLine(a.Answer), map[bool]string{true: "Right.", false: "Not what it should know."}[a.Right])
	}
}

// heeded is what the newest listener could answer; nil where none was asked.
func heeded(b *interview.Block) *grading.Listened {
	for _, o := range slices.Backward(b.Grades) {
		var g grading.Grade
		if o.Failed != "" || json.Unmarshal(o.Grade, &g) != nil || g.Exercise == nil || g.Exercise.Briefing == nil {
			continue
		}
		if l := g.Exercise.Briefing.Listener; l != nil && l.Made {
			return l
		}
	}
	return nil
}
