// Package probing chooses the next follow-up: which gap of an answer to aim at, and with which authored
// words. It is a pure function of what was said, the item and its rubric, and what was asked before.
//
// The order is fixed: what the candidate said that has a harder case or is wrong, then whether this is
// an occasion at all, then facts that disagree, structure, ownership, result, depth, principle, level,
// reflection and range. A part that is there is never asked for, no wording is used twice, at most five
// follow-ups belong to one main question and at most two of them to one family.
package probing

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strings"

	"rehearse/server/interview"
	"rehearse/server/reading"
)

// Limits on the follow-ups of one main question.
const (
	MaxProbes    = 5
	MaxPerFamily = 2
)

// The types of choice that are not types of the bank.
const (
	TypeIfSaid        = "if_said"
	TypeMisconception = "misconception"
	TypePoint         = "point"
	TypeDone          = "done"
	TypeDontKnow      = "dont_know"
	TypeSweep         = "sweep"
)

// Exchange is a question and its answer. The first of a block is the main question, the others are probes.
type Exchange struct {
	Turn   int    // the turn the answer belongs to
	Type   string // type of the probe, empty for a main question
	Target string
	Text   string
	Answer string
	Expect interview.Expect
	Step   string
}

// Input is what a choice rests on.
type Input struct {
	Kind       interview.Kind
	Mode       interview.Mode
	Level      string
	Question   string
	Exchanges  []Exchange
	Extra      string            // text of artifact rows: says points too
	Rubric     *interview.Rubric // nil when there is none
	Pack       *interview.Pack
	Observable bool            // an outcome one could observe counts as a result
	Steps      []string        // steps whose points may be asked for now; empty means all
	Earlier    []Exchange      // main answers of earlier blocks, for reuse and for figures that disagree
	Elsewhere  []Told          // what is known of stories that other interviewers heard
	Used       map[string]int  // wordings used before, by this person, with how often
	Asked      map[string]bool // wordings used in this session: never again
	Dig        bool            // keep going: dive-deep
	Limit      int             // follow-ups allowed for this main question; 0 means MaxProbes
	Rand       *rand.Rand
	// Readings remembers answers that were read for an earlier choice; nil remembers nothing beyond this one.
	Readings map[string]reading.Reading
	// Heard is what a voice heard of some criteria while the answers were typed; empty goes by what code reads.
	Heard map[string]interview.Heard
}

// Choice is the follow-up to ask. Type done means that none is. Anchors are clauses of the candidate's
// own words it may be tied to, best first.
type Choice struct {
	Type    string
	Target  string
	Text    string
	Expect  interview.Expect
	Family  string
	Anchors []Anchor
	Reason  string
}

// Anchor is a clause of an answer. Text is what to say of it: it ends in … where the quote stops within a clause.
type Anchor struct {
	interview.Quote
	Text string
}

func done(reason string) Choice { return Choice{Type: TypeDone, Target: TypeDone, Reason: reason} }

// Opaque makes a target that tells nothing of a hidden thing but is the same each time.
func Opaque(parts ...string) string {
	h := fnv.New32a()
	for _, p := range parts {
		_, _ = h.Write([]byte(p))
		_, _ = h.Write([]byte{0})
	}
	return fmt.Sprintf("t-%08x", h.Sum32())
}

// chooser holds what is computed once for a choice.
type chooser struct {
	Input
	types    map[string]int // how often each type was asked
	families map[string]int
	targets  map[string]bool
	all      string // every answer of the block
	last     Exchange
}

// Choose returns the next follow-up.
func Choose(in Input) Choice {
	if in.Limit == 0 {
		in.Limit = MaxProbes
	}
	if in.Rand == nil {
		in.Rand = rand.New(rand.NewPCG(1, 2))
	}
	if in.Readings == nil {
		in.Readings = map[string]reading.Reading{}
	}
	c := &chooser{Input: in, types: map[string]int{}, families: map[string]int{}, targets: map[string]bool{}}
	if len(in.Exchanges) == 0 {
		return done("nothing was said yet")
	}
	asked := 0
	for _, x := range in.Exchanges {
		if x.Type != "" {
			asked++
			c.types[x.Type]++
			c.targets[x.Target] = true
			c.families[c.family(x.Type)]++
		}
	}
	c.all = joined(in.Exchanges)
	c.last = in.Exchanges[len(in.Exchanges)-1]
	if asked >= in.Limit {
		return done("as many follow-ups as one question takes were asked")
	}
	if choice, ok := c.ladder(); ok {
		return choice
	}
	if in.Kind.Technical() {
		return c.technical()
	}
	return c.behavioural()
}

