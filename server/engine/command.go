package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"rehearse/server/interview"
	"rehearse/server/reading"
	"rehearse/server/strict"
)

// Do acts on one command of a client and returns the number of the event that it became; for a draft,
// the frames to answer with. A command id that was seen before does nothing and returns the same number.
func (e *Engine) Do(ctx context.Context, id string, cmd interview.Command) (int64, []interview.Frame, error) {
	for {
		s, err := e.open(ctx, id)
		if err != nil {
			return 0, nil, err
		}
		seq, frames, gone, err := s.do(ctx, cmd)
		if !gone {
			return seq, frames, err
		}
	}
}

func (s *session) do(ctx context.Context, cmd interview.Command) (seq int64, frames []interview.Frame, gone bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gone {
		return 0, nil, true, nil
	}
	if cmd.Type == "draft" {
		frames, err = s.draft(ctx, cmd)
		return 0, frames, false, err
	}
	if cmd.ID == "" || len(cmd.ID) > interview.MaxID {
		return 0, nil, false, interview.FieldError("id", "every command needs an id of its own, at most %d bytes", interview.MaxID)
	}
	seq, found, err := s.acted(ctx, cmd.ID)
	if err != nil || found {
		return seq, nil, false, err
	}
	if s.st.Closed && !slices.Contains([]string{"rate", "disagree", "claim"}, cmd.Type) {
		return 0, nil, false, interview.Errorf(interview.CodeConflict, "this session is closed; its report is ready")
	}
	run, ok := commands[cmd.Type]
	if !ok {
		return 0, nil, false, interview.FieldError("type", "there is no command %q", cmd.Type)
	}
	if s.st.Paused && slices.Contains(movesOn, cmd.Type) {
		return 0, nil, false, s.whilePaused(ctx, cmd)
	}
	seq, err = run(s, ctx, cmd)
	if err == nil {
		s.kick()
	}
	return seq, nil, false, err
}

