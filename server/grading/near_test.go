package grading

import (
	"bufio"
	"context"
	"encoding/json"
	"math"
	"os"
	"testing"

	"rehearse/server/embed"
	"rehearse/server/interview"
	"rehearse/server/pack/packtest"
)

// withTable is a grader that sees nearness in meaning by the builtin embedder.
func withTable(tb testing.TB) Grader {
	tb.Helper()
	table, err := embed.New()
	if err != nil {
		tb.Fatal(err)
	}
	return Grader{Near: ForTable(table.ID()), Embed: func(_ context.Context, texts []string) ([][]float32, error) {
		var out [][]float32
		for _, text := range texts {
			out = append(out, table.Embed(text))
		}
		return out, nil
	}}
}

// balanced is the mean of the share of points that were made and found, and of those that were not made and
// not found. Half found is half.
type balanced struct{ made, found, not, refused float64 }

func (b *balanced) add(made bool, verdict string) {
	worth := map[string]float64{interview.VerdictYes: 1, interview.VerdictUnclear: 0.5}[verdict]
	if made {
		b.made++
		b.found += worth
	} else {
		b.not++
		b.refused += 1 - worth
	}
}

func (b *balanced) value() float64 { return (b.found/b.made + b.refused/b.not) / 2 }

// TestTheTableHelpsWithPoints holds that the builtin embedder finds more of the shipped pack's points than
// words alone do, where the author's own words are taken away: a sentence that makes the point, one that
// looks like it, and those that make the item's other points.
func TestTheTableHelpsWithPoints(t *testing.T) {
	pack, near := packtest.Flagship(t), withTable(t)
	var words, table balanced
	for _, item := range pack.Items {
		rubric := pack.Rubrics[item.ID]
		if item.Kind == interview.KindBehavioural || rubric == nil {
			continue
		}
		for _, said := range rubric.Points {
			for made, answer := range map[bool]string{true: said.YesExample, false: said.NoExample} {
				in := Input{Kind: interview.KindConceptCard, Question: item.Prompt.Main, Answer: answer}
				for _, p := range rubric.Points {
					if made || p.ID == said.ID {
						in.Points = append(in.Points, Point{ID: p.ID, Text: p.Text, Weight: 1})
					}
				}
				a, b := run(in), near.Grade(t.Context(), in)
				if a.Nearness != "" || b.Nearness != near.Near.ID && len(b.Flags) == 0 {
					t.Fatalf("nearness %q and %q", a.Nearness, b.Nearness)
				}
				for i := range in.Points {
					yes := made && in.Points[i].ID == said.ID
					words.add(yes, a.Points[i].Verdict)
					table.add(yes, b.Points[i].Verdict)
				}
			}
		}
	}
	t.Logf("%.0f points made, %.0f not: words %.3f (%.3f, %.3f), with the table %.3f (%.3f, %.3f)", words.made, words.not,
		words.value(), words.found/words.made, words.refused/words.not, table.value(), table.found/table.made, table.refused/table.not)
	if words.made < 100 || table.value() < words.value()+0.02 {
		t.Errorf("words %.3f, with the table %.3f", words.value(), table.value())
	}
}

// TestTheTableHelpsWithShortAnswers holds the score with the builtin embedder against marks given by hand.
func TestTheTableHelpsWithShortAnswers(t *testing.T) {
	f, err := os.Open("testdata/short.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	near := withTable(t)
	var words, table, marks, length []float64
	var group []int
	off := [2]float64{}
	sc := bufio.NewScanner(f)
	for n := 0; sc.Scan(); n++ {
		var row struct {
			Q, Ref  string
			Answers [][2]any
		}
		if err := json.Unmarshal(sc.Bytes(), &row); err != nil {
			t.Fatal(err)
		}
		for _, a := range row.Answers {
			in := Input{Kind: interview.KindConceptCard, Question: row.Q, Answer: a[0].(string), Reference: row.Ref}
			words, table = append(words, *run(in).Score), append(table, *near.Grade(t.Context(), in).Score)
			marks, group = append(marks, a[1].(float64)), append(group, n)
			length = append(length, math.Log(1+float64(interview.CountWords(in.Answer))))
			k := len(marks) - 1
			off[0] += math.Abs(words[k] - marks[k])
			off[1] += math.Abs(table[k] - marks[k])
		}
	}
	inside := func(x []float64) float64 {
		return partial(centred(x, group), centred(marks, group), centred(length, group))
	}
	n := float64(len(marks))
	t.Logf("words: correlation %.3f, inside questions without length %.3f, off by %.3f", pearson(words, marks), inside(words), off[0]/n)
	t.Logf("table: correlation %.3f, inside questions without length %.3f, off by %.3f", pearson(table, marks), inside(table), off[1]/n)
	if pearson(table, marks) < pearson(words, marks) || inside(table) < inside(words) || off[1] > off[0] {
		t.Error("the table makes it worse")
	}
}
