// Package guard judges what is about to be said to the candidate, before a word of it is shown.
//
// It is pure: text and rules in, violations out. It knows nothing of models or engines. What fails
// here is never shown; the caller speaks the authored wording instead.
package guard

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// MaxWords is the longest follow-up that may be spoken, in words. A listener keeps one question of
// about this length in mind; interviewers who talk longer are asked to repeat themselves.
const MaxWords = 35

// Rules are what one utterance is held against.
type Rules struct {
	// Wording is the authored question. It has to stand in the text word for word.
	Wording string
	// Transcript is everything both sides have said in this exchange. Every number and quotation in the
	// text that is not in Wording must occur in it.
	Transcript []string
	// Candidate is what the candidate said of it. A lead-in may claim nothing of them that only the interviewer said, and
	// has to keep to one of their sentences. Empty holds it against the whole transcript.
	Candidate []string
	// Heard is Transcript prepared ahead of time by Listen; nil prepares it in Check.
	Heard *Heard
	// Hidden are the phrases of the rubric: no run of four of their words may be said unless the
	// candidate or the authored wording said it first.
	Hidden *Phrases
	// Terms are single words and names that are never said (principle names, "rubric", ...).
	Terms []string
	// Said are the interviewer's earlier utterances; the same text again is refused.
	Said []string
}

// Violation is one broken rule. Rule is a stable name, Detail the words that broke it.
type Violation struct {
	Rule   string
	Detail string
}

// Error returns the rule and the words that broke it.
func (v Violation) Error() string { return v.Rule + ": " + v.Detail }

var (
	quoted     = regexp.MustCompile(`[“"«]([^“”"«»]*)[”"»]`)
	number     = regexp.MustCompile(`\d+(?:[.,:]\d+)*`)
	markup     = regexp.MustCompile("(?i)```|<<|>>|‹‹|››|<[a-z/|!][^>]*>|^\\s*[-*#>]|\\*\\*|\\bhttps?://|^\\s*(?:interviewer|assistant|candidate|question|q)\\s*:")
	praise     = regexp.MustCompile(`(?i)\b(?:great|excellent|good|nice|nicely|impressive|impressed|fantastic|perfect|wonderful|brilliant|amazing|awesome|outstanding|superb|love(?:ly)?|well done|well said|exactly|correct|absolutely|congratulations|kudos|bravo|thanks for sharing|thank you for sharing|strong (?:answer|example|story)|solid|fascinating|interesting|insightful|helpful|appreciate|makes sense|glad|happy to hear)\b`)
	teaching   = regexp.MustCompile(`(?i)\b(?:you should|you could have|you might want|you need to|you may want|the (?:right |correct |best )?answer (?:is|would be)|i(?:'d| would) (?:suggest|recommend|expect)|for example|for instance|such as|hint|keep in mind|remember (?:that|to)|it(?:'s| is) important|make sure|be sure|consider (?:using|adding)|try to|typically|usually,|best practice|don't forget|the key is|ideally)\b`)
	roleSwap   = regexp.MustCompile(`(?i)\b(?:as an ai|language model|as the candidate|as a candidate|my answer|in my (?:previous|last|current) (?:role|job|team|company)|i (?:was|led|built|fixed|found|worked|did|had|decided|managed|would have|implemented|created|designed|joined)|we (?:were|had|did|built|fixed|found|decided|used|implemented))\b`)
	judgement  = regexp.MustCompile(`(?i)\b(?:rubric|scor(?:e|ed|es|ing)|grad(?:e|ed|es|ing)|leadership principles?|star (?:method|format|structure)|bar raiser|criteria|criterion|points? (?:for|out of)|out of (?:ten|10|five|5)|strength|weakness)\b`)
	leadFiller = regexp.MustCompile(`[.!;]\s`)
)

// numberWords are figures spelt out; a model that says "three" where nobody did has invented it.
var numberWords = []string{"two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "fifteen", "twenty",
	"thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety", "hundred", "hundreds", "thousand", "thousands", "million", "millions",
	"billion", "half", "third", "quarter", "double", "doubled", "twice", "percent", "dozen", "dozens"}