// reach reports whether what happens at a larger scale is asked for.
func (c *chooser) reach() bool { return c.Pack != nil && c.Pack.Reaches(c.Level) }

func (c *chooser) bank(typ string) *interview.ProbeType {
	if c.Rubric != nil {
		for i := range c.Rubric.Probes {
			if c.Rubric.Probes[i].Type == typ {
				own := c.Rubric.Probes[i]
				if b := bankRow(c.Pack, typ); b != nil { // an item's row replaces wordings, the bank's says the rest and is the reserve
					merged := *b
					merged.Wordings = append(slices.Clone(own.Wordings), b.Wordings...)
					if own.Expects != "" {
						merged.Expects = own.Expects
					}
					return &merged
				}
				return &own
			}
		}
	}
	return bankRow(c.Pack, typ)
}

func bankRow(p *interview.Pack, typ string) *interview.ProbeType {
	if p == nil {
		return nil
	}
	for i := range p.Bank {
		if p.Bank[i].Type == typ {
			return &p.Bank[i]
		}
	}
	return nil
}

func (c *chooser) family(typ string) string {
	if b := bankRow(c.Pack, typ); b != nil {
		return b.Family
	}
	return typ
}

// wording picks the wording that this person has heard least often; among equals the seed decides.
// Item wordings come first in the list and win ties of use. ok is false when all were used in this session.
func (c *chooser) wording(all []string) (string, bool) {
	least, pick := -1, []string(nil)
	for _, w := range all {
		if c.Asked[w] {
			continue
		}
		switch n := c.Used[w]; {
		case least < 0 || n < least:
			least, pick = n, []string{w}
		case n == least:
			pick = append(pick, w)
		}
	}
	if len(pick) == 0 {
		return "", false
	}
	return pick[c.Rand.IntN(len(pick))], true
}

// room reports whether a follow-up of this type may still be asked.
func (c *chooser) room(typ string) bool {
	b := bankRow(c.Pack, typ)
	if b == nil {
		return false
	}
	uses := b.MaxUses
	if c.Dig {
		uses = max(uses, 2)
	}
	perFamily := MaxPerFamily
	if c.Dig {
		perFamily = c.Limit // one story, dug as deep as it goes
	}
	return c.types[typ] < max(1, uses) && c.families[b.Family] < perFamily
}

// ask makes the choice of a bank type.
func (c *chooser) ask(typ, reason string, anchors []Anchor) (Choice, bool) {
	if !c.room(typ) {
		return Choice{}, false
	}
	b := c.bank(typ)
	w, ok := c.wording(c.notSaid(b))
	if !ok {
		return Choice{}, false
	}
	return Choice{Type: typ, Target: typ, Text: w, Expect: b.Expects, Family: b.Family, Anchors: anchors, Reason: reason}, true
}

// The groups of wordings about the figures of an outcome.
const (
	asksBefore = "before"
	asksWindow = "window"
	asksSource = "source"
	asksCount  = "count"
)

// notSaid leaves out the wordings of a type that ask for what was said already.
func (c *chooser) notSaid(b *interview.ProbeType) []string {
	if len(b.Asks) == 0 {
		return b.Wordings
	}
	said := c.readWhole().Backed
	known := map[string]bool{asksBefore: said.Before, asksWindow: said.Window, asksSource: said.Source, asksCount: said.Noun}
	return slices.DeleteFunc(slices.Clone(b.Wordings), func(w string) bool {
		for group, wordings := range b.Asks {
			if known[group] && slices.Contains(wordings, w) {
				return true
			}
		}
		return false
	})
}

