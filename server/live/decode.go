package live

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"unicode/utf8"

	"rehearse/server/interview"
	"rehearse/server/strict"
)

// The types of frames that a client may send.
const (
	TypeHello    = "hello"
	TypeAnswer   = "answer"
	TypeDraft    = "draft"
	TypeClarify  = "clarify"
	TypeHint     = "hint"
	TypeRepeat   = "repeat"
	TypeSkip     = "skip"
	TypeDontKnow = "dont_know"
	TypeStop     = "stop"
	TypePause    = "pause"
	TypeResume   = "resume"
	TypeEnd      = "end"
	TypeGuess    = "guess"
	TypeRate     = "rate"
	TypeDisagree = "disagree"
	TypeClaim    = "claim"
	TypeArtifact = "artifact"
)

// ClientFrame is a frame of a client, decoded. After belongs to hello alone.
type ClientFrame struct {
	Command interview.Command
	After   int64
}

// shapes lists the fields of each type beside v and type. All of them are required, but for hello's
// after, which is 0 when it is left out, and spoken, for what was typed from the start. The guessed type of follow-up is in the field guess, because
// an object cannot have the key type twice.
var shapes = map[string][]string{
	TypeHello:    {"after"},
	TypeAnswer:   {"id", "turn", "text", "spoken"},
	TypeDraft:    {"turn", "text"},
	TypeClarify:  {"id", "turn", "text"},
	TypeHint:     {"id", "turn"},
	TypeRepeat:   {"id", "turn"},
	TypeSkip:     {"id", "turn"},
	TypeDontKnow: {"id", "turn"},
	TypeStop:     {"id"},
	TypePause:    {"id"},
	TypeResume:   {"id"},
	TypeEnd:      {"id"},
	TypeGuess:    {"id", "turn", "guess"},
	TypeRate:     {"id", "block", "dimensions"},
	TypeDisagree: {"id", "block", "point", "why"},
	TypeClaim:    {"id", "block", "dimension", "turn", "start", "end"},
	TypeArtifact: {"id", "turn", "kind", "rows"},
}

// Decode decodes one frame strictly: one JSON object in UTF-8 with version 1, a known type, the fields
// of that type and no others, none of them twice. Text is returned exactly as it was received. On error
// the frame carries the command's id when that much could be read.
func Decode(raw []byte) (ClientFrame, error) {
	var f ClientFrame
	fields, err := object(raw)
	f.Command.ID = readable(fields["id"])
	if err != nil {
		return f, err
	}
	if v := string(fields["v"]); v != "1" {
		return f, interview.FieldError("v", "this server speaks version 1; the frame says %s", or(strict.Short(v), "none"))
	}
	typ := ""
	if err := value(fields, "type", &typ); err != nil {
		return f, err
	}
	shape, ok := shapes[typ]
	if !ok {
		return f, interview.FieldError("type", "there is no frame of type %q", strict.Short(typ))
	}
	f.Command.Type = typ
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if name != "v" && name != "type" && !slices.Contains(shape, name) {
			return f, interview.FieldError(strict.Short(name), "a frame of type %s has no field %q", typ, strict.Short(name))
		}
	}
	for _, name := range shape {
		if err := f.set(typ, name, fields); err != nil {
			return f, err
		}
	}
	return f, nil
}

// readable is the command id in what was read of a frame; empty when it could be none.
func readable(raw json.RawMessage) string {
	var s string
	if len(raw) == 0 || strict.LoneSurrogate(raw) || json.Unmarshal(raw, &s) != nil || len(s) > interview.MaxID {
		return ""
	}
	return s
}

// set decodes one field of a shape and holds its limits.
func (f *ClientFrame) set(typ, name string, fields map[string]json.RawMessage) error {
	c := &f.Command
	switch name {
	case "after":
		if _, ok := fields[name]; !ok {
			return nil
		}
		if err := value(fields, name, &f.After); err != nil {
			return err
		}
		return atLeast(name, f.After, 0)
	case "id":
		if err := value(fields, name, &c.ID); err != nil {
			return err
		}
		if c.ID == "" || len(c.ID) > interview.MaxID {
			c.ID = "" // not echoed
			return interview.FieldError(name, "an id has 1 to %d bytes", interview.MaxID)
		}
		return nil
	case "turn":
		return number(fields, name, &c.Turn, 1)
	case "block":
		return number(fields, name, &c.Block, 1)
	case "start":
		return number(fields, name, &c.Start, 0)
	case "end":
		return number(fields, name, &c.End, c.Start+1)
	case "text":
		if err := value(fields, name, &c.Text); err != nil {
			return err
		}
		limit := interview.MaxAnswerRunes
		if typ == TypeClarify {
			limit = interview.MaxClarify
		}
		return atMost(name, c.Text, limit)
	case "spoken":
		if _, ok := fields[name]; !ok {
			return nil
		}
		return value(fields, name, &c.Spoken)
	case "guess":
		return words(fields, name, &c.Guess)
	case "point":
		return words(fields, name, &c.Point)
	case "why":
		if err := value(fields, name, &c.Why); err != nil {
			return err
		}
		return atMost(name, c.Why, interview.MaxClarify)
	case "dimension":
		return words(fields, name, &c.Dimension)
	case "kind":
		return words(fields, name, &c.Kind)
	case "dimensions":
		return value(fields, name, &c.Dimensions)
	case "rows":
		return f.rows(fields)
	}
	return fmt.Errorf("field %s of %s is in no shape", name, typ)
}

