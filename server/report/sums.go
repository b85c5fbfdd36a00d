package report

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"rehearse/server/reading"
)

// figure is a number in a text: its value with what multiplies it ("200M", "0.1%"), and where it stands.
type figure struct {
	value      float64
	percent    bool
	start, end int
}

const (
	plainNumber = `\d+(?:[,.\x{2019}' ]\d{3})*(?:\.\d+)?`
	wordNumber  = `(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|fifty|hundred|thousand|million)`
)

// inWords are the numbers that people write out.
var inWords = map[string]float64{"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12,
	"fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "hundred": 100, "thousand": 1e3, "million": 1e6}

var (
	figureForm = regexp.MustCompile(`(?i)(?:` + plainNumber + `|\b` + wordNumber + `\b)(?:\s*(?:%|per ?cent\b|percent\b|k\b|m\b|bn?\b|thousand\b|millions?\b|billions?\b))?`)
	ratioForm  = regexp.MustCompile(`(?i)(` + plainNumber + `|\b` + wordNumber + `) (?:in|out of|of) (?:an? |every |each )?(` + plainNumber + `|` + wordNumber + `)\b`)
	timesForm  = regexp.MustCompile(`(?i)[×*]|\bx\b|\btimes\b|\bmultiplied by\b`)
	shareForm  = regexp.MustCompile(`(?i)\bof\b|\bat\b`)
	overForm   = regexp.MustCompile(`(?i)[/÷]|\bdivided by\b|\bover\b`)
	equalsForm = regexp.MustCompile(`(?i)[=≈~→]|\b(?:is|are|makes?|gives?|equals?|means?|comes? to|leaves?|about|roughly|so|still)\b`)
	followsFor = regexp.MustCompile(`(?i)\b(?:so|therefore|hence|thus|that is why|which is why|that's why|means|because of that|I (?:would|will|'d|'ll|rank|put|start|choose|chose|take|begin)|comes first|goes first|first|worth|enough|too (?:many|much|few|little)|cannot|can't|not worth|before|rather than|instead)\b`)
)

// figures are the numbers of a text, in order. "One in twenty" is one figure, a share.
func figures(text string) []figure {
	var out []figure
	for _, at := range ratioForm.FindAllStringSubmatchIndex(text, -1) {
		n, m := number(text[at[2]:at[3]]), number(text[at[4]:at[5]])
		if n > 0 && m > n && (at[0] == 0 || !isWord(text[at[0]-1])) {
			out = append(out, figure{value: n / m, percent: true, start: at[0], end: at[1]})
		}
	}
	shares := len(out)
	for _, at := range figureForm.FindAllStringIndex(text, -1) {
		if at[0] > 0 && isWord(text[at[0]-1]) || slices.ContainsFunc(out[:shares], func(f figure) bool { return at[0] < f.end && f.start < at[1] }) {
			continue // part of a name (CVE-2024, v2, SHA256), or of a share
		}
		raw := strings.ToLower(text[at[0]:at[1]])
		f := figure{start: at[0], end: at[1]}
		var digits, tail string
		if fields := strings.Fields(raw); raw[0] > '9' { // in words
			digits, tail = fields[0], strings.Join(fields[1:], " ")
		} else {
			digits = strings.TrimRight(raw, "abcdefghijklmnopqrstuvwxyz% ")
			tail = strings.TrimSpace(raw[len(digits):])
		}
		if f.value = number(digits); f.value == 0 {
			continue
		}
		switch {
		case tail == "%" || strings.HasPrefix(tail, "per"):
			f.value, f.percent = f.value/100, true
		case tail == "k" || tail == "thousand":
			f.value *= 1e3
		case tail == "m" || strings.HasPrefix(tail, "million"):
			f.value *= 1e6
		case tail == "b" || tail == "bn" || strings.HasPrefix(tail, "billion"):
			f.value *= 1e9
		}
		out = append(out, f)
	}
	slices.SortFunc(out, func(a, b figure) int { return a.start - b.start })
	return out
}

// number is the value of a number in digits or in words; 0 where it is none.
func number(s string) float64 {
	s = strings.ToLower(s)
	if v, ok := inWords[s]; ok {
		return v
	}
	v, err := strconv.ParseFloat(strings.NewReplacer(",", "", "'", "", "’", "", " ", "").Replace(thousands(s)), 64)
	if err != nil || math.IsInf(v, 0) {
		return 0
	}
	return v
}

// thousands takes out points that part thousands ("1.200.000"); one point alone parts decimals.
func thousands(digits string) string {
	if strings.Count(digits, ".") > 1 {
		return strings.ReplaceAll(digits, ".", "")
	}
	return digits
}

func isWord(b byte) bool {
	return b == '_' || b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b == '-'
}

// The most text between two figures of one sum, in bytes, and how far a result may be off, as people round.
const (
	sumGap   = 48
	sumSlack = 0.02
)

// sums counts the sums of an answer that are right, use a given figure, and from which something follows. Given are the
// texts in which figures were given.
func sums(answer string, given []string) int {
	known := map[float64]bool{}
	for _, g := range given {
		for _, f := range figures(g) {
			known[f.value] = true
		}
	}
	sentences := reading.Sentences(answer)
	n := 0
	for i, s := range sentences {
		text := answer[s.Start:s.End]
		right, end := rightSum(text, known)
		if !right {
			continue
		}
		rest := text[end:]
		if i+1 < len(sentences) {
			rest += " " + answer[sentences[i+1].Start:sentences[i+1].End]
		}
		if followsFor.MatchString(rest) || followsFor.MatchString(text[:min(end, len(text))]) && strings.HasPrefix(strings.ToLower(strings.TrimSpace(text)), "i ") {
			n++
		}
	}
	return n
}

// rightSum reports whether a sentence holds a sum that is right and uses a known figure, and where it ends.
func rightSum(text string, known map[float64]bool) (right bool, end int) {
	list := figures(text)
	for i := 0; i+2 < len(list); i++ {
		a, b, c := list[i], list[i+1], list[i+2]
		first, second := text[a.end:b.start], text[b.end:c.start]
		if len(first) > sumGap || len(second) > sumGap {
			continue
		}
		if (known[a.value] || known[b.value]) && equalsForm.MatchString(second) && makes(a, b, c.value, first) {
			return true, c.end
		}
		if (known[b.value] || known[c.value]) && equalsForm.MatchString(first) && makes(b, c, a.value, second) {
			return true, c.end
		}
	}
	return false, 0
}

// makes reports whether two figures, with what stands between them, make a third.
func makes(a, b figure, want float64, between string) bool {
	close := func(v float64) bool { return want != 0 && math.Abs(v-want) <= sumSlack*math.Abs(want) }
	switch {
	case timesForm.MatchString(between), (a.percent || b.percent) && shareForm.MatchString(between):
		return close(a.value * b.value)
	case overForm.MatchString(between) && b.value != 0:
		return close(a.value / b.value)
	}
	return false
}
