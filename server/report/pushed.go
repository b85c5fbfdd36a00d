package report

import (
	"slices"
	"strings"

	"rehearse/server/grading"
	"rehearse/server/interview"
	"rehearse/server/reading"
)

// Pushed is a repair that the author of a pull request pushed, and what was decided about it. Holds is the key of the
// pack, Why its reason: what stops the attack, or what gets round it.
type Pushed struct {
	Turn   int    `json:"turn"`
	Lines  [2]int `json:"lines"` // of the file as it was first shown
	Change string `json:"change"`
	Argues string `json:"argues"`
	Holds  bool   `json:"holds"`
	Why    string `json:"why"`
	// Decision is the last one of the answers about it: approve, block, or empty where there was none.
	Decision reading.Decision `json:"decision"`
	Right    bool             `json:"right"`
	Changed  bool             `json:"changed_when_questioned,omitempty"` // another decision than the first
	Quote    *interview.Quote `json:"quote,omitempty"`                   // the answer that decided
	Words    string           `json:"words,omitempty"`
	// Shared are words of the reasons given that the pack's reason has too, and neither the lines nor the author's argument.
	Shared []string `json:"shared,omitempty"`
}

// pushed lists the repairs of a block with what was decided; nil where none was shown. Whether a decision is right is
// measured against the key; whether its reason is, code does not judge: it shows which words the two have in common.
func pushed(st *interview.State, b *interview.Block, rubric *interview.Rubric) []Pushed {
	var out []Pushed
	for _, n := range b.Turns {
		t := st.Turn(n)
		sw, fix := rubric.Pushed(t.Push)
		if fix == nil {
			continue
		}
		k := slices.IndexFunc(out, func(p Pushed) bool { return p.Why == fix.Why })
		if k < 0 {
			out = append(out, Pushed{Turn: n, Lines: sw.Lines, Change: sw.Changed(fix), Argues: fix.Argues, Holds: fix.Holds, Why: fix.Why})
			k = len(out) - 1
		}
		p := &out[k]
		if !t.Answered {
			continue
		}
		if d := reading.Decides(t.Answer); d != reading.Undecided {
			p.Changed = p.Changed || p.Decision != reading.Undecided && p.Decision != d
			p.Decision, p.Quote, p.Words = d, &interview.Quote{Turn: n, Start: 0, End: len(t.Answer)}, t.Answer
		}
		for _, w := range grading.Shared(t.Answer, fix.Why, fix.Argues+" "+fix.Text+" "+sw.Vulnerable) {
			if !slices.Contains(p.Shared, w) {
				p.Shared = append(p.Shared, w)
			}
		}
	}
	for i := range out {
		p := &out[i]
		p.Right = p.Decision == reading.Approves && p.Holds || p.Decision == reading.Blocks && !p.Holds
	}
	return out
}

// verdict says in words how a decision stands against the key.
func (p *Pushed) verdict() string {
	switch {
	case p.Decision == reading.Undecided:
		return "not decided"
	case p.Right && p.Holds:
		return "rightly approved"
	case p.Right:
		return "rightly blocked"
	case p.Holds:
		return "blocked, and it holds"
	}
	return "approved, and it can be got round"
}

// pushedGains are the repairs that were judged wrongly. To let a repair through that can be got round weighs most: the
// finding is then called closed.
func pushedGains(st *interview.State, b *interview.Block, rubric *interview.Rubric) []Gain {
	var out []Gain
	for _, p := range pushed(st, b, rubric) {
		if p.Right || p.Decision == reading.Undecided {
			continue
		}
		g := Gain{Block: b.Block, About: "A repair that can be got round was approved", Costs: p.Why, Item: b.Item, Quote: p.Quote, Words: p.Words, weight: 3,
			Change: "Before you approve, send the new lines your own request once more, and then the nearest other way to write it."}
		if p.Holds {
			g.About, g.weight = "A repair that holds was blocked", 2.6
			g.Change = "Block with the input that gets through. Where you find none, approve, and say what you would add later."
		}
		out = append(out, g)
	}
	return out
}

func pushedMarkdown(p printer, bl Block) {
	if len(bl.Pushed) == 0 {
		return
	}
	p("### The repairs that were pushed")
	p("")
	for i, x := range bl.Pushed {
		p("%d. Lines %d to %d: **%s**.", i+1, x.Lines[0], x.Lines[1], x.verdict())
		p("")
		for line := range strings.SplitSeq(strings.TrimRight(x.Change, "\n"), "\n") {
			p("       %s", line)
		}
		p("")
		p("   The author: %s", x.Argues)
		p("")
		if x.Words != "" {
			quote(p, x.Words)
		}
		if x.Changed {
			p("   The decision changed when it was questioned.")
			p("")
		}
		p("   Ours: %s %s", map[bool]string{true: "it holds.", false: "it can be got round."}[x.Holds], x.Why)
		p("")
		if len(x.Shared) > 0 {
			p("   Your reasons and ours both say: %s. Whether yours is right, code does not judge.", strings.Join(x.Shared, ", "))
			p("")
		}
	}
}
