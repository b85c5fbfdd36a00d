package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"rehearse/knowledge"
	"rehearse/server/interview"
	"rehearse/server/sqlite"
)

// goWords must not be in what a person reads.
var goWords = []string{"json:", "strconv", "struct", "Go ", "unmarshal", "parse error", "not defined", "[behavioural"}

func plainWords(t *testing.T, text string) {
	t.Helper()
	for _, w := range goWords {
		if strings.Contains(text, w) {
			t.Errorf("%q is in %q", w, text)
		}
	}
}

func TestALineThatIsNotUnderstoodIsAnErrorLine(t *testing.T) {
	const good = `{"id":"good","kind":"technical","question":"What is a stack?","answer":"The last one in is the first one out."}`
	for _, tt := range []struct{ verb, line, id, want string }{
		{"read", `{"id":1,"answer":"I fixed it.","bogus":1}`, `1`, `there is no field "bogus"`},
		{"read", `{"id":9}`, `9`, `"answer" is missing`},
		{"read", `{"id":9,"answer":null}`, `9`, `"answer" is missing`},
		{"read", `{"id":9,"answer":5}`, `9`, "answer should be a string, not a number"},
		{"read", `{"id":9,"answer":"x","answer":"y"}`, `9`, "there twice"},
		{"read", `{"id":9,"answer":"x","level":"L99"}`, `9`, "level is one of"},
		{"read", "{\"id\":1,\"answer\":\"\xff\xfe bad utf8 I fixed it.\"}", `null`, "not valid UTF-8"},
		{"read", `{"id":12345678901234567890,"answer":"a\ud800 I fixed it."}`, `12345678901234567890`, "half of a surrogate"},
		{"read", `{"id":"\ud800","answer":"I fixed it."}`, `null`, "half of a surrogate"},
		{"read", `[1]`, `null`, "not a JSON object"},
		{"probe", `{"id":2,"question":"Q?","answer":"x","bogus":1}`, `2`, "bogus"},
		{"probe", `{"id":2,"question":"Q?"}`, `2`, `"answer" is missing`},
		{"probe", `{"id":2,"answer":"x"}`, `2`, `"question" is missing`},
		{"probe", `{"id":2,"question":"Q?","answer":"x","asked":["Q99"]}`, `2`, `"Q99"`},
		{"probe", `{"id":2,"question":"Q?","answer":"x","level":"L99"}`, `2`, `"L99"`},
		{"probe", `{"id":2,"question":"Q?","answer":"x","history":[{"probe":"why?"}]}`, `2`, `"history.1.answer" is missing`},
		{"grade", `{"id":3,"kind":"technical","question":"Q?","answer":"x","reference":"x","bogus":1}`, `3`, "bogus"},
		{"grade", `{"id":3,"kind":"technical","question":"Q?","reference":"x"}`, `3`, `"answer" is missing`},
		{"grade", `{"id":3,"kind":"technical","answer":"x","reference":"x"}`, `3`, `"question" is missing`},
		{"grade", `{"id":3,"kind":"technical","question":"Q?","answer":"x","level":"L99"}`, `3`, `"L99"`},
		{"grade", `{"id":3,"kind":"technical","question":"Q?","answer":"x","points":[{"id":"a","text":"x","weight":-1}]}`, `3`, "0 or more"},
		{"grade", `{"id":3,"kind":"technical","question":"Q?","answer":"x","points":[{"id":"a","texts":"x"}]}`, `3`, "points.1.texts"},
	} {
		out, _, err := runWith(t, tt.line+"\n"+good+"\n", tt.verb)
		if exitCode(err) != exitProblems || err == nil || !strings.HasPrefix(err.Error(), "1 line ") {
			t.Errorf("%s %s: %v", tt.verb, tt.line, err)
		}
		got := strings.Split(strings.TrimSpace(out), "\n")
		if len(got) != 2 {
			t.Fatalf("%s %s: %d lines out", tt.verb, tt.line, len(got))
		}
		var bad struct {
			ID    json.RawMessage
			Error string
		}
		if err := json.Unmarshal([]byte(got[0]), &bad); err != nil || string(bad.ID) != tt.id || !strings.Contains(bad.Error, tt.want) {
			t.Errorf("%s %s gave %s, want id %s and %q", tt.verb, tt.line, got[0], tt.id, tt.want)
		}
		plainWords(t, got[0])
		if !strings.HasPrefix(got[1], `{"id":"good"`) || strings.Contains(got[1], `"error"`) {
			t.Errorf("the line after it: %s", got[1])
		}
	}
}

