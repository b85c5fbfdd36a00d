package interview

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// This file holds what a scripting task adds to a session: files to download, source as an artefact, and outputs that
// are compared. The server runs none of it.

// EvOutputRecorded is the event of an output that was compared.
const EvOutputRecorded EventType = "output.recorded"

// Limits on what a candidate hands in for a script.
const (
	MaxOutput = 256 << 10 // bytes of one output
	MaxSource = 128 << 10 // bytes of one source
)

// SourceRow is the candidate's source, the one row of an artifact of the kind source. Language is python, go,
// javascript or shell; empty means that the text tells.
type SourceRow struct {
	Language string `json:"language"`
	Text     string `json:"text"`
}

// Languages are the languages of source that is read.
var Languages = []string{"python", "go", "javascript", "shell"}

// OutputRecorded is the payload of output.recorded: one attempt. Stage is 0 for the task and n for its nth twist, from
// 1: the one it is the output of, or, where it is none, the one it was held against.
type OutputRecorded struct {
	Turn       int         `json:"turn"` // the newest one of the block
	Block      int         `json:"block"`
	Item       string      `json:"item"`
	Stage      int         `json:"stage"`
	Text       string      `json:"text"` // exactly as received
	SHA256     string      `json:"sha256"`
	Match      bool        `json:"match"`
	Difference *Difference `json:"first_difference,omitempty"` // nil where it matches, or where only the digest is known
	// DigestOnly says that the expected text is not in the pack, so that nobody can say where the difference is.
	DigestOnly bool `json:"digest_only,omitempty"`
}

// Difference is the first line in which two outputs differ, from 1. A side that ended before has no line there.
type Difference struct {
	Line       int    `json:"line"`
	Column     int    `json:"column"` // of the first different character, from 1
	Expected   string `json:"expected"`
	Got        string `json:"got"`
	Ended      string `json:"ended,omitempty"`    // expected or got: that side has no such line
	Withheld   bool   `json:"withheld,omitempty"` // an exam: Expected is left out
	Lines      int    `json:"lines"`              // of the output that was handed in
	LinesWant  int    `json:"lines_expected"`
	Whitespace bool   `json:"whitespace,omitempty"` // the two lines differ in white space only
}

// maxLine is how many bytes of a line a Difference keeps.
const maxLine = 500

// FirstDifference compares an output with what was expected, both as NormalOutput has them; nil means that they are the
// same.
func FirstDifference(want, got string) *Difference {
	want, got = NormalOutput(want), NormalOutput(got)
	if want == got {
		return nil
	}
	w, g := lines(want), lines(got)
	i := 0
	for i < len(w) && i < len(g) && w[i] == g[i] {
		i++
	}
	d := &Difference{Line: i + 1, Column: 1, Lines: len(g), LinesWant: len(w)}
	switch {
	case i >= len(w):
		d.Ended, d.Got = "expected", clip(g[i])
	case i >= len(g):
		d.Ended, d.Expected = "got", clip(w[i])
	default:
		d.Expected, d.Got, d.Column = clip(w[i]), clip(g[i]), column(w[i], g[i])
		d.Whitespace = strings.Join(strings.Fields(w[i]), "") == strings.Join(strings.Fields(g[i]), "")
	}
	return d
}

// lines are the lines of a normal output; none for an empty one.
func lines(text string) []string {
	text = strings.TrimSuffix(text, "\n")
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}

func column(a, b string) int {
	x, y := []rune(a), []rune(b)
	i := 0
	for i < len(x) && i < len(y) && x[i] == y[i] {
		i++
	}
	return i + 1
}

func clip(line string) string {
	if len(line) <= maxLine {
		return line
	}
	cut := maxLine
	for cut > 0 && !utf8.RuneStart(line[cut]) {
		cut--
	}
	return line[:cut] + "…"
}

// TextProblem says why something is not text that a script could have printed; empty means that it is. NUL and other
// bytes that no terminal prints mean a binary file.
func TextProblem(text string) string {
	switch {
	case strings.TrimSpace(text) == "":
		return "it is empty"
	case !utf8.ValidString(text):
		return "it is not UTF-8 text"
	}
	for i := 0; i < len(text); i++ {
		if c := text[i]; c < 0x20 && c != '\n' && c != '\t' && c != '\r' && c != 0x1b && c != '\f' {
			return "it holds bytes of a binary file"
		}
	}
	return ""
}

// OutputTry is an attempt as the state keeps it. WallS and ClockS are seconds since the block began, by the wall without
// pauses and by the interview clock.
type OutputTry struct {
	OutputRecorded
	At     time.Time
	WallS  float64
	ClockS float64
}

// TaskFile is a file of a scripting task that may be downloaded now. Stage is 0 for the task and n for its nth twist.
type TaskFile struct {
	Name   string `json:"name"`
	About  string `json:"about"`
	Role   string `json:"role"`
	Stage  int    `json:"stage"`
	Bytes  int    `json:"bytes"`
	SHA256 string `json:"sha256"`
	Item   string `json:"item"`
	Text   string `json:"-"`
}

