package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"

	"rehearse/server/config"
	"rehearse/server/grading"
	"rehearse/server/interview"
	"rehearse/server/ollama"
)

// certificates keeps what each model reached in the exam, by its digest and the hash of the prompts.
type certificates interface {
	Setting(ctx context.Context, key string) (value string, found bool, err error)
	SetSetting(ctx context.Context, key, value string) error
}

// graders makes the grader for a block: by code alone, and with a model that passed the exam.
type graders struct {
	voices *voices
	pack   *interview.Pack
	certs  certificates
	embed  string
	model  string // grades, where it is another than the one that speaks
	log    *slog.Logger
}

// withTable lets a grader see nearness in meaning by the builtin embedder.
func (v *voices) withTable(g *grading.Grader) error {
	table, err := v.table()
	if err != nil {
		return err
	}
	g.Near = grading.ForTable(table.ID())
	g.Embed = func(_ context.Context, texts []string) ([][]float32, error) {
		out := make([][]float32, len(texts))
		for i, text := range texts {
			out[i] = table.Embed(text)
		}
		return out, nil
	}
	return nil
}

// near is nearness in meaning by the builtin embedder: a question asked in the middle of an interview is not kept
// waiting for a model.
func (v *voices) near(text string) func(other string) float64 {
	table, err := v.table()
	if err != nil {
		v.log.Error("the builtin embedder cannot be read; questions are matched by words alone", "err", err)
		return func(string) float64 { return 0 }
	}
	return table.Near(text)
}

// withEmbedder lets a grader see nearness in meaning by what the setting names. A model that was named and
// does not answer is an error; auto then takes the builtin embedder.
func (v *voices) withEmbedder(ctx context.Context, g *grading.Grader, setting string) error {
	switch setting {
	case config.EmbedNone:
		return nil
	case config.EmbedBuiltin:
		return v.withTable(g)
	}
	e, err := v.client.DetectEmbedder(ctx, setting)
	switch {
	case err == nil:
		g.Embed, g.Near = e.Embed, grading.ForModels(e.Model().Model)
	case setting == config.EmbedAuto:
		return v.withTable(g)
	}
	return err
}

// grade grades one block of a session.
func (g *graders) grade(ctx context.Context, st *interview.State, block int, model string) interview.Outcome {
	grader, note := g.grader(ctx, model)
	if k, ok := grader.Checker.(*ollama.Weigher); ok {
		n := grading.MostChecks(st, st.Block(block), g.pack)
		detail := fmt.Sprintf("at most %d checks", n)
		if s := k.Seconds(); s > 0 {
			detail += fmt.Sprintf(", about %.0f s", float64(n)*s)
		}
		interview.Tell(ctx, interview.ModelGrading, detail)
	}
	out := grader.Block(ctx, st, st.Block(block), g.pack)
	if note != "" && out.Note == "" {
		out.Note = note
	}
	raw, err := json.Marshal(out)
	if err != nil {
		return interview.Outcome{Failed: "the grade could not be written: " + err.Error()}
	}
	if !out.Graded {
		return interview.Outcome{Grade: raw, Failed: out.Reason}
	}
	return interview.Outcome{Grade: raw}
}

// grader returns what grades now, and why no model judges where one was in reach. A model that was asked
// for by name and cannot judge is an error of every check, so that no other grade passes for its own.
func (g *graders) grader(ctx context.Context, model string) (grading.Grader, string) {
	out := grading.Grader{}
	wanted := model
	if wanted == "" {
		wanted = cmp.Or(g.model, g.voices.model)
	}
	setting := g.embed
	if wanted == config.ModelNone && setting == config.EmbedAuto { // nobody is asked for a model
		setting = config.EmbedBuiltin
	}
	if err := g.voices.withEmbedder(ctx, &out, setting); err != nil {
		out.Embed = func(context.Context, []string) ([][]float32, error) { return nil, err }
	}
	if wanted == config.ModelNone {
		return out, ""
	}
	out.Listener = g.listener(ctx, wanted)
	k, writer, err := g.checker(ctx, wanted)
	switch {
	case err == nil:
		out.Checker, out.Writer = k, writer
	case model != "":
		out.Checker = refused{model, err}
	default:
		return out, interview.AsError(err).Message
	}
	return out, ""
}

// listener is a model that hears explanations; nil where there is none. It judges nothing, so it needs no certificate.
func (g *graders) listener(ctx context.Context, wanted string) grading.Listener {
	choice, err := g.voices.client.Detect(ctx, wanted)
	if err != nil {
		return nil // the report says that this was not checked
	}
	n, err := ollama.NewNaive(g.voices.client, choice, g.voices.prompts)
	if err != nil {
		g.log.Error("nobody can listen to explanations", "err", err)
		return nil
	}
	return n
}

// checker is the judge of a model that holds a certificate for the prompts of this version.
func (g *graders) checker(ctx context.Context, wanted string) (judge, grading.Writer, error) {
	choice, err := g.voices.client.Detect(ctx, wanted)
	if err != nil {
		return nil, nil, err
	}
	return g.voices.certifiedJudge(ctx, choice, g.certs)
}

// certificateKey is where the certificate of a model and its prompts is kept.
func certificateKey(j interview.Judge) string { return "certificate/" + j.Digest + "/" + j.Prompt }

// refused is a judge that was asked for and may not judge.
type refused struct {
	model string
	err   error
}

func (r refused) Check(context.Context, interview.Check) ([]interview.CheckResult, error) {
	return nil, r.err
}
func (r refused) Judge() interview.Judge { return interview.Judge{Model: r.model} }
