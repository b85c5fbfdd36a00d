package grading

import (
	"math"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"rehearse/server/reading"
)

// maxText is how many bytes of one text are measured.
const maxText = 200_000

// span is bytes [start,end) of a text.
type span struct{ start, end int }

// word is one word of a text.
type word struct {
	span
	low      string
	stem     string
	neg      bool  // stands within a negation
	concepts []int // rows of equivalents it belongs to here
}

// function reports whether a word carries grammar only.
func (w word) function() bool { return functionWords[w.low] }

// clip bounds a text at a rune.
func clip(text string) string {
	if len(text) <= maxText {
		return text
	}
	cut := maxText
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut]
}

// sentences cuts a text as reading does.
func sentences(text string) []span {
	cut := reading.Sentences(text)
	out := make([]span, len(cut))
	for i, s := range cut {
		out[i] = span{s.Start, s.End}
	}
	return out
}

// wordsIn cuts text[s] into words, each half of a hyphenated one by itself. It does not stem.
func wordsIn(text string, s span) []word {
	out := make([]word, 0, (s.end-s.start)/5+1)
	for i := s.start; i < s.end; {
		r, n := utf8.DecodeRuneInString(text[i:s.end])
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			i += n
			continue
		}
		j := i + n
		for j < s.end {
			r2, n2 := utf8.DecodeRuneInString(text[j:s.end])
			if unicode.IsLetter(r2) || unicode.IsDigit(r2) || unicode.Is(unicode.Mn, r2) {
				j += n2
				continue
			}
			next, _ := utf8.DecodeRuneInString(text[min(j+n2, s.end):s.end])
			if (r2 == '\'' || r2 == '’') && unicode.IsLetter(next) || (r2 == '.' || r2 == ':') && unicode.IsDigit(next) && unicode.IsDigit(r) {
				j += n2
				continue
			}
			break
		}
		out = append(out, word{span: span{i, j}, low: strings.ReplaceAll(strings.ToLower(text[i:j]), "’", "'")})
		i = j
	}
	return out
}

// read cuts, stems and marks the words of text[s]: negations and rows of equivalents.
func read(text string, s span) []word {
	ws := wordsIn(text, s)
	for i := range ws {
		ws[i].stem = stem(ws[i].low)
	}
	for i := range ws {
		if !negationWords[ws[i].low] {
			continue
		}
		for k := i + 1; k < len(ws) && k <= i+4; k++ {
			if strings.ContainsAny(text[ws[k-1].end:ws[k].start], ",;:.()") {
				break
			}
			ws[k].neg = true
		}
	}
	for _, m := range needless.FindAllStringIndex(text[s.start:s.end], -1) {
		for k := len(ws) - 1; k >= 0; k-- { // "rotating the key is not needed": back to the beginning of the clause
			if ws[k].end > s.start+m[0] {
				continue
			}
			if k+1 < len(ws) && strings.ContainsAny(text[ws[k].end:ws[k+1].start], ",;:.()") {
				break
			}
			ws[k].neg = true
		}
	}
	markConcepts(ws)
	return ws
}

// needless denies what stands before it.
var needless = regexp.MustCompile(`(?i)\b(?:is|are|was|were|would be|be)(?: not|n[’']t)(?: really| strictly| even)? (?:needed|necessary|required|worth|important|useful|helpful|relevant|a (?:problem|risk|concern|good idea))\b|\b(?:is|are) (?:unnecessary|pointless|useless|a bad idea|a waste)\b`)

