package main

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"rehearse/server/config"
	"rehearse/server/grading"
	"rehearse/server/interview"
	"rehearse/server/strict"
)

// gradeIn is one line of `rehearse grade`.
type gradeIn struct {
	ID        json.RawMessage `json:"id"`
	Kind      string          `json:"kind"`
	Question  string          `json:"question" strict:"required"`
	Answer    string          `json:"answer" strict:"required"`
	Principle string          `json:"principle"`
	Level     string          `json:"level"`
	Reference string          `json:"reference"`
	Points    []linePoint     `json:"points"`
	History   []lineExchange  `json:"history"`
}

// linePoint is a point in a line, and lineExchange a follow-up with its answer.
type linePoint struct {
	ID     string  `json:"id" strict:"required"`
	Text   string  `json:"text" strict:"required"`
	Weight float64 `json:"weight"`
	Must   bool    `json:"must"`
}

type lineExchange struct {
	Probe  string `json:"probe"`
	Answer string `json:"answer" strict:"required"`
}

// checkLine checks what lines of several verbs have in common.
func checkLine(loaded *interview.Pack, level string, points []linePoint) error {
	if level != "" && !slices.Contains(loaded.Levels, level) {
		return interview.FieldError("level", "level is one of %s, not %q", strings.Join(loaded.Levels, ", "), strict.Short(level))
	}
	for i, pt := range points {
		if pt.Weight < 0 {
			return interview.FieldError("points", "point %d weighs %g; a weight is 0 or more", i+1, pt.Weight)
		}
	}
	return nil
}

// gradeOut is one line out: the grade with its id.
type gradeOut struct {
	ID json.RawMessage `json:"id"`
	grading.Grade
}

// grade grades answers: JSON lines in, grades out, by code alone or with a model beside it.
func grade(ctx context.Context, p Program) error {
	c := defaults(p)
	c.Model, c.Embed = config.ModelNone, config.EmbedBuiltin
	f := newFlags(p, "grade")
	common(f, &c)
	if _, err := f.parse(p.Args, 0); err != nil {
		return err
	}
	loaded, err := loadPack(c)
	if err != nil {
		return err
	}
	grader, err := namedGrader(ctx, c)
	if err != nil {
		return err
	}
	return lines(p, func(in gradeIn) (gradeOut, error) { return gradeLine(ctx, grader, loaded, in) })
}

// namedGrader is the grader that the flags ask for. Whoever names a model on the command line may try one
// that holds no certificate; a session may not.
func namedGrader(ctx context.Context, c config.Config) (grading.Grader, error) {
	var out grading.Grader
	v, err := newVoices(c, nil)
	if err != nil {
		return out, err
	}
	if err := v.withEmbedder(ctx, &out, c.Embed); err != nil {
		return out, err
	}
	if c.Model == config.ModelNone {
		return out, nil
	}
	choice, err := v.client.Detect(ctx, c.Model)
	if err != nil {
		return out, err
	}
	var certs certificates
	if store, err := openData(ctx, c); err == nil { // without a data folder there is no certificate to read odds by
		certs = store
		defer func() { _ = store.Close() }() // it was only read
	}
	out.Checker, err = v.namedJudge(ctx, choice, certs)
	return out, err
}

func gradeLine(ctx context.Context, grader grading.Grader, loaded *interview.Pack, in gradeIn) (gradeOut, error) {
	kind, err := kindOf(in.Kind)
	if err != nil {
		return gradeOut{}, err
	}
	if err := checkLine(loaded, in.Level, in.Points); err != nil {
		return gradeOut{}, err
	}
	g := grading.Input{Kind: kind, Question: in.Question, Answer: in.Answer, Level: in.Level, Reach: loaded.Reaches(in.Level), Names: loaded.PrincipleNames(), Reference: in.Reference}
	for _, x := range in.History {
		g.History = append(g.History, grading.Exchange{Probe: x.Probe, Answer: x.Answer})
	}
	for _, pr := range loaded.Principles {
		if strings.EqualFold(pr.Name, in.Principle) || strings.EqualFold(pr.ID, in.Principle) {
			g.Observable, g.Principle = pr.Observable, pr.Gloss
		}
	}
	for _, pt := range in.Points {
		g.Points = append(g.Points, grading.Point{ID: pt.ID, Text: pt.Text, Weight: pt.Weight, Must: pt.Must})
	}
	return gradeOut{ID: in.ID, Grade: grader.Grade(ctx, g)}, nil
}
