package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

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

// An exam that was broken off goes on where it was: no check is made twice, and the certificate is that of an exam that
// was sat at once.
func TestAnExamGoesOnWhereItWasBrokenOff(t *testing.T) {
	s := ollamatest.New(t)
	run := func(ctx context.Context, data string) (cert map[string]any, err error) {
		t.Helper()
		var out, errs bytes.Buffer
		err = Run(ctx, Program{Args: []string{"exam", "--short", "--data", data, "--ollama", s.URL, "--model", "scripted:1b"}, Env: func(string) string { return "" }, In: strings.NewReader(""), Out: &out, Err: &errs})
		if out.Len() > 0 {
			if err := json.Unmarshal(out.Bytes(), &cert); err != nil {
				t.Fatal(err)
			}
			for _, varies := range []string{"at", "seconds", "noted"} {
				delete(cert, varies)
			}
		}
		return cert, err
	}
	s.Reply(saysNo)
	whole, err := run(t.Context(), t.TempDir())
	if exitCode(err) != exitProblems || whole == nil {
		t.Fatal(err)
	}
	all := len(s.Chats())

	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	data, n := t.TempDir(), 0
	s.Reply(func(last string) string {
		if n++; n == all/3 {
			stop()
		}
		return saysNo(last)
	})
	if _, err := run(ctx, data); err == nil {
		t.Fatal("the exam was not broken off")
	}
	first := len(s.Chats()) - all
	file := filepath.Join(data, "exam.jsonl")
	f, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(`{"key":"torn`); err != nil { // by a crash
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := run(t.Context(), data)
	if exitCode(err) != exitProblems {
		t.Fatal(err)
	}
	if second := len(s.Chats()) - all - first; first+second > all+3 { // the one under way, and what was asked to see whether it gives odds
		t.Errorf("%d checks at once; %d and %d in two parts", all, first, second)
	}
	if diff := cmp.Diff(whole, again); diff != "" {
		t.Errorf("the certificates differ (-at once +in two parts):\n%s", diff)
	}
	if _, err := os.Stat(file); err == nil {
		t.Error("the answers are still there after the certificate")
	}
}