// Check returns every rule that text breaks; none means that it may be spoken.
func Check(text string, r Rules) []Violation {
	var out []Violation
	fail := func(rule, format string, args ...any) {
		out = append(out, Violation{Rule: rule, Detail: fmt.Sprintf(format, args...)})
	}
	if strings.TrimSpace(text) == "" {
		fail("empty", "nothing was said")
		return out
	}
	if n := strings.Count(text, "?"); n != 1 || !strings.HasSuffix(strings.TrimRight(text, " \n\t\"”’)"), "?") {
		fail("one-question", "%d question marks, and exactly one has to end the text", n)
	}
	if n := len(strings.Fields(text)); n > MaxWords {
		fail("length", "%d words, at most %d", n, MaxWords)
	}
	if m := markup.FindString(text); m != "" || strings.Contains(strings.TrimSpace(text), "\n") {
		fail("markup", "%q", m)
	}
	for _, c := range text {
		if c == unicode.ReplacementChar || (unicode.IsControl(c) && c != '\n' && c != '\t') {
			fail("markup", "a control character")
			break
		}
	}
	flat := normal(text)
	if r.Wording != "" && !strings.Contains(flat, normal(r.Wording)) {
		fail("wording", "the authored question is not in it word for word")
	}
	if r.Heard == nil {
		r.Heard = Listen(r.Transcript)
	}
	transcript := r.Heard.texts
	heard := func(s string) bool {
		return slices.ContainsFunc(transcript, func(t string) bool { return strings.Contains(t, s) })
	}
	for _, q := range quoted.FindAllStringSubmatch(text, -1) {
		if inner := strings.TrimRight(normal(q[1]), ".,;:!… "); inner != "" && !heard(inner) {
			fail("quotation", "%q was not said", q[1])
		}
	}
	// What is left after the authored question and verified quotations is the voice's own.
	own := quoted.ReplaceAllString(strings.Replace(flat, normal(r.Wording), " ", 1), " ")
	out = append(out, ownWords(own, r, transcript)...)
	if i := slices.IndexFunc(r.Said, func(s string) bool { return normal(s) == flat }); i >= 0 {
		fail("repeat", "the same words were said before")
	}
	return out
}

// Heard is what was said in an exchange, prepared for holding utterances against it.
type Heard struct {
	texts []string
	words map[string]bool
}

// Listen prepares a transcript. It takes longer than all the rest of Check, and needs nothing of what will be
// said: a caller can do it while a model is still thinking.
func Listen(transcript []string) *Heard {
	h := &Heard{texts: make([]string, len(transcript)), words: map[string]bool{}}
	for i, t := range transcript {
		h.texts[i] = normal(t)
		for _, w := range words(h.texts[i]) {
			h.words[w] = true
		}
	}
	return h
}

// ownWords checks the words that are the voice's own: neither authored nor a verified quotation.
func ownWords(own string, r Rules, transcript []string) []Violation {
	var out []Violation
	fail := func(rule, detail string) { out = append(out, Violation{Rule: rule, Detail: fmt.Sprintf("%q", detail)}) }
	heard := r.Heard.words
	for _, n := range number.FindAllString(own, -1) {
		if !slices.ContainsFunc(transcript, func(t string) bool { return slices.Contains(number.FindAllString(t, -1), n) }) {
			fail("number", n)
		}
	}
	ownWords := words(own)
	for _, w := range ownWords {
		if slices.Contains(numberWords, w) && !heard[w] {
			fail("number", w)
		}
	}
	for _, check := range []struct {
		rule string
		re   *regexp.Regexp
	}{{"praise", praise}, {"answer", teaching}, {"role", roleSwap}, {"judgement", judgement}} {
		if m := check.re.FindString(own); m != "" {
			fail(check.rule, m)
		}
	}
	for _, t := range r.Terms {
		if t = normal(t); t != "" && strings.Contains(" "+strings.Join(ownWords, " ")+" ", " "+t+" ") {
			fail("rubric", t)
		}
	}
	if g := leaked(ownWords, r.Hidden, transcript); g != "" {
		fail("rubric", g)
	}
	for i := 0; i+2 < len(ownWords); i++ {
		if three := ownWords[i : i+3]; len(slices.Compact(slices.Clone(three))) == 1 {
			fail("stutter", three[0])
			break
		}
	}
	if m := leadFiller.FindAllString(strings.TrimSpace(own), -1); len(m) > 1 {
		fail("talk", strings.TrimSpace(own))
	}
	if r.Wording != "" {
		back := toldBack(ownWords, heard)
		if w := ungrounded(back, heard); w != "" {
			fail("grounding", w)
		} else if w := untrue(back, r.Candidate); w != "" {
			fail("grounding", w)
		}
	}
	return out
}

