package exam_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"rehearse/server/exam"
	"rehearse/server/grading"
	"rehearse/server/interview"
	"rehearse/server/pack/packtest"
	"rehearse/server/probing"
)

// scale is a model whose odds are known: yes above middle for the sentences in yes.
type scale struct {
	yes   map[string]bool
	shift float64
	err   error
	calls int
}

func (s *scale) Odds(_ context.Context, _, sentence string) (float64, error) {
	s.calls++
	if s.yes[sentence] {
		return s.shift + 1.5, s.err
	}
	return s.shift - 1.5, s.err
}

// examples are the sentences that show something.
func examples(p *interview.Pack) map[string]bool {
	out := map[string]bool{}
	for _, s := range grading.Steps() {
		out[s.Yes] = true
	}
	for _, r := range p.Rubrics {
		for _, pt := range r.Points {
			out[pt.YesExample] = true
		}
	}
	return out
}

// A model that says yes to nearly everything is read by its odds: the middle is where its own examples part.
func TestFit(t *testing.T) {
	t.Parallel()
	p := packtest.Flagship(t)
	k := &scale{yes: examples(p), shift: 3}
	f, err := exam.Fit(t.Context(), k, p, true, nil)
	if err != nil {
		t.Fatal(err)
	}
	// A no example of one point may be the yes example of another, so the area is not quite one.
	if f.Area < 0.95 || f.Middle < 2 || f.Middle > 4 || f.Slope < 1 || f.N < 30 || len(f.Points) < 10 {
		t.Errorf("%+v", f)
	}
	if none, err := exam.Fit(t.Context(), &scale{shift: 3}, p, true, nil); err != nil || none.Slope > 0.2 || none.Area != 0.5 {
		t.Errorf("a model without a signal is read as %+v, %v", none, err)
	}
	if _, err := exam.Fit(t.Context(), &scale{err: errors.New("gone")}, p, true, nil); err == nil {
		t.Error("a model that is gone was fitted")
	}
}

// ear hears objections well and everything else not at all.
type ear struct{ objections []string }

func (e ear) Hear(_ context.Context, _ interview.Brief, draft, criterion, sentence string) (float64, error) {
	if !strings.HasSuffix(draft, sentence) {
		return 0, errors.New("the exchange does not end with the sentence")
	}
	if !strings.Contains(criterion, "disagreed") {
		return 1, nil
	}
	for _, o := range e.objections {
		if strings.Contains(sentence, o) {
			return 4, nil
		}
	}
	return -2, nil
}

// A criterion is trusted to a model only where it tells stories with and without it apart better than code does.
func TestListen(t *testing.T) {
	t.Parallel()
	fits, err := exam.Listen(t.Context(), ear{[]string{"none of my business", "furious", "against it", "off the project", "disagreed", "objected", "did not believe", "nobody would ever", "personally", "insisted"}}, probing.Criteria, false, nil)
	if err != nil {
		t.Fatal(err)
	}
	if f := fits["Q13"]; f.Model != 1 || f.Area != 1 || f.N != 10 {
		t.Errorf("objections: %+v", f)
	}
	for id, f := range fits {
		t.Logf("%s: code %.2f, model %.2f", id, f.Code, f.Model)
		if id != "Q13" && f.Better() {
			t.Errorf("%s is trusted to a model that hears nothing: %+v", id, f)
		}
	}
}

// A model without a signal in either way is told so at once; one with a signal in any way goes on.
func TestHopeless(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		area       float64
		odds, json *float64
		hopeless   bool
	}{
		"none":         {0.3, new(0.5), new(0.4), true},
		"not even one": {0.5, nil, nil, true},
		"odds":         {0.9, new(0.5), nil, false},
		"json":         {0.4, nil, new(0.8), false},
	} {
		cert, hopeless := exam.Hopeless(interview.Judge{Model: "m"}, exam.Fitted{Area: c.area, N: 20}, exam.Better{Odds: c.odds, JSON: c.json}, true, at)
		if hopeless != c.hopeless || cert.Passed {
			t.Errorf("%s: %v, %+v", name, hopeless, cert)
		}
		if hopeless && (len(cert.Bars) != 1 || cert.Bars[0].Passed || cert.Bars[0].Value == nil || cert.Model != "m") {
			t.Errorf("%s: %+v", name, cert)
		}
	}
}
