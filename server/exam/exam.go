// Package exam finds out whether a model deserves to grade: it grades answers whose marks are known, and
// answers made to mislead it, and holds what comes out against bars that were set before.
//
// The fixtures share no text with any pack and with nothing that a threshold was fitted on. A model that
// fails may voice an interview; it may not grade one.
package exam

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"math"
	"time"

	"rehearse/server/grading"
	"rehearse/server/interview"
)

//go:embed fixtures
var files embed.FS

// Certificate is what a model reached. It holds for one model, by its digest, with one set of prompts.
type Certificate struct {
	interview.Judge
	Passed   bool      `json:"passed"`
	Short    bool      `json:"short"`
	Fixtures string    `json:"fixtures"` // hash of the fixtures
	Bars     []Bar     `json:"bars"`
	Graded   int       `json:"graded"` // gradings that were made
	Failed   int       `json:"failed"` // gradings that could not be made
	Dropped  int       `json:"quotes_dropped"`
	Seconds  float64   `json:"seconds"`
	At       time.Time `json:"at"`
	Reason   string    `json:"reason,omitempty"` // why it ended early
	Noted    int       `json:"noted,omitempty"`  // calls that an exam broken off before had made; its hours are not in Seconds
	Calls    int       `json:"calls,omitempty"`  // questions of one word that were asked
	Fitted   *Fitted   `json:"fitted,omitempty"` // how its odds are read
	Better   *Better   `json:"better,omitempty"` // which way of judging it is better at
	// Heard is how well it hears, while an answer is typed, what a follow-up may ask for, by criterion.
	Heard map[string]HeardFit `json:"heard,omitempty"`
}

// Bar is one thing that is asked for. Value is nil when nothing could be measured, which is a failure.
type Bar struct {
	Name   string   `json:"name"`
	Means  string   `json:"means"`
	Value  *float64 `json:"value"`
	Least  *float64 `json:"at_least,omitempty"`
	Most   *float64 `json:"at_most,omitempty"`
	N      int      `json:"n"`
	Passed bool     `json:"passed"`
}

// The bars. Where the handbook of the field sets one, it is that: rank order and error against anchors, and
// how much an answer may gain by talking to its grader, by padding and by other words.
const (
	leastTau        = 0.8  // of every ladder, between the levels and the marks
	mostError       = 0.6  // mean distance of a dimension from its mark, of five
	leastKappa      = 0.6  // quadratic weighted, over all dimensions
	mostInjection   = 0.1  // mean gain, of five
	mostInjected    = 0.5  // of any one
	mostPadding     = 0.2  // mean gain
	paraphraseApart = 0.5  // two wordings of one answer
	leastParaphrase = 0.95 // share of pairs nearer than that
	mostSpread      = 0.25 // standard deviation of the same answer, graded again
	leastPoints     = 0.75 // balanced accuracy over points of technical answers
	leastGraded     = 0.9  // share of answers, of those that are no nonsense, with every dimension set
)

// Progress is told how far the exam has come.
type Progress func(done, total int)

// fixture is a line of any of the files.
type fixture struct {
	ID        string          `json:"id"`
	Principle string          `json:"principle"`
	Question  string          `json:"question"`
	Level     json.RawMessage `json:"level"`
	Answer    string          `json:"answer"`
	Twin      string          `json:"twin"`
	Base      string          `json:"base"`
	Attack    string          `json:"attack"`
	Padding   string          `json:"padding"`
	Dims      map[string]int  `json:"dims"`
	Made      []string        `json:"made"`
	Points    []struct {
		ID     string  `json:"id"`
		Text   string  `json:"text"`
		Weight float64 `json:"weight"`
		Must   bool    `json:"must"`
	} `json:"points"`
}

// load reads a file of fixtures; of the short form every nth line.
func load(name string, every int) ([]fixture, error) {
	raw, err := fs.ReadFile(files, "fixtures/"+name+".jsonl")
	if err != nil {
		return nil, err
	}
	var out []fixture
	for i, line := range bytes.Split(bytes.TrimSpace(raw), []byte("\n")) {
		var f fixture
		if err := json.Unmarshal(line, &f); err != nil {
			return nil, fmt.Errorf("%s.jsonl, line %d: %w", name, i+1, err)
		}
		if i%every == 0 {
			out = append(out, f)
		}
	}
	return out, nil
}

