package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
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
