package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rehearse/server/interview"
)

// leftIn reports whether any file below a folder holds a text.
func leftIn(t *testing.T, dir, text string) bool {
	t.Helper()
	left := false
	err := filepath.WalkDir(dir, func(file string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(file)
		left = left || bytes.Contains(raw, []byte(text))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return left
}

// One session goes alone, everything only when that was said, and both from every byte of the folder.
func TestDelete(t *testing.T) {
	data := filepath.Join(t.TempDir(), "a")
	fill(t, data, map[string][]interview.Event{"one": logOf("one", "Quixotrymble came first."), "two": logOf("two", "Zanflorpine came second.")})
	if err := os.MkdirAll(filepath.Join(data, "material"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(data, "material", "me.md"), []byte("Vexipondrale\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, args := range map[string][]string{"nothing named": nil, "both": {"one", "--everything"}} {
		if _, _, err := runVerb(t, append(append([]string{"delete"}, args...), "--data", data)...); exitCode(err) != exitUsage {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, _, err := runVerb(t, "delete", "three", "--data", data); err == nil {
		t.Error("a session that is not there was deleted")
	}
	if _, errs, err := runVerb(t, "delete", "one", "--data", data); err != nil || !strings.Contains(errs, "one is gone") {
		t.Errorf("%v %s", err, errs)
	}
	if leftIn(t, data, "Quixotrymble") || !leftIn(t, data, "Zanflorpine") {
		t.Error("the wrong session is gone, or not all of it")
	}
	ask := func(answer string, args ...string) (string, error) {
		var out, errs bytes.Buffer
		err := Run(t.Context(), Program{Args: append([]string{"delete", "--everything", "--data", data}, args...), Env: func(string) string { return "" }, In: strings.NewReader(answer), Out: &out, Err: &errs})
		return errs.String(), err
	}
	for _, answer := range []string{"", "yes\n"} {
		if said, err := ask(answer); err == nil || !strings.Contains(err.Error(), "nothing was deleted") || !strings.Contains(said, "delete everything") {
			t.Errorf("%q: %v %s", answer, err, said)
		}
	}
	if !leftIn(t, data, "Zanflorpine") || !leftIn(t, data, "Vexipondrale") {
		t.Fatal("deleted without a confirmation")
	}
	if said, err := ask("delete everything\n"); err != nil || !strings.Contains(said, "1 session,") {
		t.Errorf("%v %s", err, said)
	}
	if leftIn(t, data, "Zanflorpine") || leftIn(t, data, "Vexipondrale") {
		t.Error("something is left")
	}
	if _, err := ask("", "--yes"); err != nil {
		t.Errorf("of an empty folder: %v", err)
	}
	if _, _, err := runVerb(t, "delete", "--everything", "--yes", "--data", filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("of a folder that is not there")
	}
}
