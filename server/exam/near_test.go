package exam

import (
	"context"
	"encoding/json"
	"slices"
	"testing"

	"rehearse/server/embed"
	"rehearse/server/grading"
	"rehearse/server/interview"
)

// TestTheTableOnCards holds the builtin embedder against answers that nothing of it was fitted on: with it
// the points of the exam's cards are found at least as well as from words alone.
func TestTheTableOnCards(t *testing.T) {
	table, err := embed.New()
	if err != nil {
		t.Fatal(err)
	}
	near := grading.Grader{Near: grading.ForTable(table.ID()), Embed: func(_ context.Context, texts []string) ([][]float32, error) {
		var out [][]float32
		for _, text := range texts {
			out = append(out, table.Embed(text))
		}
		return out, nil
	}}
	set, err := load("card", 1)
	if err != nil {
		t.Fatal(err)
	}
	// Of each grader: points made, found, not made, refused; and the mean score at each level.
	type figures struct {
		made, found, not, refused float64
		score                     map[string]float64
	}
	measure := func(g grading.Grader) (f figures, balanced float64) {
		f.score = map[string]float64{}
		count := map[string]float64{}
		for _, x := range set {
			in := grading.Input{Kind: interview.KindConceptCard, Question: x.Question, Answer: x.Answer}
			for _, p := range x.Points {
				in.Points = append(in.Points, grading.Point{ID: p.ID, Text: p.Text, Weight: p.Weight, Must: p.Must})
			}
			got := g.Grade(t.Context(), in)
			var level string
			if err := json.Unmarshal(x.Level, &level); err != nil {
				t.Fatal(err)
			}
			count[level]++
			f.score[level] += *got.Score
			for _, v := range got.Points {
				worth := map[string]float64{interview.VerdictYes: 1, interview.VerdictUnclear: 0.5}[v.Verdict]
				if slices.Contains(x.Made, v.ID) {
					f.made++
					f.found += worth
				} else {
					f.not++
					f.refused += 1 - worth
				}
			}
		}
		for level := range count {
			f.score[level] /= count[level]
		}
		return f, (f.found/f.made + f.refused/f.not) / 2
	}
	a, words := measure(grading.Grader{})
	b, with := measure(near)
	t.Logf("words: balanced %.3f (%.3f, %.3f), mean score by level %v", words, a.found/a.made, a.refused/a.not, a.score)
	t.Logf("table: balanced %.3f (%.3f, %.3f), mean score by level %v", with, b.found/b.made, b.refused/b.not, b.score)
	if with < words {
		t.Errorf("the table makes it worse: %.3f, from words alone %.3f", with, words)
	}
}
