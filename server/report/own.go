package report

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"rehearse/server/interview"
	"rehearse/server/probing"
	"rehearse/server/reading"
)

// Notes finds passages of the candidate's own material, the best first. It never returns text of the pack.
type Notes func(query string) []interview.Passage

// The kinds of what the candidate's own notes say of an answer.
const (
	OwnFigure  = "figure"   // the notes give another figure for the same thing
	OwnLeftOut = "left out" // the notes hold a point of the exercise that was not said
)

// Own is one place where an answer and the candidate's own notes differ. Both are quoted; which is right, the candidate
// knows. Path and Line say where the notes have it.
type Own struct {
	Kind  string           `json:"kind"`
	Block int              `json:"block"`
	Quote *interview.Quote `json:"quote,omitempty"` // the answer's figure
	Said  string           `json:"said,omitempty"`
	Notes string           `json:"notes"` // the words of the notes
	Point string           `json:"point,omitempty"`
	Path  string           `json:"path"`
	Title string           `json:"title,omitempty"`
	Line  int              `json:"line"`
}

// line says it in a sentence.
func (o Own) line() string {
	if o.Kind == OwnFigure {
		return fmt.Sprintf("You said “%s” (turn %d). Your notes say “%s” (%s, line %d).", o.Said, o.Quote.Turn, o.Notes, o.Path, o.Line)
	}
	return fmt.Sprintf("Your notes hold something that you did not say: “%s” (%s, line %d).", o.Notes, o.Path, o.Line)
}

// What makes a passage of the notes one about the same story, and how much is shown of them.
const (
	sameWords   = 0.3 // share of telling words
	queryBytes  = 800 // of an answer, to search with
	mostOwn     = 6   // in a report
	noteSnippet = 160 // bytes of a quoted note
)

// Against holds the answers of a report against the candidate's own notes.
func (r *Report) Against(st interview.State, p *interview.Pack, notes Notes) {
	r.Own = []Own{}
	if notes == nil {
		return
	}
	for i := range st.Blocks {
		b := &st.Blocks[i]
		rubric := p.Rubrics[b.Item]
		switch {
		case b.Kind == string(interview.KindBehavioural):
			r.figures(st, b, notes)
		case rubric != nil:
			r.leftOut(b, rubric, notes)
		}
	}
	if len(r.Own) > mostOwn {
		r.Own = r.Own[:mostOwn]
	}
}

// citedBytes is how much of a passage of the study notes is shown with a change.
const citedBytes = 700

// Cite names for each change of a technical exercise the passage of the study notes that tells of it, where one does:
// one that holds a sentence with most of its words. A passage that is merely near is no help.
func (r *Report) Cite(notes Notes) {
	if notes == nil {
		return
	}
	for i := range r.Gains {
		g := &r.Gains[i]
		k := slices.IndexFunc(r.Blocks, func(b Block) bool { return b.Block == g.Block })
		if k < 0 || !interview.Kind(r.Blocks[k].Kind).Technical() {
			continue
		}
		for _, p := range notes(g.About) {
			if len(reading.Echoes(p.Text, g.About)) > 0 {
				g.Read = &Passage{Path: p.Path, Heading: p.Heading, StartLine: p.StartLine, EndLine: p.EndLine, Text: clipped(p.Text, citedBytes)}
				break
			}
		}
	}
}

