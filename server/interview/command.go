package interview

import (
	"encoding/json"
	"errors"
	"fmt"
)

// Command is what a client asks a session to do. ID is the client's own unique id; the same id acts once.
type Command struct {
	Type string `json:"type"`
	ID   string `json:"id,omitempty"`
	Turn int    `json:"turn,omitempty"`
	Text string `json:"text,omitempty"`
	// Spoken goes with an answer that was told aloud: seconds from its first word to the end of each part, rising; the last
	// is the end of it all. The text is then what was typed of it afterwards.
	Spoken     []float64         `json:"spoken,omitempty"`
	Kind       string            `json:"kind,omitempty"`
	Rows       []json.RawMessage `json:"rows,omitempty"`
	Block      int               `json:"block,omitempty"`
	Point      string            `json:"point,omitempty"`
	Why        string            `json:"why,omitempty"`
	Guess      string            `json:"guess,omitempty"` // the guessed probe type
	Dimension  string            `json:"dimension,omitempty"`
	Dimensions map[string]int    `json:"dimensions,omitempty"`
	Start      int               `json:"start,omitempty"`
	End        int               `json:"end,omitempty"`
}

// Limits on what a client may send.
const (
	MaxAnswerRunes = 50_000
	MaxClarify     = 2_000 // runes of a clarifying question
	MaxParts       = 20    // parts of an answer told aloud
	MaxSpoken      = 3600  // seconds of one
	MaxRows        = 200   // rows of an artifact
	MaxCell        = 4_000 // bytes of one row
	MaxID          = 100   // bytes of a command id
)

// ErrCode is the machine-readable half of an error, mapped to a status in one place for each transport.
type ErrCode string

// The error codes of the contract.
const (
	CodeInvalid      ErrCode = "invalid"
	CodeUnauthorized ErrCode = "unauthorized"
	CodeForbidden    ErrCode = "forbidden"
	CodeNotFound     ErrCode = "not_found"
	CodeConflict     ErrCode = "conflict"
	CodeTooLarge     ErrCode = "too_large"
	CodeInternal     ErrCode = "internal"
	CodeUnavailable  ErrCode = "unavailable"
	CodeTimeout      ErrCode = "timeout"
)

// Error is an error a person will read: what happened, what was kept, what to do next.
type Error struct {
	Code    ErrCode
	Message string
	Field   string // the offending field of the request, if one is
	Err     error  // the cause, for the log
}

// Error returns the message, with the cause when there is one.
func (e *Error) Error() string {
	if e.Err != nil {
		return e.Message + ": " + e.Err.Error()
	}
	return e.Message
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Errorf makes an Error with a formatted message.
func Errorf(code ErrCode, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// FieldError makes an invalid Error that names the field.
func FieldError(field, format string, args ...any) *Error {
	return &Error{Code: CodeInvalid, Message: fmt.Sprintf(format, args...), Field: field}
}

// AsError returns err as an Error; anything else becomes an internal one whose cause is kept for the log.
func AsError(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return &Error{Code: CodeInternal, Message: "something went wrong here; nothing that was acknowledged is lost, and the log of the server says more", Err: err}
}
