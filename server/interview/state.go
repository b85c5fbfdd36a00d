package interview

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
)

// State is what a log says so far: the fold of Apply over its events.
type State struct {
	ID        string
	Seq       int64
	Session   SessionCreated
	Created   time.Time
	Last      time.Time // time of the newest event
	Round     int       // rounds started
	RoundIs   RoundStarted
	InRound   bool
	Blocks    []Block
	Turns     []Turn
	Open      int // the turn that waits for an answer, 0 when none does
	Paused    bool
	PausedAt  time.Time
	PausedWhy string // candidate or away, while paused
	// PausedFor is the time spent in finished pauses.
	PausedFor time.Duration
	// InterviewS is the interview clock in seconds, up to the newest event.
	InterviewS float64
	Degraded   []string // reasons given by voice.degraded, in order
	Ratings    []RatingRecorded
	Claims     []ClaimRecorded
	Disputes   []DisagreementRecorded
	Guesses    []GuessRecorded
	Outputs    []OutputTry     // of scripting tasks, in order
	Panels     []PanelRecorded // of second raters, the newest of each
	Pauses     int
	Regrades   []string // models asked for, in order; empty for the one in use
	Closed     bool
	Why        string
	ClosedAt   time.Time
	Reported   bool
}

// Block is one item (or one part of the plan without an item) and the turns in it.
type Block struct {
	BlockStarted
	StartedAt time.Time
	EndedAt   time.Time
	StartS    float64 // interview clock, seconds
	EndS      float64
	Closed    bool
	Turns     []int
	Measured  *Measured
	Grades    []Outcome // in the order they were made

	pausedBefore, pausedAfter time.Duration // of the session, when the block started and when it closed
}

// WallS is the wall time of the block in seconds, without pauses: until its end, or until now when it is open.
func (b *Block) WallS(s *State, now time.Time) float64 {
	paused := s.PausedFor - b.pausedBefore
	if b.Closed {
		now, paused = b.EndedAt, b.pausedAfter-b.pausedBefore
	}
	return max(0, (now.Sub(b.StartedAt) - paused).Seconds())
}

// blockWallS is the wall time of an open block at a time in seconds, without pauses, the one under way included.
func (s *State) blockWallS(b *Block, at time.Time) float64 {
	away := s.PausedFor - b.pausedBefore
	if s.Paused {
		away += at.Sub(s.PausedAt)
	}
	return max(0, (at.Sub(b.StartedAt) - away).Seconds())
}

// Outcome is what came of grading a block once: a grade, or why there is none.
type Outcome struct {
	Grade  json.RawMessage `json:"grade,omitempty"`
	Failed string          `json:"failed,omitempty"`
}

// Due is a grade that is still to be made.
type Due struct {
	Block int
	Model string // asked for; empty for the one in use
}

// Ungraded lists the grades that are still to be made: one for every closed exercise with an answer but a warm-up or a single part of a story, and
// one more for each time it was asked for. An exam is graded only after its end, so that nothing about it
// can reach the candidate before.
func (s *State) Ungraded() []Due {
	var out []Due
	if s.Session.Mode == ModeExam && !s.Closed {
		return nil
	}
	for i := range s.Blocks {
		b := &s.Blocks[i]
		if !s.gradable(b) {
			continue
		}
		for n := len(b.Grades); n <= len(s.Regrades); n++ {
			d := Due{Block: b.Block}
			if n > 0 {
				d.Model = s.Regrades[n-1]
			}
			out = append(out, d)
		}
	}
	return out
}

func (s *State) gradable(b *Block) bool {
	return b.Closed && b.Item != "" && Kind(b.Kind) != KindWarmUp && s.Session.Part == "" && slices.ContainsFunc(s.Reviewed(b).Turns, func(n int) bool { return s.Turn(n).Answered })
}

// Turn is one question and its reply.
type Turn struct {
	QuestionAsked
	AskedAt    time.Time
	AskedS     float64       // interview clock when the question began
	pausedFor  time.Duration // of the session, when the question was asked
	Answered   bool
	Answer     string
	AnsweredAt time.Time
	Words      int
	Effort     *Effort
	Spoken     []float64 // of an answer told aloud, as in AnswerSubmitted
	Skipped    string    // skip or dont_know
	Artifacts  []ArtifactSaved
	Clarified  []Clarified
	Hints      []string
	Stopped    bool
}

