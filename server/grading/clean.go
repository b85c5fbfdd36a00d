package grading

import (
	"regexp"
	"strings"

	"rehearse/server/reading"
)

// Flags that a grade may carry.
const (
	FlagInjection = "injection"  // text that spoke to the grader was cut out
	FlagPadding   = "padding"    // repeated or unrelated text was not counted
	FlagEcho      = "echo"       // the question given back
	FlagSalad     = "salad"      // keywords without sentences
	FlagGibberish = "gibberish"  // no words
	FlagRecital   = "recital"    // names of principles instead of a story
	FlagShort     = "short"      // a first behavioural answer under the limit
	FlagNonAnswer = "non-answer" // nothing was answered
)

// cleaned is a text whose uncounted sentences are blanked out, so that offsets stay those of the original.
type cleaned struct {
	text  string
	flags []string
}

// clean blanks out what earns nothing: text that speaks to the grader, sentences said before, and runs of
// sentences that have nothing to do with the rest. Earlier are texts of the same block already counted.
func clean(text string, about map[string]bool, earlier []string) cleaned {
	text = clip(text)
	at := sentences(text)
	c := cleaned{text: text}
	cut := injections(text, at)
	for _, v := range cut {
		if v {
			c.flags = append(c.flags, FlagInjection)
			break
		}
	}
	padded := foreign(text, at, cut)
	padded += repeats(text, at, cut, earlier)
	padded += strays(text, at, cut, about)
	if padded > 0 {
		c.flags = append(c.flags, FlagPadding)
	}
	b := []byte(text)
	for i, s := range at {
		if !cut[i] {
			continue
		}
		for k := s.start; k < s.end; k++ {
			if b[k] != '\n' {
				b[k] = ' '
			}
		}
	}
	c.text = string(b)
	return c
}

// foreign cuts sentences of another language: what is read and judged here is English, and a command in
// another language is none the better for it. Short ones, names and code are left alone.
func foreign(text string, at []span, cut []bool) int {
	var found []int
	for i, s := range at {
		shape := shapeOf(text[s.start:s.end])
		if !cut[i] && shape.words >= 8 && shape.function*8 < shape.words && shape.everyday*4 < shape.content && shape.content >= 5 && letters(text[s.start:s.end]) {
			found = append(found, i)
		}
	}
	if len(found)*2 >= len(at) { // no English text with something in it: the gate says what it is
		return 0
	}
	for _, i := range found {
		cut[i] = true
	}
	return len(found)
}

// letters reports whether a sentence is made of words, not of code.
func letters(s string) bool {
	marks := 0
	for _, r := range s {
		if strings.ContainsRune("{}()<>=;_$/\\|&", r) {
			marks++
		}
	}
	return marks*25 < len(s)
}

// repeats cuts sentences whose content words, in their order, were said before. It returns how many.
func repeats(text string, at []span, cut []bool, earlier []string) int {
	seen := map[string]bool{}
	grams := map[string]bool{}
	note := func(ws []string) {
		for k := 0; k+4 <= len(ws); k++ {
			grams[strings.Join(ws[k:k+4], " ")] = true
		}
		seen[strings.Join(ws, " ")] = true
	}
	lows := func(t string, s span) []string {
		var out []string
		for _, w := range wordsIn(t, s) {
			out = append(out, w.low)
		}
		return out
	}
	for _, t := range earlier {
		for _, s := range sentences(t) {
			note(lows(t, s))
		}
	}
	n := 0
	for i, s := range at {
		if cut[i] {
			continue
		}
		ws := lows(text, s)
		if len(ws) >= 4 && seen[strings.Join(ws, " ")] {
			cut[i] = true
			n++
			continue
		}
		if len(ws) >= 10 {
			same := 0
			for k := 0; k+4 <= len(ws); k++ {
				if grams[strings.Join(ws[k:k+4], " ")] {
					same++
				}
			}
			if same*5 >= (len(ws)-3)*4 {
				cut[i] = true
				n++
				continue
			}
		}
		note(ws)
	}
	return n
}

