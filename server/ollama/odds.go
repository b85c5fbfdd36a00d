package ollama

import (
	"context"
	"fmt"
	"math"
	"strings"
	"sync"
	"time"

	"github.com/ollama/ollama/api"

	"rehearse/server/interview"
	"rehearse/server/prompt"
)

// WayOdds names the way of judging by odds, sentence by sentence.
const WayOdds = "odds"

// The prompts of a judge that weighs.
const (
	oddsSystem = "grader/odds-system"
	oddsCheck  = "grader/odds"
	oddsWhole  = "grader/whole"
)

// Weights turn log-odds of yes against no into verdicts. They belong to one model and one set of prompts and are
// fitted by the exam on example sentences; the zero value is DefaultWeights.
type Weights struct {
	// Middle is the log-odds that speak neither for nor against a point.
	Middle float64 `json:"middle"`
	// Slope is how fast they decide: a point with log-odds l has the share 1/(1+exp(-Slope·(l-Middle))).
	Slope float64 `json:"slope"`
	// Points are the middles of single points, by id, where their own examples gave one.
	Points map[string]float64 `json:"points,omitempty"`
	// WholeMiddle and WholeSlope are the same for the question about a whole answer.
	WholeMiddle float64 `json:"whole_middle"`
	WholeSlope  float64 `json:"whole_slope"`
}

// DefaultWeights serve a model that was named on the command line and has sat no exam: middle and slope of one
// 1.5B model over 140 example sentences and 90 short answers of our own (server/grading/testdata/short.jsonl).
func DefaultWeights() Weights {
	return Weights{Middle: -1, Slope: 1.5, WholeMiddle: 0.12, WholeSlope: 1.65}
}

// unsure is the width of the band between yes and no, as a share.
const unsure = 0.15

// Weigher judges by the odds of one word about one sentence at a time: for every point the sentence with the highest
// odds is the verdict, the odds its size, and that sentence the evidence. The model writes no quote, so no quote can
// be wrong. A small model says yes to nearly everything; its odds still tell sentences apart.
type Weigher struct {
	client  *Client
	model   Choice
	prompts *prompt.Set
	judge   interview.Judge
	weights Weights
	mu      sync.Mutex
	known   map[[2]string]float64 // log-odds by point and sentence: nothing is asked twice
	calls   int
	asked   int           // calls that went to the server
	took    time.Duration // of those
	done    int           // of the grade under way
}

// mostKnown bounds what is remembered; an interview has a few hundred.
const mostKnown = 20_000

// NewWeigher returns a judge that weighs with m.
func NewWeigher(c *Client, m Choice, prompts *prompt.Set, w Weights) (*Weigher, error) {
	hash, err := prompts.Hash(oddsSystem, oddsCheck, oddsWhole)
	if err != nil {
		return nil, err
	}
	if w.Slope == 0 {
		w = DefaultWeights()
	}
	return &Weigher{client: c, model: m, prompts: prompts, weights: w, known: map[[2]string]float64{},
		judge: interview.Judge{Model: m.Model, Digest: m.Digest, Prompt: hash, Way: WayOdds}}, nil
}

// Judge says which model judges, with its digest and the hash of its prompts.
func (k *Weigher) Judge() interview.Judge { return k.judge }

// Calls is how many questions were asked of the model so far, those that notes answered included.
func (k *Weigher) Calls() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.calls
}

// Seconds is how long a question took so far on average, waiting for others included; 0 before the first.
func (k *Weigher) Seconds() float64 {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.asked == 0 {
		return 0
	}
	return k.took.Seconds() / float64(k.asked)
}

// Fit sets the weights that verdicts are made with from now on.
func (k *Weigher) Fit(w Weights) { k.weights = w }

