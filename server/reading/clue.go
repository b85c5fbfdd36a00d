package reading

import (
	"strings"
)

// clue is what the form of a sentence says, before its neighbours are looked at.
type clue struct {
	span     Span
	toks     []token
	hits     []hit
	iActs    int // "I" with an act in the past
	iStates  int // "I" with a state, a wish or an auxiliary
	weActs   int
	weStates int
	others   int  // finite past verbs of anybody else
	passive  int  // passives that name nobody
	together bool // who "we" are is said: Ana and I, the two of us, my manager
	past     int
	present  int
	cond     bool // conditional or habitual
	figures  int
	question bool
	label    Part // given by a heading
	meta     bool // about the telling, no part of the story
	verbs    []actor
}

// actor is a past verb and who does it: I, W, H or n (a noun), with the token it stands at.
type actor struct {
	who form
	at  int
}

// has reports whether a cue of the group was found.
func (c *clue) has(group int) bool {
	for _, h := range c.hits {
		if h.group == group {
			return true
		}
	}
	return false
}

// spans returns up to limit places where cues of the group stand; what overlaps is given once.
func (c *clue) spans(group, limit int) []Span {
	var out []Span
	for _, h := range c.hits {
		if h.group != group || len(out) >= limit {
			continue
		}
		s := Span{c.toks[h.from].start, c.toks[h.to-1].end}
		if n := len(out); n > 0 && s.Start < out[n-1].End {
			out[n-1].End = max(out[n-1].End, s.End)
			continue
		}
		out = append(out, s)
	}
	return out
}

// look reads the form of one sentence.
func look(text string, s Span) clue {
	c := clue{span: s, toks: tokens(text, s.Start, s.End)}
	parse(c.toks)
	c.hits = cueTable.find(c.toks)
	c.question = strings.HasSuffix(strings.TrimRight(text[s.Start:s.End], " \"'”’)"), "?")
	c.cond = c.has(gHabit)
	c.together = c.has(gTogether)
	c.subjects()
	for i := range c.toks {
		switch t := &c.toks[i]; t.form {
		case fNum:
			c.figures++
		case fPast:
			c.past++
		case fBe, fHave, fDo:
			if t.low == "was" || t.low == "were" || t.low == "had" || t.low == "did" || t.low == "didn't" || t.low == "wasn't" || t.low == "weren't" || t.low == "hadn't" {
				c.past++
			} else if t.low != "been" && t.low != "being" && t.low != "be" && t.low != "having" {
				c.present++
			}
		case fBase:
			if i > 0 && (c.toks[i-1].form == fI || c.toks[i-1].form == fWe || c.toks[i-1].form == fYou || c.toks[i-1].form == fThird) {
				c.present++
			}
		}
	}
	return c
}

// Groups of cues that code asks for by name.
var (
	gHabit       = cueTable.group("habit")
	gTogether    = cueTable.group("together")
	gAlternative = cueTable.group("alternative")
	gCost        = cueTable.group("cost")
	gOppose      = cueTable.group("oppose")
	gFail        = cueTable.group("fail")
	gReflect     = cueTable.group("reflect")
	gProvenance  = cueTable.group("provenance")
	gHow         = cueTable.group("how")
	gCustomer    = cueTable.group("customer")
	gHedge       = cueTable.group("hedge")
	gBoost       = cueTable.group("boost")
	gStock       = cueTable.group("stock")
	gPrinciple   = cueTable.group("principle")
	gOpinion     = cueTable.group("opinion")
	gSelf        = cueTable.group("self")
	gExample     = cueTable.group("example")
	gDodge       = cueTable.group("dodge")
	gDecide      = cueTable.group("decide")
)

// subjects tells who does the past verbs of the sentence. A verb belongs to the pronoun or noun right before
// it; one that is coordinated ("I pulled the logs, compared them and wrote") to the subject before; and one
// that opens a sentence ("Checked the last deploys first") to the speaker, who left out the "I".
func (c *clue) subjects() {
	subject, before := form(0), form(0) // of the clause; form of the last token that counts
	for i := range c.toks {
		t := &c.toks[i]
		switch t.form {
		case fI, fWe, fThird:
			if t.low == "me" || t.low == "myself" || t.low == "us" || t.low == "them" || t.low == "him" || t.low == "ourselves" {
				before = fNoun
				continue
			}
			if t.low == "it" && (before == fPast || before == fBase || before == fIng || before == fPart || before == fPrep) {
				before = fNoun // an object: "I found it, wrote a fix and tested it"
				continue
			}
			subject = t.form
		case fWh:
			subject = fWh
		case fAdv, fNeg, fQuote:
			continue
		case fPast:
			switch before {
			case fNoun, fTime, fThere:
				subject = fNoun
			case 0:
				subject = fI
			}
			c.act(subject, i)
		case fBe, fHave, fModal, fDo:
			if before == fNoun || before == fTime || before == fThere {
				subject = fNoun
			}
			c.auxiliary(subject, i)
		case fPart:
			if before == fBe && subject != fI {
				c.passive++
			}
		}
		before = t.form
	}
	if c.iActs+c.weActs > 0 {
		c.passive = 0
	}
}

// act counts a finite past verb.
func (c *clue) act(who form, at int) {
	state := stative[c.toks[at].stem]
	switch {
	case who == fI && state:
		c.iStates++
	case who == fI:
		c.iActs++
	case who == fWe && state:
		c.weStates++
	case who == fWe:
		c.weActs++
	default:
		c.others++
	}
	if !state {
		c.verbs = append(c.verbs, actor{who, at})
	}
}

// auxiliary counts what follows an auxiliary: "had" and "did" with a verb are acts, the rest are states.
func (c *clue) auxiliary(who form, at int) {
	next := at + 1
	for next < len(c.toks) && (c.toks[next].form == fAdv || c.toks[next].form == fNeg) {
		next++
	}
	verb := next < len(c.toks) && (c.toks[next].form == fPart && c.toks[at].form == fHave || c.toks[next].form == fBase && c.toks[at].form == fDo)
	switch {
	case verb && !stative[c.toks[next].stem] && c.toks[at].low != "didn't" && c.toks[at].low != "don't":
		switch who {
		case fI:
			c.iActs++
			c.verbs = append(c.verbs, actor{fI, next})
		case fWe:
			c.weActs++
			c.verbs = append(c.verbs, actor{fWe, next})
		default:
			c.others++
		}
	case who == fI:
		c.iStates++
	case who == fWe:
		c.weStates++
	default:
		c.others++
	}
}
