package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"rehearse/server/interview"
)

// step is what happens next in a session: events to append, or a question to speak.
type step struct {
	events []interview.Event
	ask    *question
}

// question is a turn that is about to be asked.
type question struct {
	asked   interview.QuestionAsked
	anchors []anchor // clauses of the candidate a follow-up may be tied to
	probe   bool
}

// kick lets the session go on by itself until it waits for the candidate. The caller holds s.mu.
func (s *session) kick() {
	if s.pumping || s.gone || s.e.ctx.Err() != nil {
		return
	}
	if s.st.Open > 0 || s.st.Closed && s.st.Reported {
		return
	}
	if !s.e.begin() {
		return
	}
	s.pumping = true
	go s.pump()
}

// retryAfter is the pause before a step that could not be kept is tried again.
const retryAfter = 500 * time.Millisecond

func (s *session) pump() {
	defer s.e.wg.Done()
	s.mu.Lock()
	defer s.mu.Unlock()
	defer func() { s.pumping = false }()
	for failures := 0; s.e.ctx.Err() == nil && !s.gone; {
		next, err := s.decided(s.e.ctx)
		switch {
		case err != nil:
		case next == nil:
			return
		case next.ask != nil:
			var now bool
			if now, err = s.called(s.e.ctx, next.ask); now {
				err = s.speak(s.e.ctx, next.ask)
			}
		default:
			_, err = s.append(s.e.ctx, "", next.events...)
		}
		if err == nil {
			failures = 0
			continue
		}
		if errors.Is(err, context.Canceled) {
			return
		}
		failures++
		s.e.Log.Error("the session could not go on", "session", s.st.ID, "err", err, "failures", failures)
		if failures == 3 {
			s.publish(interview.NoteFrame("error", map[string]string{"code": string(interview.CodeInternal),
				"message": "the next question could not be kept; everything you answered is. Reload the page to go on"}))
			return
		}
		s.mu.Unlock()
		select {
		case <-time.After(retryAfter):
		case <-s.e.ctx.Done():
		}
		s.mu.Lock()
	}
}

// foreseen is what comes after an event, decided while the event was being kept.
type foreseen struct {
	seq  int64 // of the event
	step *step
	err  error
	then *session // the copy that decided it: its caches are taken over
}

// foresee begins to decide what comes after an answer that is about to be appended, or is still being typed:
// next is a function of the state alone, so it need not wait for the disk. Nothing of it is used unless
// exactly this answer becomes the newest event.
func (s *session) foresee(turn int, text string) {
	if s.ahead != nil && s.aheadText == text {
		return
	}
	s.forget()
	ev := interview.NewEvent(interview.EvAnswerSubmitted, interview.AnswerSubmitted{Turn: turn, Text: text, Words: interview.CountWords(text)})
	ev.Seq, ev.At = s.st.Seq+1, s.e.stamp()
	st, err := interview.Apply(s.st, ev)
	if err != nil || !s.e.begin() {
		return // append says what is wrong
	}
	then := &session{e: s.e, st: st, voice: s.voice, heard: maps.Clone(s.heard), readings: maps.Clone(s.readings), told: maps.Clone(s.told)}
	ahead := make(chan foreseen, 1)
	s.ahead, s.aheadText = ahead, text
	go func() {
		defer s.e.wg.Done()
		step, err := then.next(s.e.ctx)
		ahead <- foreseen{seq: ev.Seq, step: step, err: err, then: then}
	}()
}

// forget drops what was foreseen.
func (s *session) forget() { s.ahead, s.aheadText = nil, "" }

// decided is next, taken from what was foreseen where that still holds.
func (s *session) decided(ctx context.Context) (*step, error) {
	if s.ahead != nil {
		f := <-s.ahead
		answer := s.aheadText
		s.forget()
		if t := s.lastTurn(); f.err == nil && f.seq == s.st.Seq && t != nil && t.Answered && t.Answer == answer {
			s.heard, s.readings, s.told = f.then.heard, f.then.readings, f.then.told
			return f.step, nil
		}
	}
	return s.next(ctx)
}

// lastTurn is the newest turn, or nil.
func (s *session) lastTurn() *interview.Turn { return s.st.Turn(len(s.st.Turns)) }

// next decides from the state alone what happens now; nil means that it is the candidate's turn, or over.
func (s *session) next(ctx context.Context) (*step, error) {
	st := &s.st
	plan := &st.Session.Plan
	switch {
	case st.Closed && !st.Reported:
		return emit(interview.NewEvent(interview.EvReportReady, interview.ReportReady{Pending: s.pending()})), nil
	case st.Closed, st.Open > 0:
		return nil, nil
	}
	if b := st.OpenBlock(); b != nil {
		return s.nextInBlock(ctx, b)
	}
	if st.InRound {
		if p, no, ok := s.nextPhase(); ok {
			return s.startBlock(ctx, p, no)
		}
		return emit(interview.NewEvent(interview.EvRoundClosed, interview.RoundClosed{Round: st.Round})), nil
	}
	if st.Round < len(plan.Rounds) {
		p := s.persona(plan.Rounds[st.Round].Persona)
		return emit(interview.NewEvent(interview.EvRoundStarted, interview.RoundStarted{Round: st.Round + 1, Persona: p.ID,
			Interviewer: interview.Interviewer{Name: p.Name, Role: p.Role}})), nil
	}
	return emit(interview.NewEvent(interview.EvSessionClosed, interview.SessionClosed{Why: "complete"})), nil
}