// figures finds figures of a story that the notes on it give otherwise.
func (r *Report) figures(st interview.State, b *interview.Block, notes Notes) {
	seen := map[string]bool{}
	for _, n := range b.Turns {
		t := st.Turn(n)
		if !t.Answered {
			continue
		}
		now := reading.Read(reading.Input{Question: t.Text, Text: t.Answer, Kind: interview.KindBehavioural, Expect: t.Expect, Followup: !t.Main}).Quantities
		if len(now) == 0 {
			continue
		}
		for _, note := range notes(clipped(t.Answer, queryBytes)) {
			before := reading.Read(reading.Input{Text: note.Text, Kind: interview.KindBehavioural}).Quantities
			if reading.Reused(note.Text, t.Answer) < sameWords && alike(before, now) < sameStory {
				continue
			}
			for _, k := range otherwise(before, now) {
				said := strings.TrimSpace(t.Answer[k.After.Start:k.After.End])
				if seen[said] {
					continue
				}
				seen[said] = true
				r.Own = append(r.Own, Own{Kind: OwnFigure, Block: b.Block, Quote: &interview.Quote{Turn: n, Start: k.After.Start, End: k.After.End}, Said: said,
					Notes: sentenceAt(note.Text, k.Before.Start), Path: note.Path, Title: note.Title, Line: lineAt(note, k.Before.Start)})
			}
		}
	}
}

// otherwise finds the figures of an answer that the notes give otherwise: the same thing is counted and no figure for it
// is the same. Of several in the notes the nearest is meant. Notes are short and seldom say which figure came first, so
// only a level before and a level after are told apart.
func otherwise(notes, now []reading.Quantity) []reading.Conflict {
	var out []reading.Conflict
	for _, b := range now {
		if b.Noun == "" || b.Role == reading.RoleWindow {
			continue
		}
		best, found, same := reading.Quantity{}, false, false
		for _, a := range notes {
			opposed := a.Role == reading.RoleBaseline && b.Role == reading.RoleAfter || a.Role == reading.RoleAfter && b.Role == reading.RoleBaseline
			if a.Noun != b.Noun || a.Unit != b.Unit || a.Narrow != b.Narrow || a.Role == reading.RoleWindow || opposed {
				continue
			}
			same = same || a.Value == b.Value
			if !found || math.Abs(a.Value-b.Value) < math.Abs(best.Value-b.Value) {
				best, found = a, true
			}
		}
		if found && !same {
			out = append(out, reading.Conflict{Before: best, After: b})
		}
	}
	return out
}

// alike counts the figures that two texts give alike.
func alike(a, b []reading.Quantity) int {
	n := 0
	for _, q := range b {
		if q.Noun != "" && slices.ContainsFunc(a, func(o reading.Quantity) bool { return o.Noun == q.Noun && o.Unit == q.Unit && o.Value == q.Value }) {
			n++
		}
	}
	return n
}

// leftOut finds points of an exercise that were not said and stand in the notes.
func (r *Report) leftOut(b *interview.Block, rubric *interview.Rubric, notes Notes) {
	i := slices.IndexFunc(r.Blocks, func(x Block) bool { return x.Block == b.Block })
	if i < 0 {
		return
	}
	for _, pt := range r.Blocks[i].Points {
		k := slices.IndexFunc(rubric.Points, func(p interview.Point) bool { return p.ID == pt.ID })
		if pt.After || k < 0 {
			continue
		}
		for _, note := range notes(pt.Text) {
			if spans := probing.Said(note.Text, rubric.Points[k]); len(spans) > 0 {
				r.Own = append(r.Own, Own{Kind: OwnLeftOut, Block: b.Block, Point: pt.Text, Notes: sentenceAt(note.Text, spans[0].Start), Path: note.Path, Title: note.Title, Line: lineAt(note, spans[0].Start)})
				break
			}
		}
	}
}

// lineAt is the line of a file that a byte of a passage stands in.
func lineAt(p interview.Passage, at int) int {
	return p.StartLine + strings.Count(p.Text[:min(at, len(p.Text))], "\n")
}

func sentenceAt(text string, at int) string {
	start, end := reading.SentenceAt(text, at)
	return clipped(strings.Join(strings.Fields(text[start:end]), " "), noteSnippet)
}

// clipped cuts a text at a word, with … behind it.
func clipped(text string, most int) string {
	if len(text) <= most {
		return text
	}
	if i := strings.LastIndexAny(text[:most], " \n"); i > 0 {
		return text[:i] + "…"
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}
