package debrief

import (
	"fmt"
	"strings"
)

// Markdown writes the debrief for a person.
func (d Debrief) Markdown() string {
	var b strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	p("# Debrief: %s", d.Title)
	p("")
	if !d.Opened {
		p("The votes are sealed: %d of the grades they rest on are still being made. They are opened together.", d.Pending)
		p("")
	} else {
		p("**%s**", d.Outcome.Text)
		p("")
		for _, o := range d.Outcome.Open {
			p("- Not checked: %s", o)
		}
		p("## Votes")
		p("")
		p("| interviewer | vote | mean | why |")
		p("|---|---|---:|---|")
		for _, v := range d.Votes {
			p("| %s, %s | %s | %s | %s |", cell(v.Name), cell(v.Role), v.Vote, number(v.Mean), cell(v.Why))
		}
		p("")
	}
	for _, n := range d.Notes {
		p("## Note of %s, %s", n.Name, n.Role)
		p("")
		if n.Area != "" {
			p("Area: %s.", n.Area)
			p("")
		}
		lines(p, "For", n.For)
		lines(p, "Against", n.Against)
		lines(p, "Unknown", n.Unknowns)
	}
	d.matrixMarkdown(p)
	d.differencesMarkdown(p)
	if d.Next != nil {
		p("## One more interview")
		p("")
		p("%s", d.Next.Why)
		p("")
	}
	p("## The rules")
	p("")
	for _, r := range d.Rules {
		p("- %s", r)
	}
	for _, r := range d.Provenance {
		p("- %s", r)
	}
	return b.String()
}

func (d Debrief) matrixMarkdown(p printer) {
	p("## Principles and data points")
	p("")
	p("| principle | data points | mean |")
	p("|---|---|---:|")
	for _, r := range d.Matrix {
		var points []string
		for _, pt := range r.Points {
			points = append(points, fmt.Sprintf("%s %.2f", pt.Name, pt.Value))
		}
		for _, o := range r.Open {
			points = append(points, o.Name+": "+o.Why)
		}
		if len(points) == 0 {
			points = []string{"(not asked)"}
		}
		p("| %s | %s | %s |", cell(r.Principle.Label), cell(strings.Join(points, "; ")), number(r.Mean))
	}
	p("")
}

func (d Debrief) differencesMarkdown(p printer) {
	if len(d.Disagreements) > 0 {
		p("## Where they disagree")
		p("")
		for _, x := range d.Disagreements {
			p("### %s", x.About)
			p("")
			for _, s := range x.Sides {
				p("- %s: %s", s.Name, s.Holds)
				if s.Quote != nil {
					quote(p, s.Quote.Text)
				}
			}
			p("")
			p("Would settle it: %s", x.Settle)
			p("")
		}
	}
	if len(d.Reused) > 0 {
		p("## The same story, told twice")
		p("")
		for _, r := range d.Reused {
			p("- %s and %s heard the same story (%.0f %% of its own words).", r.First.Name, r.Second.Name, 100*r.Share)
			quote(p, r.First.Quote.Text)
			quote(p, r.Second.Quote.Text)
		}
		p("")
	}
	if len(d.Numbers) > 0 {
		p("## Numbers that disagree")
		p("")
		for _, n := range d.Numbers {
			p("- %s: “%s” to %s, “%s” to %s.", n.What, strings.TrimSpace(n.Said[0]), n.First.Name, strings.TrimSpace(n.Said[1]), n.Second.Name)
			quote(p, n.First.Quote.Text)
			quote(p, n.Second.Quote.Text)
		}
		p("")
	}
}

type printer func(format string, args ...any)

func lines(p printer, title string, all []Line) {
	if len(all) == 0 {
		return
	}
	p("%s:", title)
	p("")
	for _, l := range all {
		value := ""
		if l.Value != nil {
			value = fmt.Sprintf(" (%.0f of 5)", *l.Value)
		}
		p("- %s%s: %s", l.About, value, l.Text)
		for _, q := range l.Quotes {
			quote(p, q.Text)
		}
	}
	p("")
}

// quote shows words of the candidate so that nothing in them is read as Markdown structure.
func quote(p printer, text string) {
	text = strings.Join(strings.Fields(text), " ")
	p("  > %s", strings.NewReplacer("<", "&lt;", "[", "\\[", "`", "\\`").Replace(text))
}

func number(v *float64) string {
	if v == nil {
		return "none"
	}
	return fmt.Sprintf("%.2f", *v)
}

// cell makes text safe inside a table.
func cell(s string) string {
	return strings.NewReplacer("|", "\\|", "\n", " ", "\r", " ").Replace(s)
}
