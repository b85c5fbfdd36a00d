package grading

import (
	"bufio"
	"encoding/json"
	"math"
	"os"
	"testing"

	"rehearse/server/interview"
)

// pearson is the correlation of two lists.
func pearson(x, y []float64) float64 {
	mx, my := 0.0, 0.0
	for i := range x {
		mx += x[i] / float64(len(x))
		my += y[i] / float64(len(y))
	}
	sxy, sx, sy := 0.0, 0.0, 0.0
	for i := range x {
		sxy += (x[i] - mx) * (y[i] - my)
		sx += (x[i] - mx) * (x[i] - mx)
		sy += (y[i] - my) * (y[i] - my)
	}
	if sx == 0 || sy == 0 {
		return 0
	}
	return sxy / math.Sqrt(sx*sy)
}

// centred takes the mean of each group off.
func centred(x []float64, group []int) []float64 {
	sum, n := map[int]float64{}, map[int]float64{}
	for i, g := range group {
		sum[g] += x[i]
		n[g]++
	}
	out := make([]float64, len(x))
	for i, g := range group {
		out[i] = x[i] - sum[g]/n[g]
	}
	return out
}

func partial(x, y, z []float64) float64 {
	xy, xz, yz := pearson(x, y), pearson(x, z), pearson(y, z)
	return (xy - xz*yz) / math.Sqrt((1-xz*xz)*(1-yz*yz))
}

// TestShortAnswers holds the words-only score against marks given by hand, over all answers and inside each
// question with the length taken out.
func TestShortAnswers(t *testing.T) {
	f, err := os.Open("testdata/short.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	var got, plainOverlap, marks, length []float64
	var group []int
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
			text, mark := a[0].(string), a[1].(float64)
			g := run(Input{Kind: interview.KindConceptCard, Question: row.Q, Answer: text, Reference: row.Ref})
			t.Logf("%d %.2f %.3f %s", n, mark, *g.Score, text)
			ref, own, shared := stems(row.Ref), stems(text), 0.0
			for s := range ref {
				if own[s] {
					shared++
				}
			}
			plainOverlap = append(plainOverlap, shared/float64(max(1, len(ref))))
			got, marks, group = append(got, *g.Score), append(marks, mark), append(group, n)
			length = append(length, math.Log(1+float64(interview.CountWords(text))))
		}
	}
	plain := pearson(got, marks)
	inside := partial(centred(got, group), centred(marks, group), centred(length, group))
	base := pearson(plainOverlap, marks)
	t.Logf("correlation %.3f (word overlap %.3f), inside questions without length %.3f (%.3f)", plain, base, inside, partial(centred(plainOverlap, group), centred(marks, group), centred(length, group)))
	if plain < 0.6 || inside < 0.6 {
		t.Errorf("correlation %.3f, inside questions without length %.3f", plain, inside)
	}
}