// Acted returns the number of the event that a command id became, and whether the id was used at all.
func (e *Engine) Acted(ctx context.Context, id, command string) (int64, bool, error) {
	s, err := e.open(ctx, id)
	if err != nil {
		return 0, false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.acted(ctx, command)
}

// acted reports whether a command was acted on before, and as which event.
func (s *session) acted(ctx context.Context, id string) (int64, bool, error) {
	if s.ids != nil {
		seq, found := s.ids[id]
		return seq, found, nil
	}
	return s.e.Store.Command(ctx, s.st.ID, id)
}

var commands = map[string]func(*session, context.Context, interview.Command) (int64, error){
	"answer":  (*session).answer,
	"clarify": (*session).clarify,
	"hint":    (*session).hint,
	"repeat":  (*session).repeat,
	"skip": func(s *session, ctx context.Context, c interview.Command) (int64, error) {
		return s.skip(ctx, c, "skip")
	},
	"dont_know": func(s *session, ctx context.Context, c interview.Command) (int64, error) {
		return s.skip(ctx, c, "dont_know")
	},
	"stop":     (*session).stop,
	"pause":    (*session).pause,
	"resume":   (*session).resume,
	"end":      (*session).end,
	"rate":     (*session).rate,
	"disagree": (*session).disagree,
	"claim":    (*session).claim,
	"artifact": (*session).artifact,
	"guess":    (*session).guess,
}

// movesOn are the commands that the interviewer would reply to. A pause is a pause of both: they wait for its end.
var movesOn = []string{"answer", "clarify", "hint", "repeat", "skip", "dont_know"}

// whilePaused is the refusal of a command that waits for the end of a pause. An answer is kept as the draft.
func (s *session) whilePaused(ctx context.Context, cmd interview.Command) error {
	if cmd.Type != "answer" {
		return interview.Errorf(interview.CodeConflict, "the session is paused and nothing was changed; resume it and send this again")
	}
	if _, err := s.draft(ctx, cmd); err != nil {
		return err
	}
	return interview.Errorf(interview.CodeConflict, "the session is paused; your answer is kept as a draft, and not submitted. Resume the session and send it again")
}

// openTurn returns the open turn when it is the one that the client means.
func (s *session) openTurn(n int) (*interview.Turn, error) {
	if s.st.Open == 0 {
		return nil, interview.Errorf(interview.CodeConflict, "no question is open right now; wait for the next one")
	}
	if n != s.st.Open {
		return nil, interview.Errorf(interview.CodeConflict, "turn %d is not open; turn %d is", n, s.st.Open)
	}
	return s.st.Turn(n), nil
}

// tooLong is the error for text over a limit; the draft of it is kept by the client.
func tooLong(text string, limit int) error {
	if len(text) <= limit {
		return nil
	}
	if n := utf8.RuneCountInString(text); n > limit {
		return interview.Errorf(interview.CodeTooLarge, "this is %d characters long; at most %d are taken. Nothing was changed: shorten it and send it again", n, limit)
	}
	return nil
}

// foreseeFrom is how long a draft is, in bytes, before it is worth reading ahead.
const foreseeFrom = 200

func (s *session) draft(ctx context.Context, cmd interview.Command) ([]interview.Frame, error) {
	if s.st.Closed {
		return nil, interview.Errorf(interview.CodeConflict, "this session is closed; its report is ready")
	}
	if _, err := s.openTurn(cmd.Turn); err != nil {
		return nil, err
	}
	if err := tooLong(cmd.Text, interview.MaxAnswerRunes); err != nil {
		return nil, err
	}
	if err := s.e.Store.SaveDraft(ctx, s.st.ID, interview.Draft{Turn: cmd.Turn, Text: cmd.Text}); err != nil {
		return nil, err
	}
	s.effort.note(cmd.Turn, cmd.Text, s.e.Now())
	if len(cmd.Text) >= foreseeFrom {
		s.foresee(cmd.Turn, cmd.Text)
	}
	s.listen(settled(cmd.Text), strings.TrimSpace(cmd.Text) != "")
	return []interview.Frame{interview.NoteFrame("draft.saved", map[string]int{"turn": cmd.Turn})}, nil
}

func (s *session) answer(ctx context.Context, cmd interview.Command) (int64, error) {
	turn, err := s.openTurn(cmd.Turn)
	if err != nil {
		return 0, err
	}
	if strings.TrimSpace(cmd.Text) == "" {
		return 0, interview.FieldError("text", "the answer is empty; type one, or use skip or I don't know")
	}
	if err := tooLong(cmd.Text, interview.MaxAnswerRunes); err != nil {
		return 0, err
	}
	if s.phase(s.st.Block(turn.Block)).Kind != interview.PhaseQuestions && reading.OnlyAsks(cmd.Text) {
		return s.clarify(ctx, cmd)
	}
	if err := s.aloud(turn, cmd.Spoken); err != nil {
		return 0, err
	}
	s.effort.note(cmd.Turn, cmd.Text, s.e.Now())
	submitted := interview.NewEvent(interview.EvAnswerSubmitted, interview.AnswerSubmitted{Turn: cmd.Turn, Text: cmd.Text, Words: interview.CountWords(cmd.Text), Effort: s.effort.of(cmd.Turn, turn.AskedAt), Spoken: cmd.Spoken})
	s.foresee(cmd.Turn, cmd.Text)
	return s.append(ctx, cmd.ID, submitted)
}

func (s *session) hint(ctx context.Context, cmd interview.Command) (int64, error) {
	turn, err := s.openTurn(cmd.Turn)
	if err != nil {
		return 0, err
	}
	if s.st.Session.Mode == interview.ModeExam {
		return 0, interview.Errorf(interview.CodeConflict, "an exam has no hints")
	}
	b := s.st.Block(turn.Block)
	item := s.e.Pack.Items[b.Item]
	if s.st.Session.Mode != interview.ModeCoached || item == nil || !item.Kind.Technical() {
		return 0, interview.Errorf(interview.CodeConflict, "hints are for technical exercises in coached mode")
	}
	given := 0
	for _, n := range b.Turns {
		given += len(s.st.Turn(n).Hints)
	}
	if given > 0 && given >= len(item.Hints) {
		all := fmt.Sprintf("all %d of them were given", given)
		if given == 1 {
			all = "the one there is was given"
		}
		return 0, interview.Errorf(interview.CodeConflict, "there are no more hints for this exercise: %s", all)
	}
	if len(item.Hints) == 0 {
		return 0, interview.Errorf(interview.CodeConflict, "%s", s.e.Pack.Lines.NoHint)
	}
	return s.append(ctx, cmd.ID, interview.NewEvent(interview.EvHintGiven, interview.HintGiven{Turn: cmd.Turn, Text: item.Hints[given]}))
}

func (s *session) repeat(ctx context.Context, cmd interview.Command) (int64, error) {
	turn, err := s.openTurn(cmd.Turn)
	if err != nil {
		return 0, err
	}
	return s.append(ctx, cmd.ID, interview.NewEvent(interview.EvClarified,
		interview.Clarified{Turn: cmd.Turn, Text: turn.Text, Repeat: true}))
}

func (s *session) skip(ctx context.Context, cmd interview.Command, why string) (int64, error) {
	if _, err := s.openTurn(cmd.Turn); err != nil {
		return 0, err
	}
	return s.append(ctx, cmd.ID, interview.NewEvent(interview.EvTurnSkipped, interview.TurnSkipped{Turn: cmd.Turn, Why: why}))
}

func (s *session) stop(ctx context.Context, cmd interview.Command) (int64, error) {
	turn := s.st.Open
	if s.speech != nil {
		turn = s.speech.turn
		s.speech.halt()
	}
	return s.append(ctx, cmd.ID, interview.NewEvent(interview.EvSpeechStopped, interview.SpeechStopped{Turn: turn}))
}

func (s *session) pause(ctx context.Context, cmd interview.Command) (int64, error) {
	if s.st.Paused {
		return 0, interview.Errorf(interview.CodeConflict, "the session is paused already")
	}
	return s.append(ctx, cmd.ID, interview.NewEvent(interview.EvPaused, interview.Paused{Why: "candidate"}))
}

func (s *session) resume(ctx context.Context, cmd interview.Command) (int64, error) {
	if !s.st.Paused {
		return 0, interview.Errorf(interview.CodeConflict, "the session is not paused")
	}
	return s.append(ctx, cmd.ID, interview.NewEvent(interview.EvResumed, struct{}{}))
}

func (s *session) end(ctx context.Context, cmd interview.Command) (int64, error) {
	if err := s.finish(ctx, cmd.ID, "ended"); err != nil {
		return 0, err
	}
	return s.st.Seq, nil
}

// dimensions are the behavioural dimensions a person may rate themselves on or claim.
var dimensions = []string{"B1", "B2", "B3", "B4", "B5", "B6", "B7"}

func (s *session) rate(ctx context.Context, cmd interview.Command) (int64, error) {
	if s.st.Block(cmd.Block) == nil {
		return 0, interview.FieldError("block", "there is no block %d", cmd.Block)
	}
	if len(cmd.Dimensions) == 0 {
		return 0, interview.FieldError("dimensions", "rate at least one dimension, 1 to 5")
	}
	for d, v := range cmd.Dimensions {
		if !slices.Contains(dimensions, d) || v < 1 || v > 5 {
			return 0, interview.FieldError("dimensions", "%s is rated %d; dimensions are B1 to B7, ratings 1 to 5", d, v)
		}
	}
	return s.append(ctx, cmd.ID, interview.NewEvent(interview.EvRatingRecorded, interview.RatingRecorded{Block: cmd.Block, Dimensions: cmd.Dimensions}))
}

func (s *session) disagree(ctx context.Context, cmd interview.Command) (int64, error) {
	if s.st.Block(cmd.Block) == nil {
		return 0, interview.FieldError("block", "there is no block %d", cmd.Block)
	}
	if !slices.Contains(s.disputable(s.st.Block(cmd.Block)), cmd.Point) {
		return 0, interview.FieldError("point", "block %d has no point %q; the ids of its points stand in the report", cmd.Block, strict.Short(cmd.Point))
	}
	if strings.TrimSpace(cmd.Why) == "" {
		return 0, interview.FieldError("why", "say why you disagree, in at most %d characters", interview.MaxClarify)
	}
	if err := tooLong(cmd.Why, interview.MaxClarify); err != nil {
		return 0, err
	}
	return s.append(ctx, cmd.ID, interview.NewEvent(interview.EvDisagreement, interview.DisagreementRecorded{Block: cmd.Block, Point: cmd.Point, Why: cmd.Why}))
}

// disputable are the ids of what a report says about a block: dimensions of a story, and the points, findings,
// steps and red flags of an exercise.
func (s *session) disputable(b *interview.Block) []string {
	var ids []string
	if b.Kind == string(interview.KindBehavioural) {
		ids = append(ids, dimensions...)
	}
	r := s.e.Pack.Rubrics[b.Item]
	if r == nil {
		return ids
	}
	for _, p := range r.Points {
		ids = append(ids, p.ID)
	}
	for _, f := range r.Findings {
		ids = append(ids, f.ID)
	}
	for _, o := range r.Order {
		ids = append(ids, o.ID)
	}
	for _, f := range r.RedFlags {
		ids = append(ids, f.ID)
	}
	return ids
}

func (s *session) claim(ctx context.Context, cmd interview.Command) (int64, error) {
	t := s.st.Turn(cmd.Turn)
	switch {
	case s.st.Block(cmd.Block) == nil:
		return 0, interview.FieldError("block", "there is no block %d", cmd.Block)
	case t == nil || t.Block != cmd.Block || !t.Answered:
		return 0, interview.FieldError("turn", "turn %d is not an answer of block %d", cmd.Turn, cmd.Block)
	case !slices.Contains(dimensions, cmd.Dimension):
		return 0, interview.FieldError("dimension", "dimensions are B1 to B7")
	case cmd.Start < 0 || cmd.End > len(t.Answer) || cmd.Start >= cmd.End ||
		!utf8.ValidString(t.Answer[cmd.Start:cmd.End]):
		return 0, interview.FieldError("start", "bytes %d to %d are not a piece of that answer", cmd.Start, cmd.End)
	}
	return s.append(ctx, cmd.ID, interview.NewEvent(interview.EvClaimRecorded,
		interview.ClaimRecorded{Block: cmd.Block, Dimension: cmd.Dimension, Turn: cmd.Turn, Start: cmd.Start, End: cmd.End}))
}
