package main

import (
	"context"

	"rehearse/server/debrief"
	"rehearse/server/interview"
)

// Debrief is the body of /sessions/{id}/debrief.
func (r reports) Debrief(ctx context.Context, id string) (any, error) {
	st, err := r.engine.State(ctx, id)
	if err != nil {
		return nil, err
	}
	if !isLoop(&st) {
		return nil, interview.Errorf(interview.CodeNotFound, "session %s is no loop: it has a report and no debrief", id)
	}
	return debrief.Build(&st, r.pack), nil
}

// isLoop reports whether several interviewers, or one more after them, held a session.
func isLoop(st *interview.State) bool { return st.Session.Plan.Blueprint }