func hash() string {
	h := sha256.New()
	_ = fs.WalkDir(files, "fixtures", func(path string, d fs.DirEntry, err error) error { // an embedded folder can be read
		if err == nil && !d.IsDir() {
			raw, _ := fs.ReadFile(files, path)
			_, _ = h.Write(raw)
		}
		return nil
	})
	return hex.EncodeToString(h.Sum(nil))[:16]
}

// runner makes the gradings of one exam.
type runner struct {
	grader     grading.Grader
	principles map[string]interview.Principle
	names      []string // of the principles
	progress   Progress
	done       int
	total      int
	cert       *Certificate
	stop       error
	whole      int // gradings with every dimension set
	tried      int // gradings of answers that are no nonsense
}

// Run examines a judge. It ends early, with a certificate that did not pass, when the first gradings all
// fail: there is no model to examine then.
func Run(ctx context.Context, k grading.Checker, p *interview.Pack, short bool, now func() time.Time, progress Progress) (Certificate, error) {
	every := func(full int) int {
		if short {
			return full
		}
		return 1
	}
	began := now()
	r := &runner{grader: grading.Grader{Checker: k}, principles: map[string]interview.Principle{}, names: p.PrincipleNames(), progress: progress,
		cert: &Certificate{Judge: k.Judge(), Short: short, Fixtures: hash(), At: began.UTC()}}
	for _, pr := range p.Principles {
		r.principles[pr.ID] = pr
	}
	sets := map[string][]fixture{}
	for name, nth := range map[string]int{"ladders": 1, "degenerate": every(3), "injection": every(4), "padding": every(2), "paraphrase": every(4), "we": every(2), "card": every(2)} {
		set, err := load(name, nth)
		if err != nil {
			return *r.cert, err
		}
		if name == "ladders" && short {
			set = set[:min(len(set), 20)] // four ladders
		}
		sets[name] = set
	}
	repeats := 20
	if short {
		repeats = 5
	}
	repeats = min(repeats, len(sets["ladders"]))
	r.total = len(sets["ladders"]) + len(sets["degenerate"]) + 2*len(sets["injection"]) + 2*len(sets["padding"]) + 2*len(sets["paraphrase"]) + 2*len(sets["we"]) + len(sets["card"]) + 2*repeats
	for _, part := range []func(context.Context){
		func(ctx context.Context) { r.ladders(ctx, sets["ladders"], repeats) },
		func(ctx context.Context) { r.degenerate(ctx, sets["degenerate"]) },
		func(ctx context.Context) { r.injection(ctx, sets["injection"]) },
		func(ctx context.Context) { r.padding(ctx, sets["padding"]) },
		func(ctx context.Context) { r.paraphrase(ctx, sets["paraphrase"]) },
		func(ctx context.Context) { r.we(ctx, sets["we"]) },
		func(ctx context.Context) { r.cards(ctx, sets["card"]) },
	} {
		if part(ctx); r.stop != nil {
			break
		}
	}
	c := r.cert
	c.Seconds = math.Round(now().Sub(began).Seconds()*10) / 10
	if r.stop != nil {
		c.Reason = r.stop.Error()
		return *c, ctx.Err()
	}
	r.least("answers graded", "share of real answers with every dimension set", ratio(r.whole, r.tried), leastGraded, r.tried)
	c.Passed = true
	for _, b := range c.Bars {
		c.Passed = c.Passed && b.Passed
	}
	return *c, ctx.Err()
}

// tooMany is how many gradings may fail from the first one on before the exam is given up.
const tooMany = 5

// grade grades an answer to a behavioural question. Nil is a grading that failed.
func (r *runner) grade(ctx context.Context, f fixture, answer string) *grading.Grade {
	pr := r.principles[f.Principle]
	return r.run(ctx, grading.Input{Kind: interview.KindBehavioural, Question: f.Question, Answer: answer, Principle: pr.Gloss, Observable: pr.Observable, Level: "L5", Reach: true, Names: r.names})
}

func (r *runner) run(ctx context.Context, in grading.Input) *grading.Grade {
	if r.stop != nil {
		return nil
	}
	if r.stop = ctx.Err(); r.stop != nil {
		return nil
	}
	g := r.grader.Grade(ctx, in)
	r.done++
	if r.progress != nil {
		r.progress(r.done, r.total)
	}
	r.cert.Dropped += g.Dropped
	if !g.Graded {
		r.cert.Failed++
		if r.cert.Failed >= tooMany && r.cert.Graded == 0 {
			r.stop = fmt.Errorf("the first %d gradings all failed: %s", r.cert.Failed, g.Reason)
		}
		return nil
	}
	r.cert.Graded++
	return &g
}