func (f *ClientFrame) rows(fields map[string]json.RawMessage) error {
	if err := value(fields, "rows", &f.Command.Rows); err != nil {
		return err
	}
	if len(f.Command.Rows) > interview.MaxRows {
		return tooLarge("rows", "at most %d rows can be saved, and these are %d; nothing was saved", interview.MaxRows, len(f.Command.Rows))
	}
	most := interview.MaxCell
	var kind string
	if value(fields, "kind", &kind) == nil && kind == interview.ArtifactSource { // a script is one row
		most = interview.MaxSource
	}
	for i, row := range f.Command.Rows {
		if len(row) > most {
			return tooLarge("rows", "row %d has %d bytes and may have %d; nothing was saved", i+1, len(row), most)
		}
		if row[0] != '{' {
			return interview.FieldError("rows", "row %d is not an object", i+1)
		}
	}
	return nil
}

// object reads the fields of the one object that a frame is. On error they are those that were read before it,
// without one that is there twice.
func object(raw []byte) (map[string]json.RawMessage, error) {
	if !utf8.Valid(raw) {
		return nil, interview.Errorf(interview.CodeInvalid, "the frame is not valid UTF-8")
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return nil, interview.Errorf(interview.CodeInvalid, "the frame is not a JSON object")
	}
	fields := map[string]json.RawMessage{}
	for dec.More() {
		t, err := dec.Token()
		if err != nil {
			return fields, malformed(err)
		}
		name, ok := t.(string)
		if !ok {
			return fields, interview.Errorf(interview.CodeInvalid, "the frame is not a JSON object")
		}
		if _, twice := fields[name]; twice {
			delete(fields, name)
			return fields, interview.FieldError(strict.Short(name), "the field %q is there twice", strict.Short(name))
		}
		var v json.RawMessage
		if err := dec.Decode(&v); err != nil {
			return fields, malformed(err)
		}
		fields[name] = v
	}
	if _, err := dec.Token(); err != nil {
		return fields, malformed(err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return fields, interview.Errorf(interview.CodeInvalid, "something follows the JSON object; a frame holds one")
	}
	return fields, nil
}

func malformed(err error) error {
	return &interview.Error{Code: interview.CodeInvalid, Message: "the frame is not well-formed JSON", Err: err}
}

// value decodes a required field.
func value(fields map[string]json.RawMessage, name string, dest any) error {
	raw, ok := fields[name]
	if !ok || string(raw) == "null" {
		return interview.FieldError(name, "the field %s is missing", name)
	}
	if strict.LoneSurrogate(raw) {
		return interview.FieldError(name, "%s holds half of a surrogate pair, which is no character", name)
	}
	if err := json.Unmarshal(raw, dest); err != nil {
		var typ *json.UnmarshalTypeError
		if errors.As(err, &typ) {
			return interview.FieldError(name, "%s should be %s, not %s", name, strict.Wanted(typ.Type), strict.Given(typ.Value))
		}
		return interview.FieldError(name, "%s could not be read", name)
	}
	return nil
}

func number(fields map[string]json.RawMessage, name string, dest *int, least int) error {
	if err := value(fields, name, dest); err != nil {
		return err
	}
	return atLeast(name, int64(*dest), int64(least))
}

func atLeast(name string, n, least int64) error {
	if n < least {
		return interview.FieldError(name, "%s is %d and should be at least %d", name, n, least)
	}
	return nil
}

// words decodes a short name that may not be empty.
func words(fields map[string]json.RawMessage, name string, dest *string) error {
	if err := value(fields, name, dest); err != nil {
		return err
	}
	if *dest == "" || len(*dest) > 2*interview.MaxID {
		return interview.FieldError(name, "%s has 1 to %d bytes", name, 2*interview.MaxID)
	}
	return nil
}

func atMost(name, text string, runes int) error {
	if len(text) <= runes {
		return nil
	}
	if n := utf8.RuneCountInString(text); n > runes {
		return tooLarge(name, "this has %d characters and may have %d; nothing was saved, shorten it and send it again", n, runes)
	}
	return nil
}

func tooLarge(field, format string, args ...any) error {
	e := interview.Errorf(interview.CodeTooLarge, format, args...)
	e.Field = field
	return e
}

func or(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
