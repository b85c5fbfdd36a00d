package smoke_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gorilla/websocket"

	"rehearse/server/interview"
	"rehearse/server/pack/packtest"
	"rehearse/server/report"
)

// output hands in what a script printed.
func (s *server) output(t *testing.T, session, id, item, text string) (int, interview.OutputRecorded, string) {
	t.Helper()
	status, raw := s.call(t, http.MethodPost, "/sessions/"+session+"/output", map[string]any{"id": id, "item": item, "text": text})
	var out struct {
		interview.OutputRecorded
		Message string `json:"message"`
		Error   struct {
			Message string `json:"message"`
		} `json:"error"`
	}
	_ = json.Unmarshal(raw, &out)
	return status, out.OutputRecorded, out.Message + out.Error.Message
}

// Every scripting task of the pack is sat over the contract: its files come byte by byte, the output of a right script
// matches, the first line of a wrong one that differs is named, what is no output is refused and loses nothing, a change
// has its own output, and what is in the source is read and never run.
func TestScripting(t *testing.T) {
	t.Parallel()
	p := packtest.Flagship(t)
	s := start(t, t.TempDir(), "--model", "none")
	tasks := 0
	for _, id := range slices.Sorted(maps.Keys(p.Items)) {
		it, rubric := p.Items[id], p.Rubrics[id]
		if it.Kind != interview.KindScripting || rubric == nil || rubric.Expected == nil {
			continue
		}
		tasks++
		t.Run(it.ID, func(t *testing.T) { s.script(t, it, rubric) })
	}
	if tasks == 0 {
		t.Fatal("the pack has no scripting task, so the test shows nothing")
	}
}

func (s *server) script(t *testing.T, it *interview.Item, rubric *interview.Rubric) {
	session := s.create(t, map[string]any{"format": "scripting", "mode": "drill", "item": it.ID})
	ws := s.dial(t, session, 0)
	mark := filepath.Join(t.TempDir(), "ran")
	// Whoever ran this would leave a file behind, at import, at parse or at start.
	source := fmt.Sprintf("import os, subprocess\nopen(%q, 'w').write('ran')\nsubprocess.run('touch %s ' + os.sep, shell=True)\ntry:\n    pass\nexcept:\n    pass\n%s", mark, mark, rubric.Solution.Text)
	written, changed := false, map[int]bool{}
	for n := 0; ; n++ {
		f, _ := await(t, ws, "question.asked", "report.ready", "error")
		if f.Type == "error" {
			t.Fatalf("%s", f.Data)
		}
		if f.Type == "report.ready" {
			break
		}
		turn := f.num("turn")
		switch {
		case f.str("step") == "write" && !written:
			written = true
			s.handedOut(t, session, it.ID, 0, it.Assets.Files)
			s.wrong(t, session, it.ID, rubric.Expected.Text)
			s.refused(t, session, it.ID)
			if status, got, text := s.output(t, session, "right", it.ID, rubric.Expected.Text+"\n\n"); status != http.StatusOK || !got.Match || got.Stage != 0 {
				t.Errorf("the right output: %d %+v %s", status, got, text)
			}
			handIn(t, ws, session, turn, source)
		case f.num("twist") > 0 && !changed[f.num("twist")]:
			n := f.num("twist")
			changed[n] = true
			twist := rubric.Twists[n-1]
			s.handedOut(t, session, it.ID, n, twist.Files)
			if status, got, text := s.output(t, session, fmt.Sprint("early-", n), it.ID, twist.Expected.Text+"one line more\n"); status != http.StatusOK || got.Match || got.Stage != n || got.Difference == nil || got.Difference.Ended != "expected" {
				t.Errorf("an output with a line too many after change %d: %d %+v %s", n, status, got, text)
			}
			if status, got, text := s.output(t, session, fmt.Sprint("twist-", n), it.ID, twist.Expected.Text); status != http.StatusOK || !got.Match || got.Stage != n {
				t.Errorf("the right output after change %d: %d %+v %s", n, status, got, text)
			}
		}
		send(t, ws, map[string]any{"type": "answer", "id": fmt.Sprint("a", n), "turn": turn, "text": "I would read it line by line, count what I cannot read, and print it sorted."})
	}
	if !written || len(changed) == 0 {
		t.Fatalf("written %v, changes told %v: the task was not sat", written, changed)
	}
	if _, err := os.Stat(mark); !os.IsNotExist(err) {
		t.Error("the candidate's source was run")
	}
	if status, _, text := s.output(t, session, "late", it.ID, rubric.Expected.Text); status != http.StatusConflict || !strings.Contains(text, "closed") {
		t.Errorf("an output after the end: %d %s", status, text)
	}
	s.told(t, session, len(changed))
}

// handedOut checks the files of a stage: the listed digests are those of the pack's files and of what is downloaded.
func (s *server) handedOut(t *testing.T, session, item string, stage int, want []interview.DataFile) {
	t.Helper()
	_, raw := s.call(t, http.MethodGet, "/sessions/"+session+"/files", nil)
	var listed struct {
		Files []interview.TaskFile `json:"files"`
	}
	if err := json.Unmarshal(raw, &listed); err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	found := 0
	for _, f := range listed.Files {
		if f.Stage > stage {
			t.Errorf("the file %s of change %d is out before the change", f.Name, f.Stage)
		}
		if f.Stage != stage {
			continue
		}
		found++
		status, got := s.call(t, http.MethodGet, "/sessions/"+session+"/files/"+f.Name+"?item="+item, nil)
		sum := sha256.Sum256(got)
		if status != http.StatusOK || hex.EncodeToString(sum[:]) != f.SHA256 || len(got) != f.Bytes {
			t.Errorf("%s: %d, %d bytes of %d, or another digest", f.Name, status, len(got), f.Bytes)
		}
	}
	if found != len(want) {
		t.Errorf("%d files of stage %d, want %d", found, stage, len(want))
	}
}

