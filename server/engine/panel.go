package engine

import (
	"context"
	"slices"
	"strings"

	"rehearse/server/interview"
	"rehearse/server/strict"
)

// Panel keeps what a second rater said of a closed session. The same rater's second file takes the place of the first.
func (e *Engine) Panel(ctx context.Context, id string, p interview.PanelRecorded) error {
	for {
		s, err := e.open(ctx, id)
		if err != nil {
			return err
		}
		gone, err := s.panel(ctx, p)
		if !gone {
			e.release(s)
			return err
		}
	}
}

func (s *session) panel(ctx context.Context, p interview.PanelRecorded) (gone bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gone {
		return true, nil
	}
	p.Rater = strings.TrimSpace(p.Rater)
	switch {
	case !s.st.Closed:
		return false, interview.Errorf(interview.CodeConflict, "this session is not over; a second rater reads it when it is")
	case p.Session != s.st.ID:
		return false, interview.FieldError("session", "this file rates session %q, not this one. Nothing was changed", strict.Short(p.Session))
	case p.Rater == "" || len(p.Rater) > interview.MaxRater:
		return false, interview.FieldError("rater", "say who rates, in at most %d characters. Nothing was changed", interview.MaxRater)
	case len(p.Blocks) == 0:
		return false, interview.FieldError("blocks", "nothing was rated in this file. Nothing was changed")
	case len(s.st.Panels) >= interview.MaxPanels && !slices.ContainsFunc(s.st.Panels, func(q interview.PanelRecorded) bool { return q.Rater == p.Rater }):
		return false, interview.Errorf(interview.CodeConflict, "this session has %d ratings already; a rater may send again under the same name", interview.MaxPanels)
	}
	seen := map[int]bool{}
	for _, b := range p.Blocks {
		if err := s.panelBlock(b, seen[b.Block]); err != nil {
			return false, err
		}
		seen[b.Block] = true
	}
	_, err = s.append(ctx, "", interview.NewEvent(interview.EvPanel, p))
	return false, err
}

// panelBlock checks what was said of one exercise.
func (s *session) panelBlock(b interview.PanelBlock, twice bool) error {
	block := s.st.Block(b.Block)
	switch {
	case block == nil || block.Item == "":
		return interview.FieldError("blocks", "this session has no exercise %d. Nothing was changed", b.Block)
	case twice:
		return interview.FieldError("blocks", "exercise %d stands twice. Nothing was changed", b.Block)
	case len(b.Note) > interview.MaxCell:
		return interview.Errorf(interview.CodeTooLarge, "the note on exercise %d is longer than %d bytes. Nothing was changed", b.Block, interview.MaxCell)
	}
	for d, v := range b.Dimensions {
		if block.Kind != string(interview.KindBehavioural) || !slices.Contains(dimensions, d) || v < 1 || v > 5 {
			return interview.FieldError("dimensions", "%s is rated %d in exercise %d; stories have B1 to B7, rated 1 to 5. Nothing was changed", strict.Short(d), v, b.Block)
		}
	}
	for id, v := range b.Points {
		if v != interview.VerdictYes && v != interview.VerdictNo || !slices.Contains(s.pointIDs(block), id) {
			return interview.FieldError("points", "%s is %q in exercise %d; its points are yes or no. Nothing was changed", strict.Short(id), strict.Short(v), b.Block)
		}
	}
	return nil
}

// pointIDs are the ids of the points of a block's item.
func (s *session) pointIDs(b *interview.Block) []string {
	var out []string
	if r := s.e.Pack.Rubrics[b.Item]; r != nil {
		for _, p := range r.Points {
			out = append(out, p.ID)
		}
	}
	return out
}
