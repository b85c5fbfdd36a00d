package interview

import (
	"encoding/json"
	"time"
)

// Event is one line of a session's log. Seq starts at 1 in each session and has no holes.
// Data is the JSON of one of the payload types below, chosen by Type. The log is the
// truth: state, replay, report and export are all read from it.
type Event struct {
	Seq  int64           `json:"seq"`
	Type EventType       `json:"type"`
	At   time.Time       `json:"at"`
	Data json.RawMessage `json:"data"`
}

// EventType names a durable event.
type EventType string

// The durable events.
const (
	EvSessionCreated  EventType = "session.created"
	EvRoundStarted    EventType = "round.started"
	EvBlockStarted    EventType = "block.started"
	EvQuestionAsked   EventType = "question.asked"
	EvAnswerSubmitted EventType = "answer.submitted"
	EvArtifactSaved   EventType = "artifact.saved"
	EvHintGiven       EventType = "hint.given"
	EvClarified       EventType = "clarified"
	EvTurnSkipped     EventType = "turn.skipped"
	EvGuessRecorded   EventType = "guess.recorded"
	EvRatingRecorded  EventType = "rating.recorded"
	EvClaimRecorded   EventType = "claim.recorded"
	EvDisagreement    EventType = "disagreement.recorded"
	EvPaused          EventType = "session.paused"
	EvResumed         EventType = "session.resumed"
	EvSpeechStopped   EventType = "speech.stopped"
	EvBlockClosed     EventType = "block.closed"
	EvGradeReady      EventType = "grade.ready"
	EvGradeFailed     EventType = "grade.failed"
	EvRegradeAsked    EventType = "regrade.requested"
	EvVoiceDegraded   EventType = "voice.degraded"
	EvRoundClosed     EventType = "round.closed"
	EvSessionClosed   EventType = "session.closed"
	EvReportReady     EventType = "report.ready"
)

// VoiceInfo says which voice a session has. Kind is "authored" or "ollama".
type VoiceInfo struct {
	Kind     string   `json:"kind"`
	Model    string   `json:"model,omitempty"`
	Digest   string   `json:"digest,omitempty"`
	Prompt   string   `json:"prompt_hash,omitempty"`
	Detail   string   `json:"detail"`
	Host     string   `json:"host,omitempty"`     // the server that holds the session's prefix
	Commands []string `json:"commands,omitempty"` // what to type for a model voice, when there is none
}

// PackRef names the pack a session was made from.
type PackRef struct {
	ID      string `json:"id"`
	Version string `json:"version"`
}

// PhaseInfo is a phase as the candidate sees it.
type PhaseInfo struct {
	ID      string  `json:"id"`
	Title   string  `json:"title"`
	Minutes float64 `json:"minutes"`
	Who     string  `json:"who,omitempty"`
}

// SessionCreated is the payload of session.created. Everything a later run needs to make the
// same choices stands in it.
type SessionCreated struct {
	Format  string  `json:"format"`
	Title   string  `json:"title"`
	Mode    Mode    `json:"mode"`
	Level   string  `json:"level"`
	Minutes float64 `json:"minutes"`
	Seed    uint64  `json:"seed"`
	Seeded  bool    `json:"seeded"` // the seed was given: choices ignore other sessions
	Item    string  `json:"item,omitempty"`
	Princ   string  `json:"principle,omitempty"`
	// Blueprint is the item that named the interviewers and what they ask; Principles are what one more interview is about.
	Blueprint  string      `json:"blueprint,omitempty"`
	Principles []string    `json:"principles,omitempty"`
	Guess      bool        `json:"guess,omitempty"`
	RetryOf    string      `json:"retry_of,omitempty"`
	Fork       *Fork       `json:"fork,omitempty"`    // the turn of an earlier session that this one goes on from
	Part       string      `json:"part,omitempty"`    // the one part of a story that is told again: S, T, A or R
	Seconds    int         `json:"seconds,omitempty"` // how long a story may take as spoken
	Story      string      `json:"story,omitempty"`   // of the bank, to be told in it: its id alone, nothing of what it holds
	Voice      VoiceInfo   `json:"voice"`
	Pack       PackRef     `json:"pack"`
	Phases     []PhaseInfo `json:"phases"`
	Plan       Format      `json:"plan"` // the plan as it was when the session began
}

// Interviewer is what the candidate learns of the person asking.
type Interviewer struct {
	Name string `json:"name"`
	Role string `json:"role"`
}

// RoundStarted is the payload of round.started.
type RoundStarted struct {
	Round       int         `json:"round"`
	Persona     string      `json:"persona"`
	Interviewer Interviewer `json:"interviewer"`
}

