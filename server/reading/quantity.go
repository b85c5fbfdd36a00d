package reading

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var numberWord = map[string]float64{"zero": 0, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13,
	"fourteen": 14, "fifteen": 15, "sixteen": 16, "eighteen": 18, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90, "hundred": 100, "thousand": 1000,
	"million": 1e6, "billion": 1e9, "half": 0.5, "halved": 0.5, "third": 1.0 / 3, "quarter": 0.25, "doubled": 2, "tripled": 3, "twice": 2, "dozen": 12, "once": 1, "one": 1, "none": 0, "dozens": 24, "hundreds": 200, "thousands": 2000, "quadrupled": 4, "thirds": 2.0 / 3}

var multiplier = map[string]float64{"hundred": 100, "thousand": 1000, "million": 1e6, "billion": 1e9, "k": 1000, "m": 1e6, "bn": 1e9, "dozen": 12}

var timeUnits = set("second seconds sec secs minute minutes min mins hour hours hr hrs day days week weeks month months quarter quarters year years sprint sprints ms millisecond milliseconds night nights evening evenings semester semesters weekend weekends")

var figure = regexp.MustCompile(`^(?:\d[\d,.:]*)(k|m|bn|%|x|ms|s|h|gb|mb|tb|th|st|nd|rd|am|pm)?$`)

// quantities finds the figures of the sentences: value, unit, the noun counted, and the role.
func quantities(text string, clues []clue) []Quantity {
	var out []Quantity
	for k := range clues {
		s, toks := clues[k].span, clues[k].toks
		from := len(out)
		for i := 0; i < len(toks); i++ {
			q, next, ok := quantityAt(toks, i)
			if !ok {
				continue
			}
			out = append(out, q)
			i = next - 1
		}
		roles(text, s, toks, out[from:])
	}
	return out
}

// quantityAt reads a figure that begins at token i.
func quantityAt(toks []token, i int) (Quantity, int, bool) {
	t := toks[i]
	q := Quantity{Start: t.start, End: t.end, Role: RoleOther}
	if dayOfMonth(toks, i) || partOfName(toks, i) {
		return q, 0, false
	}
	money := i > 0 && strings.ContainsAny(toks[i-1].low, "$€£")
	j := i + 1
	switch m := figure.FindStringSubmatch(t.low); {
	case m != nil:
		digits := strings.TrimSuffix(t.low, m[1])
		if strings.Contains(digits, ":") || isYear(digits) && !money && (j >= len(toks) || toks[j].low != "%") && m[1] == "" && !countedNext(toks, j) {
			return q, 0, false
		}
		v, err := strconv.ParseFloat(strings.TrimRight(strings.ReplaceAll(digits, ",", ""), "."), 64)
		if err != nil || m[1] != "" && slices.Contains(ordinals, m[1]) {
			return q, 0, false
		}
		q.Value = v
		switch m[1] {
		case "%", "x", "ms", "s", "h", "gb", "mb", "tb":
			q.Unit = m[1]
		default:
			if mul, ok := multiplier[m[1]]; ok {
				q.Value *= mul
			}
		}
	default:
		v, ok := wordValue(toks, i)
		if !ok {
			return q, 0, false
		}
		q.Value = v
	}
	for j < len(toks) {
		if mul, ok := multiplier[toks[j].low]; ok && len(toks[j].low) > 2 {
			q.Value *= mul
			q.End = toks[j].end
			j++
			continue
		}
		break
	}
	if money {
		q.Unit, q.Start, q.Role = toks[i-1].low, toks[i-1].start, RoleMoney
		return q, j, true
	}
	return unitAndNoun(toks, j, q)
}

// ordinals end a figure that counts nothing.
var ordinals = []string{"th", "st", "nd", "rd", "am", "pm"}

var months = set("january february march april may june july august september october november december jan feb mar apr jun jul aug sep sept oct nov dec")

// dayOfMonth reports whether a figure stands beside a month and is a date.
func dayOfMonth(toks []token, i int) bool {
	if len(toks[i].low) > 2 || toks[i].low[0] < '0' || toks[i].low[0] > '9' {
		return false
	}
	return i+1 < len(toks) && months[toks[i+1].low] || i > 0 && months[toks[i-1].low] && toks[i-1].low != "may"
}

// versioned are names that carry a figure which counts nothing: a standard, a version, a rank.
var versioned = set("soc tls ssl http https java python node nodejs php ruby golang go java8 jdk jre log4j iso oauth oidc saml rfc cve cwe sha sha2 aes rsa md5 port version v release sev severity tier level layer phase step chapter section part option number no ipv imds imdsv pci sprint ticket room building python3 angular react spring tomcat windows ubuntu debian rhel centos postgres postgresql mysql kubernetes k8s round floor stage wave owasp p")

