package engine

import (
	"context"
	"errors"

	"rehearse/server/interview"
)

// grade begins to make the grades that are due, one after the other and beside the interview. The caller
// holds s.mu. What a stopped server leaves over is due again when the session is next opened.
func (s *session) grade() {
	if s.e.Grade == nil || s.grading || s.gone || s.e.ctx.Err() != nil || s.e.Store == nil || len(s.st.Ungraded()) == 0 {
		return
	}
	go func() {
		if !s.e.begin() { // not under s.mu: closing waits for what is under way
			return
		}
		defer s.e.wg.Done()
		s.grades()
	}()
	s.grading = true
}

// pending is how many grades are still to be made.
func (s *session) pending() int {
	if s.e.Grade == nil {
		return 0
	}
	return len(s.st.Ungraded())
}

func (s *session) grades() {
	s.mu.Lock()
	late := s.st.Closed && s.st.Reported
	for failures := 0; !s.gone && s.e.ctx.Err() == nil && failures < 3; {
		due := s.st.Ungraded()
		if len(due) == 0 {
			break
		}
		st := s.st
		s.publish(interview.NoteFrame("model", map[string]string{"state": "grading", "detail": ""}))
		s.mu.Unlock()
		out := s.e.gradeOne(&st, due[0], func(state, detail string) {
			s.mu.Lock()
			s.publish(modelFrame(state, detail))
			s.mu.Unlock()
		})
		s.mu.Lock()
		s.publish(interview.NoteFrame("model", map[string]string{"state": "idle", "detail": ""}))
		if s.e.ctx.Err() != nil || s.gone {
			break // the server stops: it is due again
		}
		event := interview.NewEvent(interview.EvGradeReady, interview.GradeReady{Block: due[0].Block, Grade: out.Grade})
		if out.Failed != "" {
			event = interview.NewEvent(interview.EvGradeFailed, interview.GradeFailed{Block: due[0].Block, Reason: out.Failed, Grade: out.Grade})
		}
		events := []interview.Event{event}
		late = late || s.st.Closed && s.st.Reported
		if late && len(due) == 1 { // the report that was ready lacked it
			events = append(events, interview.NewEvent(interview.EvReportReady, interview.ReportReady{}))
		}
		if _, err := s.append(s.e.ctx, "", events...); err != nil && !errors.Is(err, context.Canceled) {
			failures++
			s.e.Log.Error("a grade could not be kept; it is made again", "session", s.st.ID, "block", due[0].Block, "err", err)
		}
	}
	s.grading = false
	closed := s.st.Closed
	s.mu.Unlock()
	if closed {
		s.e.release(s)
	}
}

// gradeOne waits for its turn: one block is graded at a time over all sessions, so that grading never takes
// the machine from somebody who waits for a question.
func (e *Engine) gradeOne(st *interview.State, d interview.Due, tell func(state, detail string)) interview.Outcome {
	select {
	case e.grading <- struct{}{}:
		defer func() { <-e.grading }()
		return e.Grade(interview.WithTeller(e.ctx, tell), st, d.Block, d.Model)
	case <-e.ctx.Done():
		return interview.Outcome{}
	}
}

// Regrade asks for every block of a closed session to be graded once more, beside the grades it has, and
// returns how many grades are due then.
func (e *Engine) Regrade(ctx context.Context, id, model string) (int, error) {
	for {
		s, err := e.open(ctx, id)
		if err != nil {
			return 0, err
		}
		n, gone, err := s.regrade(ctx, model)
		if !gone {
			return n, err
		}
	}
}

func (s *session) regrade(ctx context.Context, model string) (due int, gone bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.gone:
		return 0, true, nil
	case s.e.Grade == nil:
		return 0, false, interview.Errorf(interview.CodeUnavailable, "this server does not grade")
	case !s.st.Closed:
		return 0, false, interview.Errorf(interview.CodeConflict, "this session is not over; it is graded when it is")
	case len(s.st.Ungraded()) > 0:
		return 0, false, interview.Errorf(interview.CodeConflict, "%s; ask again then", interview.Counted(len(s.st.Ungraded()), "%d grade of this session is still being made", "%d grades of this session are still being made"))
	}
	if _, err := s.append(ctx, "", interview.NewEvent(interview.EvRegradeAsked, interview.RegradeAsked{Model: model})); err != nil {
		return 0, false, err
	}
	return len(s.st.Ungraded()), false, nil
}
