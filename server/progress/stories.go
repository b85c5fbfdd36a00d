package progress

import (
	"fmt"
	"slices"

	"rehearse/server/interview"
)

// sameTale is the share of their telling words from which two answers tell the same story.
const sameTale = 0.5

// stories is the criterion over all principles: each shown once in an exam, and at least eight of them once more in
// other words 48 hours later.
func (c *criterion) stories(all []seenAttempt, h History, o Options) Criterion {
	out := Criterion{ID: c.id, Title: c.title, Judge: o.Judge, Missing: []string{}, Attempts: []Checked{}, Rows: []Principle{}}
	exposures := h.exposures()
	each, again, eachJ, againJ, counted := 0, 0, 0, 0, 0
	var behind []string
	for _, pr := range o.Pack.Principles {
		list, counts := c.evidence(all, o, func(a *Attempt) bool { return slices.Contains(a.Principles, pr.ID) })
		for i := range list {
			list[i].Principle = pr.ID
		}
		row := Principle{ID: pr.ID, Name: pr.Name, State: NoEvidence, Exposures: exposures[pr.ID], Facts: []Fact{}}
		row.Primary, row.Backup = tales(list)
		if n := len(counts); n > 0 {
			counted += n
			last := counts[n-1]
			row.State, row.Facts = NotYet, last.Facts
			s := space(counts, false)
			other := s.before != nil && (s.before.a.Wording != s.last.a.Wording || s.before.a.Item != s.last.a.Item)
			if last.Met {
				each++
				if other && s.holds(measuredOK) {
					again++
				}
			}
			if last.ok() {
				row.State = Met
				eachJ++
				if row.Again = other && s.holds((*Checked).ok); row.Again {
					againJ++
				}
				if until := last.Expires; out.Until == nil || until.Before(*out.Until) {
					out.Until = &until
				}
			}
		}
		if row.State != Met {
			behind = append(behind, pr.Name)
		}
		out.Rows = append(out.Rows, row)
		out.Attempts = append(out.Attempts, list...)
	}
	n := len(o.Pack.Principles)
	want := min(wantAgain, n)
	out.Facts = []Fact{
		overFact(factEach, "Principles shown by their newest story in an exam", fmt.Sprintf("all %d", n), fmt.Sprintf("%d of %d", each, n), each == n && n > 0),
		overFact(factAgain, "Of them, shown again in other words, 48 hours apart", fmt.Sprintf("at least %d", want), fmt.Sprintf("%d", again), again >= want && n > 0),
	}
	out.Measured, out.State = NoEvidence, NoEvidence
	if counted > 0 {
		out.Measured, out.State = NotYet, NotYet
		if out.Facts[0].Met && out.Facts[1].Met {
			out.Measured = Met
			if eachJ == n && againJ >= want {
				out.State = Met
			}
		}
	}
	if out.State != Met {
		out.Until = nil
		for _, f := range out.Facts {
			if !f.Met {
				out.Missing = append(out.Missing, fmt.Sprintf("%s: %s, and %s is asked for.", f.Text, f.Measured, f.Required))
			}
		}
		if len(behind) > 0 {
			out.Missing = append(out.Missing, "Open: "+listed(behind)+".")
		}
	}
	slices.SortStableFunc(out.Attempts, func(a, b Checked) int { return b.At.Compare(a.At) })
	newest := out.Attempts
	out.Attempts = out.Attempts[:min(len(out.Attempts), shown)]
	out.Unseen = unseen(all, o.Pack, c.kind)
	out.Next = c.nextStory(&out, newest, o)
	return out
}

// nextStory is what to do about the stories: the part that the newest one lacked, or the principle that is behind.
func (c *criterion) nextStory(out *Criterion, newest []Checked, o Options) Next {
	exam := formatFor(o.Pack, c.kind, interview.ModeExam)
	if exam == nil {
		return Next{Text: "This pack has no question of this kind that can be sat here yet."}
	}
	if out.State == Met {
		return Next{Text: fmt.Sprintf("Nothing now. The oldest evidence holds until %s.", out.Until.UTC().Format("2006-01-02"))}
	}
	for i := range newest {
		if x := &newest[i]; x.Counts && !x.ok() {
			if i > 0 { // something was sat since; go on with what is open
				break
			}
			return Next{Text: c.worst(x) + " Tell it again as practice, that part only.", Start: &Start{Format: exam.ID, Mode: practice(exam), Principle: x.Principle}}
		}
	}
	row := weakestRow(out.Rows)
	text := "Tell a story in exam mode, to a question you have not practised."
	if row.State == Met {
		text = "Each principle was shown once. Now show them again, in other words and 48 hours later."
	}
	return Next{Text: text, Start: &Start{Format: exam.ID, Mode: interview.ModeExam, Principle: row.ID}}
}

// weakestRow is the principle that is furthest behind, the first of equals.
func weakestRow(rows []Principle) Principle {
	rank := func(r Principle) int {
		switch {
		case r.State == NoEvidence:
			return r.Exposures
		case r.State == NotYet:
			return 1000 + r.Exposures
		case !r.Again:
			return 2000 + r.Exposures
		}
		return 3000
	}
	return slices.MinFunc(rows, func(a, b Principle) int { return rank(a) - rank(b) })
}

// tales are the best story told for a principle and the best one that is another. List is newest first.
func tales(list []Checked) (primary, backup *Tale) {
	worth := func(c *Checked) int {
		n := 0
		for _, f := range c.Facts {
			if f.Known && f.Met && f.ID != factMode && f.ID != factFresh && f.ID != factUnseen {
				n++
			}
		}
		return n
	}
	var told []*Checked
	for i := range list {
		if s := list[i].a.Story; s != nil && s.Told {
			told = append(told, &list[i])
		}
	}
	slices.SortStableFunc(told, func(a, b *Checked) int { return worth(b) - worth(a) })
	for _, c := range told {
		t := &Tale{Session: c.Session, Block: c.Block, Opening: c.a.Story.Opening, At: c.At}
		if primary == nil {
			primary = t
			continue
		}
		if alike(told[0].a.Story.Words, c.a.Story.Words) < sameTale {
			return primary, t
		}
	}
	return primary, nil
}

// alike is the share of the smaller list that stands in both.
func alike(a, b []uint32) float64 {
	if len(a) == 0 || len(b) == 0 {
		return 0
	}
	if len(a) < len(b) {
		a, b = b, a
	}
	in := make(map[uint32]bool, len(a))
	for _, w := range a {
		in[w] = true
	}
	n := 0
	for _, w := range b {
		if in[w] {
			n++
		}
	}
	return float64(n) / float64(len(b))
}

// listed puts names into a sentence: "a, b and c".
func listed(names []string) string {
	switch len(names) {
	case 0:
		return ""
	case 1:
		return names[0]
	}
	out := ""
	for i, n := range names {
		switch {
		case i == len(names)-1:
			out += " and "
		case i > 0:
			out += ", "
		}
		out += n
	}
	return out
}
