package main

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"time"

	"rehearse/server/config"
	"rehearse/server/exam"
	"rehearse/server/ollama"
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
	k, err := ollama.NewChecker(v.client, choice, v.prompts)
	if err != nil {
		return err
	}
	fmt.Fprintf(p.Err, "%s sits the exam; it can be stopped at any time and nothing is kept then\n", choice.Model)
	cert, err := exam.Run(ctx, k, loaded, short, time.Now, func(done, total int) {
		fmt.Fprintf(p.Err, "\r%d of %d gradings", done, total)
	})
	fmt.Fprintln(p.Err)
	if err != nil {
		return err
	}
	if cert.Reason == "" { // an exam that was broken off says nothing about the model
		if err := keepCertificate(ctx, c, cert); err != nil {
			return err
		}
	}
	out := json.NewEncoder(p.Out)
	out.SetIndent("", "  ")
	if err := out.Encode(cert); err != nil {
		return err
	}
	switch {
	case cert.Reason != "":
		return codeError{exitProblems, fmt.Errorf("the exam ended early, and nothing was kept: %s", cert.Reason)}
	case !cert.Passed:
		return codeError{exitProblems, fmt.Errorf("%s did not pass: it may voice an interview and not grade one", choice.Model)}
	}
	return nil
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
