package main

import (
	"context"
	"strings"

	"rehearse/server/config"
	"rehearse/server/grading"
	"rehearse/server/interview"
)

// gradeIn is one line of `rehearse grade`.
type gradeIn struct {
	ID        any                `json:"id"`
	Kind      string             `json:"kind"`
	Question  string             `json:"question"`
	Answer    string             `json:"answer"`
	Principle string             `json:"principle"`
	Level     string             `json:"level"`
	Reference string             `json:"reference"`
	Points    []gradePoint       `json:"points"`
	History   []grading.Exchange `json:"history"`
}

type gradePoint struct {
	ID     string  `json:"id"`
	Text   string  `json:"text"`
	Weight float64 `json:"weight"`
	Must   bool    `json:"must"`
}

// gradeOut is one line out: the grade with its id.
type gradeOut struct {
	ID any `json:"id"`
	grading.Grade
}

// grade measures answers: JSON lines in, grades out, by code alone.
func grade(ctx context.Context, p Program) error {
	c := defaults(p)
	c.Model = config.ModelNone
	f := newFlags(p, "grade")
	common(f, &c)
	if err := f.parse(p.Args); err != nil {
		return err
	}
	if c.Model != config.ModelNone {
		return usage("grading with a model is not in this version; leave --model out")
	}
	loaded, err := loadPack(c)
	if err != nil {
		return err
	}
	return lines(p, func(in gradeIn) (gradeOut, error) { return gradeLine(ctx, loaded, in) })
}

func gradeLine(ctx context.Context, loaded *interview.Pack, in gradeIn) (gradeOut, error) {
	kind, err := kindOf(in.Kind)
	if err != nil {
		return gradeOut{}, err
	}
	g := grading.Input{Kind: kind, Question: in.Question, Answer: in.Answer, History: in.History, Level: in.Level, Reference: in.Reference}
	for _, pr := range loaded.Principles {
		if strings.EqualFold(pr.Name, in.Principle) || strings.EqualFold(pr.ID, in.Principle) {
			g.Observable = pr.Observable
		}
	}
	for _, pt := range in.Points {
		g.Points = append(g.Points, grading.Point{ID: pt.ID, Text: pt.Text, Weight: pt.Weight, Must: pt.Must})
	}
	return gradeOut{ID: in.ID, Grade: grading.Grader{}.Grade(ctx, g)}, nil
}
