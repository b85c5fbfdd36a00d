package interview

// EvPanel is what a second rater said of a closed session, by the panel file.
const EvPanel EventType = "panel.recorded"

// PanelRecorded is the payload of panel.recorded, and what a panel file sends back. Whoever rates has seen the answers and
// the scales, and neither a mark nor a grade.
type PanelRecorded struct {
	Session string       `json:"session" strict:"required"`
	Rater   string       `json:"rater" strict:"required"` // a name of the rater's choice
	Blocks  []PanelBlock `json:"blocks" strict:"required"`
}

// PanelBlock is one exercise as a second rater saw it. Dimensions are 1 to 5; points are yes or no, by id. What was not
// rated is left out.
type PanelBlock struct {
	Block      int               `json:"block" strict:"required"`
	Dimensions map[string]int    `json:"dimensions,omitempty"`
	Points     map[string]string `json:"points,omitempty"`
	Note       string            `json:"note,omitempty"`
}

// Limits on what a second rater may send.
const (
	MaxRater  = 80 // bytes of a name
	MaxPanels = 20 // ratings of one session
)

// applyPanel keeps the newest rating of each rater: who sends again corrects what they sent.
func applyPanel(s *State, _ Event, d PanelRecorded) error {
	kept := make([]PanelRecorded, 0, len(s.Panels)+1)
	for _, p := range s.Panels {
		if p.Rater != d.Rater {
			kept = append(kept, p)
		}
	}
	kept = append(kept, d)
	s.Panels = kept
	return nil
}
