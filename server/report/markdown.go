package report

import (
	"fmt"
	"slices"
	"strings"

	"rehearse/server/grading"
	"rehearse/server/interview"
	"rehearse/server/reading"
)

// Markdown writes the report for a person, or for a file kept beside other notes.
func (r Report) Markdown() string {
	var b strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	s := r.Session
	p("# %s, %s", s.Title, s.CreatedAt)
	p("")
	p("*%s*", r.Notice)
	p("")
	ended := endings[s.Why]
	if ended == "" {
		ended = "Still open."
	}
	p("Mode %s, level %s. %.1f interview minutes, %.1f on the wall. %s Pack %s %s, seed %d.", s.Mode, s.Level, s.InterviewM, s.WallM, ended, s.Pack.ID, s.Pack.Version, s.Seed)
	p("")
	voice(p, s.Voice)
	verdictMarkdown(p, r)
	againMarkdown(p, r.Again)
	if s.Report == "drill" && len(r.Gains) > 0 {
		p("Try it once more, with this one change. What follows is what it rests on.")
		p("")
		p("---")
		p("")
	}
	p("## Time")
	p("")
	p("| phase | planned min | used min | wall min |")
	p("|---|---:|---:|---:|")
	for _, ph := range r.Phases {
		p("| %s | %.1f | %.1f | %.1f |", cell(ph.Title), ph.PlannedM, ph.InterviewM, ph.WallM)
	}
	p("")
	for _, bl := range r.Blocks {
		if len(bl.Questions) > 0 {
			blockMarkdown(p, bl)
		}
	}
	if len(r.Numbers) > 0 {
		p("## Numbers")
		p("")
		p("| turn | as you said it | value | what | role | disagrees with |")
		p("|---:|---|---:|---|---|---|")
		for _, n := range r.Numbers {
			conflict := ""
			if n.Conflict > 0 {
				conflict = fmt.Sprintf("turn %d", n.Conflict)
			}
			if n.Earlier != "" {
				conflict = strings.TrimPrefix(conflict+"; an earlier attempt: "+cell(n.Earlier), "; ")
			}
			p("| %d | %s | %g | %s | %s | %s |", n.Turn, cell(n.Text), n.Value, cell(strings.TrimSpace(n.Unit+" "+n.Noun)), n.Role, conflict)
		}
		p("")
	}
	var own []string
	for _, o := range r.Own {
		own = append(own, o.line())
	}
	list(p, "Against your own notes", own)
	calledMarkdown(p, r.Called)
	panelMarkdown(p, r.Panels)
	list(p, "Notes", r.Notes)
	list(p, "Where this comes from", r.Provenance)
	return b.String()
}

// endings say how a session ended.
var endings = map[string]string{"complete": "Sat to its end.", "ended": "Ended early by you.", "abandoned": "Closed as abandoned."}

type printer func(format string, args ...any)

func list(p printer, title string, lines []string) {
	if len(lines) == 0 {
		return
	}
	p("## %s", title)
	p("")
	for _, l := range lines {
		p("- %s", l)
	}
	p("")
}

func voice(p printer, v Voice) {
	switch {
	case v.Kind == "authored":
		p("Voice: authored, no model. %s", v.Detail)
		for _, c := range v.Commands {
			p("")
			p("    %s", c)
		}
	case v.Degraded:
		p("Voice: %s, DEGRADED: %s. Follow-ups by the model %d, in authored words %d.", v.Model, strings.Join(v.Reasons, "; "), v.ByModel, v.Authored)
	default:
		p("Voice: %s. Follow-ups by the model %d, in authored words %d.", v.Model, v.ByModel, v.Authored)
	}
	p("")
}

// cell makes text safe inside a table.
func cell(s string) string {
	return strings.NewReplacer("|", "\\|", "\n", " ", "\r", " ").Replace(s)
}

// quote shows words of the candidate as a block quotation, so that nothing in them is read as Markdown structure.
func quote(p printer, text string) {
	for line := range strings.SplitSeq(strings.TrimRight(text, "\n"), "\n") {
		p("> %s", strings.NewReplacer("<", "&lt;", "[", "\\[", "`", "\\`").Replace(line))
	}
	p("")
}