// wrong hands in outputs of scripts that are not right.
func (s *server) wrong(t *testing.T, session, item, want string) {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(want, "\n"), "\n")
	at := len(lines) / 2
	other := append(append(append([]string{}, lines[:at]...), "#"+lines[at]), lines[at+1:]...)
	for name, c := range map[string]struct {
		text  string
		check func(d *interview.Difference) bool
	}{
		"another line":   {strings.Join(other, "\n"), func(d *interview.Difference) bool { return d.Line == at+1 && d.Column == 1 && d.Got == "#"+d.Expected }},
		"a line missing": {strings.Join(lines[:len(lines)-1], "\n"), func(d *interview.Difference) bool { return d.Line == len(lines) && d.Ended == "got" }},
		"a line more":    {want + "more\n", func(d *interview.Difference) bool { return d.Line == len(lines)+1 && d.Ended == "expected" }},
		"blanks":         {strings.Replace(want, lines[at], lines[at]+" ", 1), func(d *interview.Difference) bool { return d.Whitespace }},
	} {
		status, got, text := s.output(t, session, name, item, c.text)
		if status != http.StatusOK || got.Match || got.Difference == nil || !c.check(got.Difference) || !strings.Contains(text, fmt.Sprintf("ine %d", got.Difference.Line)) {
			t.Errorf("%s: %d %+v %+v %q", name, status, got.Match, got.Difference, text)
		}
	}
}

// refused hands in what is no output.
func (s *server) refused(t *testing.T, session, item string) {
	t.Helper()
	for name, c := range map[string]struct {
		text   string
		status int
		says   string
	}{
		"ten megabytes": {strings.Repeat("0123456789\n", 10<<20/11), http.StatusRequestEntityTooLarge, "kept"},
		"a binary file": {"\x7fELF\x02\x01\x01\x00\x00\x00", http.StatusBadRequest, "binary"},
		"nothing":       {" \n", http.StatusBadRequest, "empty"},
	} {
		if status, _, text := s.output(t, session, name, item, c.text); status != c.status || !strings.Contains(text, c.says) {
			t.Errorf("%s: %d %q, want %d and the word %s", name, status, text, c.status, c.says)
		}
	}
	// Bytes that are no UTF-8, as a client could send them past every library.
	if status, raw := s.send(t, "/sessions/"+session+"/output", "application/json", []byte("{\"item\":\""+item+"\",\"text\":\"\xff\xfe\"}")); status != http.StatusBadRequest {
		t.Errorf("bytes that are no text: %d %s", status, raw)
	}
}

// handIn saves source beside the open turn.
func handIn(t *testing.T, ws *websocket.Conn, session string, turn int, text string) {
	t.Helper()
	send(t, ws, map[string]any{"type": "artifact", "id": session + "-source", "turn": turn, "kind": "source", "rows": []map[string]any{{"language": "python", "text": text}}})
	if f, _ := await(t, ws, "artifact.saved", "error"); f.Type == "error" {
		t.Fatalf("%s", f.Data)
	}
}

// told checks what the report says of a task that was solved with every change.
func (s *server) told(t *testing.T, session string, changes int) {
	t.Helper()
	_, raw := s.call(t, http.MethodGet, "/sessions/"+session+"/report", nil)
	var r report.Report
	if err := json.Unmarshal(raw, &r); err != nil {
		t.Fatal(err)
	}
	var got *report.Script
	for _, b := range r.Blocks {
		if b.Script != nil {
			got = b.Script
		}
	}
	if got == nil {
		t.Fatal("the report says nothing of the script")
	}
	rules := map[string]bool{}
	for _, f := range got.Source.Findings {
		rules[f.Rule] = true
	}
	if got.FirstMinutes == nil || len(got.Tries) != 4+1+2*changes || len(got.Twists) != changes || !rules["shell-injection"] || !rules["error-swallowed"] {
		t.Errorf("first output %v, %d outputs, %d changes, found %v", got.FirstMinutes, len(got.Tries), len(got.Twists), rules)
	}
	of, sum := 0, 0.0
	for _, part := range got.Parts {
		of += part.Of
		if part.Got == nil {
			t.Errorf("%s is open: %s", part.Name, part.Why)
			continue
		}
		sum += *part.Got
		if full := *part.Got == float64(part.Of); full != (part.Name == "works" || part.Name == "twist") && part.Name != "readable" {
			t.Errorf("%s has %g of %d", part.Name, *part.Got, part.Of)
		}
	}
	if of != 100 || got.Of != 100 || sum < got.Got-0.2 || sum > got.Got+0.2 {
		t.Errorf("the parts are worth %d, got %g, summed %g of %d", of, got.Got, sum, got.Of)
	}
	_, md := s.call(t, http.MethodGet, "/sessions/"+session+"/report.md", nil)
	if !strings.Contains(string(md), "never run") || !strings.Contains(string(md), "shell=True") {
		t.Error("the report in Markdown does not tell of the script")
	}
}