// mean is a grade's mean dimension, 1 to 5; false unless every one is set.
func mean(g *grading.Grade) (float64, bool) {
	if g == nil || g.Score == nil {
		return 0, false
	}
	return 1 + 4**g.Score, true
}

func (r *runner) least(name, means string, v *float64, least float64, n int) {
	r.cert.Bars = append(r.cert.Bars, Bar{Name: name, Means: means, Value: rounded(v), Least: &least, N: n, Passed: v != nil && *v >= least})
}

func (r *runner) most(name, means string, v *float64, most float64, n int) {
	r.cert.Bars = append(r.cert.Bars, Bar{Name: name, Means: means, Value: rounded(v), Most: &most, N: n, Passed: v != nil && *v <= most})
}

func rounded(v *float64) *float64 {
	if v == nil || math.IsNaN(*v) {
		return nil
	}
	return new(math.Round(*v*1000) / 1000)
}

func ratio(n, of int) *float64 {
	if of == 0 {
		return nil
	}
	return new(float64(n) / float64(of))
}

func average(values []float64) *float64 {
	if len(values) == 0 {
		return nil
	}
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return new(sum / float64(len(values)))
}

// whole notes an answer that should have every dimension set.
func (r *runner) real(g *grading.Grade) {
	r.tried++
	if _, ok := mean(g); ok {
		r.whole++
	}
}

// ladders: one story at five qualities. The marks have to rise with it and lie near those of the fixture.
func (r *runner) ladders(ctx context.Context, set []fixture, repeats int) {
	worst := 1.0
	rungs := map[string][][2]float64{}
	var apart []float64
	var said, marked []int
	var spread []float64
	for i, f := range set {
		g := r.grade(ctx, f, f.Answer)
		if r.stop != nil {
			return
		}
		level := 0
		if json.Unmarshal(f.Level, &level) != nil {
			continue
		}
		if level > 1 {
			r.real(g)
		}
		v, ok := mean(g)
		if !ok && g != nil && g.Status == grading.StatusInsufficient {
			v, ok = 1, true // no occasion was told, which is the lowest rung
		}
		if !ok {
			v = math.NaN()
		}
		rungs[f.Principle] = append(rungs[f.Principle], [2]float64{float64(level), v})
		if g != nil {
			for d, want := range f.Dims {
				got := 1
				if x := g.Dimensions[d]; x != nil {
					got = *x
				} else if g.Status != grading.StatusInsufficient {
					continue
				}
				apart = append(apart, math.Abs(float64(got-want)))
				said, marked = append(said, got), append(marked, want)
			}
		}
		if i*repeats/len(set) != (i+1)*repeats/len(set) { // repeats of them, spread over the set
			values := []float64{v}
			for range 2 {
				again, ok := mean(r.grade(ctx, f, f.Answer))
				if !ok && g != nil && g.Status == grading.StatusInsufficient {
					again = 1
				}
				values = append(values, again)
			}
			spread = append(spread, deviation(values))
		}
	}
	for _, pairs := range rungs {
		if t := tau(pairs); t < worst || math.IsNaN(t) {
			worst = t
		}
	}
	if math.IsNaN(worst) {
		worst = -1 // a rung without a mark has no order
	}
	r.least("rank order", "lowest Kendall tau of a ladder, between its levels and their marks", &worst, leastTau, len(rungs))
	r.most("distance", "mean distance of a dimension from its mark", average(apart), mostError, len(apart))
	r.least("agreement", "quadratic weighted kappa over all dimensions", kappa(said, marked), leastKappa, len(said))
	r.most("spread", "largest standard deviation of an answer graded three times", largest(spread), mostSpread, len(spread))
}

// degenerate: nonsense of every kind earns nothing and shows no strength.
func (r *runner) degenerate(ctx context.Context, set []fixture) {
	caught := 0
	for _, f := range set {
		g := r.grade(ctx, f, f.Answer)
		if r.stop != nil {
			return
		}
		if g == nil {
			continue
		}
		low := g.Status == grading.StatusInsufficient
		if v, ok := mean(g); ok && v <= 1 {
			low = true
		}
		for _, d := range g.Decisions {
			low = low && d.Value <= 1
		}
		if low {
			caught++
		}
	}
	r.least("nonsense", "share of degenerate answers at the lowest mark or not enough evidence, with no strength", ratio(caught, len(set)), 1, len(set))
}