func blockMarkdown(p printer, bl Block) {
	title := bl.Title
	if bl.Principle != nil {
		title += " (" + bl.Principle.Label + ")"
	}
	p("## %d. %s", bl.Block, title)
	p("")
	for _, q := range bl.Questions {
		questionMarkdown(p, q)
	}
	if bl.Unprompted != nil {
		readingMarkdown(p, "Said unprompted", bl.Unprompted, true)
		readingMarkdown(p, "After follow-ups", bl.After, false)
	}
	technicalMarkdown(p, bl)
	pushedMarkdown(p, bl)
	warmUpMarkdown(p, bl.WarmUp)
	scriptMarkdown(p, bl.Script)
	if bl.Grade != nil {
		gradeMarkdown(p, bl.Grade, wordsIn(&bl))
	}
}

func verdictMarkdown(p printer, r Report) {
	if r.Verdict == nil {
		return
	}
	v := r.Verdict
	p("## In short")
	p("")
	line := "**" + v.Label + "**"
	if v.Score != nil {
		line += fmt.Sprintf(" (%.2f of 1%s)", *v.Score, map[bool]string{true: ", by what code can measure"}[v.Measured])
	}
	line += fmt.Sprintf(", based on %d pieces of evidence; %d unknowns. Graded by %s.", v.Evidence, v.Unknowns, v.By)
	if v.Pending > 0 {
		line += interview.Counted(v.Pending, " %d grade is still being made.", " %d grades are still being made.")
	}
	if v.Failed > 0 {
		line += interview.Counted(v.Failed, " %d grade could not be made, so there is no number for the whole.", " %d grades could not be made, so there is no number for the whole.")
	}
	p("%s Practice by our own rules.", line)
	p("")
	for i, g := range r.Gains {
		p("%d. **%s.** %s.", i+1, plainLine(g.About), plainLine(g.Costs))
		p("")
		if g.Words != "" {
			quote(p, g.Words)
		} else {
			p("   Not said.")
			p("")
		}
		p("   Change: %s.", plainLine(g.Change))
		p("")
		if g.Read != nil {
			p("   Read: %s, lines %d-%d (%s).", plainLine(g.Read.Heading), g.Read.StartLine, g.Read.EndLine, g.Read.Path)
			p("")
		}
	}
	if r.Keep != nil {
		p("Keep this (%s, %s):", plainLine(r.Keep.About), plainLine(r.Keep.Why))
		p("")
		quote(p, r.Keep.Words)
	}
}

// plainLine is a sentence of ours that may hold the candidate's words.
func plainLine(s string) string {
	return strings.TrimRight(strings.NewReplacer("<", "&lt;", "\n", " ", "*", "\\*", "`", "\\`").Replace(s), ".")
}

// gradeMarkdown writes the grade of a block, and those it was graded beside.
func gradeMarkdown(p printer, g *Graded, words wordsOf) {
	switch g.Status {
	case "pending":
		p("**Grade:** still being made.")
		p("")
		return
	case "failed":
		p("**Not graded:** %s. It can be graded again.", plainLine(g.Reason))
		p("")
	default:
		p("**Grade:** %s.%s", g.By, sentences(" ", g.Reason, g.Note))
		p("")
		p("| | unprompted | after follow-ups |")
		p("|---|---:|---:|")
		p("| score | %s | %s |", share(g.Unprompted.Score), share(g.After.Score))
		p("| measured | %s | %s |", share(g.Unprompted.Measured), share(g.After.Measured))
		for _, d := range g.Dimensions {
			p("| %s | %s | %s |", d.Name, mark(d.Unprompted), mark(d.After))
		}
		p("")
		for _, d := range g.Dimensions {
			line := fmt.Sprintf("- %s: %s", d.Name, d.Why)
			if d.By != "" {
				line += " (" + d.By + ")"
			}
			if d.Yours != nil && d.After != nil && *d.Yours != *d.After {
				line += fmt.Sprintf("; you said %d", *d.Yours)
			}
			p("%s", line)
		}
		if len(g.Dimensions) > 0 {
			p("")
		}
		exerciseMarkdown(p, g.Exercise, words)
		for _, f := range g.RedFlags {
			p("- Red flag: %s", f.Say)
		}
		if len(g.Flags) > 0 {
			p("- Not counted: %s.", strings.Join(g.Flags, ", "))
		}
		if g.Dropped > 0 {
			p("%s", interview.Counted(g.Dropped, "- %d quote of the model was not your words and was dropped.", "- %d quotes of the model were not your words and were dropped."))
		}
		if len(g.RedFlags)+len(g.Flags)+g.Dropped > 0 {
			p("")
		}
		if g.Prose != "" {
			p("%s", plainLine(g.Prose)+".")
			p("")
		}
	}
	for i := range g.Earlier {
		e := g.Earlier[i]
		if e.Status == grading.StatusFailed {
			p("*Before that it could not be graded: %s.*", plainLine(e.Reason))
		} else {
			p("*Graded before (%s): score %s, measured %s.*", e.By, share(e.After.Score), share(e.After.Measured))
		}
		p("")
	}
}

