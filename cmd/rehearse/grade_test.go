package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"rehearse/server/config"
	"rehearse/server/grading"
	"rehearse/server/interview"
	"rehearse/server/ollama/ollamatest"
)

func runGrade(t *testing.T, in string, args ...string) (string, error) {
	t.Helper()
	var out, errs bytes.Buffer
	err := Run(t.Context(), Program{Args: append([]string{"grade"}, args...), Env: func(string) string { return "" }, In: strings.NewReader(in), Out: &out, Err: &errs})
	return out.String(), err
}

func TestGradeLines(t *testing.T) {
	in := `{"id":"a","kind":"technical","question":"What is a stack?","answer":"A structure where the last element that was pushed is popped first.","reference":"A data structure in which the last item added is the first removed."}
not json
{"id":7,"kind":"behavioural","question":"Tell me about a time you failed.","answer":"Fine."}
{"id":"c","kind":"technical","question":"Why?","answer":"Because."}
`
	out, err := runGrade(t, in)
	if err == nil || exitCode(err) != exitProblems {
		t.Errorf("a bad line: %v", err)
	}
	got := strings.Split(strings.TrimSpace(out), "\n")
	if len(got) != 4 {
		t.Fatalf("%d lines out:\n%s", len(got), out)
	}
	rows := make([]map[string]any, len(got))
	for i, l := range got {
		if err := json.Unmarshal([]byte(l), &rows[i]); err != nil {
			t.Fatal(err)
		}
	}
	if s, ok := rows[0]["score"].(float64); !ok || s <= 0.3 || rows[0]["graded"] != true || rows[0]["id"] != "a" {
		t.Errorf("technical: %v", got[0])
	}
	if rows[1]["id"] != nil || rows[1]["error"] == "" {
		t.Errorf("bad line: %v", got[1])
	}
	if rows[2]["score"] != 0.0 || rows[2]["measured_score"] != 0.0 || rows[2]["status"] != "graded" || rows[2]["id"] != 7.0 {
		t.Errorf("gate: %v", got[2])
	}
	if rows[3]["status"] != "failed" || rows[3]["graded"] != false || rows[3]["score"] != nil {
		t.Errorf("nothing to grade by: %v", got[3])
	}
}

func TestGradeNeedsTheModelItWasGiven(t *testing.T) {
	_, err := runGrade(t, "", "--model", "some", "--ollama", "http://127.0.0.1:1")
	if err == nil || exitCode(err) != exitProblems || !strings.Contains(err.Error(), "Ollama does not answer at http://127.0.0.1:1") {
		t.Errorf("a model that is not there: %v", err)
	}
}

// Nearness in meaning is by the builtin embedder unless the flag says otherwise, and the grade names it.
func TestGradeNamesItsEmbedder(t *testing.T) {
	const in = `{"id":"a","kind":"technical","question":"What is a stack?","answer":"A structure where the last element that was pushed is popped first.","reference":"A data structure in which the last item added is the first removed."}`
	for _, c := range []struct{ embed, want string }{{"", "builtin-"}, {"builtin", "builtin-"}, {"none", ""}, {"auto", "builtin-"}} {
		args := []string{"--ollama", "http://127.0.0.1:1"}
		if c.embed != "" {
			args = append(args, "--embed", c.embed)
		}
		out, err := runGrade(t, in, args...)
		if err != nil {
			t.Fatal(err)
		}
		var row struct {
			Score    *float64
			Nearness string
		}
		if err := json.Unmarshal([]byte(out), &row); err != nil {
			t.Fatal(err)
		}
		if row.Score == nil || !strings.HasPrefix(row.Nearness, c.want) || (c.want == "") != (row.Nearness == "") {
			t.Errorf("--embed %q: %s", c.embed, out)
		}
	}
	if _, err := runGrade(t, in, "--embed", "some-embedder", "--ollama", "http://127.0.0.1:1"); err == nil || !strings.Contains(err.Error(), "http://127.0.0.1:1") {
		t.Errorf("an embedding model that is not there: %v", err)
	}
}

// In a session the setting decides too; a model is asked for only where one may be.
func TestTheEmbedderOfASession(t *testing.T) {
	s := ollamatest.New(t)
	s.Models(ollamatest.Model{Name: "vectors", Digest: "d", Capabilities: []string{"embedding"}})
	for _, c := range []struct{ url, model, embed, want string }{
		{s.URL, "auto", "auto", "vectors"},
		{s.URL, "auto", "vectors", "vectors"},
		{s.URL, "auto", "builtin", "builtin-"},
		{s.URL, "auto", "none", ""},
		{s.URL, "none", "auto", "builtin-"},
		{s.URL, "none", "vectors", "vectors"},
		{"http://127.0.0.1:1", "auto", "auto", "builtin-"},
		{"http://127.0.0.1:1", "auto", "vectors", "failed"},
	} {
		v, err := newVoices(config.Config{Ollama: []string{c.url}, Model: c.model}, nil)
		if err != nil {
			t.Fatal(err)
		}
		grader, _ := (&graders{voices: v, embed: c.embed}).grader(t.Context(), "")
		got := grader.Grade(t.Context(), grading.Input{Kind: interview.KindConceptCard, Question: "What is a stack?", Answer: "The last element that was pushed is popped first.", Reference: "The last item added is the first removed."})
		name := got.Nearness
		if got.Status == grading.StatusFailed {
			name = "failed"
		}
		if !strings.HasPrefix(name, c.want) || (c.want == "") != (name == "") {
			t.Errorf("%+v: %q, %s", c, name, got.Reason)
		}
	}
}