// Check weighs every point over its plausible sentences. A point that no sentence is plausible for was not made, and
// costs no call. An error is interview.ErrNoOdds when the server gives no log-probabilities.
func (k *Weigher) Check(ctx context.Context, c interview.Check) ([]interview.CheckResult, error) {
	var out []interview.CheckResult
	for _, p := range c.Points {
		r := interview.CheckResult{ID: p.ID, Verdict: interview.VerdictNo, Confidence: 1, Share: new(0.0)}
		best := math.Inf(-1)
		for i := range p.Where {
			l, err := k.Odds(ctx, p.Text, p.Where[i].Text)
			if err != nil {
				return nil, err
			}
			k.mu.Lock()
			k.done++
			n := k.done
			k.mu.Unlock()
			interview.Tell(ctx, interview.ModelGrading, fmt.Sprintf("%d checks made", n))
			if l > best {
				best, r.At, r.Quote = l, &p.Where[i], p.Where[i].Text
			}
		}
		if r.At != nil {
			share := k.share(p.ID, best)
			r.Share, r.Confidence = &share, math.Round(2*math.Abs(share-0.5)*100)/100
			switch {
			case share >= 0.5+unsure/2:
				r.Verdict = interview.VerdictYes
			case share > 0.5-unsure/2:
				r.Verdict = interview.VerdictUnclear
			}
		}
		out = append(out, r)
	}
	return out, nil
}

func (k *Weigher) share(point string, logOdds float64) float64 {
	middle, ok := k.weights.Points[point]
	if !ok {
		middle = k.weights.Middle
	}
	return 1 / (1 + math.Exp(-k.weights.Slope*(logOdds-middle)))
}

// Odds are the log-odds that a sentence says a point.
func (k *Weigher) Odds(ctx context.Context, point, sentence string) (float64, error) {
	key := [2]string{point, sentence}
	k.mu.Lock()
	l, ok := k.known[key]
	k.mu.Unlock()
	if ok {
		return l, nil
	}
	l, err := k.ask(ctx, oddsCheck, interview.OddsCheck{Point: strings.TrimRight(point, ". "), Sentence: sentence})
	if err != nil {
		return 0, err
	}
	k.mu.Lock()
	if len(k.known) >= mostKnown {
		clear(k.known)
	}
	k.known[key] = l
	k.mu.Unlock()
	return l, nil
}

// Whole is how much of a correct answer an answer says, 0 to 1.
func (k *Weigher) Whole(ctx context.Context, c interview.WholeCheck) (float64, error) {
	l, err := k.WholeOdds(ctx, c)
	return 1 / (1 + math.Exp(-k.weights.WholeSlope*(l-k.weights.WholeMiddle))), err
}

// WholeOdds are the log-odds behind Whole.
func (k *Weigher) WholeOdds(ctx context.Context, c interview.WholeCheck) (float64, error) {
	return k.ask(ctx, oddsWhole, c)
}

func (k *Weigher) ask(ctx context.Context, id string, input any) (float64, error) {
	system, err := k.prompts.Render(oddsSystem, interview.OddsCheck{})
	if err != nil {
		return 0, err
	}
	task, err := k.prompts.Render(id, input)
	if err != nil {
		return 0, err
	}
	began := time.Now()
	reply, err := k.client.chat(ctx, k.model, call{lane: laneGrade, odds: true, first: k.client.FirstToken, most: maxReplyRunes,
		messages: []api.Message{{Role: "system", Content: system}, {Role: "user", Content: task}},
		options:  map[string]any{"temperature": 0, "seed": gradeSeed, "num_predict": 1}})
	if err != nil {
		return 0, err
	}
	k.mu.Lock()
	k.calls++
	if !reply.noted {
		k.asked++
		k.took += time.Since(began)
	}
	k.mu.Unlock()
	return logOdds(reply.First)
}

// floor is the probability that a word which is not among the likeliest may still have.
const floor = 1e-5

// logOdds are the odds of yes against no in the first token, summed over the ways to write them.
func logOdds(first []api.Logprob) (float64, error) {
	if len(first) == 0 || len(first[0].TopLogprobs) == 0 {
		return 0, interview.ErrNoOdds
	}
	yes, no := floor, floor
	for _, t := range first[0].TopLogprobs {
		switch strings.ToLower(strings.Trim(t.Token, " \t\n\r.,:;!\"'*▁Ġ")) {
		case "yes":
			yes += math.Exp(t.Logprob)
		case "no":
			no += math.Exp(t.Logprob)
		}
	}
	return math.Log(yes / no), nil
}
