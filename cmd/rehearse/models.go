package main

import (
	"context"
	"encoding/json"
	"fmt"

	"rehearse/server/config"
	"rehearse/server/exam"
	"rehearse/server/guard"
	"rehearse/server/interview"
	"rehearse/server/ollama"
)

// abilitiesKey is where what was found out about a model is kept. A server that was upgraded may make another of it.
func abilitiesKey(digest string) string { return "abilities/" + digest }

// known reads what was found out about a model; nil when it was not tried yet.
func known(ctx context.Context, certs certificates, digest string) *ollama.Abilities {
	if certs == nil || digest == "" {
		return nil
	}
	value, found, err := certs.Setting(ctx, abilitiesKey(digest))
	var a ollama.Abilities
	if err != nil || !found || json.Unmarshal([]byte(value), &a) != nil {
		return nil // it is tried again
	}
	return &a
}

// tryModel finds out what a model can do and keeps it. A model that was tried with the same server is not tried again
// unless anew is set.
func (v *voices) tryModel(ctx context.Context, choice ollama.Choice, certs certificates, anew bool, tell func(string)) (ollama.Abilities, error) {
	if a := known(ctx, certs, choice.Digest); a != nil && !anew && a.Server == v.client.Version(ctx, choice.URL) {
		return *a, nil
	}
	var trials []ollama.Trial
	for _, b := range exam.VoiceBriefs() {
		rules := guard.Rules{Wording: b.Question}
		for _, l := range b.Exchange {
			rules.Transcript = append(rules.Transcript, l.Text)
			if l.Candidate {
				rules.Candidate = append(rules.Candidate, l.Text)
			}
		}
		trials = append(trials, ollama.Trial{Brief: b, Fit: func(text string) bool { return len(guard.Check(text, rules)) == 0 }})
	}
	a, err := v.client.Probe(ctx, choice, ollama.NewVoice(v.client, choice, v.prompts), trials, tell)
	if err != nil {
		return a, err
	}
	if certs != nil {
		raw, err := json.Marshal(a)
		if err == nil {
			err = certs.SetSetting(ctx, abilitiesKey(choice.Digest), string(raw))
		}
		if err != nil {
			return a, fmt.Errorf("keeping what was found out: %w", err)
		}
	}
	return a, nil
}

// models lists, fetches and removes models.
func models(ctx context.Context, p Program) error {
	c := defaults(p)
	f := newFlags(p, "models")
	common(f, &c)
	rest, err := f.parse(p.Args, 2)
	if err != nil {
		return err
	}
	v, err := newVoices(c, nil)
	if err != nil {
		return err
	}
	verb := "list"
	if len(rest) > 0 {
		verb = rest[0]
	}
	switch {
	case verb == "list" && len(rest) <= 1:
		return listModels(ctx, p, c, v)
	case verb == "pull" && len(rest) == 2:
		last := ""
		err := v.client.Pull(ctx, rest[1], func(g ollama.Progress) {
			line := g.Status
			if g.Total > 0 {
				line += fmt.Sprintf(" %d of %d MB", g.Completed>>20, g.Total>>20)
			}
			if line != last {
				fmt.Fprintf(p.Err, "\r\033[K%s", line)
				last = line
			}
		})
		fmt.Fprintln(p.Err)
		return err
	case verb == "rm" && len(rest) == 2:
		return v.client.Remove(ctx, rest[1])
	}
	return usage("say models list, models pull NAME or models rm NAME")
}

func listModels(ctx context.Context, p Program, c config.Config, v *voices) error {
	var certs certificates
	if store, err := openData(ctx, c); err == nil { // without a data folder nothing was tried yet
		certs = store
		defer func() { _ = store.Close() }() // it was only read
	}
	body, err := v.client.List(ctx, func(digest string) *ollama.Abilities { return known(ctx, certs, digest) })
	if err != nil {
		return err
	}
	out := json.NewEncoder(p.Out)
	out.SetIndent("", "  ")
	return out.Encode(body)
}

// Pull lets Ollama fetch a model.
func (v *voices) Pull(ctx context.Context, name string, tell func(any)) error {
	if v.model == config.ModelNone {
		return interview.Errorf(interview.CodeConflict, "no model is in use (--model none); start without it to fetch one")
	}
	return v.client.Pull(ctx, name, func(g ollama.Progress) { tell(g) })
}

// Try finds out anew what a model can do.
func (v *voices) Try(ctx context.Context, name string) (any, error) {
	if v.model == config.ModelNone {
		return nil, interview.Errorf(interview.CodeConflict, "no model is in use (--model none); start without it to try one")
	}
	choice, err := v.client.Detect(ctx, name)
	if err != nil {
		return nil, err
	}
	return v.tryModel(ctx, choice, v.certs, true, nil)
}

// Remove deletes a model.
func (v *voices) Remove(ctx context.Context, name string) error {
	if v.model == config.ModelNone {
		return interview.Errorf(interview.CodeConflict, "no model is in use (--model none); start without it to remove one")
	}
	return v.client.Remove(ctx, name)
}
