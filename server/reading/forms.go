package reading

import "strings"

// form is the grammatical kind of a token, as far as closed classes, endings and neighbours tell it.
type form byte

// The forms. Tense and person are what the tagger of parts and the count of who acted go by.
const (
	fNoun  form = 'n'
	fI     form = 'I'
	fWe    form = 'W'
	fYou   form = 'Y'
	fThird form = 'H' // he, she, it, they, someone
	fPoss  form = 'P'
	fDet   form = 'D'
	fNum   form = '#'
	fPrep  form = 'p'
	fTo    form = 'o'
	fModal form = 'M'
	fBe    form = 'B'
	fHave  form = 'h'
	fDo    form = 'd'
	fPast  form = 'V' // finite past
	fPart  form = 'N' // participle in a passive or a perfect
	fBase  form = 'v' // infinitive or present
	fIng   form = 'g'
	fAdj   form = 'j'
	fConj  form = 'c'
	fWh    form = 'w'
	fAdv   form = 'a'
	fTime  form = 't' // day, week, Monday, June
	fNeg   form = 'x'
	fThere form = 'e'
	fMark  form = ',' // punctuation inside a sentence
	fEnd   form = '.'
	fQuote form = '"'
)

// closed are the words whose form does not depend on endings.
var closed = func() map[string]form {
	m := map[string]form{}
	for f, words := range map[form]string{
		fI:     "i i'd i've i'm i'll myself me",
		fWe:    "we we'd we've we're we'll us ourselves",
		fYou:   "you you'd you're you've you'll",
		fThird: "he she it they him them he'd she'd they'd it's he's she's they're they've someone somebody everyone everybody nobody anyone one's itself himself herself themselves",
		fPoss:  "my our his her their its your whose mine ours theirs",
		fDet:   "the a an this that these those some any each every no both all several many most few another such either neither much more less enough other",
		fPrep:  "in on at by for with from into over after before during through across without within about around against between under above behind below among despite towards toward throughout until till via off up down out near beyond onto upon inside outside like per than of as since plus minus alongside",
		fTo:    "to",
		fModal: "would could should will can may might must shall couldn't wouldn't can't won't shouldn't cannot 'll",
		fBe:    "am is are was were be been being wasn't weren't isn't aren't",
		fHave:  "have has had haven't hasn't hadn't having",
		fDo:    "do does did don't doesn't didn't",
		fConj:  "and or but so because although though while if unless whereas nor yet once",
		fWh:    "who which what when where why how whom whether",
		fNeg:   "not never",
		fThere: "there there's",
		fTime:  "second seconds minute minutes hour hours day days week weeks month months quarter quarters year years morning evening night afternoon weekend fortnight monday tuesday wednesday thursday friday saturday sunday january february march april june july august september october november december spring summer autumn winter fall semester term season sprint sprints today yesterday tonight decade",
	} {
		for _, w := range strings.Fields(words) {
			m[w] = f
		}
	}
	for w := range adverbs {
		if _, ok := m[w]; !ok {
			m[w] = fAdv
		}
	}
	return m
}()

// simplePast and participles are the two past forms of irregular verbs.
var simplePast, participles = func() (map[string]bool, map[string]bool) {
	past, part := map[string]bool{}, map[string]bool{}
	for row := range strings.SplitSeq(irregularRows, ";") {
		f := strings.Fields(row)
		switch len(f) {
		case 1:
			past[f[0]], part[f[0]] = true, true
		case 2:
			past[f[1]], part[f[1]] = true, true
		default:
			past[f[1]] = true
			part[f[len(f)-1]] = true
		}
	}
	for w := range sameForm {
		past[w], part[w] = true, true
	}
	return past, part
}()

// parse sets form and stem of the tokens of a sentence.
func parse(toks []token) {
	var prev, prev2 form // last forms that are no adverb or negation
	var before string
	for i := range toks {
		t := &toks[i]
		if !t.word {
			switch t.low {
			case ".", "!", "?", "…":
				t.form = fEnd
			case "\"", "“", "”", "'", "‘", "’":
				t.form = fQuote
				continue
			default:
				t.form = fMark
			}
			prev2, prev, before = prev, t.form, t.low
			continue
		}
		t.stem = stem(t.low)
		t.form = formOf(toks, i, prev, prev2, before)
		if t.form != fAdv && t.form != fNeg {
			prev2, prev, before = prev, t.form, t.low
		}
	}
}

