package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"unicode/utf8"

	"rehearse/server/interview"
	"rehearse/server/strict"
)

// maxLine is the longest line of JSON that is read, in bytes.
const maxLine = 16 << 20

// lines answers each line of JSON with one line, in order, whatever happens: a line that is not valid JSON,
// or whose work fails, gets its error. The result is an error with code 1 when any line was not valid.
func lines[In any, Out any](p Program, work func(In) (Out, error)) error {
	r := bufio.NewReaderSize(p.In, 1<<16)
	w := bufio.NewWriter(p.Out)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	bad := 0
	for {
		raw, tooLong, err := readLine(r)
		if len(bytes.TrimSpace(raw)) > 0 || tooLong {
			var reply any
			if out, err := answerLine(raw, tooLong, work); err != nil {
				bad++
				reply = errorLine(raw, err)
			} else {
				reply = out
			}
			if err := enc.Encode(reply); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if r.Buffered() == 0 { // a script that waits for each answer gets it
			if err := w.Flush(); err != nil {
				return err
			}
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if bad > 0 {
		return codeError{exitProblems, errors.New(interview.Counted(bad, "%d line could not be worked on; its error stands in the output", "%d lines could not be worked on; each has its error in the output"))}
	}
	return nil
}

func answerLine[In any, Out any](raw []byte, tooLong bool, work func(In) (Out, error)) (Out, error) {
	var in In
	var none Out
	if tooLong {
		return none, interview.Errorf(interview.CodeTooLarge, "the line is longer than %d bytes", maxLine)
	}
	if err := strict.Decode("line", raw, &in); err != nil {
		return none, err
	}
	return work(in)
}

// errorLine keeps the id of a line that was JSON; it is null for one that was not.
func errorLine(raw []byte, err error) map[string]any {
	out := map[string]any{"id": nil, "error": interview.AsError(err).Message}
	var fields map[string]json.RawMessage
	if utf8.Valid(raw) && json.Unmarshal(raw, &fields) == nil && !strict.LoneSurrogate(fields["id"]) && fields["id"] != nil {
		out["id"] = fields["id"]
	}
	return out
}

// readLine reads one line without its end; one that is too long is read to its end and dropped.
func readLine(r *bufio.Reader) (line []byte, tooLong bool, err error) {
	for {
		part, err := r.ReadSlice('\n')
		if !tooLong {
			line = append(line, part...)
		}
		if len(line) > maxLine {
			line, tooLong = nil, true
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, tooLong, err
		}
	}
}
