package engine

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"rehearse/server/interview"
	"rehearse/server/probing"
	"rehearse/server/reading"
)

// session is one interview in memory: its state, who listens, and what is being spoken.
type session struct {
	e  *Engine
	mu sync.Mutex
	st interview.State
	// subs are the listeners; a push never blocks.
	subs    map[int]func(interview.Frame)
	nextSub int
	pumping bool
	grading bool
	gone    bool // dropped from memory: open it again
	// speech is what is being said right now: the turn it will be and the words shown so far.
	speech *speech
	// calling is the follow-up that waits to be called by the candidate, if one does.
	calling *calling
	// voice speaks; downUntil is when a voice that failed is tried again.
	voice     Interviewer
	info      interview.VoiceInfo
	downUntil time.Time
	down      bool
	awayTimer *time.Timer
	// heard are the wordings and items of this person's other sessions.
	heard map[string]map[string]int
	// readings are the answers read for choices so far.
	readings map[string]reading.Reading
	// told is what passes of a story to other interviewers, by the turn it was told in.
	told map[int]probing.Told
	// ahead brings what was foreseen after the answer that is being typed or kept.
	ahead chan foreseen
	// ids are the commands that were acted on, where this process has seen them all; nil asks the store.
	ids       map[string]int64
	aheadText string
	effort    effort
}

// speech is one utterance on its way to the candidate.
type speech struct {
	turn   int
	shown  string
	stop   chan struct{} // closed by the stop command: show the rest at once
	cancel context.CancelFunc
	once   sync.Once
}

func (sp *speech) halt() { sp.once.Do(func() { close(sp.stop); sp.cancel() }) }

func newSession(e *Engine, st interview.State) *session {
	s := &session{e: e, st: st, subs: map[int]func(interview.Frame){}, heard: map[string]map[string]int{}, readings: map[string]reading.Reading{}, told: map[int]probing.Told{}}
	if st.Seq == 1 { // just created: no command was acted on yet
		s.ids = map[string]int64{}
	}
	return s
}

// abandon ends what is under way without a trace: the session is being deleted.
func (s *session) abandon() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gone = true
	s.calling.end()
	s.rest()
	if s.speech != nil {
		s.speech.halt()
	}
}

// AwayAfter is how long nobody has to be connected before the wall clock stops.
const AwayAfter = 60 * time.Second

// Attach registers a listener and returns what it needs to catch up: welcome, the events after a number,
// and the partial utterance if one is being spoken. push is called in order and must not block.
func (e *Engine) Attach(ctx context.Context, id string, after int64, push func(interview.Frame)) ([]interview.Frame, func(), error) {
	for {
		s, err := e.open(ctx, id)
		if err != nil {
			return nil, nil, err
		}
		first, detach, err := s.attach(ctx, after, push)
		if err != nil || first != nil {
			return first, detach, err
		}
	}
}

// welcomeData is the payload of welcome.
type welcomeData struct {
	Session string           `json:"session"`
	Seq     int64            `json:"seq"`
	Turn    *int             `json:"turn"`
	Draft   *interview.Draft `json:"draft,omitempty"`
	Clock   clockData        `json:"clock"`
}

type clockData struct {
	InterviewS float64 `json:"interview_s"`
	WallS      float64 `json:"wall_s"`
	Phase      string  `json:"phase"`
	Paused     bool    `json:"paused"`
}

type deltaData struct {
	Turn int    `json:"turn"`
	Text string `json:"text"`
}

// attach returns no frames when the session was dropped from memory meanwhile.
func (s *session) attach(ctx context.Context, after int64, push func(interview.Frame)) ([]interview.Frame, func(), error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gone {
		return nil, nil, nil
	}
	if after < 0 {
		return nil, nil, interview.FieldError("after", "after is the number of an event, or 0")
	}
	if err := s.back(ctx); err != nil {
		return nil, nil, err
	}
	w := welcomeData{Session: s.st.ID, Seq: s.st.Seq, Clock: s.clock()}
	if s.st.Open > 0 {
		open := s.st.Open
		w.Turn = &open
		d, found, err := s.e.Store.Draft(ctx, s.st.ID)
		if err != nil {
			return nil, nil, err
		}
		if found && d.Turn == open {
			w.Draft = &d
		}
	}
	first := []interview.Frame{interview.NoteFrame("welcome", w)}
	events, err := s.e.Store.Events(ctx, s.st.ID, after)
	if err != nil {
		return nil, nil, err
	}
	for _, ev := range events {
		first = append(first, interview.EventFrame(ev))
	}
	if s.speech != nil && s.speech.shown != "" {
		first = append(first, interview.NoteFrame("delta", deltaData{Turn: s.speech.turn, Text: s.speech.shown}))
	}
	if s.calling != nil && !s.calling.ended {
		first = append(first, s.guessFrame(s.calling, s.e.GuessTime))
	}
	s.nextSub++
	n := s.nextSub
	s.subs[n] = push
	s.kick()
	return first, func() { s.detach(n) }, nil
}

func (s *session) detach(n int) {
	s.mu.Lock()
	delete(s.subs, n)
	idle := len(s.subs) == 0
	if idle && !s.st.Closed && !s.st.Paused && !s.gone && s.awayTimer == nil {
		since := s.e.stamp()
		s.awayTimer = time.AfterFunc(AwayAfter, func() { s.away(since) })
	}
	closed := s.st.Closed
	s.mu.Unlock()
	if idle && closed {
		s.e.release(s)
	}
}

