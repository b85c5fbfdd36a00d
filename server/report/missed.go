package report

import (
	"slices"
	"strings"

	"rehearse/server/grading"
	"rehearse/server/interview"
	"rehearse/server/progress"
	"rehearse/server/reading"
)

// missed are the follow-ups of a block whose answers did not bring what they asked for, and the objections that were not
// met. What code cannot decide is not held against anybody.
func missed(st *interview.State, b *interview.Block, p *interview.Pack) []progress.Missed {
	var out []progress.Missed
	rubric := p.Rubrics[b.Item]
	var said []string
	for _, n := range b.Turns {
		t := st.Turn(n)
		if t.Probe != nil && t.Push == nil && t.Done() && t.Probe.Type != interview.ProbePress {
			if ok := filled(t, strings.Join(said, "\n\n"), p.Reaches(st.Session.Level), rubric); ok != nil && !*ok {
				asked := t.Wording
				if asked == "" {
					asked = t.Text
				}
				out = append(out, progress.Missed{Turn: n, Said: about(st, t, said), Asked: asked, Other: otherWords(p, t.Probe.Type, asked), Lacking: probeGap(p, t.Probe.Type)})
			}
		}
		if t.Answered {
			said = append(said, t.Answer)
		}
	}
	if e := grading.Measure(st, b, p); e != nil && e.Briefing != nil {
		for _, q := range e.Briefing.Asked {
			if !q.Met {
				t := st.Turn(q.Turn)
				out = append(out, progress.Missed{Turn: q.Turn, Said: firstSentence(t.Answer), Asked: q.Text, Other: q.Text, Lacking: "an answer that holds against this"})
			}
		}
	}
	return out
}

// about are the candidate's own words that a follow-up was about: its anchor, else how the answer before began.
func about(st *interview.State, t *interview.Turn, said []string) string {
	if t.Anchor != nil {
		return cut(words(st, *t.Anchor), openingRunes)
	}
	if len(said) == 0 {
		return ""
	}
	return firstSentence(said[len(said)-1])
}

func firstSentence(text string) string {
	if s := reading.Sentences(text); len(s) > 0 {
		return cut(text[s[0].Start:s[0].End], openingRunes)
	}
	return ""
}

// otherWords asks for the same in other words, where the bank has some: the ones after those that were used.
func otherWords(p *interview.Pack, typ, asked string) string {
	for _, b := range p.Bank {
		if b.Type == typ && len(b.Wordings) > 0 {
			return b.Wordings[(slices.Index(b.Wordings, asked)+1)%len(b.Wordings)]
		}
	}
	return asked
}

// callsOf are the calls of a block's follow-ups; nil where none were wanted.
func callsOf(st *interview.State, b *interview.Block, p *interview.Pack) *progress.Calls {
	c := called(st, p)
	if c == nil {
		return nil
	}
	var out progress.Calls
	for _, k := range c.Calls {
		if !slices.Contains(b.Turns, k.Turn) {
			continue
		}
		out.Asked++
		if k.Guess != "" {
			out.Called++
		}
		if k.Hit {
			out.Hits++
		}
	}
	return &out
}

// ratedBy is what the candidate gave a block, the newest rating.
func ratedBy(st *interview.State, b *interview.Block) map[string]int {
	var out map[string]int
	for _, r := range st.Ratings {
		if r.Block == b.Block {
			out = r.Dimensions
		}
	}
	return out
}