// partOfName reports whether a figure belongs to the name before it: SOC 2, TLS 1.2, Log4j 2.17.1. What is counted
// after it makes it a figure again: "at level 3 we had 40".
func partOfName(toks []token, i int) bool {
	if i == 0 || toks[i].low[0] < '0' || toks[i].low[0] > '9' {
		return false
	}
	if strings.Count(toks[i].low, ".") > 1 {
		return true // 2.17.1
	}
	k := i - 1
	if toks[k].low == "-" && k > 0 && toks[k].end == toks[i].start {
		k--
	}
	return versioned[toks[k].low] && (i+1 >= len(toks) || toks[i+1].low != "%" && !timeUnits[toks[i+1].low])
}

func isYear(d string) bool {
	n, err := strconv.Atoi(d)
	return err == nil && len(d) == 4 && n >= 1950 && n <= 2100
}

// countedNext reports whether a plain plural noun follows, so that "2000 requests" is no year.
func countedNext(toks []token, j int) bool {
	return j < len(toks) && toks[j].word && strings.HasSuffix(toks[j].low, "s") && !stop[toks[j].low]
}

// wordValue reads a figure in words. "one" and "half" count only where they measure something.
func wordValue(toks []token, i int) (float64, bool) {
	w := toks[i].low
	if a, b, ok := strings.Cut(w, "-"); ok {
		x, okx := numberWord[a]
		y, oky := numberWord[b]
		if okx && oky && y < 10 && x >= 20 {
			return x + y, true
		}
		return 0, false
	}
	v, ok := numberWord[w]
	if !ok {
		return 0, false
	}
	next := ""
	if i+1 < len(toks) {
		next = toks[i+1].low
	}
	switch w {
	case "one":
		return 1, timeUnits[next] || next == "percent" || next == "million" || next == "hundred" || next == "thousand"
	case "once", "none", "zero":
		return v, w == "zero" || w == "none" && next == "of"
	case "half", "third", "quarter":
		prev := ""
		if i > 0 {
			prev = toks[i-1].low
		}
		return v, w == "half" || (prev == "a" || prev == "by" || prev == "one") && next != "party" && next != "parties" && next != "time" && next != "person" && (w != "quarter" || next != "later" && next != "before")
	}
	return v, true
}

// unitAndNoun reads what is measured: percent, a unit of time, or the noun that is counted.
func unitAndNoun(toks []token, j int, q Quantity) (Quantity, int, bool) {
	if j < len(toks) {
		switch w := toks[j].low; {
		case w == "%" || w == "percent" || w == "per" && j+1 < len(toks) && toks[j+1].low == "cent":
			q.Unit, q.End = "%", toks[j].end
			j++
			if w == "per" {
				q.End = toks[j].end
				j++
			}
		case w == "-" || w == "times" || w == "x":
			if w == "times" || w == "x" {
				q.Unit, q.End = "x", toks[j].end
				j++
			}
		case timeUnits[w]:
			q.Unit, q.End, q.Role = singular(w), toks[j].end, RoleWindow
			j++
		case w == "dollars" || w == "euros" || w == "pounds":
			q.Unit, q.End, q.Role = w, toks[j].end, RoleMoney
			j++
		}
	}
	at := j
	for k := 0; k < 3 && at < len(toks); k++ { // the noun counted, behind at most two adjectives
		t := toks[at]
		if !t.word || stop[t.low] && t.low != "of" || t.form == fPast && k > 0 && !strings.HasSuffix(t.low, "s") || auxiliaries[t.low] {
			break
		}
		if t.low == "of" {
			if k > 0 {
				break
			}
			at++
			for at < len(toks) && (toks[at].low == "the" || toks[at].low == "our" || toks[at].low == "my" || toks[at].low == "all") {
				at++
			}
			continue
		}
		if _, num := numberWord[t.low]; num || figure.MatchString(t.low) {
			break
		}
		if q.Noun != "" {
			q.Narrow = strings.TrimSpace(q.Narrow + " " + q.Noun)
		}
		q.Noun = singular(t.low)
		if strings.HasSuffix(t.low, "s") || t.low == "people" {
			break
		}
		at++
	}
	if at < len(toks) && toks[at].low == "per" || at+1 < len(toks) && (toks[at].low == "a" || toks[at].low == "an" || toks[at].low == "each" || toks[at].low == "every") && timeUnits[toks[at+1].low] {
		// a rate: the unit of time belongs to it
		k := at + 1
		if k < len(toks) && timeUnits[toks[k].low] && q.Unit == "" {
			q.Unit = "/" + singular(toks[k].low)
		}
	}
	return q, j, true
}

func singular(w string) string {
	switch {
	case w == "people":
		return "person"
	case strings.HasSuffix(w, "ies") && len(w) > 4:
		return w[:len(w)-3] + "y"
	case strings.HasSuffix(w, "sses") || strings.HasSuffix(w, "xes") || strings.HasSuffix(w, "ches"):
		return w[:len(w)-2]
	case strings.HasSuffix(w, "s") && !strings.HasSuffix(w, "ss") && len(w) > 3:
		return w[:len(w)-1]
	}
	return w
}

