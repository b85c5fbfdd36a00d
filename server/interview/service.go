package interview

import (
	"encoding/json"
	"time"
)

// NewSession is a request for a session, as the API takes it.
type NewSession struct {
	Format    string  `json:"format"`
	Level     string  `json:"level,omitempty"`
	Mode      Mode    `json:"mode,omitempty"`
	Seed      *uint64 `json:"seed,omitempty"`
	Item      string  `json:"item,omitempty"`
	Principle string  `json:"principle,omitempty"`
	// Principles make one more interview of a loop: a single round with a story for each of them, three at most.
	Principles []string `json:"principles,omitempty"`
	Story      string   `json:"story,omitempty"`
	Guess      bool     `json:"guess,omitempty"`
	RetryOf    string   `json:"retry_of,omitempty"`
	Fork       *Fork    `json:"fork,omitempty"`
	// Part is the part of a story to tell again: S, T, A, R, or weakest. It goes with RetryOf.
	Part string `json:"part,omitempty"`
	// Seconds is how long a story may take as spoken: 90, 120 or 240; 0 leaves it open.
	Seconds int `json:"seconds,omitempty"`
}

// Fork names a turn of an earlier session to go on from.
type Fork struct {
	Session string `json:"session"`
	Turn    int    `json:"turn"`
}

// Summary is a session on one line, kept up to date with its log.
type Summary struct {
	ID         string     `json:"id"`
	Format     string     `json:"format"`
	Title      string     `json:"title"`
	Mode       Mode       `json:"mode"`
	Level      string     `json:"level"`
	Blueprint  string     `json:"blueprint,omitempty"` // of a format that a blueprint fills
	CreatedAt  time.Time  `json:"created_at"`
	ClosedAt   *time.Time `json:"closed_at,omitempty"`
	Closed     bool       `json:"closed"`
	Why        string     `json:"why,omitempty"`
	Blocks     int        `json:"blocks"`
	Turns      int        `json:"turns"`
	Answers    int        `json:"answers"`
	InterviewS float64    `json:"interview_s"`
	Seq        int64      `json:"seq"`
}

// Draft is an answer that is still being typed.
type Draft struct {
	Turn int    `json:"turn"`
	Text string `json:"text"`
}

// Frame is one message from the server to a client. Durable frames carry Seq and At, the others do not.
type Frame struct {
	V    int             `json:"v"`
	Type string          `json:"type"`
	Seq  int64           `json:"seq,omitempty"`
	At   *time.Time      `json:"at,omitempty"`
	Data json.RawMessage `json:"data"`
}

// EventFrame is the frame of a durable event.
func EventFrame(e Event) Frame {
	at := e.At
	return Frame{V: 1, Type: string(e.Type), Seq: e.Seq, At: &at, Data: e.Data}
}

// NoteFrame is the frame of something that is not durable.
func NoteFrame(typ string, data any) Frame {
	raw, err := json.Marshal(data)
	if err != nil {
		panic("interview: frame " + typ + " cannot be marshalled: " + err.Error()) // plain structs and maps only
	}
	return Frame{V: 1, Type: typ, Data: raw}
}
