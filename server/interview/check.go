package interview

// Check is one call to a judge: one criterion, what was said, and nothing else. A judge never sees another
// criterion, a grade, a reference answer or what the candidate said elsewhere.
type Check struct {
	Criterion string // what is judged, for logs and progress
	Question  string
	About     string // what the criterion means here: the principle, the level
	Turns     []CheckTurn
	Points    []CheckPoint // of the one criterion
	// Again asks a second time, for quotes that were not the candidate's words.
	Again bool
}

// CheckTurn is one reply with the follow-up it answers; the first has none.
type CheckTurn struct {
	Probe  string
	Answer string
}

// CheckPoint is one yes-or-no question about the answer.
type CheckPoint struct {
	ID   string
	Text string
	Yes  string // a sentence that shows it
	No   string // one that looks like it and does not
	// Where are the sentences code finds plausible for it, best first. A judge that weighs sentence by sentence
	// looks at these only.
	Where []CheckSpan
}

// CheckSpan is a stretch of an answer: bytes [Start,End) of the answer of a turn, and the text there.
type CheckSpan struct {
	Turn, Start, End int
	Text             string
}

// OddsCheck is one question of one word about one sentence.
type OddsCheck struct {
	Point    string
	Sentence string
}

// WholeCheck is one question of one word about a whole answer.
type WholeCheck struct {
	Question  string
	Reference string
	Answer    string
}

// The verdicts of a judge and of a point.
const (
	VerdictYes     = "yes"
	VerdictNo      = "no"
	VerdictUnclear = "unclear"
)

// CheckResult is what a judge says of one point. Quote is its claim of what the candidate said and counts
// for nothing before code has found it there. Confidence is 0 to 1.
type CheckResult struct {
	ID         string
	Verdict    string
	Quote      string
	Confidence float64
	// Share is how much of the point was made, 0 to 1, by a judge that weighs; nil of one that only says yes or no.
	Share *float64
	// At is where the quote stands, by a judge that was shown sentences; nil of one that copies its quote.
	At *CheckSpan
}

// Judge says who judged: the model with its digest, and the hash of the prompts.
type Judge struct {
	Model  string `json:"model,omitempty"`
	Digest string `json:"model_digest,omitempty"`
	Prompt string `json:"prompt_hash,omitempty"`
	Way    string `json:"way,omitempty"` // odds: one word about one sentence, read as odds; empty: JSON with a quote
}

// Summing is the table that sentences about a grade are written from.
type Summing struct{ Lines []SummingLine }

// SummingLine is one line of it: what it is about, what was found, and the candidate's words, if any.
type SummingLine struct {
	About string
	Why   string
	Words string
}

// ErrNoOdds is the error of a server that gives no log-probabilities: its models judge in JSON.
var ErrNoOdds = Errorf(CodeUnavailable, "this server gives no log-probabilities")
