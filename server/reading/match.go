package reading

import (
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"sync"

	"rehearse/server/interview"
)

// gapWords is how many other words may stand between the words of a phrase.
const gapWords = 2

// window is how many words before a match a negation reaches.
const window = 4

var negators = set("not no never without cannot nor neither hardly lacked lacks lack avoid avoided refuse refused isn't wasn't aren't weren't don't didn't doesn't won't wouldn't can't couldn't shouldn't haven't hasn't hadn't ain't dont didnt doesnt cant wont")

// authored is a compiled expression of a pack, with literals of which every match holds at least one.
type authored struct {
	re  *regexp.Regexp
	any []string // in lower case; nil when there are none to look for
}

// expressions caches compiled patterns: content is authored, so there are only so many.
var expressions sync.Map

func expression(re string) *authored {
	if v, ok := expressions.Load(re); ok {
		return v.(*authored)
	}
	a := &authored{}
	var err error
	if a.re, err = regexp.Compile("(?i)" + re); err != nil {
		a.re = regexp.MustCompile(`\z.`) // never matches; the loader of packs has complained
	} else if tree, err := syntax.Parse("(?i)"+re, syntax.Perl); err == nil {
		a.any = needs(tree.Simplify())
	}
	v, _ := expressions.LoadOrStore(re, a)
	return v.(*authored)
}

func (a *authored) possible(low string) bool {
	return a.any == nil || slices.ContainsFunc(a.any, func(l string) bool { return strings.Contains(low, l) })
}

// needs returns literals of which every match of an expression holds at least one, or nil.
func needs(re *syntax.Regexp) []string {
	switch re.Op {
	case syntax.OpLiteral:
		return []string{strings.ToLower(string(re.Rune))}
	case syntax.OpCapture, syntax.OpPlus:
		return needs(re.Sub[0])
	case syntax.OpAlternate:
		var all []string
		for _, sub := range re.Sub {
			n := needs(sub)
			if n == nil {
				return nil
			}
			all = append(all, n...)
		}
		return all
	case syntax.OpConcat:
		var best []string
		for _, sub := range re.Sub {
			if n := needs(sub); n != nil && (best == nil || shortest(n) > shortest(best)) {
				best = n
			}
		}
		return best
	}
	return nil
}

func shortest(list []string) int {
	n := len(list[0])
	for _, l := range list {
		n = min(n, len(l))
	}
	return n
}

// Find returns where text says one of the phrases, in order, outside a negation and outside sentences that
// hold one of negations. See interview.Phrase for the language.
func Find(text string, phrases, negations []interview.Phrase) []Span {
	if len(phrases) == 0 || strings.TrimSpace(text) == "" {
		return nil
	}
	return Prepare(text).Find(phrases, negations)
}

// Prepared is a text cut and stemmed once, to be asked for many phrases.
type Prepared struct {
	text  string
	spans []Span
	low   []string // the sentences in lower case
	words [][]stemmed
	stems map[string]bool
}

// Prepare cuts and stems a text.
func Prepare(text string) *Prepared {
	p := &Prepared{text: text, spans: Sentences(text), stems: map[string]bool{}}
	for _, s := range p.spans {
		words := wordsOf(text, s)
		p.words, p.low = append(p.words, words), append(p.low, strings.ToLower(text[s.Start:s.End]))
		for _, w := range words {
			p.stems[w.stem] = true
		}
	}
	return p
}

// Find is Find on the prepared text.
func (p *Prepared) Find(phrases, negations []interview.Phrase) []Span {
	if !slices.ContainsFunc(phrases, p.possible) {
		return nil
	}
	var out []Span
	text := p.text
	for i, s := range p.spans {
		toks := p.words[i]
		if len(negations) > 0 && len(inSentence(text, p.low[i], s, toks, negations)) > 0 {
			continue
		}
		for _, m := range inSentence(text, p.low[i], s, toks, phrases) {
			if !slices.Contains(out, m) {
				out = append(out, m)
			}
		}
	}
	slices.SortFunc(out, func(a, b Span) int { return a.Start - b.Start })
	return out
}

// Claims is Find for what costs: an expression, or a phrase that holds a denial itself, is no claim with a denial in the
// words before it either. "I would not strip the quotes" is right where stripping them is the mistake, and "I cannot say
// that nobody got in" where nobody knows.
func Claims(text string, phrases []interview.Phrase) []Span {
	if len(phrases) == 0 || strings.TrimSpace(text) == "" {
		return nil
	}
	p := Prepare(text)
	return slices.DeleteFunc(p.Find(phrases, nil), func(m Span) bool {
		for i, s := range p.spans {
			if m.Start < s.Start || m.Start >= s.End {
				continue
			}
			first := slices.IndexFunc(p.words[i], func(t stemmed) bool { return t.start >= m.Start })
			return first > 0 && negated(p.words[i][:first], first, first-1)
		}
		return false
	})
}

// possible reports whether a phrase may be in the text: an expression always, words only when all of them are.
func (p *Prepared) possible(ph interview.Phrase) bool {
	if strings.HasPrefix(ph, "re:") {
		return true
	}
	stems, _ := phraseWords(ph)
	for _, s := range stems {
		if !p.stems[s] {
			return false
		}
	}
	return len(stems) > 0
}

