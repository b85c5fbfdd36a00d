package exam

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"math"
	"slices"
	"strings"

	"rehearse/server/interview"
	"rehearse/server/reading"
)

// Ear listens to one sentence for one criterion behind the exchange it stands in, and returns log-odds.
type Ear interface {
	Hear(ctx context.Context, b interview.Brief, draft, criterion, sentence string) (float64, error)
}

// HeardFit is how well one criterion is heard by a model, beside how well code reads it, over the same stories: the share
// of stories with it and without it that are told apart. Middle and Slope read the model's odds.
type HeardFit struct {
	Middle float64 `json:"middle"`
	Slope  float64 `json:"slope"`
	Area   float64 `json:"area"`  // under the curve, over sentences
	Model  float64 `json:"model"` // its threshold fitted on the other stories
	Code   float64 `json:"code"`
	N      int     `json:"n"` // stories, each with and without it
}

// Better reports whether the model hears a criterion better than code reads it.
func (h HeardFit) Better() bool { return h.Model > h.Code }

type heardStory struct {
	ID        string `json:"id"`
	Question  string `json:"question"`
	Sentences []struct {
		Text  string   `json:"text"`
		Shows []string `json:"shows"`
	} `json:"sentences"`
}

// heardShort is how many stories the short form listens to.
const heardShort = 4

// Listen finds out which gaps of a story a model hears better than code reads them.
func Listen(ctx context.Context, e Ear, criteria []interview.Criterion, short bool, progress Progress) (map[string]HeardFit, error) {
	raw, err := fs.ReadFile(files, "fixtures/heard.jsonl")
	if err != nil {
		return nil, err
	}
	var stories []heardStory
	for i, line := range bytes.Split(bytes.TrimSpace(raw), []byte("\n")) {
		var s heardStory
		if err := json.Unmarshal(line, &s); err != nil {
			return nil, fmt.Errorf("heard.jsonl, line %d: %w", i+1, err)
		}
		stories = append(stories, s)
	}
	if short {
		stories = stories[:min(len(stories), heardShort)]
	}
	odds := make([][][]float64, len(stories)) // story, sentence, criterion
	for i, s := range stories {
		b := interview.Brief{Name: "Mara Lindqvist", Role: "Senior Security Engineer", Exchange: []interview.Line{{Text: s.Question}}}
		var draft []string
		for _, sentence := range s.Sentences {
			draft = append(draft, sentence.Text)
			row := make([]float64, len(criteria))
			for k, c := range criteria {
				if row[k], err = e.Hear(ctx, b, strings.Join(draft, " "), c.Text, sentence.Text); err != nil {
					return nil, fmt.Errorf("listening: %w", err)
				}
			}
			odds[i] = append(odds[i], row)
		}
		if progress != nil {
			progress(i+1, len(stories))
		}
	}
	out := map[string]HeardFit{}
	for k, c := range criteria {
		out[c.ID] = fitHeard(stories, odds, k, c.ID)
	}
	return out, nil
}

// fitHeard measures one criterion. A story with it is the whole story, one without it lacks every sentence that shows it.
func fitHeard(stories []heardStory, odds [][][]float64, k int, id string) HeardFit {
	var yes, no []float64       // sentences
	var with, without []float64 // best of a story
	var codeRight, modelRight, n int
	for i, s := range stories {
		a, b := math.Inf(-1), math.Inf(-1)
		var all, rest []string
		for j, sentence := range s.Sentences {
			l := odds[i][j][k]
			a = max(a, l)
			all = append(all, sentence.Text)
			if slices.Contains(sentence.Shows, id) {
				yes = append(yes, l)
				continue
			}
			no = append(no, l)
			b = max(b, l)
			rest = append(rest, sentence.Text)
		}
		with, without = append(with, a), append(without, b)
		if !lacks(s.Question, all, id) {
			codeRight++
		}
		if lacks(s.Question, rest, id) {
			codeRight++
		}
	}
	for i := range stories { // the threshold of each story comes from the others
		middle, _ := logistic(except(with, i), except(without, i))
		if with[i] > middle {
			modelRight++
		}
		if without[i] <= middle {
			modelRight++
		}
		n += 2
	}
	f := HeardFit{Area: round3(area(yes, no)), N: len(stories), Model: round3(float64(modelRight) / float64(max(1, n))), Code: round3(float64(codeRight) / float64(max(1, n)))}
	f.Middle, f.Slope = logistic(with, without)
	f.Middle, f.Slope = round3(f.Middle), round3(f.Slope)
	return f
}

func except(v []float64, i int) []float64 {
	return append(slices.Clone(v[:i]), v[i+1:]...)
}

// lacks reports whether code reads a gap in an answer.
func lacks(question string, sentences []string, id string) bool {
	r := reading.Read(reading.Input{Question: question, Text: strings.Join(sentences, " "), Kind: interview.KindBehavioural})
	return slices.ContainsFunc(r.Gaps, func(g reading.Gap) bool { return g.Code == id })
}