// ladder asks the next harder case of what was said, or exposes a wrong claim.
func (c *chooser) ladder() (Choice, bool) {
	if c.families["ladder"]+c.types[TypeIfSaid]+c.types[TypeMisconception] >= MaxPerFamily+1 {
		return Choice{}, false
	}
	last := reading.Prepare(c.last.Answer)
	if c.Pack != nil && c.types[TypeMisconception] < MaxPerFamily {
		for _, m := range c.Pack.Misconceptions {
			target := Opaque("misconception", m.ID)
			if c.targets[target] || c.Asked[m.Probe] {
				continue
			}
			if s, ok := misheld(c.last.Answer, last, m); ok {
				return Choice{Type: TypeMisconception, Target: target, Text: m.Probe, Expect: m.Expects, Family: "ladder",
					Anchors: c.clause(c.last, s), Reason: "a claim that does not hold"}, true
			}
		}
	}
	if c.Rubric == nil || c.types[TypeIfSaid] >= MaxPerFamily {
		return Choice{}, false
	}
	for _, l := range c.Rubric.IfSaid {
		target := Opaque("if_said", c.Rubric.Item, l.ID)
		if c.targets[target] || c.Asked[l.Probe] {
			continue
		}
		if spans := last.Find(l.Patterns, nil); len(spans) > 0 {
			return Choice{Type: TypeIfSaid, Target: target, Text: l.Probe, Expect: l.Expects, Family: "ladder",
				Anchors: c.clause(c.last, spans[0]), Reason: "what was said has a harder case"}, true
		}
	}
	for _, f := range c.Rubric.Findings {
		target := Opaque("finding", c.Rubric.Item, f.ID)
		if c.targets[target] || c.Asked[f.Probe] || f.Probe == "" {
			continue
		}
		if spans := reading.Find(c.last.Answer+"\n"+c.Extra, f.Says, nil); len(spans) > 0 {
			choice := Choice{Type: TypeIfSaid, Target: target, Text: f.Probe, Expect: interview.ExpectFact, Family: "ladder", Reason: "a finding that was named is drilled"}
			if spans[0].End <= len(c.last.Answer) {
				choice.Anchors = c.clause(c.last, spans[0])
			}
			return choice, true
		}
	}
	return Choice{}, false
}

// misheld finds a misconception asserted in a sentence that does not also take it back.
func misheld(text string, prepared *reading.Prepared, m interview.Misconception) (reading.Span, bool) {
	for _, s := range prepared.Find(m.Patterns, nil) {
		start, end := reading.SentenceAt(text, s.Start)
		if len(m.Unless) == 0 || len(reading.Find(text[start:end], m.Unless, nil)) == 0 {
			return s, true
		}
	}
	return reading.Span{}, false
}

// clause is the clause of an answer round a span, as an anchor, when it is fit to be one.
func (c *chooser) clause(x Exchange, s reading.Span) []Anchor {
	start, end, ok := reading.ClauseAround(x.Answer, s.Start, s.End)
	if !ok {
		return nil
	}
	return []Anchor{{Quote: interview.Quote{Turn: x.Turn, Start: start, End: end}, Text: reading.Clause(x.Answer, start, end)}}
}

// anchors are the candidate clauses for a type, from the answer it is best tied to: the latest that has one.
func (c *chooser) anchors(typ string) []Anchor {
	for _, x := range slices.Backward(c.Exchanges) {
		if strings.TrimSpace(x.Answer) == "" {
			continue
		}
		r := c.read(x)
		var out []Anchor
		for _, s := range reading.AnchorCandidates(x.Answer, typ, r) {
			out = append(out, Anchor{Quote: interview.Quote{Turn: x.Turn, Start: s.Start, End: s.End}, Text: reading.Clause(x.Answer, s.Start, s.End)})
		}
		if len(out) > 0 {
			return out
		}
	}
	return nil
}

func (c *chooser) read(x Exchange) reading.Reading {
	key := string(x.Expect) + "\x00" + x.Type + "\x00" + x.Answer
	r, known := c.Readings[key]
	if !known {
		r = c.readAnew(x)
		c.Readings[key] = r
	}
	return r
}

func (c *chooser) readAnew(x Exchange) reading.Reading {
	return reading.Read(reading.Input{Question: x.Text, Text: x.Answer, Kind: c.Kind, Expect: x.Expect, Reach: c.reach(), Observable: c.Observable, Followup: x.Type != ""})
}

// joined is a block's answers as one text.
func joined(exchanges []Exchange) string {
	var answers []string
	for _, x := range exchanges {
		if strings.TrimSpace(x.Answer) != "" {
			answers = append(answers, x.Answer)
		}
	}
	return strings.Join(answers, "\n\n")
}

// readWhole reads the answers of the block as one.
func (c *chooser) readWhole() reading.Reading {
	key := "\x00whole\x00" + c.all
	r, known := c.Readings[key]
	if !known {
		r = reading.Read(reading.Input{Question: c.Question, Text: c.all, Kind: c.Kind, Reach: c.reach(), Observable: c.Observable})
		c.Readings[key] = r
	}
	return r
}

