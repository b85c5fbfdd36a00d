package grading

import "rehearse/server/interview"

// MostChecks is how many questions of one word a judge that weighs is asked about a block at most: for a story every
// step of the ladders over its plausible sentences, at once and after the follow-ups; for an exercise every point over
// its own.
func MostChecks(st *interview.State, b *interview.Block, p *interview.Pack) int {
	in, turns := inputOf(st, b, p)
	if len(turns) == 0 {
		return 0
	}
	if in.Kind.Technical() {
		return perPoint * len(in.Points)
	}
	n := perStep * len(Steps())
	if len(in.History) > 0 {
		n *= 2
	}
	return n
}
