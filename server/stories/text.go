package stories

import (
	"fmt"
	"strings"

	"rehearse/server/interview"
)

// Markdown is a story with what became of it, for a terminal.
func (e *Entry) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n%s, %s", e.Title, e.ID, e.Worth)
	for _, t := range e.Principles {
		b.WriteString(", " + t.Principle)
		if t.Choice != "" {
			b.WriteString(" (" + t.Choice + ")")
		}
	}
	b.WriteString("\n\n")
	for i, c := range e.Cues {
		part := ""
		if c.Part != "" {
			part = "[" + c.Part + "] "
		}
		fmt.Fprintf(&b, "%d. %s%s\n", i+1, part, c.Text)
	}
	for _, w := range e.Warnings {
		b.WriteString("\n! " + w + "\n")
	}
	if len(e.Readings) > 0 {
		b.WriteString("\n## Told\n\n")
	}
	for i := range e.Readings {
		r := &e.Readings[i]
		fmt.Fprintf(&b, "- %s, %s (%s), session %s, block %d: %s, %s", r.At.Format("2006-01-02"), r.Format, r.Mode, r.Session, r.Block,
			interview.Counted(r.Words, "%d word", "%d words"), interview.Counted(r.Figures, "%d figure", "%d figures"))
		if r.Scores.Unprompted != nil && r.Scores.After != nil {
			fmt.Fprintf(&b, ", measured %.2f unprompted and %.2f after follow-ups", *r.Scores.Unprompted, *r.Scores.After)
		}
		b.WriteString("; " + r.By)
		if len(r.CuesLeft) > 0 {
			fmt.Fprintf(&b, "; left out %s", strings.Trim(strings.Join(strings.Fields(fmt.Sprint(r.CuesLeft)), ", "), "[]"))
		}
		b.WriteString("\n")
		for _, d := range r.Depth {
			fmt.Fprintf(&b, "  - turn %d, %s: %s, %s", d.Turn, d.Strand, interview.Counted(d.New, "%d new word", "%d new words"), interview.Counted(d.Figures, "%d new figure", "%d new figures"))
			for _, x := range []struct {
				is   bool
				what string
			}{{d.Dry, "ran dry"}, {d.Unknown, "does not know"}, {d.Long, "too long"}, {d.We > 0, "“we”"}} {
				if x.is {
					b.WriteString(", " + x.what)
				}
			}
			b.WriteString("\n")
		}
	}
	if len(e.Numbers) > 0 {
		b.WriteString("\n## Numbers\n\n")
	}
	for _, row := range e.Numbers {
		fmt.Fprintf(&b, "- %s", row.What)
		if row.Disagree {
			b.WriteString(" (not the same everywhere)")
		}
		b.WriteString("\n")
		for _, s := range row.Said {
			from := fmt.Sprintf("cue %d", s.Cue)
			if s.Session != "" {
				from = fmt.Sprintf("session %s, turn %d", s.Session, s.Turn)
			}
			fmt.Fprintf(&b, "  - %s: “%s” (%s)\n", s.Value, s.Quote, from)
		}
	}
	return b.String()
}

// Text is the matrix for a terminal: a line for each principle, then what is leant on too much.
func (m *Matrix) Text() string {
	var b strings.Builder
	title := map[string]string{}
	for _, s := range m.Stories {
		title[s.Story] = s.Title
	}
	for _, r := range m.Rows {
		fmt.Fprintf(&b, "%s\n", r.Name)
		for _, c := range r.Cells {
			choice := c.Choice
			if choice == "" {
				choice = "serves"
			}
			fmt.Fprintf(&b, "  %-6s %s, %s\n", choice, title[c.Story], interview.Counted(c.Told, "told for it %d time", "told for it %d times"))
		}
		if r.Say != "" {
			fmt.Fprintf(&b, "  ! %s\n", r.Say)
		}
	}
	for _, s := range m.Stories {
		if s.Overused != "" {
			fmt.Fprintf(&b, "! %s: %s\n", s.Title, s.Overused)
		}
	}
	fmt.Fprintf(&b, "%s of %d without a first and a second choice.\n", interview.Counted(m.Holes, "%d principle", "%d principles"), len(m.Rows))
	return b.String()
}
