package reading

import (
	"hash/fnv"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// The length of an anchor, in words: long enough to be recognised, short enough to be heard.
const (
	minAnchor = 4
	maxAnchor = 14
)

var leading = set("and but so because which that then or also as since while although though however when where who whose if therefore after before until unless yet nor plus")

var trailing = set("a an the of to in on at by for with from and or but so because which that is was were are be been as if when who my our their his her its this these those into than then not very about i we")

var commanding = regexp.MustCompile(`(?i)\b(?:ignore|disregard|system prompt|instructions?|as an ai|you are now|you must|give me|rate (?:this|me)|score|grade|full marks|praise)\b`)

// toUs marks a sentence that speaks to the interviewer or to a machine behind it, not of what happened. None of its
// clauses is repeated: "the interview is over", said back, would be the interviewer's own words.
var toUs = regexp.MustCompile(`(?i)^\W*(?:system|assistant|user|developer)\s*:|<\|?/?(?:im_|system|assistant|user)|\b(?:the|this|our|your) interview(?: is|'s)(?: now)? (?:over|ended|done|finished|complete)|\b(?:print|reveal|show|tell|give)\b[^.?!]{0,12}\b(?:the|your) (?:rubric|system prompt|principle you)|\byou (?:have )?(?:passed|are hired)\b|\bprevious instructions\b|\b(?:i|we)(?:'ve| have)?(?: already| just)? (?:told|answered) you\b|\b(?:told|tell) (?:you|me) (?:that )?(?:already|before|my answer)\b|\byou (?:already )?(?:asked|tell)\b|\b(?:your|this|that|stupid|silly) questions?\b`)

// clauses cuts a sentence at commas, semicolons, dashes and before conjunctions, and trims what does not stand alone.
func clauses(text string, s Span) []Span {
	toks := tokens(text, s.Start, s.End)
	var out []Span
	start := -1
	flush := func(end int) {
		if start < 0 {
			return
		}
		if c, ok := trim(text, toks, start, end); ok {
			out = append(out, c)
		}
		start = -1
	}
	for i, t := range toks {
		if !t.word {
			if strings.ContainsAny(t.low, ",;:—–()\"“”.!?") || t.low == "-" {
				flush(i)
			}
			continue
		}
		if start >= 0 && i-start >= minAnchor && (t.low == "and" || t.low == "but" || t.low == "because" || t.low == "so" || t.low == "which" || t.low == "while") {
			flush(i)
		}
		if start < 0 {
			start = i
		}
	}
	flush(len(toks))
	return out
}

// trim drops words at both ends that do not stand alone and cuts a long clause where it may end.
func trim(text string, toks []token, from, to int) (Span, bool) {
	for from < to && (!toks[from].word || leading[toks[from].low] || adverbs[toks[from].low] && from+1 < to && !toks[from+1].word) {
		from++
	}
	if to-from > maxAnchor {
		to = from + maxAnchor
		for k := to; k > from+minAnchor; k-- { // rather before a preposition than in the middle of a phrase
			if preposition[toks[k].low] {
				to = k
				break
			}
		}
	}
	whole := to == len(toks) || !toks[to].word // it ends where the speaker ended it: "I have never done that"
	for to > from && (!toks[to-1].word || !whole && trailing[toks[to-1].low]) {
		to--
	}
	if to-from < minAnchor {
		return Span{}, false
	}
	s := Span{toks[from].start, toks[to-1].end}
	if strings.ContainsAny(text[s.Start:s.End], "?\"“”<>{}\n") || commanding.MatchString(text[s.Start:s.End]) {
		return Span{}, false
	}
	return s, true
}

// Clause is text[start:end], with … behind it where it stops within a clause.
func Clause(text string, start, end int) string {
	rest := strings.TrimLeft(text[end:], " \t")
	if r, _ := utf8.DecodeRuneInString(rest); rest == "" || strings.ContainsRune(".,;:!?)…—–-\"”'\n\r", r) {
		return text[start:end]
	}
	if next, _, _ := strings.Cut(rest, " "); leading[strings.ToLower(strings.TrimRight(next, ","))] {
		return text[start:end] // a new clause begins
	}
	return text[start:end] + "…"
}

var preposition = set("in on at by for with from into over after before during through across without within because when while which who and or but as than to")

// ClauseAround returns the clause that holds a span, when it is fit to be repeated to the candidate.
func ClauseAround(text string, start, end int) (int, int, bool) {
	a, b := SentenceAt(text, start)
	if toUs.MatchString(text[a:b]) {
		return 0, 0, false
	}
	for _, c := range clauses(text, Span{a, b}) {
		if c.Start <= start && c.End >= end || c.Start < end && c.End > start {
			return c.Start, c.End, true
		}
	}
	return 0, 0, false
}

// AnchorCandidates returns up to three clauses that a follow-up of a type may rest on, best first.
func AnchorCandidates(text, code string, r Reading) []Span {
	type scored struct {
		s Span
		v float64
	}
	var all []scored
	for _, sen := range r.Sentences {
		if toUs.MatchString(text[sen.Start:sen.End]) {
			continue
		}
		for _, c := range clauses(text, Span{sen.Start, sen.End}) {
			k := look(text, c)
			v := suits(code, sen.Part, &k, c, r)
			if v <= 0 {
				continue
			}
			n := len(strings.Fields(text[c.Start:c.End]))
			if n >= 5 && n <= 11 {
				v += 0.4
			}
			if verbs(&k) == 0 {
				v -= 1.2
			}
			switch {
			case len(k.toks) > 0 && subjects[k.toks[0].low]:
				v += 0.6 // a clause with its own subject reads better alone
			case len(k.toks) > 0 && (k.toks[0].form == fPast || k.toks[0].form == fPart):
				v -= 1.5 // "showed her the findings": whose?
			}
			all = append(all, scored{c, v})
		}
	}
	for _, g := range r.Gaps {
		if g.Code == code && g.End > 0 {
			for i := range all {
				if all[i].s.Start >= g.Start && all[i].s.End <= g.End {
					all[i].v += 1
				}
			}
		}
	}
	slices.SortStableFunc(all, func(a, b scored) int {
		switch {
		case a.v > b.v:
			return -1
		case a.v < b.v:
			return 1
		}
		return 0
	})
	var out []Span
	for _, a := range all {
		if a.v > 0.5 && len(out) < 3 {
			out = append(out, a.s)
		}
	}
	return out
}

// subjects are the words that a clause with a subject of its own mostly begins with.
var subjects = set("i we my our the it they he she nobody everyone this that")

func verbs(c *clue) int { return c.past + c.iActs + c.iStates + c.weActs }

// suits says how well a clause carries a follow-up of a type.
func suits(code string, p Part, c *clue, s Span, r Reading) float64 {
	figure := slices.ContainsFunc(r.Quantities, func(q Quantity) bool { return q.Start >= s.Start && q.End <= s.End && q.Role != "window" })
	choice := c.has(gDecide)
	v := 0.0
	switch code {
	case "Q05":
		v = float64(c.weActs)*2 + float64(c.passive)*0.6
	case "Q04", "Q06", "Q07", "Q08", "Q12", "Q13", "Q14":
		if p == Action {
			v = 0.8
		}
		if c.iActs+c.weActs == 0 && !choice {
			return 0 // what others were or wanted is nothing to ask the candidate's ways about
		}
		v += float64(min(c.iActs, 1)) * 1.2
		if choice && code != "Q06" {
			v += 1.2
		}
		if code == "Q08" && c.has(gAlternative) {
			return 0 // the cost is the cost of what was done, not of what was considered
		}
	case "Q09":
		if p == Action {
			v = 0.6 + float64(min(c.iActs+c.weActs, 1)) + float64(s.Start)/1e6
		}
	case "Q10", "Q16", "Q15":
		if p == Result {
			v = 1.5 + float64(min(c.past, 1))
		}
	case "Q11":
		if figure {
			v = 1
			if p == Result {
				v = 3
			}
		}
	case "Q02", "Q03":
		if c.past+c.iActs+c.weActs+c.passive == 0 && !figure {
			return 0 // what is always so is no situation: "my favourite food is pasta"
		}
		if p == Situation {
			v = 1 + float64(min(c.past, 1))*0.5
		}
	case "Q01":
		if c.cond || c.iActs > 0 {
			v = 1
		}
	}
	return v
}

// StrongestClaim returns the boldest clause of an answer: a figure of the outcome, else a causal claim.
func StrongestClaim(text string, r Reading) (start, end int, ok bool) {
	for _, code := range []string{"Q11", "Q10", "Q07"} {
		if c := AnchorCandidates(text, code, r); len(c) > 0 {
			return c[0].Start, c[0].End, true
		}
	}
	return 0, 0, false
}

// askLimit is how long a turn that only asks may be, in words.
const askLimit = 45

var statementForm = regexp.MustCompile(`(?i)\b(?:i (?:would|'d|will|did|was|think|believe|suggest|propose|decided|fixed|built|found)|we (?:would|did|were|fixed|built|found)|because|therefore|first,|my answer|the (?:attacker|threat|risk|issue|problem) (?:is|would))\b`)

var askingForm = regexp.MustCompile(`(?i)^(?:(?:ok|okay|so|and|sorry|sure|right|hmm|well|quick question|one question|before i (?:start|answer)|just to (?:clarify|check|confirm)|to clarify|can i ask|may i ask)[,:. -]*)*(?:who|what|when|where|which|why|how|is|are|was|were|do|does|did|can|could|may|should|shall|will|would|has|have|had|am|any|whose|how many|how much)\b`)

// onlyAsks reports whether every sentence of a short text is a question or a polite opening, and at least one of them
// a question.
func onlyAsks(text string) bool {
	spans := Sentences(text)
	if len(spans) == 0 || len(strings.Fields(text)) > askLimit {
		return false
	}
	asked := 0
	for _, s := range spans {
		sentence := strings.TrimSpace(text[s.Start:s.End])
		mark := strings.HasSuffix(strings.TrimRight(sentence, "\"'”)"), "?")
		asks := askingForm.MatchString(sentence)
		switch {
		case checkBack.MatchString(sentence):
			return false
		case mark && len(strings.Fields(sentence)) == 1 && !asks: // "yes?" asks for nothing
			return false
		case mark && (asks || !statementForm.MatchString(sentence)):
			asked++
		case !mark && len(strings.Fields(sentence)) <= 6 && politeForm.MatchString(sentence):
		case !mark && asks && !tellsOf(sentence) && len(spans) == 1 && startsWithWh.MatchString(sentence) && !statementForm.MatchString(sentence) && len(strings.Fields(sentence)) <= 12:
			asked++ // the question mark was left out
		default:
			return false
		}
	}
	return asked > 0
}

// tellsOf reports whether a sentence that begins like a question goes on like a story: "When I joined the team".
func tellsOf(sentence string) bool {
	words := strings.Fields(strings.ToLower(sentence))
	return len(words) > 1 && openers[words[0]] && tellers[words[1]]
}

var openers = set("when where what which who how")

var tellers = set("i i'd i've we we'd he she they it the my our a an this that")

var politeForm = regexp.MustCompile(`(?i)^(?:sorry|ok|okay|thanks|thank you|sure|hmm|right|one (?:quick )?question|quick question|a question|before i start|just to (?:clarify|check)|good|let me ask|(?:i am|i'm|i’m) not (?:quite |really )?(?:sure|clear)|i (?:do not|don't|don’t) (?:quite |really )?(?:understand|follow))`)

// checkBack is what people end an answer with: it asks whether they were understood, not for anything.
var checkBack = regexp.MustCompile(`(?i)^(?:does|did|do|is|was|would) (?:that|this|it|you)\b.{0,30}\b(?:answer|help|make sense|clear|enough|what you (?:mean|want|wanted|asked))\b.{0,30}\?$`)

var startsWithWh = regexp.MustCompile(`(?i)^(?:who|what|when|where|which|how|is|are|do|does|can|could|may)\b`)

// Reused returns how much of a story's own words and figures stand in an earlier one, 0 to 1. Words that
// any two stories of a trade share count little, since only those of six letters and more are compared.
func Reused(earlier, later string) float64 {
	a, b := rare(earlier), rare(later)
	if len(b) < 8 || len(a) < 8 {
		return 0
	}
	n := 0
	for w := range b {
		if a[w] {
			n++
		}
	}
	return float64(n) / float64(min(len(a), len(b)))
}

// Marks are fingerprints of the words and figures that Reused compares, sorted: by them the same story is known again, and
// nothing of it can be read in them.
func Marks(text string) []uint64 {
	var out []uint64
	for w := range rare(text) {
		h := fnv.New64a()
		_, _ = h.Write([]byte(w))
		out = append(out, h.Sum64())
	}
	slices.Sort(out)
	return out
}

// ReusedMarks is Reused over Marks.
func ReusedMarks(earlier, later []uint64) float64 {
	if len(later) < 8 || len(earlier) < 8 {
		return 0
	}
	n := 0
	for _, m := range later {
		if _, found := slices.BinarySearch(earlier, m); found {
			n++
		}
	}
	return float64(n) / float64(min(len(earlier), len(later)))
}

// Telling returns the words that Reused compares, sorted: those that tell one story from another.
func Telling(text string) []string {
	return slices.Sorted(maps.Keys(rare(text)))
}

func rare(text string) map[string]bool {
	out := map[string]bool{}
	for _, s := range Sentences(text) {
		for _, t := range wordsOf(text, s) {
			if len(t.low) >= 5 && !stop[t.low] || t.low[0] >= '0' && t.low[0] <= '9' {
				out[t.stem] = true
			}
		}
	}
	return out
}
