package probing

import (
	"rehearse/server/interview"
)

// Criteria are the gaps of a story that one sentence alone can fill.
var Criteria = []interview.Criterion{
	{ID: "Q05", Text: "the candidate did or decided something themselves"},
	{ID: "Q07", Text: "another option was considered and not taken"},
	{ID: "Q10", Text: "a number shows what the outcome was"},
	{ID: "Q13", Text: "somebody disagreed or was against it"},
	{ID: "Q15", Text: "the candidate learned something or would do something differently"},
}

// How sure a voice has to be of what it heard for a follow-up to rest on it.
const (
	heardAt   = 0.7
	unheardAt = 0.15
)

// heard lets what a voice heard while the answer was typed correct what code read, for the criteria that the voice is
// known to hear better: a gap that was filled is not asked for, and one that code overlooked is.
func (c *chooser) heard(gaps map[string]string) {
	for _, k := range Criteria {
		h, ok := c.Heard[k.ID]
		if !ok {
			continue
		}
		_, open := gaps[k.ID]
		switch {
		case open && h.Share >= heardAt:
			delete(gaps, k.ID)
		case !open && h.Whole && h.Share <= unheardAt:
			gaps[k.ID] = "nothing of it was heard"
		}
	}
}