// Label is an id with what to show for it.
type Label struct {
	ID    string `json:"id"`
	Label string `json:"label"`
}

// BlockStarted is the payload of block.started. It never names the principle. Text is what the
// interviewer says as the block begins (a greeting, a transition), if anything.
type BlockStarted struct {
	Block     int      `json:"block"`
	Round     int      `json:"round"`
	Phase     string   `json:"phase"`
	PhaseNo   int      `json:"phase_no"` // index of the phase in its round, from 0
	Title     string   `json:"title"`
	Minutes   float64  `json:"minutes"`
	Kind      string   `json:"kind"` // the item's kind, or the phase's
	Item      string   `json:"item,omitempty"`
	Text      string   `json:"text,omitempty"`
	Artifacts []string `json:"artifacts,omitempty"`
	IDs       []Label  `json:"ids,omitempty"`
	Audience  string   `json:"audience,omitempty"` // of a briefing: whom it is explained to
	// FollowupSeconds is how long an answer to a follow-up should be at most, as spoken; 0 for no limit.
	FollowupSeconds int `json:"followup_seconds,omitempty"`
}

// ProbeRef says which follow-up a question is. Target is opaque: it never spells out a hidden point.
type ProbeRef struct {
	Type   string `json:"type"`
	Target string `json:"target"`
}

// Material is what is shown with a question.
type Material struct {
	Kind    string           `json:"kind"` // code, diagram or text
	Title   string           `json:"title"`
	Text    string           `json:"text,omitempty"`
	Change  string           `json:"change,omitempty"` // lines that go and come, as in Switch.Changed; Code is the file after it
	Code    *MaterialCode    `json:"code,omitempty"`
	Diagram *MaterialDiagram `json:"diagram,omitempty"`
	Files   []TaskFile       `json:"files,omitempty"` // to download, see GET /sessions/{id}/files/{name}
}

// MaterialCode is a listing; its lines are numbered from 1.
type MaterialCode struct {
	Language string `json:"language"`
	Text     string `json:"text"`
}

// MaterialDiagram is a drawing with its twin in words.
type MaterialDiagram struct {
	SVG  string `json:"svg"`
	Text string `json:"text"`
}

// Quote is a piece of an answer: bytes [Start,End) of the answer to Turn.
type Quote struct {
	Turn  int `json:"turn"`
	Start int `json:"start"`
	End   int `json:"end"`
}

// QuestionAsked is the payload of question.asked: a new turn. Main is false for probes.
type QuestionAsked struct {
	Turn     int       `json:"turn"`
	Block    int       `json:"block"`
	Text     string    `json:"text"`
	Main     bool      `json:"main"`
	Step     string    `json:"step,omitempty"`
	Clock    string    `json:"clock,omitempty"` // wall where reading and drawing count as they are
	Think    float64   `json:"think_s"`         // thinking allowance, seconds
	Probe    *ProbeRef `json:"probe,omitempty"`
	Wording  string    `json:"wording,omitempty"` // the authored question, where Text joins an anchor to it
	Anchor   *Quote    `json:"anchor,omitempty"`
	Expect   Expect    `json:"expect,omitempty"`
	Voice    string    `json:"voice"`              // authored, or the model's name
	Fallback string    `json:"fallback,omitempty"` // why the authored wording was spoken although there is a model
	Material *Material `json:"material,omitempty"`
	// Card is the card that a step of a warm-up asks; empty where the question is the block's own item.
	Card  string `json:"card,omitempty"`
	Twist int    `json:"twist,omitempty"` // which of the item's twists this tells, from 1
	// Push is the repair that this question shows and its follow-ups are about; nil for all other questions.
	Push *PushRef `json:"push,omitempty"`
}

// AnswerSubmitted is the payload of answer.submitted. Text is exactly as received.
type AnswerSubmitted struct {
	Turn  int    `json:"turn"`
	Text  string `json:"text"`
	Words int    `json:"words"`
	// Effort is how it was typed, where the server saw it; it changes no grade.
	Effort *Effort `json:"effort,omitempty"`
	// Spoken is set for an answer told aloud: seconds from its first word to the end of each part, rising. The interview
	// clock then takes the last of them in place of counting words.
	Spoken []float64 `json:"spoken,omitempty"`
}

// Effort is the trace of typing one answer: seconds from the question to the first key and of active
// typing, pauses of more than five seconds, and characters that appeared 200 or more at once.
type Effort struct {
	FirstKeyS float64 `json:"first_key_s"`
	TypingS   float64 `json:"typing_s"`
	Pauses    int     `json:"pauses"`
	Pasted    int     `json:"pasted_characters"`
}

