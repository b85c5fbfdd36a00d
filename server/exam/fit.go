package exam

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"rehearse/server/grading"
	"rehearse/server/interview"
)

// Scale tells how likely a model finds it that a sentence says a point, as log-odds.
type Scale interface {
	Odds(ctx context.Context, point, sentence string) (float64, error)
}

// Fitted is how the odds of one model are to be read: where yes ends and no begins, over all points and for each that
// has examples of its own.
type Fitted struct {
	Middle float64            `json:"middle"`
	Slope  float64            `json:"slope"`
	Points map[string]float64 `json:"points,omitempty"`
	// Area is the area under the curve over the examples: how often the odds of a sentence that shows a point are above
	// those of one that does not. 0.5 is chance.
	Area float64 `json:"area"`
	N    int     `json:"n"` // pairs of examples
}

// fitShort is how many points of the pack the short form asks about.
const fitShort = 24

// leastSlope keeps a model without any signal from being read as sure.
const leastSlope = 0.1

// Fit asks a model about the example sentences of the ladders and of the pack's points, and returns how its odds are
// to be read. These examples are used for nothing else in the exam.
func Fit(ctx context.Context, k Scale, p *interview.Pack, short bool, progress Progress) (Fitted, error) {
	points := grading.Steps()
	var own []interview.CheckPoint
	for _, id := range sortedItems(p) {
		for _, pt := range p.Rubrics[id].Points {
			if pt.YesExample != "" && pt.NoExample != "" {
				own = append(own, interview.CheckPoint{ID: pt.ID, Text: pt.Text, Yes: pt.YesExample, No: pt.NoExample})
			}
		}
	}
	if short && len(own) > fitShort {
		step := len(own) / fitShort
		var some []interview.CheckPoint
		for i := 0; i < len(own) && len(some) < fitShort; i += step {
			some = append(some, own[i])
		}
		own = some
	}
	steps := len(points)
	points = append(points, own...)
	yes, no := make([]float64, len(points)), make([]float64, len(points))
	for i, pt := range points {
		for _, side := range []struct {
			text string
			to   *float64
		}{{pt.Yes, &yes[i]}, {pt.No, &no[i]}} {
			l, err := k.Odds(ctx, pt.Text, side.text)
			if err != nil {
				return Fitted{}, fmt.Errorf("asking about an example: %w", err)
			}
			*side.to = l
		}
		if progress != nil {
			progress(i+1, len(points))
		}
	}
	out := Fitted{Points: map[string]float64{}, N: len(points), Area: round3(area(yes, no))}
	out.Middle, out.Slope = logistic(yes, no)
	for i, pt := range points {
		// Ids of points are unique within an item only, those of steps everywhere. Two examples alone say little, so each
		// middle is drawn halfway to that of all.
		if i < steps && yes[i] > no[i] {
			out.Points[pt.ID] = round3(0.5*out.Middle + 0.25*(yes[i]+no[i]))
		}
	}
	out.Middle, out.Slope = round3(out.Middle), round3(out.Slope)
	return out, nil
}

func round3(v float64) float64 { return math.Round(v*1000) / 1000 }

func sortedItems(p *interview.Pack) []string {
	var ids []string
	for id := range p.Rubrics {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// area is how often a value of the first list is above one of the second; ties count half.
func area(yes, no []float64) float64 {
	n := 0.0
	for _, a := range yes {
		for _, b := range no {
			switch {
			case a > b:
				n++
			case a == b:
				n += 0.5
			}
		}
	}
	return n / float64(max(1, len(yes)*len(no)))
}

// logistic fits 1/(1+exp(-slope·(x-middle))) to ones and zeros by Newton's method with a small ridge.
func logistic(yes, no []float64) (middle, slope float64) {
	a, b := 0.0, 1.0 // a + b·x
	for range 50 {
		var ga, gb, haa, hab, hbb float64
		each := func(x, y float64) {
			p := 1 / (1 + math.Exp(-(a + b*x)))
			w := p * (1 - p)
			ga, gb = ga+y-p, gb+(y-p)*x
			haa, hab, hbb = haa+w, hab+w*x, hbb+w*x*x
		}
		for _, x := range yes {
			each(x, 1)
		}
		for _, x := range no {
			each(x, 0)
		}
		const ridge = 1e-2
		ga, gb, haa, hbb = ga-ridge*a, gb-ridge*b, haa+ridge, hbb+ridge
		det := haa*hbb - hab*hab
		if det < 1e-12 {
			break
		}
		da, db := (hbb*ga-hab*gb)/det, (haa*gb-hab*ga)/det
		a, b = a+da, b+db
		if math.Abs(da)+math.Abs(db) < 1e-9 {
			break
		}
	}
	if b < leastSlope {
		b = leastSlope
		sum := 0.0
		for _, x := range append(slices.Clone(yes), no...) {
			sum += x
		}
		return sum / float64(max(1, len(yes)+len(no))), b
	}
	return -a / b, b
}

// leastSignal is the area over the example sentences, and the balanced accuracy over a few answers, under which a model
// is not examined any further: it cannot tell a sentence that shows a point from one that does not.
const leastSignal = 0.7

// Hopeless reports whether neither way of judging shows a signal, and then returns the certificate that says so: the
// hours of the whole exam would only say it again.
func Hopeless(j interview.Judge, f Fitted, b Better, short bool, at time.Time) (Certificate, bool) {
	best := f.Area
	for _, v := range []*float64{b.Odds, b.JSON} {
		if v != nil {
			best = max(best, *v)
		}
	}
	if best >= leastSignal {
		return Certificate{}, false
	}
	return Certificate{Judge: j, Short: short, Fixtures: hash(), At: at.UTC(), Fitted: &f, Better: &b, Bars: []Bar{{Name: "signal",
		Means: "how often the odds of a sentence that shows a point are above those of one that does not, or points of a few answers found; under it the rest of the exam is not sat",
		Value: rounded(&best), Least: new(leastSignal), N: f.N}}}, true
}

// Better says which of two ways of judging finds the points of technical answers better, by balanced accuracy.
type Better struct {
	Odds  *float64 `json:"odds"` // nil when it could not be measured
	JSON  *float64 `json:"json"`
	Cards int      `json:"cards"`
	Way   string   `json:"way"` // odds, or empty for JSON
}

// compareCards is how many answers both ways are tried on.
const (
	compareCards      = 12
	compareCardsShort = 4
)

// Compare lets both ways judge the same answers. odds may be nil when the server gives none.
func Compare(ctx context.Context, odds, json grading.Checker, p *interview.Pack, short bool) (Better, error) {
	n := compareCards
	if short {
		n = compareCardsShort
	}
	set, err := load("card", 1)
	if err != nil {
		return Better{}, err
	}
	var some []fixture
	for i := 0; i < len(set) && len(some) < n; i += max(1, len(set)/n) {
		some = append(some, set[i])
	}
	out := Better{Cards: len(some)}
	if odds != nil {
		out.Odds = balancedOver(ctx, odds, p, some)
	}
	out.JSON = balancedOver(ctx, json, p, some)
	if out.Odds != nil && (out.JSON == nil || *out.Odds >= *out.JSON) {
		out.Way = "odds"
	}
	return out, ctx.Err()
}

func balancedOver(ctx context.Context, k grading.Checker, p *interview.Pack, set []fixture) *float64 {
	r := &runner{grader: grading.Grader{Checker: k}, names: p.PrincipleNames(), cert: &Certificate{}}
	r.cards(ctx, set)
	if len(r.cert.Bars) == 0 || r.cert.Failed > len(set)/2 {
		return nil
	}
	return r.cert.Bars[0].Value
}
