package engine

import (
	"context"
	"fmt"
	"strings"

	"rehearse/server/interview"
	"rehearse/server/reading"
)

// push fills in the question about the nth repair that the author of a pull request pushes after the review. Which place
// is repaired is drawn, and of its repairs the one that was heard least, so that neither the place nor the number of a
// repair says whether it holds. It reports false where the item has no nth place.
func (s *session) push(ctx context.Context, b *interview.Block, item *interview.Item, st interview.Step, q *interview.QuestionAsked) (bool, error) {
	rubric := s.e.Pack.Rubrics[item.ID]
	fights := rubric.Fights()
	if st.Push > len(fights) || item.Assets.Code == nil {
		return false, nil
	}
	sw := fights[s.rand("pushed place", b.Block).Perm(len(fights))[st.Push-1]]
	var argues []string
	for _, f := range sw.Fixes {
		argues = append(argues, f.Argues)
	}
	w, err := s.rotate(ctx, b, "push", argues)
	if err != nil {
		return false, err
	}
	for _, f := range sw.Fixes {
		if f.Argues != w {
			continue
		}
		q.Text, q.Wording, q.Expect = strings.ReplaceAll(st.Ask, interview.ArguesHere, w), w, interview.ExpectReason
		q.Push = &interview.PushRef{Switch: sw.ID, Fix: f.ID}
		q.Material = &interview.Material{Kind: "code", Title: "Pushed: " + item.Assets.Code.File, Text: fmt.Sprintf("What changed in lines %d to %d; the file below has the change in it.", sw.Lines[0], sw.Lines[1]), Change: sw.Changed(&f),
			Code: &interview.MaterialCode{Language: item.Assets.Code.Language, Text: rubric.Push(item.Assets.Code.Text, sw.ID, f)}}
		return true, nil
	}
	return false, nil
}

// defend asks what a decision about a repair rests on, or for a decision where there is none. What is asked does not
// depend on whether the decision is right.
func (s *session) defend(ctx context.Context, b *interview.Block, last *interview.Turn) (*question, error) {
	if !last.Answered {
		return nil, nil
	}
	typ, wordings := interview.ProbeDefend, s.e.Pack.Lines.PushApproved
	switch reading.Decides(last.Answer) {
	case reading.Blocks:
		wordings = s.e.Pack.Lines.PushBlocked
	case reading.Undecided:
		typ, wordings = interview.ProbeDecide, s.e.Pack.Lines.PushDecide
	}
	w, err := s.rotate(ctx, b, typ, wordings)
	if err != nil {
		return nil, err
	}
	return &question{asked: interview.QuestionAsked{Block: b.Block, Text: w, Wording: w, Step: last.Step, Push: last.Push,
		Probe: &interview.ProbeRef{Type: typ, Target: typ}, Expect: interview.ExpectReason}}, nil
}
