package reading

import (
	"slices"
	"sync"

	"rehearse/server/interview"
)

// Read measures an answer.
func Read(in Input) Reading {
	r := Reading{Words: interview.CountWords(in.Text), Sentences: []Sentence{}, Missing: []Part{}, Quantities: []Quantity{}, Codes: []string{}}
	r.SpokenMinutes = float64(r.Words) / interview.CandidateWordsPerMinute
	spans := Sentences(in.Text)
	clues := make([]clue, len(spans))
	each(len(spans), func(i int) { clues[i] = look(in.Text, spans[i]) })
	tags, chances, missing := tag(in.Text, clues)
	r.Missing = append(r.Missing, missing...)
	for i, s := range spans {
		r.Sentences = append(r.Sentences, Sentence{Start: s.Start, End: s.End, Part: tags[i], Chance: chance(chances[i], tags[i])})
	}
	r.Quantities = append(r.Quantities, quantities(in.Text, clues)...)
	measure(in.Text, in.Names, clues, tags, &r)
	if in.Plain {
		plain(in.Text, clues, &r)
	}
	r.ResponseType = responseType(in, clues, &r)
	if r.ResponseType == NonAnswer {
		r.nothingTold(clues)
	}
	if !in.Kind.Technical() || in.Kind == "" {
		r.Gaps = gaps(in, clues, tags, &r)
		for _, g := range r.Gaps {
			r.Codes = append(r.Codes, g.Code)
		}
	}
	return r
}

// tooFew is the number of words up to which a reply that tells nothing has no parts either.
const tooFew = 4

// nothingTold takes back the parts of a reply that holds no story: the tagger gives every sentence its likeliest part,
// also "I don't know" and "Next".
func (r *Reading) nothingTold(clues []clue) {
	t := tally(clues)
	if t.acts > t.dodges || t.dodges == 0 && t.events > 0 && r.Words > tooFew {
		return // "I have never done that" holds an act, and it is denied
	}
	for i := range r.Sentences {
		if clues[i].has(gDodge) || r.Words <= tooFew || t.events == 0 {
			r.Sentences[i].Part = Other
		}
	}
	r.Missing = r.Missing[:0]
	for _, p := range partOf {
		if p != Other && !slices.ContainsFunc(r.Sentences, func(s Sentence) bool { return s.Part == p }) {
			r.Missing = append(r.Missing, p)
		}
	}
}

// chance is how likely a part is, rounded to hundredths.
func chance(v vector, p Part) float64 {
	k := slices.Index(partOf[:], p)
	return float64(int(v[k]*100+0.5)) / 100
}

// alone is how many sentences one goroutine takes at the least: below it, starting another costs more.
const alone = 8

// each calls f for 0 to n-1, on two goroutines where that pays: somebody waits for the reading of a long
// answer, and its sentences are looked at one by one. f must not touch what another call touches.
func each(n int, f func(int)) {
	half := n / 2
	if half < alone {
		half = 0
	}
	var wg sync.WaitGroup
	if half > 0 {
		wg.Go(func() {
			for i := range half {
				f(i)
			}
		})
	}
	for i := half; i < n; i++ {
		f(i)
	}
	wg.Wait()
}
