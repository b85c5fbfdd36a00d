package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func runWith(t *testing.T, in string, args ...string) (out, errs string, err error) {
	t.Helper()
	var o, e bytes.Buffer
	err = Run(t.Context(), Program{Args: args, Env: func(string) string { return "" }, In: strings.NewReader(in), Out: &o, Err: &e})
	return o.String(), e.String(), err
}

func TestReadAnswersEveryLineInOrder(t *testing.T) {
	in := `{"id":1,"answer":"In March I fixed the cache and errors fell from 40 to 2 a day."}
not json
{"id":"three","answer":"","kind":"technical"}

{"id":4,"answer":"x","kind":"musical"}
{"id":5,"answer":"Ünïcödé ‒ I rewrote it."}`
	out, _, err := runWith(t, in, "read")
	if exitCode(err) != exitProblems {
		t.Errorf("exit code %d, want %d: %v", exitCode(err), exitProblems, err)
	}
	var ids []any
	for line := range strings.SplitSeq(strings.TrimSpace(out), "\n") {
		var m map[string]any
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		ids = append(ids, m["id"])
		if m["error"] == nil {
			for _, field := range []string{"response_type", "sentences", "missing", "words", "spoken_minutes", "ownership", "quantities", "gaps", "measures"} {
				if _, ok := m[field]; !ok {
					t.Errorf("line %v has no %s", m["id"], field)
				}
			}
		}
	}
	if diff := cmp.Diff([]any{1.0, nil, "three", 4.0, 5.0}, ids); diff != "" {
		t.Errorf("ids (-want +got):\n%s", diff)
	}
}

func TestProbeChoosesInOrder(t *testing.T) {
	for _, tt := range []struct {
		name, line string
		want       []string
	}{
		{"an opinion", `{"id":1,"kind":"behavioural","question":"Tell me about a time you disagreed.","answer":"I think that communication is important and one should always listen to people before deciding."}`, []string{"Q01"}},
		{"a hypothetical", `{"id":1,"kind":"behavioural","question":"Tell me about a time you found a bug.","answer":"I would first look at the logs, then I would call the team and we would fix it together. Usually I also write a test."}`, []string{"Q01"}},
		{"an item's missing point", `{"id":1,"kind":"technical","item":"sc-idor-talk","question":"Talk me through it.","answer":"I would write a script in Python that calls the API and prints what comes back."}`, []string{"point", "if_said"}},
		{"points of the line, opaque", `{"id":1,"kind":"technical","question":"How do you store passwords?","answer":"In a table.","points":[{"id":"argon","text":"uses a slow memory-hard hash such as Argon2id","must":true}]}`, []string{"point"}},
		{"nothing left to ask", `{"id":1,"kind":"technical","question":"How do you store passwords?","answer":"With a slow, memory-hard hash such as Argon2id, salted for each user.","points":[{"id":"argon","text":"uses a slow memory-hard hash such as Argon2id"}]}`, []string{"done"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out, errs, err := runWith(t, tt.line, "probe")
			if err != nil {
				t.Fatal(err, errs)
			}
			var got probeOut
			if err := json.Unmarshal([]byte(out), &got); err != nil {
				t.Fatal(err)
			}
			ok := false
			for _, w := range tt.want {
				ok = ok || got.Type == w
			}
			if !ok {
				t.Errorf("%s, want one of %v: %s", got.Type, tt.want, out)
			}
			if strings.Contains(out, "argon") && got.Type == "point" {
				t.Errorf("the hidden point is named: %s", out)
			}
		})
	}
}

func TestUsage(t *testing.T) {
	for _, tt := range []struct {
		args []string
		code int
	}{
		{[]string{"dance"}, exitUsage},
		{[]string{"serve", "--addr", "0.0.0.0:1", "--open=false"}, exitUsage},
		{[]string{"serve", "--no-such-flag"}, exitUsage},
		{[]string{"serve", "extra"}, exitUsage},
		{[]string{"export"}, exitUsage},
		{[]string{"lint", "/no/such/folder"}, exitUsage},
	} {
		if _, _, err := runWith(t, "", tt.args...); exitCode(err) != tt.code || err == nil {
			t.Errorf("%v: %v with code %d, want %d", tt.args, err, exitCode(err), tt.code)
		}
	}
	if out, _, err := runWith(t, "", "help"); err != nil || !strings.Contains(out, "serve") {
		t.Errorf("help: %q, %v", out, err)
	}
	if out, _, err := runWith(t, "", "lint"); err != nil || !strings.Contains(out, "no problems") {
		t.Errorf("lint: %q, %v", out, err)
	}
}

func TestOllamaURL(t *testing.T) {
	for host, want := range map[string]string{"0.0.0.0": "http://127.0.0.1:11434", "0.0.0.0:8000": "http://127.0.0.1:8000", "box": "http://box:11434", "https://box:1/": "https://box:1",
		"[::]:9": "http://[::1]:9", "[::1]": "http://[::1]:11434", ":7000": "http://127.0.0.1:7000"} {
		if got := ollamaURL(host); got != want {
			t.Errorf("ollamaURL(%q) = %q, want %q", host, got, want)
		}
	}
}

func FuzzLines(f *testing.F) {
	f.Add("{\"id\":1,\"answer\":\"x\"}\n{\n")
	f.Fuzz(func(t *testing.T, in string) {
		var out bytes.Buffer
		_ = Run(t.Context(), Program{Args: []string{"read"}, Env: func(string) string { return "" }, In: strings.NewReader(in), Out: &out, Err: &bytes.Buffer{}})
		for line := range strings.SplitSeq(strings.TrimSuffix(out.String(), "\n"), "\n") {
			if line != "" && !json.Valid([]byte(line)) {
				t.Errorf("a line out is no JSON: %q", line)
			}
		}
	})
}