// Done reports whether the turn has its reply.
func (t Turn) Done() bool { return t.Answered || t.Skipped != "" }

// SpokenS is how long the answer took as spoken, in seconds: by the timer where it was told aloud, by its words otherwise.
func (t Turn) SpokenS() float64 {
	if n := len(t.Spoken); n > 0 {
		return t.Spoken[n-1]
	}
	return candidateS(t.Words)
}

// Reviewed is a block without the turns about repairs that were pushed: what the review itself is judged by. "I would
// approve this" about a repair is no word about the pull request.
func (s *State) Reviewed(b *Block) *Block {
	if !slices.ContainsFunc(b.Turns, func(n int) bool { return s.Turn(n).Push != nil }) {
		return b
	}
	out := *b
	out.Turns = slices.DeleteFunc(slices.Clone(b.Turns), func(n int) bool { return s.Turn(n).Push != nil })
	return &out
}

// CountWords counts the words of a text: runs without white space that hold a letter or a digit.
func CountWords(text string) int {
	n := 0
	for f := range strings.FieldsSeq(text) {
		if strings.IndexFunc(f, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) >= 0 {
			n++
		}
	}
	return n
}

func candidateS(words int) float64 { return float64(words) / CandidateWordsPerMinute * 60 }
func interviewerS(text string) float64 {
	return float64(CountWords(text)) / InterviewerWordsPerMinute * 60
}

// Turn returns the turn numbered n, or nil.
func (s *State) Turn(n int) *Turn {
	if n < 1 || n > len(s.Turns) {
		return nil
	}
	return &s.Turns[n-1]
}

// Block returns the block numbered n, or nil.
func (s *State) Block(n int) *Block {
	if n < 1 || n > len(s.Blocks) {
		return nil
	}
	return &s.Blocks[n-1]
}

// OpenBlock returns the block that is under way, or nil.
func (s *State) OpenBlock() *Block {
	if n := len(s.Blocks); n > 0 && !s.Blocks[n-1].Closed {
		return &s.Blocks[n-1]
	}
	return nil
}

// WallS is the wall clock at now in seconds: the time since the session began, pauses left out.
func (s *State) WallS(now time.Time) float64 {
	if s.Closed {
		now = s.ClosedAt
	}
	d := now.Sub(s.Created) - s.PausedFor
	if s.Paused && !s.Closed {
		d -= now.Sub(s.PausedAt)
	}
	return max(0, d.Seconds())
}

// ClockS is the interview clock at now in seconds. Only an open turn whose clock is the wall (reading
// code, drawing) moves it between events.
func (s *State) ClockS(now time.Time) float64 {
	if t := s.Turn(s.Open); t != nil && t.Clock == "wall" && !s.Closed {
		return s.InterviewS + s.turnWallS(t, now)
	}
	return s.InterviewS
}

func (s *State) turnWallS(t *Turn, now time.Time) float64 {
	d := now.Sub(t.AskedAt) - (s.PausedFor - t.pausedFor)
	if s.Paused {
		d -= now.Sub(s.PausedAt)
	}
	return max(0, d.Seconds())
}

// Summary is the state on one line.
func (s *State) Summary() Summary {
	sum := Summary{ID: s.ID, Format: s.Session.Format, Title: s.Session.Title, Mode: s.Session.Mode, Level: s.Session.Level,
		Blueprint: s.Session.Blueprint, CreatedAt: s.Created, Closed: s.Closed, Why: s.Why, Blocks: len(s.Blocks), Turns: len(s.Turns), InterviewS: s.InterviewS, Seq: s.Seq}
	if s.Closed {
		at := s.ClosedAt
		sum.ClosedAt = &at
	}
	for _, t := range s.Turns {
		if t.Answered {
			sum.Answers++
		}
	}
	return sum
}

// Fold applies events in order to an empty state.
func Fold(id string, events []Event) (State, error) {
	s := State{ID: id}
	for _, e := range events {
		var err error
		if s, err = Apply(s, e); err != nil {
			return s, err
		}
	}
	return s, nil
}

