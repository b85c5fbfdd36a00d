package engine

import (
	"context"

	"rehearse/server/interview"
)

// warmUp fills in a step of a warm-up: one of its cards, or what the item asks there. ok is false where the step is left
// out, because a card has left the pack.
func (s *session) warmUp(ctx context.Context, b *interview.Block, item *interview.Item, st interview.Step, q *interview.QuestionAsked) (ok bool, err error) {
	w := item.WarmUp
	if st.Flash == 0 {
		q.Text = w.Says(st.ID)
		if st.ID == interview.StepWorst && item.Assets.Code != nil { // not before: two minutes are for reading it
			q.Material = &interview.Material{Kind: "code", Title: item.Title, Code: &interview.MaterialCode{Language: item.Assets.Code.Language, Text: item.Assets.Code.Text}}
		}
		return q.Text != "", nil
	}
	if st.Flash > len(w.Flash) {
		return false, nil
	}
	card := s.e.Pack.Items[w.Flash[st.Flash-1]]
	if card == nil {
		return false, nil
	}
	text, err := s.rotate(ctx, b, "flash", append([]string{card.Prompt.Main}, card.Prompt.Variants...))
	if err != nil {
		return false, err
	}
	q.Text, q.Wording, q.Card, q.Material = text, text, card.ID, s.material(card)
	return true, nil
}