func exerciseMarkdown(p printer, e *grading.Exercise, words wordsOf) {
	if e == nil {
		return
	}
	if e.Found != nil {
		p("- Findings: %d of %d, %s, %s.", *e.Found, *e.Findings, interview.Counted(*e.FalseAlarms, "%d row that matches none", "%d rows that match none"), interview.Counted(*e.DecoysTaken, "%d safe place marked", "%d safe places marked"))
	}
	if e.StepsSaid != nil && e.OrderTau != nil {
		p("- Order: %s of the expert's, agreement %.2f (1 the same order, -1 the reverse).", interview.Counted(*e.StepsSaid, "%d step", "%d steps"), *e.OrderTau)
	}
	if e.RankingTau != nil {
		p("- Ranking: agreement %.2f, %d of the top three.", *e.RankingTau, *e.Top3)
	}
	if e.Alerts != nil {
		p("- Alerts: %d of %d called what they are.", *e.AlertsRight, *e.Alerts)
	}
	if e.Apart != nil && *e.Apart > 0 {
		p("- %s.", interview.Counted(*e.Apart, "%d piece of evidence put into the attack belongs to no step of it", "%d pieces of evidence put into the attack belong to no step of it"))
	}
	if e.Threats != nil {
		p("- Threats: %d, of which %d name source, action, impact and component.", *e.Threats, *e.FourSlots)
	}
	if e.Generic != nil && *e.Generic > 0 {
		p("- Threats that name no element of the diagram and could stand in any model: %d.", *e.Generic)
	}
	briefingMarkdown(p, e.Briefing, words)
	if e.Boundaries != nil {
		p("- Trust boundaries: %d of the diagram's %d named.", *e.Crossed, *e.Boundaries)
	}
	p("")
}

func share(v *float64) string {
	if v == nil {
		return "not graded"
	}
	return fmt.Sprintf("%.2f", *v)
}

func mark(v *int) string {
	if v == nil {
		return "open"
	}
	return fmt.Sprint(*v)
}

// sentences joins what is there, each with a full stop.
func sentences(lead string, parts ...string) string {
	out := ""
	for _, s := range parts {
		if s != "" {
			out += lead + strings.TrimRight(s, ".") + "."
		}
	}
	return out
}

func questionMarkdown(p printer, q Question) {
	head := fmt.Sprintf("**Turn %d.** %s", q.Turn, q.Text)
	p("%s", head)
	if q.Probe != nil {
		state := "not decided by code"
		if q.Probe.Filled != nil {
			state = map[bool]string{true: "filled", false: "not filled"}[*q.Probe.Filled]
		}
		p("")
		p("*Follow-up %s, %s: %s; %s.*", q.Probe.Type, q.Probe.Name, q.Probe.Gap, state)
	}
	p("")
	clarified := func(inside bool) {
		for _, c := range q.Clarified {
			if !c.Repeat && c.Inside == inside {
				p("You asked: %s  ", strings.ReplaceAll(c.Question, "\n", " "))
				p("Answer: %s", c.Text)
				p("")
			}
		}
	}
	clarified(false)
	for _, h := range q.Hints {
		p("Hint: %s", h)
		p("")
	}
	switch {
	case q.Answer != nil:
		quote(p, q.Answer.Text)
		answerMarkdown(p, q.Answer)
		clarified(true)
	case q.Skipped == "dont_know":
		p("You said that you did not know.")
		p("")
	case q.Skipped != "":
		p("Skipped.")
		p("")
	default:
		p("Not answered.")
		p("")
	}
}