// formOf tells the form of word i from the word and the forms before it.
func formOf(toks []token, i int, prev, prev2 form, before string) form {
	w := toks[i].low
	if c := w[0]; c >= '0' && c <= '9' {
		return fNum
	}
	if f, ok := closed[w]; ok {
		if w == "that" && (prev == fNoun || prev == fTime || prev == fPast || prev == fPart) {
			return fWh
		}
		if w == "her" && i+1 < len(toks) && (!toks[i+1].word || closed[toks[i+1].low] != 0) {
			return fThird
		}
		if f == fTime && w == "march" || w == "fall" && prev != fPrep && prev != fDet && prev != fTime {
			return fNoun
		}
		return f
	}
	if _, ok := numberWord[w]; ok || w == "one" {
		return fNum
	}
	if a, b, ok := strings.Cut(w, "-"); ok {
		if _, ok := numberWord[a]; ok {
			if _, ok := numberWord[b]; ok {
				return fNum
			}
		}
	}
	return openForm(toks, i, prev, prev2, before)
}

// nominal are forms after which a noun or an adjective is due, not a verb.
func nominal(f form) bool { return f == fDet || f == fPoss || f == fNum || f == fPrep || f == fAdj }

// openForm tells verbs from nouns and adjectives.
func openForm(toks []token, i int, prev, prev2 form, before string) form {
	w := toks[i].low
	past := simplePast[w] || len(w) > 3 && strings.HasSuffix(w, "ed") && !notVerbs[w]
	part := participles[w] || past && !simplePast[w]
	switch {
	case (past || part) && (prev == fBe || before == "got" || before == "get" || before == "getting"):
		return fPart
	case (past || part) && prev == fHave:
		return fPart
	case strings.HasSuffix(w, "ly") && len(w) > 4 && w != "family" && w != "early" && w != "supply" && w != "reply" && w != "apply" && w != "assembly" && w != "only":
		return fAdv
	case (prev == fTo || prev == fModal || prev == fDo) && !strings.HasSuffix(w, "ing"):
		return fBase
	case past && nominal(prev) && before != "to":
		if simplePast[w] && prev == fPrep || prev == fNum && !strings.HasSuffix(w, "ed") {
			return fPast
		}
		return fAdj
	case past:
		if i+1 < len(toks) && toks[i+1].low == "by" && prev != fI && prev != fWe && prev != fThird {
			return fPart
		}
		if sameForm[w] && prev != fI && prev != fWe && prev != fThird && prev != fNoun && prev != fConj && prev != fWh {
			return fNoun
		}
		return fPast
	case part:
		return fPart
	case strings.HasSuffix(w, "ing") && len(w) > 4 && w != "thing" && w != "something" && w != "everything" && w != "nothing" && w != "anything" && w != "morning" && w != "evening" && w != "during" && w != "meeting" && w != "building":
		return fIng
	case prev == fI || prev == fWe || prev == fYou:
		return fBase
	case prev == fThird && strings.HasSuffix(w, "s"):
		return fBase
	case len(w) > 4 && (strings.HasSuffix(w, "ful") || strings.HasSuffix(w, "ous") || strings.HasSuffix(w, "ive") || strings.HasSuffix(w, "able") || strings.HasSuffix(w, "ible") || strings.HasSuffix(w, "ical") || strings.HasSuffix(w, "less")) || adjectives[w]:
		return fAdj
	}
	_ = prev2
	return fNoun
}

var adjectives = set("new good great big small large major important key high low long short strong tight difficult hard easy clear able late early quick slow busy old young own same different second third previous current former main whole full critical senior junior daily weekly monthly annual positive negative happy unhappy upset angry aware responsible available necessary ready sure better best worse worst higher lower longer shorter faster slower certain additional extra final initial entire local internal external")