// Apply returns the state after e. It is pure: s is not changed. An event out of sequence, with a
// payload that does not decode, or about a turn or block that does not exist is an error; a type that
// is not known only advances the sequence, so that an older program can read a newer log.
func Apply(s State, e Event) (State, error) {
	if e.Seq != s.Seq+1 {
		return s, fmt.Errorf("event %d follows event %d of session %s: the log has a hole", e.Seq, s.Seq, s.ID)
	}
	apply, known := appliers[e.Type]
	next := s
	if known {
		next.Turns, next.Blocks = slices.Clone(s.Turns), slices.Clone(s.Blocks)
		if err := apply(&next, e); err != nil {
			return s, fmt.Errorf("event %d (%s) of session %s: %w", e.Seq, e.Type, s.ID, err)
		}
	}
	next.Seq, next.Last = e.Seq, e.At
	return next, nil
}

// on makes an applier from a function over the event's decoded payload.
func on[T any](f func(*State, Event, T) error) func(*State, Event) error {
	return func(s *State, e Event) error {
		var data T
		if err := json.Unmarshal(e.Data, &data); err != nil {
			return err
		}
		return f(s, e, data)
	}
}

// onTurn makes an applier for an event about a turn that exists.
func onTurn[T any](turn func(T) int, f func(*State, Event, T, *Turn)) func(*State, Event) error {
	return on(func(s *State, e Event, d T) error {
		t := s.Turn(turn(d))
		if t == nil {
			return fmt.Errorf("there is no turn %d", turn(d))
		}
		f(s, e, d, t)
		return nil
	})
}

var appliers = map[EventType]func(*State, Event) error{
	EvSessionCreated: on(func(s *State, e Event, d SessionCreated) error {
		s.Session, s.Created = d, e.At
		return nil
	}),
	EvRoundStarted: on(func(s *State, _ Event, d RoundStarted) error {
		s.Round, s.RoundIs, s.InRound = d.Round, d, true
		return nil
	}),
	EvRoundClosed: on(func(s *State, _ Event, _ RoundClosed) error {
		s.InRound = false
		return nil
	}),
	EvBlockStarted: on(func(s *State, e Event, d BlockStarted) error {
		b := Block{BlockStarted: d, StartedAt: e.At, StartS: s.InterviewS, pausedBefore: s.PausedFor}
		s.InterviewS += interviewerS(d.Text)
		s.Blocks = append(s.Blocks, b)
		return nil
	}),
	EvBlockClosed: on(func(s *State, e Event, d BlockClosed) error {
		b := s.Block(d.Block)
		if b == nil {
			return fmt.Errorf("there is no block %d", d.Block)
		}
		b.Closed, b.EndedAt, b.EndS, b.Measured, b.pausedAfter = true, e.At, s.InterviewS, d.Measured, s.PausedFor
		return nil
	}),
	EvQuestionAsked: on(applyQuestion),
	EvAnswerSubmitted: onTurn(func(d AnswerSubmitted) int { return d.Turn }, func(s *State, e Event, d AnswerSubmitted, t *Turn) {
		t.Answered, t.Answer, t.AnsweredAt, t.Words, t.Effort, t.Spoken = true, d.Text, e.At, d.Words, d.Effort, d.Spoken
		s.settle(t, e.At, t.SpokenS())
	}),
	EvTurnSkipped: onTurn(func(d TurnSkipped) int { return d.Turn }, func(s *State, e Event, d TurnSkipped, t *Turn) {
		s.settle(t, e.At, 0)
		t.Skipped, t.AnsweredAt = d.Why, e.At
	}),
	EvArtifactSaved: onTurn(func(d ArtifactSaved) int { return d.Turn }, func(_ *State, _ Event, d ArtifactSaved, t *Turn) {
		kept := slices.DeleteFunc(slices.Clone(t.Artifacts), func(a ArtifactSaved) bool { return a.Kind == d.Kind })
		t.Artifacts = append(kept, d)
	}),
	EvHintGiven: onTurn(func(d HintGiven) int { return d.Turn }, func(s *State, _ Event, d HintGiven, t *Turn) {
		t.Hints = append(slices.Clone(t.Hints), d.Text)
		s.InterviewS += interviewerS(d.Text)
	}),
	EvClarified: onTurn(func(d Clarified) int { return d.Turn }, func(s *State, _ Event, d Clarified, t *Turn) {
		if !d.Repeat && t.Clock != "wall" && !t.Answered {
			s.InterviewS += candidateS(CountWords(d.Question))
		}
		t.Clarified = append(slices.Clone(t.Clarified), d)
		s.InterviewS += interviewerS(d.Text)
	}),
	EvSpeechStopped: on(func(*State, Event, SpeechStopped) error { return nil }),
	EvGuessRecorded: on(func(s *State, _ Event, d GuessRecorded) error {
		s.Guesses = append(slices.Clone(s.Guesses), d)
		return nil
	}),
	EvRatingRecorded: on(func(s *State, _ Event, d RatingRecorded) error {
		s.Ratings = append(slices.Clone(s.Ratings), d)
		return nil
	}),
	EvClaimRecorded: on(func(s *State, _ Event, d ClaimRecorded) error {
		s.Claims = append(slices.Clone(s.Claims), d)
		return nil
	}),
	EvOutputRecorded: on(func(s *State, e Event, d OutputRecorded) error {
		b := s.Block(d.Block)
		if b == nil {
			return fmt.Errorf("there is no block %d", d.Block)
		}
		try := OutputTry{OutputRecorded: d, At: e.At, WallS: s.blockWallS(b, e.At), ClockS: s.ClockS(e.At) - b.StartS}
		s.Outputs = append(slices.Clone(s.Outputs), try)
		return nil
	}),
	EvDisagreement: on(func(s *State, _ Event, d DisagreementRecorded) error {
		s.Disputes = append(slices.Clone(s.Disputes), d)
		return nil
	}),
	EvPaused: on(func(s *State, e Event, d Paused) error {
		if s.Paused {
			return nil
		}
		s.Paused, s.PausedAt, s.PausedWhy = true, e.At, d.Why
		s.Pauses++
		if d.Since != nil {
			s.PausedAt = *d.Since
		}
		return nil
	}),
	EvResumed: on(func(s *State, e Event, _ struct{}) error {
		if s.Paused {
			s.Paused, s.PausedFor = false, s.PausedFor+e.At.Sub(s.PausedAt)
		}
		return nil
	}),
	EvGradeReady: on(func(s *State, _ Event, d GradeReady) error {
		return s.outcome(d.Block, Outcome{Grade: d.Grade})
	}),
	EvGradeFailed: on(func(s *State, _ Event, d GradeFailed) error {
		return s.outcome(d.Block, Outcome{Grade: d.Grade, Failed: d.Reason})
	}),
	EvPanel: on(applyPanel),
	EvRegradeAsked: on(func(s *State, _ Event, d RegradeAsked) error {
		s.Regrades = append(slices.Clone(s.Regrades), d.Model)
		return nil
	}),
	EvVoiceDegraded: on(func(s *State, _ Event, d VoiceDegraded) error {
		s.Degraded = append(slices.Clone(s.Degraded), d.Reason)
		return nil
	}),
	EvSessionClosed: on(func(s *State, e Event, d SessionClosed) error {
		if s.Paused {
			s.Paused, s.PausedFor = false, s.PausedFor+e.At.Sub(s.PausedAt)
		}
		s.Closed, s.Why, s.ClosedAt, s.Open = true, d.Why, e.At, 0
		return nil
	}),
	EvReportReady: on(func(s *State, _ Event, _ ReportReady) error {
		s.Reported = true
		return nil
	}),
}