// recitalFrom is the share of repeated wording from which a recital is warned of.
const recitalFrom = 0.6

func seconds(all []float64) string {
	out := ""
	for i, v := range all {
		if i > 0 {
			out += ","
		}
		out += fmt.Sprintf(" %.0f s", v)
	}
	return out
}

func answerMarkdown(p printer, a *Answer) {
	line := fmt.Sprintf("*%s, about %.1f minutes spoken.", interview.Counted(a.Words, "%d word", "%d words"), a.Minutes)
	if len(a.Aloud) > 0 {
		line = fmt.Sprintf("*Told aloud in %.1f minutes by the timer (parts:%s); %s typed of it afterwards, which is all that is marked.", a.Minutes, seconds(a.Aloud), interview.Counted(a.Words, "%d word", "%d words"))
	}
	if a.Over > 0 {
		line += fmt.Sprintf(" That is %d seconds over the %d for an answer here.", a.Over, a.Limit)
	}
	if a.Type != "" {
		line += " Read as: " + a.Type + "."
	}
	if len(a.Sentences) > 0 {
		n := map[string]int{}
		for _, s := range a.Sentences {
			n[string(s.Part)]++
		}
		line += fmt.Sprintf(" Sentences: S %d, T %d, A %d, R %d.", n["S"], n["T"], n["A"], n["R"])
	}
	if len(a.Missing) > 0 {
		var none, touched []string
		for _, part := range a.Missing {
			if slices.ContainsFunc(a.Sentences, func(s reading.Sentence) bool { return string(s.Part) == part }) {
				touched = append(touched, part)
			} else {
				none = append(none, part)
			}
		}
		if len(none) > 0 {
			line += " Not found: " + strings.Join(none, ", ") + "."
		}
		if len(touched) > 0 {
			line += " Hardly more than touched on: " + strings.Join(touched, ", ") + "."
		}
	}
	if a.Ownership != nil && a.Ownership.I+a.Ownership.We+a.Ownership.Passive > 0 {
		line += fmt.Sprintf(" In Action sentences: I %d, we %d, passive %d.", a.Ownership.I, a.Ownership.We, a.Ownership.Passive)
	}
	if e := a.Effort; e != nil {
		line += fmt.Sprintf(" First key after %.0f s, %.0f s of typing, %s.", e.FirstKeyS, e.TypingS, interview.Counted(e.Pauses, "%d pause", "%d pauses"))
		if e.Pasted > 0 {
			line += fmt.Sprintf(" %d characters were pasted.", e.Pasted)
		}
	}
	if a.Recital >= recitalFrom {
		line += fmt.Sprintf(" %.0f %% of it stands word for word in an earlier attempt or a sample: told, not recited, it would sound like you.", a.Recital*100)
	}
	p("%s*", line)
	p("")
	for _, art := range a.Artifacts {
		p("%s:", art.Kind)
		p("")
		for _, row := range art.Rows {
			p("- %s", strings.NewReplacer("<", "&lt;", "\n", " ").Replace(interview.RowText(row)))
		}
		p("")
	}
}

func readingMarkdown(p printer, title string, r *Reading, first bool) {
	if r == nil {
		return
	}
	var gaps, ready []string
	for _, g := range r.Gaps {
		if g.Ready && first {
			ready = append(ready, g.Name)
		} else {
			gaps = append(gaps, g.Name)
		}
	}
	line := fmt.Sprintf("**%s:** parts %s; figures %d.", title, none(strings.Join(r.Parts, " ")), r.Numbers)
	line += " Missing: " + none(strings.Join(gaps, ", ")) + "."
	if len(r.Open) > 0 {
		line += " Taken up when asked, which code cannot judge: " + strings.Join(r.Open, ", ") + "."
	}
	if len(ready) > 0 {
		line += " May wait until asked: " + strings.Join(ready, ", ") + "."
	}
	p("%s", line)
	p("")
}

