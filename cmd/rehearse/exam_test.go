package main

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"rehearse/server/ollama/ollamatest"
)

var askedPoints = regexp.MustCompile(`(?m)^- id ([^:\n]+):`)

// saysNo answers every check with no, in the right form.
func saysNo(task string) string {
	var out []string
	for _, m := range askedPoints.FindAllStringSubmatch(task, -1) {
		out = append(out, `{"id":"`+m[1]+`","quote":"","sure":90,"verdict":"no"}`)
	}
	return `{"checks":[` + strings.Join(out, ",") + `]}`
}

func TestAModelThatFailsTheExamIsRefused(t *testing.T) {
	s := ollamatest.New(t)
	s.Reply(saysNo)
	data := t.TempDir()
	run := func(args ...string) (string, error) {
		var out, errs bytes.Buffer
		err := Run(t.Context(), Program{Args: args, Env: func(string) string { return "" }, In: strings.NewReader(""), Out: &out, Err: &errs})
		return out.String(), err
	}
	out, err := run("exam", "--short", "--data", data, "--ollama", s.URL, "--model", "scripted:1b")
	if err == nil || exitCode(err) != exitProblems || !strings.Contains(err.Error(), "did not pass") {
		t.Fatalf("a judge that always says no: %v", err)
	}
	var cert struct {
		Model  string `json:"model"`
		Passed bool   `json:"passed"`
		Short  bool   `json:"short"`
		Graded int    `json:"graded"`
	}
	if err := json.Unmarshal([]byte(out), &cert); err != nil || cert.Passed || !cert.Short || cert.Model != "scripted:1b" || cert.Graded < 50 {
		t.Errorf("the certificate is %+v, %v", cert, err)
	}
	if out, err = run("doctor", "--data", data, "--ollama", s.URL); err != nil || !strings.Contains(out, "has not passed the exam") {
		t.Errorf("doctor says %q, %v", out, err)
	}
	s.Set(ollamatest.Garbage)
	if _, err = run("exam", "--short", "--data", data, "--ollama", s.URL); err == nil || !strings.Contains(err.Error(), "ended early") {
		t.Errorf("an exam without a model: %v", err)
	}
	if _, err = run("exam", "--model", "none"); err == nil || exitCode(err) != exitUsage {
		t.Errorf("no model at all: %v", err)
	}
}