func (s *State) outcome(block int, o Outcome) error {
	b := s.Block(block)
	if b == nil {
		return fmt.Errorf("there is no block %d", block)
	}
	b.Grades = append(slices.Clone(b.Grades), o)
	return nil
}

func applyQuestion(s *State, e Event, d QuestionAsked) error {
	b := s.Block(d.Block)
	if b == nil {
		return fmt.Errorf("there is no block %d", d.Block)
	}
	if d.Turn != len(s.Turns)+1 {
		return fmt.Errorf("turn %d follows turn %d", d.Turn, len(s.Turns))
	}
	s.Turns = append(s.Turns, Turn{QuestionAsked: d, AskedAt: e.At, AskedS: s.InterviewS, pausedFor: s.PausedFor})
	b.Turns = append(slices.Clone(b.Turns), d.Turn)
	s.InterviewS += interviewerS(d.Text) + d.Think
	s.Open = d.Turn
	return nil
}

// settle closes turn t at a time and moves the interview clock by what the turn took: spoken seconds
// of the reply, or the wall where the two clocks are equal.
func (s *State) settle(t *Turn, at time.Time, spoken float64) {
	if t.Clock == "wall" {
		spoken = s.turnWallS(t, at)
	}
	s.InterviewS += spoken
	if s.Open == t.Turn {
		s.Open = 0
	}
}
