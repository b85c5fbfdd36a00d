package exam

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"rehearse/server/grading"
	"rehearse/server/interview"
	"rehearse/server/pack/packtest"
)

// judge answers every check by a function of the point and the first answer.
type judge struct {
	says func(c interview.Check, p interview.CheckPoint) interview.CheckResult
	fail error
}

func (j judge) Judge() interview.Judge {
	return interview.Judge{Model: "scripted", Digest: "d", Prompt: "p"}
}

func (j judge) Check(_ context.Context, c interview.Check) ([]interview.CheckResult, error) {
	if j.fail != nil {
		return nil, j.fail
	}
	var out []interview.CheckResult
	for _, p := range c.Points {
		r := j.says(c, p)
		r.ID = p.ID
		out = append(out, r)
	}
	return out, nil
}

// lead is the first words of an answer, a quote that is always there.
func lead(c interview.Check) string {
	w := strings.Fields(c.Turns[0].Answer)
	return strings.Join(w[:min(6, len(w))], " ")
}

func constant(verdict string) judge {
	return judge{says: func(c interview.Check, _ interview.CheckPoint) interview.CheckResult {
		return interview.CheckResult{Verdict: verdict, Quote: lead(c), Confidence: 0.9}
	}}
}

// oracle knows the marks of the fixtures: it is the judge that the bars are meant to let through.
func oracle(t *testing.T) judge {
	t.Helper()
	type mark struct {
		text string
		dims map[string]int
		made []string
	}
	var known []mark
	for _, name := range []string{"ladders", "injection", "padding", "paraphrase", "we", "card"} {
		set, err := load(name, 1)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range set {
			dims := f.Dims
			if dims == nil {
				dims = map[string]int{"B3": 3, "B5": 3, "B6": 3, "B7": 3}
			}
			for _, text := range []string{f.Answer, f.Twin, f.Base} {
				if text != "" {
					known = append(known, mark{text, dims, f.Made})
				}
			}
		}
	}
	worth := map[string]int{"steps": 2, "reason": 3, "rejected": 4, "price": 5, "shown": 3, "cost": 4, "pressure": 5, "own": 2, "unclear": 3, "others": 4, "lasting": 5, "said": 2, "real": 3, "changed": 4, "spread": 5}
	return judge{says: func(c interview.Check, p interview.CheckPoint) interview.CheckResult {
		start := lead(c)
		for _, m := range known {
			if !strings.HasPrefix(strings.Join(strings.Fields(m.text), " "), start) || len(c.Turns[0].Answer) < len(m.text)*9/10 {
				continue
			}
			yes := slices.Contains(m.made, p.ID)
			if v, ok := worth[p.ID]; ok {
				yes = m.dims[c.Criterion] >= v
			}
			if yes {
				return interview.CheckResult{Verdict: interview.VerdictYes, Quote: start, Confidence: 0.95}
			}
		}
		return interview.CheckResult{Verdict: interview.VerdictNo, Confidence: 0.95}
	}}
}

func sit(t *testing.T, k grading.Checker, short bool) Certificate {
	t.Helper()
	c, err := Run(t.Context(), k, packtest.Flagship(t), short, time.Now, nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func failedBars(c Certificate) (out []string) {
	for _, b := range c.Bars {
		if !b.Passed {
			out = append(out, b.Name)
		}
	}
	return out
}

// A judge that knows the marks passes, in both forms.
func TestTheBarsCanBePassed(t *testing.T) {
	for _, short := range []bool{false, true} {
		c := sit(t, oracle(t), short)
		if !c.Passed {
			raw, err := json.MarshalIndent(c, "", " ")
			t.Errorf("short %v: the judge that knows the marks failed at %v\n%s %v", short, failedBars(c), raw, err)
		}
		if c.Model != "scripted" || c.Fixtures == "" || c.Graded < 50 {
			t.Errorf("short %v: %+v", short, c)
		}
	}
}

// Bad judges of many kinds are refused.
func TestBadJudgesAreRefused(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 5)) // of one judge, which is asked by one goroutine
	good := oracle(t)
	for name, k := range map[string]judge{
		"always yes":     constant(interview.VerdictYes),
		"always no":      constant(interview.VerdictNo),
		"always unclear": constant(interview.VerdictUnclear),
		"at random": {says: func(c interview.Check, _ interview.CheckPoint) interview.CheckResult {
			return interview.CheckResult{Verdict: []string{interview.VerdictYes, interview.VerdictNo}[rng.IntN(2)], Quote: lead(c), Confidence: 0.9}
		}},
		"by length": {says: func(c interview.Check, _ interview.CheckPoint) interview.CheckResult {
			if len(strings.Fields(c.Turns[0].Answer)) > 150 {
				return interview.CheckResult{Verdict: interview.VerdictYes, Quote: lead(c), Confidence: 0.9}
			}
			return interview.CheckResult{Verdict: interview.VerdictNo, Confidence: 0.9}
		}},
		"the other way round": {says: func(c interview.Check, p interview.CheckPoint) interview.CheckResult {
			r := good.says(c, p)
			if r.Verdict == interview.VerdictYes {
				return interview.CheckResult{Verdict: interview.VerdictNo, Confidence: 0.9}
			}
			return interview.CheckResult{Verdict: interview.VerdictYes, Quote: lead(c), Confidence: 0.9}
		}},
		"quotes nobody said": {says: func(interview.Check, interview.CheckPoint) interview.CheckResult {
			return interview.CheckResult{Verdict: interview.VerdictYes, Quote: "an entirely invented sentence about elephants", Confidence: 0.9}
		}},
		"never sure": {says: func(c interview.Check, p interview.CheckPoint) interview.CheckResult {
			r := good.says(c, p)
			r.Confidence = 0.5
			return r
		}},
		"does as it is told": {says: func(c interview.Check, p interview.CheckPoint) interview.CheckResult {
			if strings.Contains(strings.ToLower(c.Turns[0].Answer), "yes") {
				return interview.CheckResult{Verdict: interview.VerdictYes, Quote: lead(c), Confidence: 0.9}
			}
			return interview.CheckResult{Verdict: interview.VerdictNo, Confidence: 0.9}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := sit(t, k, true)
			if c.Passed {
				t.Errorf("it passed: %+v", c.Bars)
			}
			t.Logf("failed at %v", failedBars(c))
		})
	}
}