type stemmed struct {
	token
	stem string
}

func wordsOf(text string, s Span) []stemmed {
	var out []stemmed
	for _, t := range tokens(text, s.Start, s.End) {
		if !t.word {
			continue
		}
		if strings.Contains(t.low, "-") { // pre-signed and presigned, server-side and server side
			at := t.start
			for part := range strings.SplitSeq(t.low, "-") {
				out = append(out, stemmed{token{start: at, end: min(at+len(part), t.end), low: part, word: true}, stem(part)})
				at += len(part) + 1
			}
			continue
		}
		out = append(out, stemmed{t, stem(t.low)})
	}
	return out
}

func inSentence(text, low string, s Span, toks []stemmed, phrases []interview.Phrase) []Span {
	var out []Span
	for _, p := range phrases {
		if re, ok := strings.CutPrefix(p, "re:"); ok {
			a := expression(re)
			if !a.possible(low) {
				continue
			}
			for _, m := range a.re.FindAllStringIndex(text[s.Start:s.End], 4) {
				if m[0] < m[1] {
					out = append(out, Span{s.Start + m[0], s.Start + m[1]})
				}
			}
			continue
		}
		want, negative := phraseWords(p)
		for i := range toks {
			j, ok := follow(toks, i, want)
			if ok && (negative || !negated(toks, i, j) && !needless.MatchString(low[min(toks[j].end-s.Start, len(low)):])) {
				out = append(out, Span{toks[i].start, toks[j].end})
				break
			}
		}
	}
	return out
}

type phrase struct {
	stems    []string
	negative bool
}

var phraseCache sync.Map

// phraseWords are the stems of a phrase, and whether it holds a negation itself.
func phraseWords(p string) ([]string, bool) {
	if v, ok := phraseCache.Load(p); ok {
		return v.(phrase).stems, v.(phrase).negative
	}
	var ph phrase
	for _, t := range wordsOf(p, Span{0, len(p)}) {
		ph.stems = append(ph.stems, t.stem)
		ph.negative = ph.negative || negators[t.low]
	}
	phraseCache.Store(p, ph)
	return ph.stems, ph.negative
}

// follow matches the words of a phrase from token i on and returns the last token of the match.
func follow(toks []stemmed, i int, want []string) (int, bool) {
	if len(want) == 0 || toks[i].stem != want[0] {
		return 0, false
	}
	at := i
	for _, w := range want[1:] {
		found := -1
		for j := at + 1; j < len(toks) && j <= at+1+gapWords; j++ {
			if toks[j].stem == w {
				found = j
				break
			}
		}
		if found < 0 {
			return 0, false
		}
		at = found
	}
	return at, true
}

// needless denies what stands before it in the clause: "rotating the key is not needed".
var needless = regexp.MustCompile(`^[^,;:.()]{0,20}\b(?:is|are|was|were|would be)(?: not|n[’']t)(?: really| strictly| even)? (?:needed|necessary|required|worth|important|useful|helpful|relevant|a good idea)\b|^[^,;:.()]{0,20}\b(?:is|are) (?:unnecessary|pointless|useless|a bad idea|a waste)\b`)

func negated(toks []stemmed, from, to int) bool {
	for k := max(0, from-window); k <= to; k++ {
		if negators[toks[k].low] {
			return true
		}
		if k < from && k > 0 && (toks[k].low == "of" && toks[k-1].low == "instead" || toks[k].low == "than" && toks[k-1].low == "rather") {
			return true
		}
	}
	return false
}

// Echoes finds a point by the words of its own text, for points that came without synonyms: the sentences
// that hold most of its content words.
func Echoes(text, point string) []Span {
	want := map[string]bool{}
	for _, t := range wordsOf(point, Span{0, len(point)}) {
		if !stop[t.low] && len(t.low) > 2 {
			want[t.stem] = true
		}
	}
	if len(want) == 0 {
		return nil
	}
	var out []Span
	for _, s := range Sentences(text) {
		seen := map[string]bool{}
		toks := wordsOf(text, s)
		for i, t := range toks {
			if want[t.stem] && !negated(toks, i, i) {
				seen[t.stem] = true
			}
		}
		need := min((len(want)+1)/2, 5)
		if len(want) < 3 {
			need = len(want) // "an allow list" is not half said by "a deny list"
		}
		if len(seen) >= max(1, need) && (len(want) < 3 || len(seen) > 1) {
			out = append(out, s)
		}
	}
	return out
}

// Shares reports whether two texts have a word in common that carries meaning.
func Shares(a, b string) bool {
	words := map[string]bool{}
	for _, t := range wordsOf(a, Span{0, len(a)}) {
		if len(t.low) > 3 && !stop[t.low] {
			words[t.stem] = true
		}
	}
	for _, t := range wordsOf(b, Span{0, len(b)}) {
		if words[t.stem] {
			return true
		}
	}
	return false
}

var stop = set(`a about above after again all also an and any are as at be because been before being between both but by can could did do does doing down during each few for from further had has have
having he her here him his how i if in into is it its itself just me more most my no nor not of off on once only or other our out over own same she should so some such than that the their them then
there these they this those through to too under until up very was we were what when where which while who whom why will with would you your it's i'd i'm i've we'd we've that's use used using make made get got`)