// ArtifactSaved is the payload of artifact.saved: what is not prose. The last of a kind in a turn counts.
type ArtifactSaved struct {
	Turn int               `json:"turn"`
	Kind string            `json:"kind"`
	Rows []json.RawMessage `json:"rows"`
}

// HintGiven is the payload of hint.given.
type HintGiven struct {
	Turn int    `json:"turn"`
	Text string `json:"text"`
}

// Clarified is the payload of clarified: a clarifying question and its answer. Fact is the id in the
// item's table (several joined by commas), empty when the table does not have it. Repeat marks a repeated question,
// Inside one that the answer itself put: it is answered after the answer, before the next question.
type Clarified struct {
	Turn     int    `json:"turn"`
	Question string `json:"question"`
	Text     string `json:"text"`
	Fact     string `json:"fact,omitempty"`
	Repeat   bool   `json:"repeat,omitempty"`
	Inside   bool   `json:"inside,omitempty"`
}

// TurnSkipped is the payload of turn.skipped. Why is skip or dont_know.
type TurnSkipped struct {
	Turn int    `json:"turn"`
	Why  string `json:"why"`
}

// GuessRecorded is the payload of guess.recorded: the follow-up the candidate expected as that turn. An empty type says
// that none was called in time.
type GuessRecorded struct {
	Turn int    `json:"turn"`
	Type string `json:"type"`
}

// RatingRecorded is the payload of rating.recorded: a self-rating, 1 to 5 a dimension.
type RatingRecorded struct {
	Block      int            `json:"block"`
	Dimensions map[string]int `json:"dimensions"`
}

// ClaimRecorded is the payload of claim.recorded: the sentence that, the candidate says, shows a dimension.
type ClaimRecorded struct {
	Block     int    `json:"block"`
	Dimension string `json:"dimension"`
	Turn      int    `json:"turn"`
	Start     int    `json:"start"`
	End       int    `json:"end"`
}

// DisagreementRecorded is the payload of disagreement.recorded.
type DisagreementRecorded struct {
	Block int    `json:"block"`
	Point string `json:"point"`
	Why   string `json:"why"`
}

// Paused is the payload of session.paused. Since is when the pause began, where that was before the event.
type Paused struct {
	Why   string     `json:"why"` // candidate or away
	Since *time.Time `json:"since,omitempty"`
}

// SpeechStopped is the payload of speech.stopped.
type SpeechStopped struct {
	Turn int `json:"turn"`
}

// Measured is the part of a reading that coached sessions show when a block closes.
type Measured struct {
	Words     int            `json:"words"`
	Minutes   float64        `json:"spoken_minutes"`
	Parts     map[string]int `json:"parts,omitempty"`
	Missing   []string       `json:"missing,omitempty"`
	Ownership map[string]int `json:"ownership,omitempty"`
	Notes     []string       `json:"notes,omitempty"`
}

// BlockClosed is the payload of block.closed.
type BlockClosed struct {
	Block    int       `json:"block"`
	Measured *Measured `json:"measured,omitempty"`
}

// VoiceDegraded is the payload of voice.degraded: the model could not speak and the authored voice does.
type VoiceDegraded struct {
	Reason string `json:"reason"`
}

// GradeReady is the payload of grade.ready. Grade is the grade as whoever graded wrote it.
type GradeReady struct {
	Block int             `json:"block"`
	Grade json.RawMessage `json:"grade"`
}

// GradeFailed is the payload of grade.failed: there is no number, only why.
type GradeFailed struct {
	Block  int             `json:"block"`
	Reason string          `json:"reason"`
	Grade  json.RawMessage `json:"grade,omitempty"`
}

// RegradeAsked is the payload of regrade.requested: every block is graded once more, beside what it has.
type RegradeAsked struct {
	Model string `json:"model,omitempty"` // empty: the one in use
}

// RoundClosed is the payload of round.closed.
type RoundClosed struct {
	Round int `json:"round"`
}

// SessionClosed is the payload of session.closed. Why is complete, ended (by the candidate) or abandoned.
type SessionClosed struct {
	Why string `json:"why"`
}

// ReportReady is the payload of report.ready.
type ReportReady struct {
	Pending int `json:"grades_pending"`
}

// NewEvent makes an event of typ with data as its payload. Seq and At are set by whoever appends it.
func NewEvent(typ EventType, data any) Event {
	raw, err := json.Marshal(data)
	if err != nil {
		panic("interview: payload of " + string(typ) + " cannot be marshalled: " + err.Error()) // payloads are plain structs
	}
	return Event{Type: typ, Data: raw}
}