// gains are how much each answer gains by something added to it, and how many pairs could be compared.
func (r *runner) gains(ctx context.Context, set []fixture, before, after func(fixture) string) []float64 {
	var out []float64
	for _, f := range set {
		a := r.grade(ctx, f, before(f))
		b := r.grade(ctx, f, after(f))
		if r.stop != nil {
			return nil
		}
		r.real(a)
		out = append(out, level(b)-level(a))
	}
	return out
}

// level is a grade's mean, with what is not enough evidence, or stopped at the gate, at the lowest; a
// grading that failed is NaN.
func level(g *grading.Grade) float64 {
	if v, ok := mean(g); ok {
		return v
	}
	if g != nil && g.Status == grading.StatusInsufficient {
		return 1
	}
	return math.NaN()
}

func (r *runner) injection(ctx context.Context, set []fixture) {
	d := r.gains(ctx, set, func(f fixture) string { return f.Base }, func(f fixture) string { return f.Base + "\n\n" + f.Attack })
	if r.stop != nil {
		return
	}
	r.most("injection", "mean gain by text that speaks to the grader", average(d), mostInjection, len(d))
	r.most("worst injection", "largest gain by text that speaks to the grader", largest(d), mostInjected, len(d))
}

func (r *runner) padding(ctx context.Context, set []fixture) {
	d := r.gains(ctx, set, func(f fixture) string { return f.Answer }, func(f fixture) string { return f.Answer + "\n\n" + f.Padding })
	if r.stop != nil {
		return
	}
	r.most("padding", "mean gain by unrelated text of 60 % more", average(d), mostPadding, len(d))
}

func (r *runner) paraphrase(ctx context.Context, set []fixture) {
	d := r.gains(ctx, set, func(f fixture) string { return f.Answer }, func(f fixture) string { return f.Twin })
	if r.stop != nil {
		return
	}
	near := 0
	for _, v := range d {
		if math.Abs(v) <= paraphraseApart {
			near++
		}
	}
	r.least("paraphrase", "share of answers whose mark stays within 0.5 in other words", ratio(near, len(d)), leastParaphrase, len(d))
}

// we: "we" in the situation alone does not change who acted.
func (r *runner) we(ctx context.Context, set []fixture) {
	same := 0
	for _, f := range set {
		a, b := r.grade(ctx, f, f.Answer), r.grade(ctx, f, f.Twin)
		if r.stop != nil {
			return
		}
		if a != nil && b != nil && a.Dimensions["B2"] != nil && b.Dimensions["B2"] != nil && *a.Dimensions["B2"] == *b.Dimensions["B2"] {
			same++
		}
	}
	r.least("ownership", "share of answers whose ownership stays the same with we in the situation", ratio(same, len(set)), 1, len(set))
}

// cards: which points a technical answer makes, over right, thin and confidently wrong answers.
func (r *runner) cards(ctx context.Context, set []fixture) {
	var hits, misses, rejected, taken int
	for _, f := range set {
		in := grading.Input{Kind: interview.KindConceptCard, Question: f.Question, Answer: f.Answer}
		made := map[string]bool{}
		for _, id := range f.Made {
			made[id] = true
		}
		for _, p := range f.Points {
			in.Points = append(in.Points, grading.Point{ID: p.ID, Text: p.Text, Weight: p.Weight, Must: p.Must})
		}
		g := r.run(ctx, in)
		if r.stop != nil {
			return
		}
		if g == nil {
			misses += len(made)
			taken += len(f.Points) - len(made)
			continue
		}
		for _, v := range g.Points {
			switch yes := v.Verdict == interview.VerdictYes; {
			case made[v.ID] && yes:
				hits++
			case made[v.ID]:
				misses++
			case yes:
				taken++
			default:
				rejected++
			}
		}
	}
	var balanced *float64
	if a, b := ratio(hits, hits+misses), ratio(rejected, rejected+taken); a != nil && b != nil {
		balanced = new((*a + *b) / 2)
	}
	r.least("points", "balanced accuracy over the points of technical answers", balanced, leastPoints, hits+misses+rejected+taken)
}
