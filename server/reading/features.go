package reading

import "strconv"

// features visits the names of what is true of a sentence's form; a name is only valid during the visit. They rest on the sentence alone, not on
// its place, so that the parts of a story told out of order are known as well: see sequence in model.go.
func (c *clue) features(visit func([]byte)) {
	buf := make([]byte, 0, 96)
	add := func(pieces ...string) {
		buf = buf[:0]
		for _, p := range pieces {
			buf = append(buf, p...)
		}
		visit(buf)
	}
	c.grammar(add)
	c.grams(add)
	who, tense := c.mainClause()
	add("who=", who)
	add("tense=", tense)
	add("wt=", who, tense)
	seen := uint64(0)
	seen2 := uint64(0)
	for _, h := range c.hits {
		if h.group >= featureGroups {
			continue
		}
		if h.group < 64 && seen&(1<<h.group) == 0 {
			seen |= 1 << h.group
			add("c=", cueTable.names[h.group])
		} else if h.group < 64 && seen2&(1<<h.group) == 0 {
			seen2 |= 1 << h.group
			add("c2=", cueTable.names[h.group])
		}
		add("cw=", who, cueTable.names[h.group])
		add("ct=", tense, cueTable.names[h.group])
		if h.from <= 2 {
			add("cb=", cueTable.names[h.group])
		}
	}
}

// featureGroups is how many groups of cues, from the first, are features of parts; the rest are measures.
var featureGroups = cueTable.group("example")

// mainClause names who acts in the sentence, the speaker before others, and its tense.
func (c *clue) mainClause() (who, tense string) {
	switch {
	case c.iActs > 0:
		who = "I:"
	case c.weActs > 0:
		who = "W:"
	case c.iStates > 0:
		who = "i:"
	case c.weStates > 0:
		who = "w:"
	default:
		who = "n:"
	}
	tense = "none:"
	for i := range c.toks {
		t := &c.toks[i]
		next := form(0)
		for k := i + 1; k < len(c.toks) && next == 0; k++ {
			if f := c.toks[k].form; f != fAdv && f != fNeg {
				next = f
			}
		}
		switch {
		case t.low == "had" && next == fPart:
			return who, "perfect:"
		case (t.low == "was" || t.low == "were") && next == fIng:
			return who, "progressive:"
		case (t.low == "has" || t.low == "have") && next == fPart, t.low == "is" || t.low == "are" || t.low == "now":
			return who, "present:"
		case t.form == fModal && tense == "none:":
			return who, "modal:"
		case (t.low == "was" || t.low == "were") && next == fPart:
			return who, "passive:"
		case t.low == "was" || t.low == "were" || t.low == "had":
			return who, "be:"
		case t.form == fPast:
			return who, "past:"
		}
	}
	return who, tense
}

// grammar are features of tense, person, figures and length.
func (c *clue) grammar(add func(...string)) {
	count := func(name string, n, most int) {
		for k := 1; k <= min(n, most); k++ {
			add(name, strconv.Itoa(k))
		}
	}
	count("iact", c.iActs, 3)
	count("istate", c.iStates, 2)
	count("weact", c.weActs, 2)
	count("westate", c.weStates, 2)
	count("other", c.others, 3)
	count("passive", c.passive, 2)
	count("fig", c.figures, 3)
	count("present", c.present, 2)
	if c.iActs+c.iStates == 0 {
		add("no-i")
		if c.weActs+c.weStates == 0 {
			add("no-i-we")
		}
	}
	if c.past == 0 {
		add("no-past")
	}
	if c.present > 0 && c.past == 0 {
		add("only-present")
	}
	if c.question {
		add("question")
	}
	if c.cond {
		add("habit")
	}
	n := 0
	for i := range c.toks {
		if c.toks[i].word {
			n++
		}
	}
	switch {
	case n <= 5:
		add("len<6")
	case n <= 9:
		add("len<10")
	case n <= 15:
		add("len<16")
	case n <= 22:
		add("len<23")
	default:
		add("len>22")
	}
	prog, perf, me, quoted := false, false, false, false
	for i := range c.toks {
		t := &c.toks[i]
		prog = prog || t.form == fIng && i > 0 && c.toks[i-1].form == fBe
		perf = perf || t.form == fPart && i > 0 && c.toks[i-1].low == "had"
		me = me || t.low == "me" || t.low == "my"
		quoted = quoted || t.form == fQuote
	}
	for _, f := range []struct {
		on   bool
		name string
	}{{prog, "progressive"}, {perf, "pastperfect"}, {me, "me"}, {quoted, "quoted"}} {
		if f.on {
			add(f.name)
		}
	}
}

// shape is a token as grams see it: closed words and marks as they are, open ones by their form.
func shape(t *token) string {
	switch t.form {
	case fNoun:
		return "n"
	case fAdj:
		return "j"
	case fPast:
		return "V"
	case fPart:
		return "N"
	case fBase:
		return "v"
	case fIng:
		return "g"
	case fNum:
		return "#"
	case fTime:
		return "T"
	case fMark, fEnd, fQuote:
		return ","
	}
	return t.low
}

// grams are words by themselves and runs of two and three shapes, nouns in a row taken as one.
func (c *clue) grams(add func(...string)) {
	a, b := "^^", "^"
	pos := 0
	for i := range c.toks {
		t := &c.toks[i]
		s := shape(t)
		if t.word {
			switch t.form {
			case fPast, fPart, fBase, fIng:
				add("v=", t.stem)
				if t.form == fPast || t.form == fPart {
					add("V=", t.stem)
				}
			case fNum:
			default:
				add("w=", t.stem)
			}
			if pos < 2 {
				add("b", strconv.Itoa(pos), "=", t.low)
				add("s", strconv.Itoa(pos), "=", s)
			}
			pos++
		}
		if s == "n" && b == "n" || s == "," && b == "," {
			continue
		}
		add("2=", b, " ", s)
		add("3=", a, " ", b, " ", s)
		a, b = b, s
	}
	for _, v := range c.verbs {
		add("a", string(rune(v.who)), "=", c.toks[v.at].stem)
	}
}
