package main

import (
	"context"

	"rehearse/server/interview"
	"rehearse/server/report"
)

// PanelFile is the file for a second rater.
func (r reports) PanelFile(ctx context.Context, id string) ([]byte, error) {
	st, err := r.engine.State(ctx, id)
	if err != nil {
		return nil, err
	}
	return report.PanelFile(st, r.pack)
}

// Samples are the strong answers of one exercise.
func (r reports) Samples(ctx context.Context, id string, block int) (any, error) {
	st, err := r.engine.State(ctx, id)
	if err != nil {
		return nil, err
	}
	all, err := report.Samples(st, r.pack, block)
	if err != nil {
		return nil, err
	}
	return map[string]any{"block": block, "samples": all}, nil
}

// Record keeps what a second rater said and returns it beside our marks.
func (r reports) Record(ctx context.Context, id string, p interview.PanelRecorded) (any, error) {
	if err := r.engine.Panel(ctx, id, p); err != nil {
		return nil, err
	}
	rep, err := r.build(ctx, id)
	if err != nil {
		return nil, err
	}
	return map[string]any{"panels": rep.Panels}, nil
}