// strays cuts runs of four and more sentences that share no telling word with the question, the trade or
// the rest of the answer, where the rest is the larger part of what is known to belong. It returns how many.
func strays(text string, at []span, cut []bool, about map[string]bool) int {
	if len(at) < 5 {
		return 0
	}
	content := make([]map[string]bool, len(at))
	seed := make([]int, len(at))
	for i, s := range at {
		content[i] = map[string]bool{}
		if cut[i] {
			continue
		}
		for _, w := range wordsIn(text, s) {
			st := stem(w.low)
			if w.function() || commonWords[w.low] || commonWords[st] || len(w.low) < 4 || content[i][st] {
				continue
			}
			content[i][st] = true
			if workWords[st] || about[st] {
				seed[i]++
			}
		}
	}
	belongs := related(content, seed)
	n, rooted := 0, 0
	for i := range at {
		if seed[i] >= 2 {
			rooted++
		}
	}
	if rooted < 2 {
		return 0
	}
	for i := 0; i < len(at); {
		j := i
		for j < len(at) && !belongs[j] && !cut[j] && (j == i || !strings.Contains(text[at[j-1].end:at[j].start], "\n")) {
			j++
		}
		for k, to := unrelated(text, at, seed, i, j); k < to; k++ {
			cut[k] = true
			n++
		}
		i = max(j, i+1)
	}
	return n
}

// unrelated narrows a run of sentences that share nothing with the rest to those that may be cut: not what
// the candidate says of themselves at its edges, and only a long run where they act in it.
func unrelated(text string, at []span, seed []int, from, to int) (int, int) {
	speaks := func(k int) bool { return speaker.MatchString(text[at[k].start:at[k].end]) }
	for from < to && speaks(from) {
		from++
	}
	for to > from && speaks(to-1) {
		to--
	}
	acts, seeds := 0, 0
	for k := from; k < to; k++ {
		seeds += seed[k]
		if tells.MatchString(text[at[k].start:at[k].end]) {
			acts++
		}
	}
	if seeds*3 <= to-from && (to-from >= 4 && acts*3 <= to-from || to-from >= 6) && !narrates(text, at[from].start, at[to-1].end) {
		return from, to
	}
	return 0, 0
}

// What makes a stretch part of a story: the share of its sentences that tell of something that happened, and the share
// of its words that the rest of the answer holds as well. Of 30 such stretches in the packs' own stories the least had
// .22, of essays and anecdotes set into other answers the most had .20; under fewWords the share says nothing.
const (
	narrating = 0.4
	joined    = 0.21
	fewWords  = 16
)

// narrates reports whether a stretch goes on with a story: what people said and did in it shares few words with the
// rest, above all where the story is about people. What is cut are essays and instructions.
func narrates(text string, start, end int) bool {
	stretch := text[start:end]
	rest := stems(text[:start] + " " + text[end:])
	own, n := stems(stretch), 0
	for w := range own {
		if rest[w] {
			n++
		}
	}
	if len(own) >= fewWords && float64(n) < joined*float64(len(own)) {
		return false
	}
	m := reading.Read(reading.Input{Text: stretch}).Measures
	return m.Sentences > 0 && float64(m.Event) >= narrating*float64(m.Sentences)
}

var speaker = regexp.MustCompile(`\bI\b`)

// related spreads from sentences that speak of the trade to those that share a word with one of them. One
// seed word alone, which unrelated text holds by chance too, counts only beside a sentence that belongs.
func related(content []map[string]bool, seed []int) []bool {
	belongs := make([]bool, len(content))
	core := map[string]bool{}
	for i := range content {
		if seed[i] >= 2 {
			belongs[i] = true
			for s := range content[i] {
				core[s] = true
			}
		}
	}
	for range 3 {
		for i := range content {
			if belongs[i] {
				continue
			}
			shared := 0
			for s := range content[i] {
				if core[s] {
					shared++
				}
			}
			if len(content[i]) == 0 && i > 0 && belongs[i-1] {
				belongs[i] = true
			}
			beside := i > 0 && belongs[i-1] || i+1 < len(content) && belongs[i+1]
			if shared >= 2 || beside && shared+seed[i] > 0 {
				belongs[i] = true
				for s := range content[i] {
					core[s] = true
				}
			}
		}
	}
	return belongs
}
