package engine

import (
	"math"
	"time"

	"rehearse/server/interview"
)

// timerSlack is how far the timer of a client and our clock may differ.
const timerSlack = 5 * time.Second

// aloud checks the times of an answer that was told aloud: rising, and no longer than its question has been open.
func (s *session) aloud(t *interview.Turn, spoken []float64) error {
	if len(spoken) == 0 {
		return nil
	}
	if b := s.st.Block(t.Block); b == nil || interview.Kind(b.Kind).Technical() {
		return interview.FieldError("spoken", "only stories are told aloud; send the answer without spoken. The text was not kept as an answer")
	}
	if len(spoken) > interview.MaxParts {
		return interview.FieldError("spoken", "an answer has at most %d parts, and this one %d", interview.MaxParts, len(spoken))
	}
	before := 0.0
	for _, at := range spoken {
		if math.IsNaN(at) || at <= before || at > interview.MaxSpoken {
			return interview.FieldError("spoken", "the times are seconds from the first word, each later than the one before it, at most %d", interview.MaxSpoken)
		}
		before = at
	}
	if open := s.e.Now().Sub(t.AskedAt) + timerSlack; before > open.Seconds() {
		return interview.FieldError("spoken", "the question has been open for %.0f seconds, so nothing was told for %.0f", (open - timerSlack).Seconds(), before)
	}
	return nil
}
