package engine

import (
	"context"
	"slices"

	"rehearse/server/interview"
	"rehearse/server/reading"
)

// press lets a listener whose objection was not met say so: people who object seldom object only once. Who gave way is not
// pressed; the listener has what they wanted. Turns are those of the step, the objection first.
func (s *session) press(ctx context.Context, b *interview.Block, item *interview.Item, st interview.Step, turns []int) (*question, error) {
	rubric, last := s.e.Pack.Rubrics[item.ID], s.st.Turn(turns[len(turns)-1])
	if rubric == nil || !last.Answered || len(s.e.Pack.Lines.Press) == 0 {
		return nil, nil
	}
	objection := s.st.Turn(turns[0]).Wording
	i := slices.IndexFunc(rubric.Questions, func(q interview.RoleQuestion) bool { return q.Text == objection })
	if i < 0 {
		return nil, nil
	}
	for _, n := range turns {
		if met, yielded := reading.InRole(rubric.Questions[i], s.st.Turn(n).Answer); len(met)+len(yielded) > 0 {
			return nil, nil
		}
	}
	w, err := s.rotate(ctx, b, "press", s.e.Pack.Lines.Press)
	if err != nil {
		return nil, err
	}
	return &question{asked: interview.QuestionAsked{Block: b.Block, Text: w, Wording: w, Step: st.ID,
		Probe: &interview.ProbeRef{Type: interview.ProbePress, Target: interview.ProbePress}, Expect: interview.ExpectReason}}, nil
}