// toldBack puts "yourself" back into the candidate's own mouth, where "myself" was said.
func toldBack(own []string, heard map[string]bool) []string {
	out := slices.Clone(own)
	for i, w := range out {
		for _, self := range selves[w] {
			if heard[self] {
				out[i] = self
			}
		}
	}
	return out
}

// selves are what the candidate says where the interviewer says "yourself".
var selves = map[string][]string{"yourself": {"myself"}, "yourselves": {"ourselves"}}

// hiddenRun is how many words of a hidden phrase in a row give it away.
const hiddenRun = 4

// Phrases are hidden phrases, cut once for many utterances.
type Phrases struct{ grams map[string]bool }

// Hide cuts phrases of a rubric. It is safe for concurrent use.
func Hide(phrases []string) *Phrases {
	p := &Phrases{grams: map[string]bool{}}
	for _, h := range phrases {
		w := words(normal(h))
		for i := 0; i+hiddenRun <= len(w); i++ {
			p.grams[strings.Join(w[i:i+hiddenRun], " ")] = true
		}
		if len(w) == 2 || len(w) == 3 { // a short synonym is a whole thought
			p.grams[strings.Join(w, " ")] = true
		}
	}
	return p
}

// leaked returns the first run of four words that stands in a hidden phrase and that nobody has said.
func leaked(own []string, hidden *Phrases, transcript []string) string {
	var heard []string // the transcript as plain words, made when it is first needed
	said := func(g string) bool {
		if heard == nil {
			for _, t := range transcript {
				heard = append(heard, strings.Join(words(t), " "))
			}
		}
		return slices.ContainsFunc(heard, func(t string) bool { return strings.Contains(t, g) })
	}
	if hidden == nil {
		return ""
	}
	for size := 2; size <= hiddenRun; size++ {
		for i := 0; i+size <= len(own); i++ {
			if g := strings.Join(own[i:i+size], " "); hidden.grams[g] && !said(g) {
				return g
			}
		}
	}
	return ""
}

// connective are words a lead-in may use without the candidate having said them.
var connective = wordSet(`a about after again ago also an and are as at be been before being but by can did do does doing done earlier for from
had has have having he her here him his how i if in into is it its just let me mentioned mention moment more my near not now of on one or other our out over
part said saying say says she so some spoke spoken talked that the their them then there these they thing this those through to under up us
was way we were what when where which while who whose why will with within without would you your yours described describe told tell explained
came come going go went back point let's stay take let thank thanks okay right step walk ask asking want like hear understand`)

func wordSet(s string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(s) {
		set[w] = true
	}
	return set
}

// ungrounded returns a word of the lead-in that is neither connective nor the candidate's, when more
// than a third of its content is like that.
func ungrounded(own []string, heard map[string]bool) string {
	content, foreign, first := 0, 0, ""
	for _, w := range own {
		if connective[w] || len(w) < 3 {
			continue
		}
		content++
		if !heardStem(w, heard) {
			foreign++
			if first == "" {
				first = w
			}
		}
	}
	if content > 0 && foreign*3 > content {
		return first
	}
	return ""
}

// leastInOrder is how much of a lead-in's own words has to stand, in their order, in one sentence of the candidate.
const leastInOrder = 0.6

// untrue returns what of a lead-in the candidate did not say: a word that only the interviewer used, words put together
// from several sentences, or the claim of something that was denied.
func untrue(own []string, candidate []string) string {
	var content []string
	for _, w := range own {
		if !connective[w] && len(w) >= 3 {
			content = append(content, w)
		}
	}
	if len(candidate) == 0 || len(content) == 0 {
		return ""
	}
	all := map[string]bool{}
	best, denied := 0, false
	var closest []string // the sentence that the lead-in keeps to
	for _, text := range candidate {
		for _, sentence := range sentenceCut.Split(normal(text), -1) {
			said := words(sentence)
			for _, w := range said {
				all[w] = true
			}
			if n, from, to := inOrder(content, said); n > best {
				best, denied, closest = n, deniedAt(said, from, to), said
			}
		}
	}
	foreign := 0
	for _, w := range content {
		if !heardStem(w, all) {
			foreign++
			if foreign*4 > len(content) {
				return w
			}
		}
	}
	switch {
	case float64(best) < leastInOrder*float64(len(content)):
		return strings.Join(content, " ")
	case denied && !negated(own):
		return strings.Join(content, " ")
	}
	return otherSubject(own, closest)
}