// behavioural walks the gaps of the whole block in the fixed order.
func (c *chooser) behavioural() Choice {
	whole := c.read(c.Exchanges[0])
	if len(c.Exchanges) > 1 {
		whole = c.readWhole()
	}
	gaps := map[string]string{}
	for _, g := range whole.Gaps {
		gaps[g.Code] = g.Why
	}
	c.heard(gaps)
	c.settle(gaps)
	if why, ok := gaps["Q01"]; ok {
		if choice, ok := c.ask("Q01", why, c.anchors("Q01")); ok {
			return choice
		}
	}
	if choice, ok := c.consistency(); ok {
		return choice
	}
	if choice, ok := c.reuse(); ok {
		return choice
	}
	if _, notStory := gaps["Q01"]; !notStory || c.types["Q01"] > 0 {
		for _, code := range Order {
			if why, ok := gaps[code]; ok {
				if choice, ok := c.ask(code, why, c.anchors(code)); ok {
					return choice
				}
			}
		}
	}
	if c.Mode == interview.ModeExam || c.Dig {
		return c.strongest(gaps)
	}
	return done("nothing is missing")
}

// Order is the order in which gaps of a story are probed, after the gate and figures that disagree.
var Order = []string{"Q02", "Q03", "Q04", "Q05", "Q09", "Q10", "Q11", "Q06", "Q07", "Q08", "Q13", "Q16", "Q12", "Q14", "Q15"}

// settle takes back a gap whose probe was just answered in the expected form: code that still misses it
// in the whole text has misread, and the same thing is not asked a second time.
func (c *chooser) settle(gaps map[string]string) {
	for _, x := range c.Exchanges[1:] {
		if _, still := gaps[x.Type]; still && reading.Answers(x.Answer, x.Expect) {
			delete(gaps, x.Type)
		}
	}
}

// consistency asks about a figure that differs from an earlier one.
func (c *chooser) consistency() (Choice, bool) {
	if !c.room("Q17") {
		return Choice{}, false
	}
	prior := append(slices.Clone(c.Earlier), c.Exchanges[:len(c.Exchanges)-1]...)
	now := c.read(c.last)
	for _, x := range slices.Backward(prior) {
		before := c.read(x)
		for _, k := range reading.Conflicts(before.Quantities, now.Quantities) {
			a, b := x.Answer[k.Before.Start:k.Before.End], c.last.Answer[k.After.Start:k.After.End]
			target := Opaque("Q17", a, b)
			if c.targets[target] {
				continue
			}
			choice, ok := c.ask("Q17", "two figures for the same thing", nil)
			if !ok {
				return Choice{}, false
			}
			choice.Text = strings.NewReplacer("{first}", strings.TrimSpace(a), "{second}", strings.TrimSpace(b)).Replace(choice.Text)
			choice.Target = target
			return choice, true
		}
	}
	for _, t := range slices.Backward(c.Elsewhere) {
		if choice, ok := c.elsewhere(t); ok {
			return choice, true
		}
	}
	return Choice{}, false
}

// ReusedAbove is the share of a story's own words that, found in an earlier story, means it is the same one.
const ReusedAbove = 0.4

// reuse asks for another example when this block's story was told before.
func (c *chooser) reuse() (Choice, bool) {
	for _, x := range c.Earlier {
		if reading.Reused(x.Answer, c.Exchanges[0].Answer) >= ReusedAbove {
			return c.ask("Q18", "this story was told before", nil)
		}
	}
	for _, t := range c.Elsewhere {
		if reading.ReusedMarks(t.Marks, reading.Marks(c.Exchanges[0].Answer)) >= ReusedAbove {
			return c.ask("Q18", "this story was told to another interviewer", nil)
		}
	}
	return Choice{}, false
}

// strongest drills the boldest claim: an exam does not stop because an answer is good.
func (c *chooser) strongest(gaps map[string]string) Choice {
	var anchors []Anchor
	for _, x := range slices.Backward(c.Exchanges) {
		if start, end, ok := reading.StrongestClaim(x.Answer, c.read(x)); ok {
			anchors = []Anchor{{Quote: interview.Quote{Turn: x.Turn, Start: start, End: end}, Text: reading.Clause(x.Answer, start, end)}}
			break
		}
	}
	// What was not said at all comes first; then what bears a closer look although it was said.
	deep := []string{"Q12", "Q06", "Q11", "Q08", "Q07", "Q13", "Q14", "Q16", "Q15"}
	slices.SortStableFunc(deep, func(a, b string) int {
		_, ga := gaps[a]
		_, gb := gaps[b]
		switch {
		case ga == gb:
			return c.types[a] - c.types[b]
		case ga:
			return -1
		}
		return 1
	})
	for _, typ := range deep {
		if choice, ok := c.ask(typ, "the strongest claim is drilled", anchors); ok {
			return choice
		}
	}
	return done("every way to go further was taken")
}
