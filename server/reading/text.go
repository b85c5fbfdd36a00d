package reading

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxText is how much of a text is read, in bytes; longer ones are measured on their beginning.
const maxText = 400_000

// token is a word, a figure or a mark.
type token struct {
	start, end int
	low        string // lower case, straight apostrophes
	word       bool
	stem       string // set by parse
	form       form   // set by parse
}

// tokens cuts text[from:to] into words (with inner apostrophes and hyphens), figures and marks.
func tokens(text string, from, to int) []token {
	out := make([]token, 0, (to-from)/4+2)
	for i := from; i < to; {
		r, size := utf8.DecodeRuneInString(text[i:to])
		switch {
		case unicode.IsSpace(r):
			i += size
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			j := i + size
			for j < to {
				r2, s2 := utf8.DecodeRuneInString(text[j:to])
				if unicode.IsLetter(r2) || unicode.IsDigit(r2) || unicode.Is(unicode.Mn, r2) {
					j += s2
					continue
				}
				next, _ := utf8.DecodeRuneInString(text[min(j+s2, to):to])
				if (r2 == '\'' || r2 == '’' || r2 == '-' || r2 == '.' || r2 == ',' || r2 == ':') && inner(text[i:j], r2, next) {
					j += s2
					continue
				}
				break
			}
			out = append(out, token{start: i, end: j, low: lower(text[i:j]), word: true})
			i = j
		default:
			out = append(out, token{start: i, end: i + size, low: text[i : i+size]})
			i += size
		}
	}
	return out
}

// lower is strings.ToLower with straight apostrophes, without work for what is lower case already.
func lower(w string) string {
	plain := true
	for i := 0; i < len(w); i++ {
		if c := w[i]; c >= 0x80 || c >= 'A' && c <= 'Z' {
			plain = false
			break
		}
	}
	if plain {
		return w
	}
	return strings.ReplaceAll(strings.ToLower(w), "’", "'")
}

// inner reports whether a mark joins what is before and after it into one word or figure.
func inner(before string, mark, next rune) bool {
	switch mark {
	case '\'', '’', '-':
		return unicode.IsLetter(next) || unicode.IsDigit(next)
	}
	last, _ := utf8.DecodeLastRuneInString(before)
	return unicode.IsDigit(last) && unicode.IsDigit(next)
}

// abbreviations end in a full stop that ends no sentence.
var abbreviations = set("e.g i.e etc mr mrs ms dr prof vs approx no inc ltd st jan feb mar apr jun jul aug sep sept oct nov dec fig al dept est min max")

func set(words string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}

// Sentences cuts a text at marks that end a sentence and at line ends. Spans are trimmed of white space and bullets.
func Sentences(text string) []Span {
	if len(text) > maxText {
		cut := maxText
		for cut > 0 && !utf8.RuneStart(text[cut]) {
			cut--
		}
		text = text[:cut]
	}
	var out []Span
	start := 0
	flush := func(end int) {
		s, e := start, end
		for s < e {
			r, n := utf8.DecodeRuneInString(text[s:e])
			if !unicode.IsSpace(r) && !strings.ContainsRune("-*•–>#", r) {
				break
			}
			s += n
		}
		for e > s {
			r, n := utf8.DecodeLastRuneInString(text[s:e])
			if !unicode.IsSpace(r) {
				break
			}
			e -= n
		}
		if strings.IndexFunc(text[s:e], func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) >= 0 {
			out = append(out, Span{s, e})
		}
		start = end
	}
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRuneInString(text[i:])
		next := i + n
		switch r {
		case '\n':
			flush(next)
		case '.', '!', '?', '…':
			for next < len(text) {
				r2, n2 := utf8.DecodeRuneInString(text[next:])
				if !strings.ContainsRune(".!?…\"”’')]", r2) {
					break
				}
				next += n2
			}
			if ends(text, i, next, r) {
				flush(next)
			}
		}
		i = next
	}
	flush(len(text))
	return out
}

// ends reports whether the mark at i (with what follows it up to next) ends a sentence.
func ends(text string, i, next int, mark rune) bool {
	if next >= len(text) {
		return true
	}
	r, _ := utf8.DecodeRuneInString(text[next:])
	if !unicode.IsSpace(r) {
		return false
	}
	if mark != '.' || next > i+1 {
		return true
	}
	word := text[strings.LastIndexFunc(text[:i], func(r rune) bool { return unicode.IsSpace(r) || r == '(' })+1 : i]
	low := strings.ToLower(word)
	if abbreviations[low] {
		return low == "etc" && startsUpper(text[next:])
	}
	if len(word) == 1 && unicode.IsUpper(rune(word[0])) && word != "I" {
		return false // an initial
	}
	return true
}

func startsUpper(s string) bool {
	r, _ := utf8.DecodeRuneInString(strings.TrimLeftFunc(s, unicode.IsSpace))
	return unicode.IsUpper(r)
}

// SentenceAt returns the bounds of the sentence that byte offset at lies in.
func SentenceAt(text string, at int) (start, end int) {
	for _, s := range Sentences(text) {
		if at < s.End {
			return s.Start, s.End
		}
	}
	return 0, len(text)
}

// suffixes are cut off from words, the longest first, and replaced.
var suffixes = []struct{ suffix, to string }{
	{"isations", "ize"}, {"izations", "ize"}, {"isation", "ize"}, {"ization", "ize"}, {"ations", "ate"}, {"ation", "ate"}, {"ising", "ize"}, {"ised", "ize"}, {"ises", "ize"},
	{"ies", "y"}, {"ied", "y"}, {"sses", "ss"}, {"ings", ""}, {"ing", ""}, {"edly", ""}, {"ed", ""}, {"ers", ""}, {"er", ""}, {"ors", "or"}, {"ments", ""}, {"ment", ""},
	{"ically", "ic"}, {"ally", "al"}, {"ly", ""}, {"es", ""}, {"s", ""}, {"e", ""},
}

// stem folds the forms of a word onto each other, roughly: good enough to match "rotated" with "rotate".
func stem(w string) string {
	w = strings.TrimSuffix(w, "'s")
	if base, ok := irregular[w]; ok {
		w = base
	}
	if len(w) <= 3 {
		return w
	}
	for _, s := range suffixes {
		if rest, ok := strings.CutSuffix(w, s.suffix); ok && len(rest) >= 3 && (s.suffix != "s" || !strings.HasSuffix(rest, "s")) {
			w = rest + s.to
			break
		}
	}
	w = strings.TrimSuffix(w, "e")
	if n := len(w); n > 3 && w[n-1] == w[n-2] && !strings.ContainsRune("ls", rune(w[n-1])) {
		w = w[:n-1] // stopped, stop
	}
	if strings.HasSuffix(w, "is") && len(w) > 5 {
		w = w[:len(w)-2] + "iz" // authorise, authorize
	}
	return w
}