func emit(events ...interview.Event) *step { return &step{events: events} }

func (s *session) persona(id string) interview.Persona {
	for _, p := range s.e.Pack.Personas {
		if p.ID == id {
			return p
		}
	}
	return interview.Persona{ID: id, Name: "Interviewer"}
}

// round is the plan of the round under way.
func (s *session) round() *interview.RoundPlan { return &s.st.Session.Plan.Rounds[s.st.Round-1] }

// phase is the plan of a block.
func (s *session) phase(b *interview.Block) *interview.Phase {
	return &s.st.Session.Plan.Rounds[b.Round-1].Phases[b.PhaseNo]
}

// nextPhase is the phase whose block starts next in this round, and its index.
func (s *session) nextPhase() (*interview.Phase, int, bool) {
	phases := s.round().Phases
	no, begun := -1, 0
	for i := range s.st.Blocks {
		if b := &s.st.Blocks[i]; b.Round == s.st.Round {
			if b.PhaseNo != no {
				no, begun = b.PhaseNo, 0
			}
			begun++
		}
	}
	if no >= 0 && phases[no].Kind == interview.PhaseItem && begun < phases[no].Count && s.unusedItems(&phases[no]) {
		return &phases[no], no, true
	}
	if no+1 < len(phases) {
		return &phases[no+1], no + 1, true
	}
	return nil, 0, false
}

// startBlock opens a block, with what the interviewer says first. A block in which only the interviewer
// speaks closes in the same step.
func (s *session) startBlock(ctx context.Context, p *interview.Phase, no int) (*step, error) {
	persona := s.persona(s.st.RoundIs.Persona)
	b := interview.BlockStarted{Block: len(s.st.Blocks) + 1, Round: s.st.Round, Phase: p.ID, PhaseNo: no, Title: p.Title, Minutes: p.Minutes, Kind: string(p.Kind), FollowupSeconds: p.FollowupSeconds}
	switch p.Kind {
	case interview.PhaseOpening, interview.PhaseClosing:
		b.Text = persona.Greeting
		if p.Kind == interview.PhaseClosing {
			b.Text = persona.Closing
		}
		return emit(interview.NewEvent(interview.EvBlockStarted, b), interview.NewEvent(interview.EvBlockClosed, interview.BlockClosed{Block: b.Block})), nil
	case interview.PhaseItem:
		item, err := s.pick(ctx, p)
		if err != nil {
			return nil, err
		}
		b.Item, b.Kind = item.ID, string(item.Kind)
		if item.Kind.Technical() && item.Kind != interview.KindConceptCard { // the title of a card is its answer
			b.Title = p.Title + ": " + item.Title
		}
		if len(item.Audiences) > 0 {
			b.Audience = item.Audiences[s.rand("audience", b.Block).IntN(len(item.Audiences))]
		}
		if item.Kind == interview.KindRanking || item.Kind == interview.KindChain {
			for _, o := range item.Options {
				b.IDs = append(b.IDs, interview.Label{ID: o.ID, Label: o.Label})
			}
		}
		if item.Assets.Scan != nil {
			for _, a := range item.Assets.Scan.Alerts {
				b.IDs = append(b.IDs, interview.Label{ID: a.ID, Label: fmt.Sprintf("%s: %s, %s line %d", a.ID, a.Rule, a.File, a.Lines[0])})
			}
		}
		for _, st := range p.Steps {
			b.Artifacts = appendNew(b.Artifacts, fitting(item, st.Artifacts)...)
		}
	}
	if t := s.e.Pack.Lines.Transitions[lineOf(p.ID)]; t != "" && len(s.round().Phases) > 1 {
		b.Text = t
	}
	return emit(interview.NewEvent(interview.EvBlockStarted, b)), nil
}

// fitting leaves out the tables that an item has nothing for: alerts get verdicts, options a place.
func fitting(item *interview.Item, artifacts []string) []string {
	return slices.DeleteFunc(slices.Clone(artifacts), func(a string) bool {
		return a == "verdict" && item.Assets.Scan == nil || a == "ranking" && item.Assets.Scan != nil
	})
}

func appendNew(list []string, more ...string) []string {
	seen := map[string]bool{}
	for _, l := range list {
		seen[l] = true
	}
	for _, m := range more {
		if !seen[m] {
			list, seen[m] = append(list, m), true
		}
	}
	return list
}

