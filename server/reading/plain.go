package reading

import (
	_ "embed" // the terms
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// jargonRows are terms of the trade with a plain equivalent, one a line, between them a tab.
//
//go:embed jargon.tsv
var jargonRows string

// Term is a word of the trade in an answer, with what it could be called instead.
type Term struct {
	Start int    `json:"start"`
	End   int    `json:"end"`
	Plain string `json:"plain"`
	// Undefined marks an abbreviation at its first use without a word about what it means.
	Undefined bool `json:"undefined,omitempty"`
}

// plain measures how plainly a text is put.
func plain(text string, clues []clue, r *Reading) {
	m := &r.Measures
	m.GradeLevel, m.Jargon = gradeLevel(clues), terms(text, clues)
	if r.Words > 0 {
		m.MeanWords = math.Round(float64(r.Words)/float64(len(clues))*10) / 10
		m.JargonPer100 = math.Round(float64(len(m.Jargon))*1000/float64(r.Words)) / 10
	}
}

// jargonTerm is a row of the table, its words in lower case.
type jargonTerm struct {
	words []string
	short bool // an abbreviation
	plain string
}

// jargon holds the terms by their first word, the longest first.
var jargon = parseJargon(jargonRows)

func parseJargon(rows string) map[string][]jargonTerm {
	out := map[string][]jargonTerm{}
	for line := range strings.SplitSeq(rows, "\n") {
		term, plain, ok := strings.Cut(line, "\t")
		if !ok {
			continue
		}
		toks := tokens(term, 0, len(term))
		t := jargonTerm{plain: plain, short: abbreviation(term)}
		for _, k := range toks {
			t.words = append(t.words, k.low)
		}
		list := out[t.words[0]]
		list = append(list, t)
		for i := len(list) - 1; i > 0 && len(list[i].words) > len(list[i-1].words); i-- {
			list[i], list[i-1] = list[i-1], list[i]
		}
		out[t.words[0]] = list
	}
	return out
}

// abbreviation reports whether a term is mostly capitals: JWT, SQLi, IMDSv2, but not Kubernetes.
func abbreviation(term string) bool {
	upper := 0
	for _, r := range term {
		if unicode.IsUpper(r) {
			upper++
		}
	}
	return upper >= 2 && !strings.Contains(term, " ")
}

// terms finds the jargon of a text.
func terms(text string, clues []clue) []Term {
	var out []Term
	seen := map[string]bool{}
	for i := range clues {
		toks := clues[i].toks
	next:
		for k := 0; k < len(toks); k++ {
			for _, t := range jargon[strings.TrimSuffix(toks[k].low, "'s")] {
				if n := t.at(toks[k:]); n > 0 {
					out = append(out, t.found(text, toks[k].start, toks[k+n-1].end, seen))
					k += n - 1
					continue next
				}
			}
			if low, ok := strings.CutSuffix(toks[k].low, "s"); ok { // a plural: JWTs, webhooks
				for _, t := range jargon[low] {
					if len(t.words) == 1 {
						out = append(out, t.found(text, toks[k].start, toks[k].end, seen))
						continue next
					}
				}
			}
		}
	}
	return out
}

// at reports how many tokens a term takes at the start of a run, 0 when it is not there.
func (t *jargonTerm) at(toks []token) int {
	if len(toks) < len(t.words) {
		return 0
	}
	for i, w := range t.words {
		if low := toks[i].low; low != w && (i < len(t.words)-1 || low != w+"s") && (i > 0 || low != w+"'s") {
			return 0
		}
	}
	return len(t.words)
}

func (t *jargonTerm) found(text string, start, end int, seen map[string]bool) Term {
	out := Term{Start: start, End: end, Plain: t.plain}
	key := strings.Join(t.words, " ")
	out.Undefined = t.short && !seen[key] && !explained(text, start, end)
	seen[key] = true
	return out
}

// explained reports whether an abbreviation is spelled out beside its use: "JWT (a signed note)", "a web
// application firewall (WAF)", "SSRF, which means", "DLP, that is".
func explained(text string, start, end int) bool {
	after := strings.TrimLeft(text[end:min(len(text), end+40)], " ")
	if strings.HasPrefix(after, "(") || strings.HasPrefix(after, ")") && strings.HasSuffix(strings.TrimRight(text[:start], " "), "(") {
		return true
	}
	for _, s := range []string{", which means", ", meaning", ", that is", ", in other words", ", short for", " stands for", " means ", ", or "} {
		if strings.HasPrefix(text[end:min(len(text), end+40)], s) {
			return true
		}
	}
	return false
}

// syllables estimates how many a word has: its groups of vowels, without a silent e at the end.
func syllables(w string) int {
	n, last := 0, false
	for _, r := range w {
		vowel := strings.ContainsRune("aeiouyäöü", r)
		if vowel && !last {
			n++
		}
		last = vowel
	}
	if n > 1 && strings.HasSuffix(w, "e") && !strings.HasSuffix(w, "le") {
		n--
	}
	if n > 1 && strings.HasSuffix(w, "ed") && !strings.HasSuffix(w, "ted") && !strings.HasSuffix(w, "ded") {
		n--
	}
	return max(1, n)
}

// gradeLevel is the Flesch-Kincaid grade of a text: 0.39 words a sentence plus 11.8 syllables a word less
// 15.59 (Kincaid and others 1975, a report of the US Navy). It says how long the sentences and words are,
// not how good the text is.
func gradeLevel(clues []clue) float64 {
	words, count := 0, 0
	for i := range clues {
		for _, t := range clues[i].toks {
			if t.word {
				words++
				count += syllables(t.low)
			}
		}
	}
	if words == 0 || len(clues) == 0 {
		return 0
	}
	g := 0.39*float64(words)/float64(len(clues)) + 11.8*float64(count)/float64(words) - 15.59
	return math.Round(max(0, g)*10) / 10
}

// gramSize is how many words in a row are compared between an answer and an earlier one.
const gramSize = 5

// Recital is the largest share of an answer's runs of five words that stand in one of the earlier texts:
// another telling of the same story shares few, a text learnt by heart nearly all. It is 0 for answers too
// short to say.
func Recital(text string, earlier []string) float64 {
	own := grams(text)
	if len(own) < 2*gramSize {
		return 0
	}
	best := 0.0
	for _, e := range earlier {
		theirs := grams(e)
		n := 0
		for g := range own {
			if theirs[g] {
				n++
			}
		}
		best = max(best, float64(n)/float64(len(own)))
	}
	return math.Round(best*100) / 100
}

func grams(text string) map[string]bool {
	var words []string
	for _, t := range tokens(text, 0, len(text)) {
		if t.word {
			words = append(words, t.low)
		}
	}
	out := map[string]bool{}
	for i := 0; i+gramSize <= len(words); i++ {
		out[strings.Join(words[i:i+gramSize], " ")] = true
	}
	return out
}

// Undefined are the words of the trade in a text that a listener would not know and that are not explained where they
// are first used: the common list and extra, without those the listener knows. Both lists are compared without case.
func Undefined(text string, extra, known []string) []Term {
	spans := Sentences(text)
	clues := make([]clue, len(spans))
	for i, s := range spans {
		clues[i] = look(text, s)
	}
	all := terms(text, clues)
	low := strings.ToLower(text)
	for _, w := range extra {
		if m := wholeWord(low, strings.ToLower(w)); m >= 0 {
			all = append(all, Term{Start: m, End: m + len(w)})
		}
	}
	slices.SortFunc(all, func(a, b Term) int { return a.Start - b.Start })
	familiar := map[string]bool{}
	for _, w := range known {
		familiar[strings.ToLower(w)] = true
	}
	var out []Term
	seen, end := map[string]bool{}, 0
	for _, t := range all {
		word := low[t.Start:t.End]
		if seen[word] || familiar[word] || familiar[strings.TrimSuffix(word, "s")] || t.Start < end {
			continue
		}
		seen[word] = true
		if !explained(text, t.Start, t.End) {
			t.Undefined = true
			out = append(out, t)
			end = t.End
		}
	}
	return out
}

// wholeWord is where a word or phrase first stands by itself in a text, or -1.
func wholeWord(text, word string) int {
	for from := 0; word != ""; {
		i := strings.Index(text[from:], word)
		if i < 0 {
			return -1
		}
		at := from + i
		before, _ := utf8.DecodeLastRuneInString(text[:at])
		after, _ := utf8.DecodeRuneInString(text[at+len(word):])
		if !unicode.IsLetter(before) && !unicode.IsDigit(before) && !unicode.IsLetter(after) && !unicode.IsDigit(after) {
			return at
		}
		from = at + len(word)
	}
	return -1
}

// roundly is what stands before a figure that is not meant to the digit.
var roundly = regexp.MustCompile(`(?i)\b(?:about|around|roughly|nearly|almost|some|over|more than|less than|under|up to|close to|approximately|at least|at most)\s*[$€£]?\s*$`)

// timeOfDay is what stands before an hour: "at six", "by 4".
var timeOfDay = regexp.MustCompile(`(?i)\b(?:at|by|until|till|before|after|from)\s+$`)

// promise is what stands before a time that the speaker offers as a plan: "I will call you within two hours", "you hear from
// me every 20 minutes". The time has to follow its preposition, so that "I will tell you that they need 20 minutes" is none.
var promise = regexp.MustCompile(`(?i)\b(?:(?:i|we)(?:['’]ll|\s+will|\s+can)\s+(?:[a-z]+\s+){0,2}?(?:call|tell|send|report|write|update|let you know|come|get|be|speak|meet|ask|check|confirm|show|give)|you(?:['’]ll|\s+will)?\s+(?:hear|have|get|know))\b[^.?!;]*\b(?:within|in|every|after)\s+(?:the next\s+)?$`)

// ofTime reports whether a figure counts time.
func ofTime(q Quantity) bool {
	return slices.ContainsFunc([]string{"second", "minute", "hour", "day", "week", "min", "sec"}, func(u string) bool {
		return strings.HasPrefix(strings.ToLower(q.Unit), u) || strings.HasPrefix(strings.ToLower(q.Noun), u)
	}) || q.Unit == "h" || q.Unit == "d" || q.Unit == "s"
}

// Foreign are the figures of a text that no source gives: neither the figure itself, nor, where it is said roughly, one
// within a tenth of it. Numbers up to three count options and reasons and are left alone unless they measure something, and so
// are times that the speaker offers as a plan.
func Foreign(text string, sources ...string) []Span {
	figures := func(s string) []Quantity {
		spans := Sentences(s)
		clues := make([]clue, len(spans))
		for i, sp := range spans {
			clues[i] = look(s, sp)
		}
		return quantities(s, clues)
	}
	var known []float64
	for _, s := range sources {
		for _, q := range figures(s) {
			known = append(known, q.Value)
		}
	}
	var out []Span
	for _, q := range figures(text) {
		if q.Value <= 3 && q.Unit == "" || q.Value <= 24 && q.Unit == "" && q.Noun == "" && timeOfDay.MatchString(text[:q.Start]) {
			continue
		}
		if ofTime(q) && promise.MatchString(text[:q.Start]) {
			continue
		}
		slack := 1e-9
		if roundly.MatchString(text[:q.Start]) {
			slack = 0.1 * q.Value
		}
		if !slices.ContainsFunc(known, func(v float64) bool { return math.Abs(v-q.Value) <= slack }) {
			out = append(out, Span{q.Start, q.End})
		}
	}
	return out
}