func TestAnIdComesBackAsItWasSent(t *testing.T) {
	for _, id := range []string{`9007199254740993`, `"ü<&>"`, `{"a":[1]}`, `null`, `1.50`} {
		out, _, err := runWith(t, `{"id":`+id+`,"answer":"I fixed it."}`, "read")
		if err != nil || !strings.HasPrefix(out, `{"id":`+id+`,`) {
			t.Errorf("%s: %.60s, %v", id, out, err)
		}
	}
}

func TestOffsetsAreBytesOfWhatWasSent(t *testing.T) {
	out, _, err := runWith(t, `{"id":1,"answer":"  \ud83d\ude00 I fixed it.  I saw an é. "}`, "read")
	if err != nil {
		t.Fatal(err)
	}
	var r struct{ Sentences []struct{ Start, End int } }
	if err := json.Unmarshal([]byte(out), &r); err != nil || len(r.Sentences) == 0 {
		t.Fatal(out, err)
	}
	text := "  \U0001F600 I fixed it.  I saw an é. "
	if last := r.Sentences[len(r.Sentences)-1]; last.End > len(text) || !strings.HasSuffix(text[:last.End], "é.") {
		t.Errorf("the last sentence is %+v of %d bytes", last, len(text))
	}
}

func TestWrongUsageSaysWhatAndHow(t *testing.T) {
	for _, tt := range []struct {
		args []string
		env  map[string]string
		want string
	}{
		{args: []string{"read", "a.jsonl"}, want: `"a.jsonl" is left over`},
		{args: []string{"read", "a.jsonl"}, want: "rehearse read < FILE"},
		{args: []string{"serve", "--seed", "-1"}, want: `--seed: "-1" is not a whole number`},
		{args: []string{"serve", "--seed", "9007199254740992"}, want: "from 0 to 9007199254740991"},
		{args: []string{"serve", "--open=perhaps"}, want: `--open: "perhaps" is neither`},
		{args: []string{"serve"}, env: map[string]string{"REHEARSE_OPEN": "perhaps"}, want: `REHEARSE_OPEN: "perhaps" is neither`},
		{args: []string{"serve", "--zork"}, want: "there is no flag --zork; rehearse serve -h"},
		{args: []string{"export", "one", "--data"}, want: "--data needs a value"},
		{args: []string{"export", "one", "extra", "--data", "x"}, want: `"extra" is left over`},
		{args: []string{"export", "--data", "x", "one", "--format", "json", "--", "two"}, want: `"two" is left over`},
		{args: []string{"export", "one", "--format", "pdf"}, want: `not "pdf"`},
		{args: []string{"export", "--data", "x"}, want: "name the session"},
		{args: []string{"lint", ".", "extra"}, want: `"extra" is left over`},
		{args: []string{"doctor", "now"}, want: `"now" is left over`},
		{args: []string{"exam", "now"}, want: `"now" is left over`},
		{args: []string{"grade", "now"}, want: `"now" is left over`},
		{args: []string{"probe", "now"}, want: `"now" is left over`},
		{args: []string{"probe", "--pack", "a", "--pack", "b"}, want: "one pack is used at a time, and 2 are given"},
	} {
		var out, errs bytes.Buffer
		err := Run(t.Context(), Program{Args: tt.args, Env: func(k string) string { return tt.env[k] }, In: strings.NewReader(""), Out: &out, Err: &errs})
		if err == nil || exitCode(err) != exitUsage || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%v: %v with code %d, want %q", tt.args, err, exitCode(err), tt.want)
			continue
		}
		plainWords(t, err.Error()+errs.String())
	}
}

func TestEveryVerbHasHelp(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range verbs() {
		out, errs, err := runWith(t, "", v.name, "-h")
		if err != nil || errs != "" || !strings.Contains(out, "usage: rehearse "+v.name) || !strings.Contains(out, "flags") {
			t.Errorf("%s -h: %q %q %v", v.name, out, errs, err)
		}
		plainWords(t, out)
		if by, _, _ := runWith(t, "", "help", v.name); by != out {
			t.Errorf("help %s says something else", v.name)
		}
		if !strings.Contains(string(readme), "rehearse "+v.name) && v.name != "serve" {
			t.Errorf("README.md does not name the verb %s", v.name)
		}
		for line := range strings.SplitSeq(out, "\n") {
			name, ok := strings.CutPrefix(line, "  --")
			if !ok {
				continue
			}
			name = "--" + strings.FieldsFunc(name, func(r rune) bool { return r == ' ' || r == '[' })[0]
			if !strings.Contains(string(readme), name) {
				t.Errorf("README.md does not name %s", name)
			}
		}
	}
}

