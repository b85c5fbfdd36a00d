package grading

import "strings"

// What a word of the question still counts: in points that were written for the question, and in a reference
// answer, which takes up more of the question's words.
const (
	pointShare     = 0.4
	referenceShare = 0.2
)

// phraseRow is a phrase of a row of equivalents, as stems.
type phraseRow struct {
	stems []string
	row   int
}

// phrases holds the rows of equivalents by the first stem of each phrase.
var phrases = func() map[string][]phraseRow {
	m := map[string][]phraseRow{}
	row := 0
	for line := range strings.SplitSeq(equivalents, "\n") {
		for phrase := range strings.SplitSeq(line, ",") {
			var stems []string
			for _, w := range wordsIn(phrase, span{0, len(phrase)}) {
				stems = append(stems, stem(w.low))
			}
			if len(stems) > 0 {
				m[stems[0]] = append(m[stems[0]], phraseRow{stems, row})
			}
		}
		row++
	}
	return m
}()

// markConcepts notes the rows of equivalents of each word. A phrase may have one other word inside.
func markConcepts(ws []word) {
	for i := range ws {
		for _, p := range phrases[ws[i].stem] {
			at := []int{i}
			k := i
			for _, want := range p.stems[1:] {
				switch {
				case k+1 < len(ws) && ws[k+1].stem == want:
					k++
				case k+2 < len(ws) && ws[k+2].stem == want:
					k += 2
				default:
					k = -1
				}
				if k < 0 {
					break
				}
				at = append(at, k)
			}
			if len(at) != len(p.stems) {
				continue
			}
			for _, k := range at {
				ws[k].concepts = append(ws[k].concepts, p.row)
			}
		}
	}
}

// alike is how far two words mean the same, 0 to 1: form, stem, a row of equivalents, or shared letters.
func alike(a, b *word) float64 {
	switch {
	case a.low == b.low:
		return 1
	case a.stem == b.stem:
		return 0.97
	}
	for _, x := range a.concepts {
		for _, y := range b.concepts {
			if x == y {
				return 0.8
			}
		}
	}
	if len(a.low) < 5 || len(b.low) < 5 {
		return 0
	}
	if d := dice(a.stem, b.stem); d >= 0.5 {
		return 0.9 * d
	}
	return 0
}

// dice is the share of letter triples, with the word's edges, that two words have in common.
func dice(a, b string) float64 {
	if len(a) > 40 || len(b) > 40 || a == "" || b == "" || a[0] != b[0] {
		return 0
	}
	a, b = "^"+a+"$", "^"+b+"$"
	n := 0
	var used [64]bool
	for i := 0; i+3 <= len(a); i++ {
		for k := 0; k+3 <= len(b); k++ {
			if !used[k] && a[i:i+3] == b[k:k+3] {
				used[k] = true
				n++
				break
			}
		}
	}
	return 2 * float64(n) / float64(len(a)+len(b)-4)
}

// weight is how much a word tells: nothing for grammar, less for everyday words and for words that the
// question itself held.
func weight(w *word, question map[string]bool, share float64) float64 {
	v := 1.0
	switch {
	case w.function():
		return 0
	case commonWords[w.low] || commonWords[w.stem]:
		v = 0.45
	case len(w.low) >= 8:
		v = 1.15
	}
	if question[w.stem] {
		v *= share
	}
	return v
}

// said is an answer prepared for being asked for many points: its sentences, each with its words.
type said struct {
	text string
	turn int
	at   []span
	ws   [][]word
}

func prepare(text string, turn int) said {
	s := said{text: text, turn: turn, at: sentences(text)}
	for _, sp := range s.at {
		s.ws = append(s.ws, read(text, sp))
	}
	return s
}

// stems are the content stems of a text.
func stems(text string) map[string]bool {
	m := map[string]bool{}
	for _, w := range wordsIn(text, span{0, len(text)}) {
		if !w.function() {
			m[stem(w.low)] = true
		}
	}
	return m
}

// Shared are the content words of an answer, in order, that a reason has too and what was given with it has not.
func Shared(answer, reason, given string) []string {
	why, known := stems(reason), stems(given)
	seen := map[string]bool{}
	var out []string
	for _, w := range wordsIn(answer, span{0, len(answer)}) {
		s := stem(w.low)
		if w.function() || len(w.low) < 4 || commonWords[s] || commonWords[w.low] || !why[s] || known[s] || seen[s] {
			continue
		}
		seen[s] = true
		out = append(out, w.low)
	}
	return out
}

// target is a point prepared for matching.
type target struct {
	words   []word
	weights []float64
	total   float64
	prose   bool // written as prose, not as a list of names
}

func newTarget(text string, question map[string]bool, share float64) target {
	t := target{}
	function := 0
	all := read(text, span{0, len(text)})
	seen := map[string]bool{}
	for _, w := range all {
		if w.function() {
			function++
			continue
		}
		if seen[w.stem] {
			continue
		}
		seen[w.stem] = true
		v := weight(&w, question, share)
		t.words = append(t.words, w)
		t.weights = append(t.weights, v)
		t.total += v
	}
	t.prose = function*8 >= len(all)
	return t
}

// hit is how well a stretch of an answer says a point.
type hit struct {
	recall float64
	per    []float64 // similarity found for each word of the point
	at     []int     // index of the answer's word that gave it, -1 for none
	// against is the share of the point whose words were found with the negation the other way round.
	against float64
}

// cover finds, for each word of a point, the most similar word of a stretch. A word that is negated on one
// side only counts little.
func (t *target) cover(ws []word, memo *similar) hit {
	h := hit{per: make([]float64, len(t.words)), at: make([]int, len(t.words))}
	got := 0.0
	for i := range t.words {
		h.at[i] = -1
		best, turned := 0.0, false
		for k := range ws {
			if ws[k].function() && len(ws[k].concepts) == 0 {
				continue
			}
			v := memo.of(&t.words[i], &ws[k])
			other := v > 0 && t.words[i].neg != ws[k].neg
			if other {
				v *= 0.6
			}
			if v > best {
				best, h.at[i], turned = v, k, other && v > 0.5
			}
		}
		if turned {
			h.against += t.weights[i]
		}
		h.per[i] = best
		got += best * t.weights[i]
	}
	if t.total > 0 {
		h.recall = got / t.total
		h.against /= t.total
	}
	return h
}

// close is the share of neighbouring words of a point that were found near each other.
func (t *target) close(h hit) float64 {
	n, near := 0, 0
	for i := 1; i < len(t.words); i++ {
		if h.at[i-1] < 0 || h.at[i] < 0 {
			continue
		}
		n++
		d := h.at[i] - h.at[i-1]
		if d >= -6 && d <= 6 {
			near++
		}
	}
	if n == 0 {
		return 0.5
	}
	return float64(near) / float64(n)
}

// similar remembers what pairs of words were found to be alike. Rows of equivalents depend on the
// neighbours of a word, so only pairs without them are remembered.
type similar struct{ m map[[2]string]float64 }

func (s *similar) of(a, b *word) float64 {
	if len(a.concepts) > 0 && len(b.concepts) > 0 {
		return alike(a, b)
	}
	if a.low == b.low {
		return 1
	}
	key := [2]string{a.low, b.low}
	v, ok := s.m[key]
	if !ok {
		v = alike(a, b)
		s.m[key] = v
	}
	return v
}