// away stops the wall clock when nobody came back.
func (s *session) away(since time.Time) {
	s.mu.Lock()
	s.awayTimer = nil
	if len(s.subs) == 0 && !s.st.Closed && !s.st.Paused && !s.gone && s.e.ctx.Err() == nil {
		// A failure here costs only accuracy of the wall clock; the next connection makes good for it.
		if _, err := s.append(s.e.ctx, "", interview.NewEvent(interview.EvPaused, interview.Paused{Why: "away", Since: &since})); err != nil {
			s.e.Log.Warn("pausing an abandoned session", "session", s.st.ID, "err", err)
		}
	}
	s.mu.Unlock()
	s.e.release(s)
}

// back is called when somebody connects: time away does not count, whether the server noticed it or was down.
func (s *session) back(ctx context.Context) error {
	if s.awayTimer != nil {
		s.awayTimer.Stop()
		s.awayTimer = nil
	}
	if s.st.Closed {
		return nil
	}
	if !s.st.Paused && len(s.subs) == 0 && s.st.Open > 0 && s.nextSub == 0 {
		// First connection since this process began: the server may have been down meanwhile.
		last := s.st.Last
		if s.e.Now().Sub(last) > AwayAfter {
			if d, found, err := s.e.Store.Draft(ctx, s.st.ID); err == nil && found && d.Turn == s.st.Open {
				return nil // typing went on after the last event; how long is not known, so nothing is taken off
			}
			since := last.Add(AwayAfter)
			_, err := s.append(ctx, "", interview.NewEvent(interview.EvPaused, interview.Paused{Why: "away", Since: &since}),
				interview.NewEvent(interview.EvResumed, struct{}{}))
			return err
		}
	}
	if s.st.Paused && s.st.PausedWhy == "away" {
		_, err := s.append(ctx, "", interview.NewEvent(interview.EvResumed, struct{}{}))
		return err
	}
	return nil
}

// publish sends a frame to every listener.
func (s *session) publish(f interview.Frame) {
	for _, push := range s.subs {
		push(f)
	}
}

// append numbers events, makes them durable, folds them and tells every listener. It returns the number of the last.
// The caller holds s.mu.
func (s *session) append(ctx context.Context, command string, events ...interview.Event) (int64, error) {
	st := s.st
	at := s.e.stamp()
	if at.Before(st.Last) {
		at = st.Last // a clock that was set back does not turn the log round
	}
	for i := range events {
		events[i].Seq, events[i].At = s.st.Seq+int64(i)+1, at
		var err error
		if st, err = interview.Apply(st, events[i]); err != nil {
			return 0, err
		}
	}
	if err := s.e.Store.Append(ctx, s.st.ID, command, events, st.Summary()); err != nil {
		return 0, fmt.Errorf("keeping what just happened: %w", err)
	}
	s.st = st
	if s.ids != nil && command != "" {
		s.ids[command] = st.Seq
	}
	moved := false
	for _, ev := range events {
		s.publish(interview.EventFrame(ev))
		moved = moved || slices.Contains(movesClock, ev.Type)
		if ev.Type == interview.EvPaused || ev.Type == interview.EvSessionClosed {
			s.rest()
		}
	}
	s.grade()
	if moved && !st.Closed {
		s.publish(interview.NoteFrame("clock", s.clock()))
	}
	return st.Seq, nil
}

// movesClock are the events after which the clock is sent at once, beside its regular ticks.
var movesClock = []interview.EventType{interview.EvBlockStarted, interview.EvQuestionAsked, interview.EvAnswerSubmitted, interview.EvTurnSkipped, interview.EvPaused, interview.EvResumed}

// Clock returns the frame with both clocks; ok is false for a session that is closed or not in memory.
func (e *Engine) Clock(ctx context.Context, id string) (interview.Frame, bool) {
	e.mu.Lock()
	s := e.live[id]
	e.mu.Unlock()
	if s == nil {
		return interview.Frame{}, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.st.Closed {
		return interview.Frame{}, false
	}
	if s.overdue() {
		if err := s.finish(ctx, "", "abandoned"); err != nil {
			s.e.Log.Error("closing a session past its wall clock", "session", s.st.ID, "err", err)
		}
		s.kick()
	}
	return interview.NoteFrame("clock", s.clock()), true
}

// overdue reports whether the session has taken three times its minutes on the wall.
func (s *session) overdue() bool {
	limit := s.st.Session.Minutes * 60 * interview.WallCeiling
	return !s.st.Closed && !s.st.Paused && limit > 0 && s.st.WallS(s.e.Now()) > limit
}

func (s *session) clock() clockData {
	now := s.e.Now()
	c := clockData{InterviewS: s.st.ClockS(now), WallS: s.st.WallS(now), Paused: s.st.Paused}
	if b := s.st.OpenBlock(); b != nil {
		c.Phase = b.Phase
	} else if n := len(s.st.Blocks); n > 0 {
		c.Phase = s.st.Blocks[n-1].Phase
	}
	return c
}

// finish closes whatever is open, in one transaction whose last event is session.closed.
func (s *session) finish(ctx context.Context, command, why string) error {
	var events []interview.Event
	if b := s.st.OpenBlock(); b != nil {
		events = append(events, s.closeBlock(b))
	}
	if s.st.InRound {
		events = append(events, interview.NewEvent(interview.EvRoundClosed, interview.RoundClosed{Round: s.st.Round}))
	}
	events = append(events, interview.NewEvent(interview.EvSessionClosed, interview.SessionClosed{Why: why}))
	s.calling.end()
	if s.speech != nil {
		s.speech.halt()
	}
	_, err := s.append(ctx, command, events...)
	return err
}