func TestFlagsReplaceTheEnvironment(t *testing.T) {
	p := Program{Args: nil, Env: func(k string) string {
		return map[string]string{"REHEARSE_OLLAMA": "http://a:1, http://b:2"}[k]
	}, Out: &bytes.Buffer{}, Err: &bytes.Buffer{}}
	for _, tt := range []struct {
		args []string
		want string
	}{
		{nil, "http://a:1 http://b:2"},
		{[]string{"--ollama", "http://c:3", "--ollama", "http://d:4"}, "http://c:3 http://d:4"},
	} {
		c := defaults(p)
		f := newFlags(p, "doctor")
		common(f, &c)
		if _, err := f.parse(tt.args, 0); err != nil || strings.Join(c.Ollama, " ") != tt.want {
			t.Errorf("%v: %v, %v", tt.args, c.Ollama, err)
		}
	}
}

func TestExportTakesItsWordsInAnyOrderAndSaysThatASessionIsOpen(t *testing.T) {
	data := t.TempDir()
	store, err := sqlite.Open(t.Context(), filepath.Join(data, "rehearse.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ev := interview.NewEvent(interview.EvSessionCreated, interview.SessionCreated{Format: "story-drill", Title: "Story drill", Mode: "coached", Level: "L5", Minutes: 14})
	ev.Seq, ev.At = 1, time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	st, err := interview.Fold("abc", []interview.Event{ev})
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Create(t.Context(), st.Summary(), []interview.Event{ev}); err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"export", "abc", "--data", data, "--format", "json"}, {"export", "--data", data, "--format", "json", "abc"}, {"export", "--data", data, "abc", "--format", "json"},
	} {
		out, _, err := runWith(t, "", args...)
		if err != nil || !strings.Contains(out, `"closed": false`) || !strings.Contains(out, "still open") {
			t.Errorf("%v: %.100s, %v", args, out, err)
		}
	}
	if out, _, err := runWith(t, "", "export", "abc", "--data", data); err != nil || !strings.Contains(out, "this session is still open") {
		t.Errorf("markdown: %.200s, %v", out, err)
	}
}

func TestAModelThatIsNotThereIsNamed(t *testing.T) {
	out, _, err := runWith(t, "", "doctor", "--data", t.TempDir(), "--ollama", "http://127.0.0.1:1", "--model", "nope", "--embed", "zork")
	if exitCode(err) != exitProblems || err == nil || !strings.Contains(err.Error(), "--model nope is not there") || !strings.Contains(err.Error(), "--embed zork is not there") {
		t.Errorf("doctor: %v", err)
	}
	if !strings.Contains(out, "pack ") {
		t.Errorf("doctor said nothing else: %q", out)
	}
	out, _, err = runWith(t, "", "doctor", "--data", t.TempDir(), "--model", "none")
	if err != nil || strings.Contains(out, "ollama pull") {
		t.Errorf("without a model by choice: %q, %v", out, err)
	}
}

func TestLintNamesTheFileOfEveryProblem(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, knowledge.Pack("site-reliability")); err != nil {
		t.Fatal(err)
	}
	var item string
	err := filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		if filepath.Base(path) == "item.yaml" && item == "" {
			item = path
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(item)
	if err != nil {
		t.Fatal(err)
	}
	text := regexp.MustCompile(`(?m)^kind:.*$`).ReplaceAllString(string(raw), "kind: bogus") + "\nzzz: 1\n"
	if err := os.WriteFile(item, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	out, _, err := runWith(t, "", "lint", dir)
	if exitCode(err) != exitProblems || err == nil {
		t.Errorf("lint: %v", err)
	}
	for _, want := range []string{item + ": zzz: line ", item + `: kind: "bogus" is not a kind of item`} {
		if !strings.Contains(out, want) {
			t.Errorf("not reported: %s\n%s", want, out)
		}
	}
	plainWords(t, out)
	if err := os.WriteFile(item, append(raw, "\nzzz: 1\n"...), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := runWith(t, "", "lint", dir); err == nil || err.Error() != "1 problem" {
		t.Errorf("one problem is told as %v", err)
	}
}