// suffixes are cut off from words, the longest first, and replaced.
var suffixes = []struct{ cut, to string }{
	{"isations", "iz"}, {"izations", "iz"}, {"isation", "iz"}, {"ization", "iz"}, {"ational", "at"}, {"fulness", "ful"}, {"iveness", "iv"}, {"ations", "at"}, {"ation", "at"}, {"ators", "at"}, {"ator", "at"}, {"ating", "at"}, {"ated", "at"}, {"ates", "at"}, {"ate", "at"},
	{"ising", "iz"}, {"izing", "iz"}, {"ised", "iz"}, {"ized", "iz"}, {"ises", "iz"}, {"izes", "iz"}, {"iser", "iz"}, {"izer", "iz"}, {"ise", "iz"}, {"ize", "iz"}, {"ically", "ic"}, {"ities", "it"}, {"ments", ""}, {"ment", ""}, {"ness", ""},
	{"ions", ""}, {"ion", ""}, {"ies", "y"}, {"ied", "y"}, {"ings", ""}, {"ing", ""}, {"edly", ""}, {"ed", ""}, {"sses", "ss"}, {"ers", ""}, {"er", ""}, {"ors", "or"}, {"able", ""}, {"ible", ""}, {"ally", "al"}, {"ly", ""}, {"ity", "it"}, {"es", ""}, {"s", ""}, {"e", ""},
}

var irregular = map[string]string{"bound": "bind", "sent": "send", "stolen": "steal", "stole": "steal", "written": "write", "wrote": "write", "ran": "run", "kept": "keep", "found": "find", "built": "build", "broken": "break", "broke": "break", "chosen": "choose", "chose": "choose",
	"held": "hold", "hidden": "hide", "hid": "hide", "lost": "lose", "thrown": "throw", "threw": "throw", "took": "take", "taken": "take", "gave": "give", "given": "give", "children": "child", "leaves": "leaf", "halves": "half", "indices": "index", "indexes": "index", "vertices": "vertex",
	"data": "data", "accesses": "access", "access": "access", "address": "address", "process": "process", "class": "class", "bus": "bus", "https": "https", "dns": "dns", "tls": "tls", "aws": "aws", "sms": "sms", "ids": "id", "less": "less", "this": "this", "always": "always"}

// stem folds the forms of a word onto each other, roughly.
func stem(w string) string {
	w = strings.TrimSuffix(w, "'s")
	if b, ok := irregular[w]; ok {
		return b
	}
	if len(w) <= 3 {
		return w
	}
	for _, s := range suffixes {
		rest, ok := strings.CutSuffix(w, s.cut)
		if ok && len(rest) >= 3 && (s.cut != "s" || rest[len(rest)-1] != 's' && rest[len(rest)-1] != 'u') {
			w = rest + s.to
			break
		}
	}
	w = strings.TrimSuffix(w, "e")
	if n := len(w); n > 3 && w[n-1] == w[n-2] && w[n-1] != 's' && w[n-1] != 'l' {
		w = w[:n-1]
	}
	if n := len(w); n > 3 && w[n-1] == 'y' {
		w = w[:n-1] + "i"
	}
	return w
}

// plausible is how English a word's letters look: the mean over its pairs of letters of how usual the pair is
// in the words of the tables, in logarithms.
func plausible(w string) float64 {
	sum, n := 0.0, 0
	prev := byte(26)
	for i := 0; i <= len(w); i++ {
		c := byte(26)
		if i < len(w) {
			if w[i] < 'a' || w[i] > 'z' {
				continue
			}
			c = w[i] - 'a'
		}
		sum += pairs[prev][c]
		n++
		prev = c
	}
	if n < 2 {
		return 0
	}
	return sum / float64(n)
}

// pairs are log-probabilities of a letter after another, 26 standing for the word's edge.
var pairs = func() (p [27][27]float64) {
	count := func(w string) {
		prev := byte(26)
		for i := 0; i <= len(w); i++ {
			c := byte(26)
			if i < len(w) {
				if w[i] < 'a' || w[i] > 'z' {
					continue
				}
				c = w[i] - 'a'
			}
			p[prev][c]++
			prev = c
		}
	}
	for _, m := range []map[string]bool{functionWords, commonWords, workWords} {
		for w := range m {
			count(w)
		}
	}
	for _, w := range strings.FieldsFunc(equivalents, func(r rune) bool { return !unicode.IsLetter(r) }) {
		if len(w) > 4 {
			count(w)
		}
	}
	for i := range p {
		total := 0.0
		for _, n := range p[i] {
			total += n
		}
		for k := range p[i] {
			p[i][k] = math.Log((p[i][k] + 0.1) / (total + 2.7))
		}
	}
	return p
}()
