package grading

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// minAlike is how much of a judge's quote, by words in their order, has to stand in the answer when it does
// not stand there whole. The candidate's words are then what is shown, never the judge's.
const minAlike = 0.9

// minQuote is how many words a quote has at least: fewer would be found anywhere.
const minQuote = 2

// quoted is a word of a text as quotes are compared: lower case, letters and digits only.
type quoted struct {
	span
	low string
}

func quoteWords(text string) []quoted {
	var out []quoted
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRuneInString(text[i:])
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			i += n
			continue
		}
		j := i + n
		for j < len(text) {
			r, n := utf8.DecodeRuneInString(text[j:])
			if unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.Mn, r) {
				j += n
				continue
			}
			next, _ := utf8.DecodeRuneInString(text[min(j+n, len(text)):])
			if strings.ContainsRune("'’.,:/_-", r) && (unicode.IsLetter(next) || unicode.IsDigit(next)) {
				j += n
				continue
			}
			break
		}
		out = append(out, quoted{span{i, j}, strings.NewReplacer("’", "'", "-", "", "_", "").Replace(strings.ToLower(text[i:j]))})
		i = j
	}
	return out
}

// find returns where in the turns a judge's quote stands. White space, case and marks do not count. A quote
// that crosses from one turn into another stands nowhere.
func find(quote string, turns []string) (Quote, bool) {
	want := quoteWords(quote)
	if len(want) < minQuote || len(want) > 200 {
		return Quote{}, false
	}
	for turn, text := range turns {
		have := quoteWords(text)
		if at := exact(want, have); at >= 0 && unbroken(have[at:at+len(want)]) {
			return Quote{turn, have[at].start, have[at+len(want)-1].end}, true
		}
	}
	best, from := 0.0, Quote{}
	for turn, text := range turns {
		have := quoteWords(text)
		if a, b, v := nearest(want, have); v > best {
			best, from = v, Quote{turn, have[a].start, have[b].end}
		}
	}
	return from, best >= minAlike
}

func exact(want, have []quoted) int {
next:
	for i := 0; i+len(want) <= len(have); i++ {
		for k := range want {
			if have[i+k].low != want[k].low {
				continue next
			}
		}
		return i
	}
	return -1
}

// nearest is the window of a text that shares most words, in order, with a quote: 2m/(a+b), m of them shared.
func nearest(want, have []quoted) (from, to int, best float64) {
	known := map[string]bool{}
	for _, w := range want {
		known[w.low] = true
	}
	for i := range have {
		if !known[have[i].low] {
			continue
		}
		for _, size := range []int{len(want) - 1, len(want), len(want) + 1} {
			if size < minQuote || i+size > len(have) {
				continue
			}
			if v := 2 * float64(common(want, have[i:i+size])) / float64(len(want)+size); v > best && unbroken(have[i:i+size]) {
				from, to, best = i, i+size-1, v
			}
		}
	}
	return from, to, best
}

// common is the length of the longest common subsequence of two runs of words.
func common(a, b []quoted) int {
	row := make([]int, len(b)+1)
	for i := range a {
		diagonal := 0
		for j := range b {
			up := row[j+1]
			if a[i].low == b[j].low {
				row[j+1] = diagonal + 1
			} else {
				row[j+1] = max(up, row[j])
			}
			diagonal = up
		}
	}
	return row[len(b)]
}

// unbroken reports whether words stand together: where text was cut out between them, nobody said them so.
func unbroken(ws []quoted) bool {
	const apart = 40 // bytes of marks and white space
	for i := 1; i < len(ws); i++ {
		if ws[i].start-ws[i-1].end > apart {
			return false
		}
	}
	return true
}