func none(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

// rankingMarkdown lays the candidate's order beside the authors'.
func rankingMarkdown(p printer, bl Block) {
	if len(bl.Ranking) > 0 {
		p("| our place | finding | why | yours |")
		p("|---:|---|---|---:|")
		for i, r := range bl.Ranking {
			yours := "none"
			if r.Yours > 0 {
				yours = fmt.Sprint(r.Yours)
			}
			place := fmt.Sprint(i + 1)
			if r.Apart {
				place = "no step"
			}
			p("| %s | %s | %s | %s |", place, cell(r.Label), cell(r.Reason), yours)
		}
		p("")
	}
}

// alertsMarkdown lists a scanner's alerts, what each is and what it was called.
func alertsMarkdown(p printer, bl Block) {
	if len(bl.Alerts) == 0 {
		return
	}
	p("| alert | is | why | yours |")
	p("|---|---|---|---|")
	for _, a := range bl.Alerts {
		is, yours := "false", a.Yours
		if a.True {
			is = "true"
		}
		switch {
		case yours == "":
			yours = "no verdict"
		case !a.Right:
			yours += " (not so)"
		}
		p("| %s %s | %s | %s | %s |", a.ID, cell(a.Rule), is, cell(a.Reason), cell(yours))
	}
	p("")
}

// decisionsMarkdown lists what a design had to decide, with what each way gives and costs.
func decisionsMarkdown(p printer, bl Block) {
	for _, d := range bl.Decisions {
		met := "not decided"
		if d.Met {
			met = "decided"
		}
		p("- %s (%s): %s", d.Text, d.Topic, met)
		for _, o := range d.Options {
			p("  - %s Gives: %s Costs: %s", o.Text, o.Gives, o.Costs)
		}
	}
}

func technicalMarkdown(p printer, bl Block) {
	if len(bl.Points) > 0 {
		p("| point | must | weight | said |")
		p("|---|---|---:|---|")
		for _, pt := range bl.Points {
			said := "not found"
			switch {
			case pt.Unprompted:
				said = "unprompted"
			case pt.After:
				said = "after a follow-up"
			}
			must := ""
			if pt.Must {
				must = "must"
			}
			p("| %s | %s | %d | %s |", cell(pt.Text), must, pt.Weight, said)
		}
		p("")
	}
	if len(bl.Findings) > 0 {
		p("| finding | lines | severity | said | with its lines |")
		p("|---|---|---|---|---|")
		for _, f := range bl.Findings {
			p("| %s (CWE-%d) | %d-%d | %s | %s | %s |", cell(f.Title), f.CWE, f.Lines[0], f.Lines[1], f.Severity, yesNo(f.Said), yesNo(f.LineMatch))
		}
		p("")
		p("Rows that match no finding: %d.", bl.FalseAlarm)
		for _, d := range bl.Decoys {
			p("Lines %d-%d look wrong and are not: %s%s", d.Lines[0], d.Lines[1], d.WhySafe, map[bool]string{true: " You marked them."}[d.Taken])
		}
		p("")
	}
	if len(bl.Order) > 0 {
		p("| step, in the authors' order | yours |")
		p("|---|---|")
		for _, o := range bl.Order {
			at := "not found"
			if o.At > 0 {
				at = fmt.Sprint(o.At)
			}
			p("| %s | %s |", cell(o.Text), at)
		}
		p("")
	}
	rankingMarkdown(p, bl)
	decisionsMarkdown(p, bl)
	alertsMarkdown(p, bl)
	for _, h := range bl.Boundaries {
		where := "not named"
		switch {
		case h.Named && h.Turn > 0:
			where = fmt.Sprintf("named in turn %d", h.Turn)
		case h.Named:
			where = "named in a row"
		}
		p("- Trust boundary: %s (%s)", h.Label, where)
	}
	if len(bl.Boundaries) > 0 {
		p("")
	}
	for _, f := range bl.Facts {
		p("- Decisive fact: %s (%s)", f.Answer, map[bool]string{true: "you asked", false: "not given: no question of yours matched it"}[f.Asked])
	}
	if len(bl.Facts) > 0 {
		p("")
	}
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