var people = set("person customer user member client employee engineer developer student patient participant guest visitor attendee volunteer subscriber account company household merchant seller driver tenant family reader citizen")

// What leads up to a figure tells a level before from a level after.
var (
	afterLead    = regexp.MustCompile(`(?:down|up|only|just) to(?: about| around| roughly| under| below)?$`)
	baselineLead = regexp.MustCompile(`(?:used to be|had been|was at|were at|averag\w+|before that|previously|started at|up from|down from|instead of|compared (?:to|with)|than)(?: about| around| the| over)*$`)
)

// downFrom is what follows a figure that is compared with the one before: "0 static keys, down from 90".
var downFrom = regexp.MustCompile(`^[^.;:]{0,40}\b(?:down|up) from\b`)

var fromTo = newWording(`\bfrom\b`)

// roles tells a baseline from what came after: "from X to Y", "was X … now Y", "down to Y", "used to be X".
func roles(text string, s Span, toks []token, qs []Quantity) {
	low := strings.ToLower(text[s.Start:s.End])
	before := func(q Quantity, n int) string { // the last n words before a figure
		at, _ := slices.BinarySearchFunc(toks, q.Start, func(t token, start int) int { return t.end - start - 1 })
		words := make([]string, 0, n)
		for k := at - 1; k >= 0 && len(words) < n; k-- {
			if toks[k].word {
				words = append(words, toks[k].low)
			}
		}
		slices.Reverse(words)
		return strings.Join(words, " ")
	}
	hasFrom := fromTo.MatchString(low)
	for i := range qs {
		q := &qs[i]
		if q.Role == RoleMoney {
			continue
		}
		lead := before(*q, 4)
		// "from 40 to 6 a day" and "from 3 weeks to 2 days" are levels, whatever is measured.
		switch {
		case hasFrom && lastOf(lead, "from", "to", 3) == "from":
			q.Role = RoleBaseline
		case lastWordIn(lead, "to", 2) && i > 0 && qs[i-1].Role == RoleBaseline || afterLead.MatchString(lead):
			q.Role = RoleAfter
		case downFrom.MatchString(low[min(q.End-s.Start, len(low)):]):
			q.Role = RoleAfter
		case q.Role == RoleWindow:
		case baselineLead.MatchString(lead):
			q.Role = RoleBaseline
		case q.Unit == "%" || q.Unit == "x" || strings.HasPrefix(text[q.Start:q.End], "hal") || strings.HasPrefix(text[q.Start:q.End], "doubl"):
			q.Role = RoleAfter
			if !changeVerb.MatchString(low) {
				q.Role = RoleOther
			}
		case people[q.Noun]:
			q.Role = RolePopulation
		}
	}
}

var changeVerb = newWording(`\b(?:increas|decreas|reduc|drop|fell|fall|rose|ris|grew|improv|doubl|tripl|halv|cut|sav|shr[au]nk|went|gain|boost|lower|rais|down|up|by|reach|hit|exceed)`)

func lastWordIn(lead, word string, n int) bool {
	f := strings.Fields(lead)
	for _, w := range f[max(0, len(f)-n):] {
		if w == word {
			return true
		}
	}
	return false
}

// lastOf is whichever of two words stands last among the last n words of a lead.
func lastOf(lead, a, b string, n int) string {
	f := strings.Fields(lead)
	for _, w := range slices.Backward(f[max(0, len(f)-n):]) {
		if w == a || w == b {
			return w
		}
	}
	return ""
}

// Conflict is two figures for the same thing that disagree.
type Conflict struct {
	Before, After Quantity
}

// Conflicts finds figures of the same noun, unit and role, narrowed alike, that differ between two answers. A level before and a
// level after are no conflict, nor are windows of time.
func Conflicts(earlier, later []Quantity) []Conflict {
	var out []Conflict
	for _, b := range later {
		if b.Noun == "" || b.Role == RoleWindow {
			continue
		}
		same, other := false, Quantity{}
		found := false
		for _, a := range earlier {
			if a.Noun != b.Noun || a.Unit != b.Unit || a.Role == RoleWindow || a.Narrow != b.Narrow {
				continue // "12 accounts" and "two shared accounts" count different things
			}
			if a.Role != b.Role && (a.Role == RoleBaseline || a.Role == RoleAfter || b.Role == RoleBaseline || b.Role == RoleAfter) {
				continue
			}
			if math.Abs(a.Value-b.Value) < 1e-9 {
				same = true
			} else if !found {
				found, other = true, a
			}
		}
		if found && !same {
			out = append(out, Conflict{Before: other, After: b})
		}
	}
	return out
}
