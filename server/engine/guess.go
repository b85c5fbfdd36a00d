package engine

import (
	"context"
	"slices"
	"strings"
	"time"

	"rehearse/server/interview"
	"rehearse/server/probing"
	"rehearse/server/strict"
)

// GuessTime is how long a session started with guess waits for the candidate to call the follow-up.
const GuessTime = 25 * time.Second

// calling is a follow-up that waits to be called: the turn it will be, and how its wait ends.
type calling struct {
	turn  int
	done  chan struct{}
	ended bool
}

func (c *calling) end() {
	if c != nil && !c.ended {
		c.ended = true
		close(c.done)
	}
}

// guessData is the payload of the frame that asks for a guess: the answer's turn, and what may be called.
type guessData struct {
	Turn    int               `json:"turn"`
	Seconds float64           `json:"seconds"`
	Types   []interview.Label `json:"types"`
}

// called reports whether a follow-up may be asked: it is none that can be guessed, or it was called, or the time for that
// is over. Otherwise it waits, with s.mu released, and what comes next is decided anew. The caller holds s.mu.
func (s *session) called(ctx context.Context, q *question) (bool, error) {
	next := len(s.st.Turns) + 1
	if !s.st.Session.Guess || !q.probe || slices.ContainsFunc(s.st.Guesses, func(g interview.GuessRecorded) bool { return g.Turn == next }) {
		return true, nil
	}
	c := &calling{turn: next, done: make(chan struct{})}
	s.calling = c
	defer func() { s.calling = nil }()
	s.publish(s.guessFrame(c, s.e.GuessTime))
	timer := time.NewTimer(s.e.GuessTime)
	defer timer.Stop()
	s.mu.Unlock()
	late := false
	select {
	case <-c.done:
	case <-timer.C:
		late = true
	case <-ctx.Done():
	}
	s.mu.Lock()
	switch {
	case ctx.Err() != nil:
		return false, ctx.Err()
	case s.st.Closed || s.gone || c.ended || !late:
		return false, nil
	}
	_, err := s.append(ctx, "", interview.NewEvent(interview.EvGuessRecorded, interview.GuessRecorded{Turn: next})) // it was not called in time
	return false, err
}

// guessFrame asks for a guess. It names the answer that the follow-up is about, so that a client needs no turn that does
// not exist yet.
func (s *session) guessFrame(c *calling, left time.Duration) interview.Frame {
	return interview.NoteFrame("guess", guessData{Turn: c.turn - 1, Seconds: left.Seconds(), Types: s.e.guessable(s.st.OpenBlock())})
}

// guessable are the types of follow-ups that a block can have, with names to show.
func (e *Engine) guessable(b *interview.Block) []interview.Label {
	out := []interview.Label{}
	if b == nil {
		return out
	}
	if interview.Kind(b.Kind).Technical() {
		return []interview.Label{{ID: probing.TypePoint, Label: "something I have not said"}, {ID: probing.TypeIfSaid, Label: "a harder case of what I said"}, {ID: probing.TypeMisconception, Label: "something I said that does not hold"}}
	}
	for _, t := range e.Pack.Bank {
		out = append(out, interview.Label{ID: t.Type, Label: t.Name})
	}
	return out
}

// guess records which follow-up the candidate expects. The turn is that of the answer it is about, or the coming one.
func (s *session) guess(ctx context.Context, cmd interview.Command) (int64, error) {
	switch c := s.calling; {
	case !s.st.Session.Guess:
		return 0, interview.Errorf(interview.CodeConflict, "this session was not started with guess")
	case c == nil || c.ended:
		return 0, interview.Errorf(interview.CodeConflict, "no follow-up waits to be called right now; nothing was changed")
	case cmd.Turn != c.turn && cmd.Turn != c.turn-1:
		return 0, interview.Errorf(interview.CodeConflict, "the follow-up that waits is about turn %d, not %d", c.turn-1, cmd.Turn)
	}
	types := s.e.guessable(s.st.OpenBlock())
	if !slices.ContainsFunc(types, func(l interview.Label) bool { return l.ID == cmd.Guess }) {
		var ids []string
		for _, l := range types {
			ids = append(ids, l.ID)
		}
		return 0, interview.FieldError("guess", "guess is one of %s, not %q", strings.Join(ids, ", "), strict.Short(cmd.Guess))
	}
	turn := s.calling.turn
	seq, err := s.append(ctx, cmd.ID, interview.NewEvent(interview.EvGuessRecorded, interview.GuessRecorded{Turn: turn, Type: cmd.Guess}))
	if err == nil {
		s.calling.end()
	}
	return seq, err
}