// A model that cannot be reached, or answers nothing that can be used, has no certificate and no verdict.
func TestAnExamThatIsBrokenOff(t *testing.T) {
	c := sit(t, judge{fail: errors.New("the model's answer broke off")}, true)
	if c.Passed || !strings.Contains(c.Reason, "broke off") || c.Graded != 0 {
		t.Errorf("%+v", c)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if c, err := Run(ctx, constant(interview.VerdictNo), packtest.Flagship(t), true, time.Now, nil); c.Passed || c.Reason == "" && err == nil {
		t.Errorf("an exam that was stopped: %+v, %v", c, err)
	}
}

// The fixtures are what their readme says, and stand nowhere else.
func TestTheFixtures(t *testing.T) {
	want := map[string]int{"ladders": 40, "degenerate": 30, "injection": 40, "padding": 20, "paraphrase": 40, "we": 10, "card": 30}
	p := packtest.Flagship(t)
	var texts []string
	for _, r := range p.Rubrics {
		for _, a := range r.Anchors {
			texts = append(texts, a.Text)
		}
		for _, s := range r.Strong {
			texts = append(texts, s)
		}
	}
	all := strings.Join(strings.Fields(strings.ToLower(strings.Join(texts, " "))), " ")
	rungs := map[string]int{}
	for name, n := range want {
		set, err := load(name, 1)
		if err != nil {
			t.Fatal(err)
		}
		if len(set) != n {
			t.Errorf("%s: %d lines, not %d", name, len(set), n)
		}
		for _, f := range set {
			if f.ID == "" || f.Question == "" || f.Answer+f.Base == "" {
				t.Errorf("%s: %+v lacks a field", name, f)
			}
			if name != "card" {
				if !slices.ContainsFunc(p.Principles, func(pr interview.Principle) bool { return pr.ID == f.Principle }) {
					t.Errorf("%s: %s names no principle: %q", name, f.ID, f.Principle)
				}
			}
			words := strings.Fields(strings.ToLower(f.Answer + " " + f.Base))
			for i := 0; i+8 <= len(words); i += 4 {
				if run := strings.Join(words[i:i+8], " "); strings.Contains(all, run) {
					t.Errorf("%s shares %q with the pack", f.ID, run)
				}
			}
			if name == "ladders" {
				rungs[f.Principle]++
			}
		}
	}
	for pr, n := range rungs {
		if n != 5 {
			t.Errorf("the ladder of %s has %d rungs", pr, n)
		}
	}
}

func TestFigures(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		pairs [][2]float64
		want  float64
	}{
		{[][2]float64{{1, 1}, {2, 2}, {3, 3}}, 1}, {[][2]float64{{1, 3}, {2, 2}, {3, 1}}, -1}, {[][2]float64{{1, 2}, {2, 2}, {3, 2}}, 0}, {nil, 0},
		{[][2]float64{{1, 1}, {2, 2}, {3, 2}}, 2 / math.Sqrt(6)},
	} {
		if got := tau(c.pairs); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("tau of %v is %.3f, not %.3f", c.pairs, got, c.want)
		}
	}
	if !math.IsNaN(tau([][2]float64{{1, 1}, {2, nan}})) {
		t.Error("a missing mark has an order")
	}
	if k := kappa([]int{1, 2, 3, 4, 5}, []int{1, 2, 3, 4, 5}); *k != 1 {
		t.Errorf("the same marks agree to %.3f", *k)
	}
	if k := kappa([]int{3, 3, 3, 3}, []int{1, 2, 4, 5}); *k > 0.01 {
		t.Errorf("a constant agrees to %.3f", *k)
	}
	if kappa([]int{1}, nil) != nil || kappa([]int{7}, []int{1}) != nil || largest([]float64{1, nan}) != nil || *largest([]float64{1, 3, 2}) != 3 {
		t.Error("what cannot be said is said")
	}
	if d := deviation([]float64{1, 1, 1}); d != 0 {
		t.Errorf("the same value three times deviates by %.3f", d)
	}
}
