package stories

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"rehearse/server/interview"
	"rehearse/server/reading"
)

// draftWords is how long a cue that is drawn from a text is at most; shorter than what a person may write, since a
// person knows why.
const draftWords = 14

// draftCues is about how many cues are drawn from one text. Those with a figure are all kept, even past it.
const draftCues = 16

var partNames = map[reading.Part]string{reading.Situation: Situation, reading.Task: Task, reading.Action: Action, reading.Result: Result}

// clauseEnd is where a sentence may be cut.
var clauseEnd = regexp.MustCompile(`(?:[;:]|,)\s+|\s+[-–—]+\s+|\s+(?:because|so that|which|but|while|until|although|then)\s+`)

var digit = regexp.MustCompile(`\d`)

// CuesOf draws cues from an answer, in the candidate's own words: each is a piece of the text as it stands there, white
// space apart. Every figure of the text stands in one of them.
func CuesOf(text string) []Cue {
	r := reading.Read(reading.Input{Text: text, Kind: interview.KindBehavioural})
	type piece struct {
		cue   Cue
		worth int
		must  bool
	}
	var all []piece
	for _, s := range r.Sentences {
		part := partNames[s.Part]
		for _, c := range clauses(text, s.Start, s.End) {
			for _, chunk := range chunks(text, c, r.Quantities) {
				t := tidy(trimCue(text[chunk.Start:chunk.End]))
				if t == "" {
					continue
				}
				p := piece{cue: Cue{Part: part, Text: t}, must: hasFigure(chunk, r.Quantities) || digit.MatchString(t), worth: len(reading.Telling(t)) + names(t)}
				if s.Part == reading.Action || s.Part == reading.Result {
					p.worth += 2
				}
				if interview.CountWords(t) < 3 {
					p.worth -= 3
				}
				all = append(all, p)
			}
		}
	}
	// The figures all stay; the rest goes by how much it tells, in the order it was said.
	keep, room := make([]bool, len(all)), draftCues
	order := make([]int, 0, len(all))
	seen := map[string]bool{}
	for i, p := range all {
		switch {
		case seen[p.cue.Text]:
		case p.must:
			keep[i] = true
			room--
		default:
			order = append(order, i)
		}
		seen[p.cue.Text] = true
	}
	slices.SortStableFunc(order, func(a, b int) int { return all[b].worth - all[a].worth })
	for _, i := range order[:max(0, min(len(order), room))] {
		keep[i] = all[i].worth > 0
	}
	out := []Cue{}
	for i, p := range all {
		if keep[i] {
			out = append(out, p.cue)
		}
	}
	if len(out) == 0 && len(all) > 0 {
		out = append(out, all[0].cue)
	}
	return out
}

// Draft is a story drawn from an answer: its cues, and its first words as a title to be changed.
func Draft(answer string) Story {
	out := Story{Worth: Standard, Principles: []Tag{}, Cues: fewer(CuesOf(answer))}
	if len(out.Cues) > 0 {
		out.Title = out.Cues[0].Text
		if words := strings.Fields(out.Title); len(words) > titleWords {
			out.Title = trimCue(strings.Join(words[:titleWords], " "))
		}
		out.Title = cut(out.Title, titleRunes-1)
	}
	return out.Tidy()
}

// titleWords is how long a title that nobody wrote is at most.
const titleWords = 8

// trimCue takes off what a cue need not begin or end with.
func trimCue(s string) string {
	s = strings.TrimSpace(s)
	return strings.TrimRight(strings.TrimLeft(s, "-–—*•,;: "), ".,;:!? ")
}

// clauses cuts a sentence; a clause of less than three words stays with the one before it.
func clauses(text string, start, end int) []reading.Span {
	out := []reading.Span{}
	at := start
	for _, m := range clauseEnd.FindAllStringIndex(text[start:end], -1) {
		cut := start + m[1]
		if c := text[start+m[0] : cut]; strings.TrimSpace(c) != "" && !strings.ContainsAny(c, ",;:-–—") {
			cut = start + m[0] // the word that joins belongs to what follows
		}
		if interview.CountWords(text[at:cut]) < 3 || interview.CountWords(text[cut:end]) < 3 {
			continue
		}
		out = append(out, reading.Span{Start: at, End: cut})
		at = cut
	}
	return append(out, reading.Span{Start: at, End: end})
}

// chunks cuts a clause that is longer than a cue, never inside a figure.
func chunks(text string, c reading.Span, figures []reading.Quantity) []reading.Span {
	var out []reading.Span
	start, words, last := c.Start, 0, c.Start
	runes := 0
	inWord := false
	for i, r := range text[c.Start:c.End] {
		at := c.Start + i
		runes++
		if unicode.IsSpace(r) {
			if inWord {
				words++
				inWord = false
			}
			if words >= draftWords && !inside(at, figures) {
				out = append(out, reading.Span{Start: start, End: at})
				start, words, runes = at, 0, 0
			}
			last = at
			continue
		}
		inWord = true
		if runes >= cueRunes-1 { // words without end: cut at the last white space, or here
			cut := last
			if cut <= start {
				cut = at
			}
			out = append(out, reading.Span{Start: start, End: cut})
			start, words, runes = cut, interview.CountWords(text[cut:at]), len([]rune(text[cut:at]))
			last = start
		}
	}
	return append(out, reading.Span{Start: start, End: c.End})
}

// inside reports whether a place lies in a figure together with what it counts.
func inside(at int, figures []reading.Quantity) bool {
	return slices.ContainsFunc(figures, func(q reading.Quantity) bool { return q.Start < at && at < q.End })
}

func hasFigure(s reading.Span, figures []reading.Quantity) bool {
	return slices.ContainsFunc(figures, func(q reading.Quantity) bool { return q.Start < s.End && s.Start < q.End })
}

// names counts the words of a text that are written like names, without its first.
func names(text string) int {
	n := 0
	for i, w := range strings.Fields(text) {
		r := []rune(strings.Trim(w, `"'(),.;:`))
		if i > 0 && len(r) > 1 && unicode.IsUpper(r[0]) {
			n++
		}
	}
	return n
}