// between may stand between a subject and its verb.
var between = wordSet(`had have has did do was were am are be been would could should might will can also then just already only even really finally first later soon still always never not to and or but so actually simply quickly slowly i've i'd i'll we've we'd we'll`)

// otherSubject returns the verb of a lead-in that says the candidate did what somebody or something else did: of "our
// servers trusted any request" that is "you trusted".
func otherSubject(own, said []string) string {
	at := slices.Index(own, "you")
	if at < 0 {
		return ""
	}
	verb := at + 1
	for verb < len(own) && between[own[verb]] {
		verb++
	}
	if verb >= len(own) || saying[own[verb]] {
		return ""
	}
	found := ""
	for j, w := range said {
		if !sameStem(own[verb], w) {
			continue
		}
		k := j - 1
		for k >= 0 && between[said[k]] {
			k--
		}
		if k < 0 || said[k] == "i" || said[k] == "we" || strings.HasPrefix(said[k], "i'") || strings.HasPrefix(said[k], "we'") || strings.HasSuffix(said[k], "ly") {
			return "" // it is there with the candidate as its subject, or with none
		}
		found = own[verb]
	}
	return found
}

// saying are the verbs with which an interviewer tells what was said.
var saying = wordSet(`said say mentioned mention told described describe noted explained talked spoke wrote stated`)

var sentenceCut = regexp.MustCompile(`[.!?;]+(?:\s|$)|\n`)

var negators = wordSet(`not no never none nobody nothing without neither nor cannot can't didn't don't doesn't wasn't weren't isn't aren't won't wouldn't couldn't hadn't haven't hasn't`)

func negated(ws []string) bool {
	return slices.ContainsFunc(ws, func(w string) bool { return negators[w] })
}

// deniedAt reports whether words of a sentence, from the first to the last that was taken up, are said not to be so:
// by a negation just before them or among them, or by a "which" behind them that has one.
func deniedAt(said []string, from, to int) bool {
	for i := max(0, from-3); i <= to && i < len(said); i++ {
		if negators[said[i]] {
			return true
		}
	}
	if to+1 < len(said) && (said[to+1] == "which" || said[to+1] == "that") {
		return negated(said[to+1 : min(len(said), to+7)])
	}
	return false
}

// inOrder is how many words of a stand in b in the same order, small changes of form allowed, and the first and the
// last place in b that was taken.
func inOrder(a, b []string) (n, from, to int) {
	rows := make([][]int, len(a)+1)
	rows[0] = make([]int, len(b)+1)
	for i, w := range a {
		rows[i+1] = make([]int, len(b)+1)
		for j, v := range b {
			if sameStem(w, v) {
				rows[i+1][j+1] = rows[i][j] + 1
			} else {
				rows[i+1][j+1] = max(rows[i][j+1], rows[i+1][j])
			}
		}
	}
	n, from, to = rows[len(a)][len(b)], len(b), -1
	for i, j := len(a), len(b); i > 0 && j > 0; {
		switch {
		case sameStem(a[i-1], b[j-1]):
			from, to = min(from, j-1), max(to, j-1)
			i, j = i-1, j-1
		case rows[i-1][j] >= rows[i][j-1]:
			i--
		default:
			j--
		}
	}
	return n, from, to
}

func sameStem(a, b string) bool {
	if a == b {
		return true
	}
	for _, s := range []string{"s", "es", "d", "ed", "ing", "ly"} {
		if a+s == b || b+s == a || strings.TrimSuffix(a, "e")+s == b || strings.TrimSuffix(b, "e")+s == a {
			return true
		}
	}
	return false
}

// heardStem allows the small changes of form that turn "I pulled" into "you pull".
func heardStem(w string, heard map[string]bool) bool {
	if heard[w] {
		return true
	}
	for _, suffix := range []string{"s", "es", "d", "ed", "ing", "ly"} {
		if heard[w+suffix] || (strings.HasSuffix(w, suffix) && heard[strings.TrimSuffix(w, suffix)]) {
			return true
		}
	}
	return false
}

var plain = strings.NewReplacer("’", "'", "‘", "'", "“", `"`, "”", `"`, "–", "-", "—", "-", "\u00a0", " ")

// normal folds case, quotation marks, dashes and white space.
func normal(s string) string {
	s = plain.Replace(strings.ToLower(s))
	return strings.Join(strings.Fields(s), " ")
}

// words are the runs of letters, digits and inner apostrophes.
func words(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '\'' })
}
