package main

import (
	"context"
	"encoding/json"
	"errors"

	"rehearse/server/exam"
	"rehearse/server/grading"
	"rehearse/server/interview"
	"rehearse/server/ollama"
)

// judge is a model in one of the two ways it can judge: by odds, sentence by sentence, or in JSON with a quote.
type judge interface {
	grading.Checker
}

// weightsOf reads a fit as the weights of a judge.
func weightsOf(f *exam.Fitted) ollama.Weights {
	w := ollama.DefaultWeights()
	if f != nil {
		w.Middle, w.Slope, w.Points = f.Middle, f.Slope, f.Points
	}
	return w
}

// certificate reads what a judge reached; nil when it has sat no exam here.
func certificate(ctx context.Context, certs certificates, j interview.Judge) (*exam.Certificate, error) {
	if certs == nil {
		return nil, nil
	}
	value, found, err := certs.Setting(ctx, certificateKey(j))
	if err != nil || !found {
		return nil, err
	}
	var c exam.Certificate
	if err := json.Unmarshal([]byte(value), &c); err != nil {
		return nil, err
	}
	return &c, nil
}

// judges makes both ways of a model, the odds read by its certificate where it has one.
func (v *voices) judges(ctx context.Context, m ollama.Choice, certs certificates) (odds *ollama.Weigher, asJSON *ollama.Checker, cert *exam.Certificate, err error) {
	if asJSON, err = ollama.NewChecker(v.client, m, v.prompts); err != nil {
		return nil, nil, nil, err
	}
	if odds, err = ollama.NewWeigher(v.client, m, v.prompts, ollama.DefaultWeights()); err != nil {
		return nil, nil, nil, err
	}
	if cert, err = certificate(ctx, certs, odds.Judge()); err != nil {
		return nil, nil, nil, err
	}
	if cert != nil {
		odds.Fit(weightsOf(cert.Fitted))
	}
	return odds, asJSON, cert, nil
}

// givesOdds asks one question to see whether the server gives log-probabilities. Any other failure is an error.
func givesOdds(ctx context.Context, k *ollama.Weigher) (bool, error) {
	_, err := k.Odds(ctx, "The door was open", "When I came the door stood open.")
	if errors.Is(err, interview.ErrNoOdds) {
		return false, nil
	}
	return err == nil, err
}

// trust is what a model's certificates say it hears better than code reads it. It aims follow-ups only, so a model that
// may not grade may still be trusted with it.
func (v *voices) trust(ctx context.Context, m ollama.Choice) ollama.Trust {
	_, asJSON, cert, err := v.judges(ctx, m, v.certs)
	if err == nil && cert == nil {
		cert, err = certificate(ctx, v.certs, asJSON.Judge())
	}
	if err != nil || cert == nil {
		if err != nil {
			v.log.Warn("what the model hears is not known", "model", m.Model, "err", err)
		}
		return nil
	}
	out := ollama.Trust{}
	for id, h := range cert.Heard {
		if h.Better() {
			out[id] = ollama.Weights{Middle: h.Middle, Slope: h.Slope}
		}
	}
	return out
}

// certifiedJudge is the way of a model that passed the exam, with the writer of its sentences.
func (v *voices) certifiedJudge(ctx context.Context, m ollama.Choice, certs certificates) (judge, grading.Writer, error) {
	odds, asJSON, cert, err := v.judges(ctx, m, certs)
	switch {
	case err != nil:
		return nil, nil, err
	case cert != nil && cert.Passed:
		return odds, asJSON, nil
	}
	if cert, err = certificate(ctx, certs, asJSON.Judge()); err != nil {
		return nil, nil, err
	}
	if cert != nil && cert.Passed {
		return asJSON, asJSON, nil
	}
	return nil, nil, interview.Errorf(interview.CodeConflict, "%s has not passed the exam and does not judge; type: rehearse exam --model %s", m.Model, m.Model)
}

// namedJudge is a model that was named on the command line, certified or not: by odds where the server gives them,
// unless its certificate says that JSON is better.
func (v *voices) namedJudge(ctx context.Context, m ollama.Choice, certs certificates) (judge, error) {
	odds, asJSON, cert, err := v.judges(ctx, m, certs)
	if err != nil {
		return nil, err
	}
	if cert == nil {
		other, err := certificate(ctx, certs, asJSON.Judge())
		if err != nil {
			return nil, err
		}
		if other != nil && other.Better != nil && other.Better.Way == "" {
			return asJSON, nil
		}
	}
	ok, err := givesOdds(ctx, odds)
	if err != nil {
		return nil, err
	}
	if ok {
		return odds, nil
	}
	return asJSON, nil
}