// nextInBlock decides what comes after the last turn of a block.
func (s *session) nextInBlock(ctx context.Context, b *interview.Block) (*step, error) {
	p := s.phase(b)
	switch p.Kind {
	case interview.PhaseIntroduction:
		if len(b.Turns) == 0 {
			return s.stock(ctx, b, s.e.Pack.Lines.Introduction)
		}
	case interview.PhaseQuestions:
		return s.candidateAsks(ctx, b, p)
	case interview.PhaseItem:
		return s.nextInItem(ctx, b, p)
	}
	return emit(s.closeBlock(b)), nil
}

// stock asks one of the interviewer's stock sentences.
func (s *session) stock(ctx context.Context, b *interview.Block, wordings []string) (*step, error) {
	w, err := s.rotate(ctx, b, "stock", wordings)
	if err != nil {
		return nil, err
	}
	return &step{ask: &question{asked: interview.QuestionAsked{Block: b.Block, Text: w, Main: true}}}, nil
}

// candidateAsks answers what the candidate asked and invites the next question.
func (s *session) candidateAsks(_ context.Context, b *interview.Block, p *interview.Phase) (*step, error) {
	if n := len(b.Turns); n > 0 {
		last := s.st.Turn(b.Turns[n-1])
		if last.Answered && len(last.Clarified) == 0 {
			return emit(interview.NewEvent(interview.EvClarified, s.personaAnswers(b, last))), nil
		}
		if last.Skipped != "" { // nothing (more) to ask
			return emit(s.closeBlock(b)), nil
		}
	}
	lines := s.e.Pack.Lines.CandidateQuestion
	if n := len(b.Turns); n < max(1, p.Count) && n < len(lines) {
		return &step{ask: &question{asked: interview.QuestionAsked{Block: b.Block, Text: lines[n], Main: true}}}, nil
	}
	return emit(s.closeBlock(b)), nil
}

// budget is how many seconds of interview clock a block has: its minutes, less what the session is behind
// the plan of this round, but never under six tenths of them.
func (s *session) budget(b *interview.Block, p *interview.Phase) float64 {
	planned := 0.0
	for i, r := range s.st.Session.Plan.Rounds {
		for j, q := range r.Phases {
			if i == b.Round-1 && j < b.PhaseNo {
				planned += q.Minutes * 60 * float64(blocksOf(&q))
			}
		}
	}
	behind := max(0, b.StartS-startOf(&s.st, b.Round)-planned)
	if blocksOf(p) > 1 {
		behind = 0
	}
	return max(0.6*p.Minutes*60, p.Minutes*60-behind)
}

func blocksOf(p *interview.Phase) int {
	if p.Kind == interview.PhaseItem {
		return max(1, p.Count)
	}
	return 1
}

// closeBlock makes the event that closes a block; outside an exam it carries what was measured.
func (s *session) closeBlock(b *interview.Block) interview.Event {
	return interview.NewEvent(interview.EvBlockClosed, interview.BlockClosed{Block: b.Block, Measured: s.measured(b)})
}

// say publishes the words of an utterance: the authored voice at once, a model's paced. It returns early
// when speech is stopped; what is left is then shown by question.asked.
func (s *session) say(sp *speech, text string, paced bool) {
	show := func(piece string) {
		s.mu.Lock()
		sp.shown += piece
		s.publish(interview.NoteFrame("delta", deltaData{Turn: sp.turn, Text: piece}))
		s.mu.Unlock()
	}
	if !paced {
		show(text)
		return
	}
	for _, piece := range pieces(text) {
		show(piece)
		select {
		case <-sp.stop:
			return
		case <-time.After(s.e.WordPause):
		}
	}
}

// pieces cuts a text after each word, white space kept.
func pieces(text string) []string {
	var out []string
	start := 0
	for i := 1; i < len(text); i++ {
		if text[i-1] == ' ' && text[i] != ' ' {
			out = append(out, text[start:i])
			start = i
		}
	}
	return append(out, text[start:])
}

// speak says a question and makes it a turn. The caller holds s.mu, which is released while a voice works.
func (s *session) speak(ctx context.Context, q *question) error {
	q.asked.Turn = len(s.st.Turns) + 1
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	sp := &speech{turn: q.asked.Turn, stop: make(chan struct{}), cancel: cancel}
	s.speech = sp
	defer func() { s.speech = nil }()
	paced, degraded := s.compose(ctx, q)
	s.mu.Unlock()
	s.say(sp, q.asked.Text, paced)
	s.mu.Lock()
	if s.st.Closed || s.gone {
		return nil // the candidate ended it meanwhile
	}
	if s.e.ctx.Err() != nil {
		return s.e.ctx.Err()
	}
	events := []interview.Event{interview.NewEvent(interview.EvQuestionAsked, q.asked)}
	if degraded != "" {
		events = append([]interview.Event{interview.NewEvent(interview.EvVoiceDegraded, interview.VoiceDegraded{Reason: degraded})}, events...)
	}
	if _, err := s.append(s.e.ctx, "", events...); err != nil {
		return fmt.Errorf("turn %d: %w", q.asked.Turn, err)
	}
	s.listen("", false)
	return nil
}
