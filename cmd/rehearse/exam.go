package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"rehearse/server/config"
	"rehearse/server/exam"
	"rehearse/server/interview"
	"rehearse/server/ollama"
	"rehearse/server/probing"
	"rehearse/server/sqlite"
)

// examine lets a model sit the exam and keeps its certificate in the data folder.
func examine(ctx context.Context, p Program) error {
	c := defaults(p)
	short := false
	f := newFlags(p, "exam")
	common(f, &c)
	f.bool(&short, "short", "a part of the fixtures: minutes instead of hours without a GPU")
	if _, err := f.parse(p.Args, 0); err != nil {
		return err
	}
	if c.Model == config.ModelNone {
		return usage("name the model to examine: --model NAME, or leave it out for the one in use")
	}
	loaded, err := loadPack(c)
	if err != nil {
		return err
	}
	v, err := newVoices(c, nil)
	if err != nil {
		return err
	}
	choice, err := v.client.Detect(ctx, c.Model)
	if err != nil {
		return err
	}
	if err := makeData(c); err != nil {
		return err
	}
	answers := filepath.Join(c.Data, "exam.jsonl")
	notes, err := ollama.OpenNotes(answers)
	if err != nil {
		return err
	}
	v.client.Notes = notes
	fmt.Fprintf(p.Err, "%s sits the exam; it can be stopped at any time, and goes on from there when it is started again\n", choice.Model)
	if n := notes.Before(); n > 0 {
		fmt.Fprintf(p.Err, "%s from before, of this model or another\n", interview.Counted(n, "%d answer is there", "%d answers are there"))
	}
	cert, err := sit(ctx, p, v, choice, loaded, short)
	cert.Noted = notes.Used()
	if err := errors.Join(err, notes.Close()); err != nil {
		return err
	}
	if cert.Reason == "" { // an exam that was broken off says nothing about the model
		if err := keepCertificate(ctx, c, cert); err != nil {
			return err
		}
		if err := os.Remove(answers); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("the certificate is kept; the answers of the exam could not be removed: %w", err)
		}
	}
	out := json.NewEncoder(p.Out)
	out.SetIndent("", "  ")
	if err := out.Encode(cert); err != nil {
		return err
	}
	switch {
	case cert.Reason != "":
		return codeError{exitProblems, fmt.Errorf("the exam ended early and there is no certificate; start it again to go on: %s", cert.Reason)}
	case !cert.Passed:
		return codeError{exitProblems, fmt.Errorf("%s did not pass: it may voice an interview and not grade one", choice.Model)}
	}
	return nil
}

// sit fits how the model's odds are read, finds out which way it judges better, and lets it sit the exam that way.
func sit(ctx context.Context, p Program, v *voices, choice ollama.Choice, loaded *interview.Pack, short bool) (exam.Certificate, error) {
	var none exam.Certificate
	odds, asJSON, _, err := v.judges(ctx, choice, nil)
	if err != nil {
		return none, err
	}
	count := func(what string) exam.Progress {
		return func(done, total int) { fmt.Fprintf(p.Err, "\r%d of %d %s", done, total, what) }
	}
	gives, err := givesOdds(ctx, odds)
	if err != nil { // the exam itself says that nothing can be judged, and why
		gives = false
	}
	var fitted *exam.Fitted
	var k judge = asJSON
	var better exam.Better
	if gives {
		f, err := exam.Fit(ctx, odds, loaded, short, count("example sentences"))
		fmt.Fprintln(p.Err)
		if err != nil {
			return none, err
		}
		fitted = &f
		odds.Fit(weightsOf(fitted))
		if better, err = exam.Compare(ctx, odds, asJSON, loaded, short); err != nil {
			return none, err
		}
		fmt.Fprintf(p.Err, "points found by odds %s, in JSON %s\n", shown(better.Odds), shown(better.JSON))
		if better.Way == ollama.WayOdds {
			k = odds
		}
		if cert, hopeless := exam.Hopeless(k.Judge(), f, better, short, time.Now()); hopeless {
			fmt.Fprintln(p.Err, "it cannot tell the sentences apart; the rest is not sat")
			cert.Calls = odds.Calls()
			return cert, nil
		}
	}
	var heard map[string]exam.HeardFit
	if gives {
		if heard, err = exam.Listen(ctx, ollama.NewVoice(v.client, choice, v.prompts), probing.Criteria, short, count("stories listened to")); err != nil {
			return none, err
		}
		fmt.Fprintln(p.Err)
	}
	cert, err := exam.Run(ctx, k, loaded, short, time.Now, count("gradings"))
	fmt.Fprintln(p.Err)
	if gives {
		cert.Fitted, cert.Better, cert.Heard = fitted, &better, heard
	}
	cert.Calls = odds.Calls()
	return cert, err
}

// shown is a figure of the exam, or that there is none.
func shown(v *float64) string {
	if v == nil {
		return "not measured"
	}
	return fmt.Sprintf("%.3f", *v)
}

func keepCertificate(ctx context.Context, c config.Config, cert exam.Certificate) (err error) {
	raw, err := json.Marshal(cert)
	if err != nil {
		return err
	}
	if err := makeData(c); err != nil {
		return err
	}
	store, err := sqlite.Open(ctx, filepath.Join(c.Data, "rehearse.db"), sqlite.Options{})
	if err != nil {
		return err
	}
	err = store.SetSetting(ctx, certificateKey(cert.Judge), string(raw))
	if closed := store.Close(); err == nil {
		err = closed
	}
	return err
}