// TaskFiles are the files that the candidate of a session may have: those of the scripting tasks that have begun, and
// those of the twists that were told.
func TaskFiles(st *State, p *Pack) []TaskFile {
	var out []TaskFile
	for i := range st.Blocks {
		b := &st.Blocks[i]
		item, rubric := p.Items[b.Item], p.Rubrics[b.Item]
		if item == nil || item.Kind != KindScripting || len(b.Turns) == 0 {
			continue
		}
		out = append(out, Files(b.Item, 0, item.Assets.Files)...)
		for _, n := range st.Twists(b) {
			if rubric != nil && n <= len(rubric.Twists) {
				out = append(out, Files(b.Item, n, rubric.Twists[n-1].Files)...)
			}
		}
	}
	return out
}

// Files are the files of one stage of a task as they are handed out.
func Files(item string, stage int, files []DataFile) []TaskFile {
	var out []TaskFile
	for _, f := range files {
		out = append(out, TaskFile{Name: f.File, About: f.About, Role: f.Role, Stage: stage, Bytes: len(f.Text), SHA256: sumOf(f.Text), Item: item, Text: f.Text})
	}
	return out
}

// Twists are the numbers of the twists that were told in a block, from 1, in the order they were told.
func (s *State) Twists(b *Block) []int {
	var out []int
	for _, n := range b.Turns {
		if t := s.Turn(n); t.Twist > 0 && !slices.Contains(out, t.Twist) {
			out = append(out, t.Twist)
		}
	}
	return out
}

// AfterS is how many seconds after the begin of its block a turn was asked, by the wall without pauses.
func (t *Turn) AfterS(b *Block) float64 {
	return max(0, (t.AskedAt.Sub(b.StartedAt) - (t.pausedFor - b.pausedBefore)).Seconds())
}

// OutputsOf are the attempts of a block, in their order.
func (s *State) OutputsOf(block int) []OutputTry {
	var out []OutputTry
	for _, o := range s.Outputs {
		if o.Block == block {
			out = append(out, o)
		}
	}
	return out
}

// Source is the newest source of a block, nil where none was saved. Turn is where.
func (s *State) Source(b *Block) (row *SourceRow, turn int) {
	for _, n := range b.Turns {
		for _, a := range s.Turn(n).Artifacts {
			if a.Kind != ArtifactSource || len(a.Rows) == 0 {
				continue
			}
			var r SourceRow
			if json.Unmarshal(a.Rows[0], &r) == nil {
				row, turn = &r, n
			}
		}
	}
	return row, turn
}

// ArtifactSource is the kind of artifact that holds source.
const ArtifactSource = "source"

// CompareOutput holds an output against a task and the twists that were told, the newest first. It matches any of them,
// since a script that is right stays right after the task has changed.
func CompareOutput(text string, r *Rubric, told []int) (OutputRecorded, bool) {
	out := OutputRecorded{Text: text, SHA256: OutputSHA256(text)}
	type want struct {
		stage int
		e     *Expected
	}
	var all []want
	for _, n := range slices.Backward(told) {
		if n <= len(r.Twists) && r.Twists[n-1].Expected != nil {
			all = append(all, want{n, r.Twists[n-1].Expected})
		}
	}
	if r.Expected != nil {
		all = append(all, want{0, r.Expected})
	}
	if len(all) == 0 {
		return out, false
	}
	for _, w := range all {
		if w.e.SHA256 == out.SHA256 {
			out.Stage, out.Match = w.stage, true
			return out, true
		}
	}
	out.Stage = all[0].stage
	if all[0].e.Text == "" {
		out.DigestOnly = true
		return out, true
	}
	out.Difference = FirstDifference(all[0].e.Text, text)
	return out, true
}

// TellOutput is what came of an output, for a person.
func TellOutput(o OutputRecorded) string {
	of := "the task"
	if o.Stage > 0 {
		of = "the change"
	}
	d := o.Difference
	switch {
	case o.Match:
		return "This is the output of " + of + ", byte for byte."
	case o.DigestOnly:
		return "This is not the output of " + of + ". Only its digest is known here, so nobody can say in which line they differ."
	case d == nil:
		return "This is not the output of " + of + "."
	}
	at := "This is not the output of " + of + ": they differ from line " + strconv.Itoa(d.Line)
	switch {
	case d.Ended == "expected":
		return at + ", where it should have ended."
	case d.Ended == "got":
		return at + ", where yours has ended."
	case d.Whitespace:
		return at + ", column " + strconv.Itoa(d.Column) + ", in white space only: look for tabs, spaces and what stands at the end of the line."
	}
	return at + ", column " + strconv.Itoa(d.Column) + "."
}
