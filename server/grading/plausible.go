package grading

import (
	"cmp"
	"context"
	"slices"
	"unicode/utf8"

	"rehearse/server/interview"
)

// How many sentences a judge that weighs is shown for a point, and for a step of a ladder: each costs it a call.
const (
	perPoint = 3
	perStep  = 4
)

// minWords is how many words a sentence has at least to be shown to a judge.
const minWords = 3

// maxShown is how many bytes of one sentence a judge is shown.
const maxShown = 600

// checkSpan is a stretch of a turn as a judge is shown it.
func checkSpan(text string, q Quote) interview.CheckSpan {
	end := min(q.End, q.Start+maxShown)
	for end > q.Start && end < len(text) && !utf8.RuneStart(text[end]) {
		end--
	}
	return interview.CheckSpan{Turn: q.Turn, Start: q.Start, End: end, Text: text[q.Start:end]}
}

// plausible are the stretches a point may be made in, best first: those that hold most of it, two neighbours where
// only both together do, and the one that is nearest in meaning.
func (m *matcher) plausible(t *target, nearest *Quote) []interview.CheckSpan {
	type found struct {
		q     Quote
		worth float64
	}
	var all []found
	text := map[int]string{}
	for _, s := range m.turns {
		text[s.turn] = s.text
		for i := range s.ws {
			if len(s.ws[i]) < minWords {
				continue
			}
			own := t.worth(t.cover(s.ws[i], m.memo))
			all = append(all, found{Quote{s.turn, s.at[i].start, s.at[i].end}, own})
			if i+1 < len(s.ws) && len(s.ws[i])+len(s.ws[i+1]) <= 60 {
				pair := append(append([]word{}, s.ws[i]...), s.ws[i+1]...)
				both := t.worth(t.cover(pair, m.memo))
				if next := t.worth(t.cover(s.ws[i+1], m.memo)); own > 0 && next > 0 && 0.93*both > max(own, next) {
					all = append(all, found{Quote{s.turn, s.at[i].start, s.at[i+1].end}, 0.93 * both})
				}
			}
		}
	}
	slices.SortStableFunc(all, func(a, b found) int { return cmp.Compare(b.worth, a.worth) })
	var out []interview.CheckSpan
	shown := map[Quote]bool{}
	add := func(q Quote) {
		if !shown[q] && len(out) < perPoint {
			shown[q] = true
			out = append(out, checkSpan(text[q.Turn], q))
		}
	}
	for i, f := range all {
		if f.worth <= 0 || i >= perPoint-1 && nearest != nil {
			break
		}
		add(f.q)
	}
	if nearest != nil {
		add(*nearest)
	}
	for _, f := range all {
		if f.worth > 0 {
			add(f.q)
		}
	}
	return out
}

// sentence is one of an answer, for a step of a ladder.
type sentence struct {
	q      Quote
	text   string
	words  map[string]bool
	vector []float32
}

// stepSentences are the sentences of some turns with what ranks them. Vectors are nil without an embedder.
func (g Grader) stepSentences(ctx context.Context, cleaned []cleaned) ([]sentence, error) {
	var out []sentence
	var texts []string
	for turn, c := range cleaned {
		for _, s := range sentences(c.text) {
			text := c.text[s.start:s.end]
			if interview.CountWords(text) < minWords {
				continue
			}
			out = append(out, sentence{q: Quote{turn, s.start, s.end}, text: c.text, words: stems(text)})
			texts = append(texts, text)
		}
	}
	if g.Embed == nil || len(texts) == 0 {
		return out, nil
	}
	vectors, err := g.Embed(ctx, texts)
	if err == nil && len(vectors) != len(texts) {
		err = interview.Errorf(interview.CodeUnavailable, "the embedding model gave %d vectors for %d texts", len(vectors), len(texts))
	}
	if err != nil {
		return nil, err
	}
	for i := range out {
		out[i].vector = vectors[i]
	}
	return out, nil
}

// where ranks sentences for a step: by nearness in meaning to its example, or by the words they share with it.
func (g Grader) where(ctx context.Context, p interview.CheckPoint, all []sentence) ([]interview.CheckSpan, error) {
	worth := make([]float64, len(all))
	example := p.Text + " " + p.Yes
	switch {
	case g.Embed != nil && len(all) > 0:
		v, err := g.Embed(ctx, []string{example})
		if err != nil {
			return nil, err
		}
		for i := range all {
			worth[i] = cosine(v[0], all[i].vector)
		}
	default:
		want := stems(example)
		for i := range all {
			for w := range all[i].words {
				if want[w] {
					worth[i]++
				}
			}
		}
	}
	order := make([]int, len(all))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(worth[b], worth[a]) })
	var out []interview.CheckSpan
	for _, i := range order[:min(perStep, len(order))] {
		out = append(out, checkSpan(all[i].text, all[i].q))
	}
	return out, nil
}
