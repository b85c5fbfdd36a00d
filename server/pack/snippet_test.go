package pack_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	goparser "go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rehearse/knowledge"
	"rehearse/server/interview"
	"rehearse/server/pack"
)

// source is a text that has to parse.
type source struct {
	Name     string `json:"name"`
	Language string `json:"language"`
	Text     string `json:"text"`
}

// both are the shipped packs.
func both(t *testing.T) map[string]*interview.Pack {
	t.Helper()
	out := map[string]*interview.Pack{}
	for _, id := range knowledge.Packs() {
		p, err := pack.Load(knowledge.Pack(id), knowledge.Formats())
		if err != nil {
			t.Fatal(err)
		}
		out[id] = p
	}
	return out
}

// settings are all ways to set some switches: which of them are safe.
func settings(r *interview.Rubric) [][]string {
	out := [][]string{nil}
	for _, s := range r.Switches {
		for _, o := range out[:len(out):len(out)] {
			out = append(out, append(append([]string{}, o...), s.ID))
		}
	}
	return out
}

// sources are all snippets of an item: as it lies there, in every setting of its switches, with every pushed repair,
// and the scripts of a task.
func sources(it *interview.Item, r *interview.Rubric) []source {
	var out []source
	if c := it.Assets.Code; c != nil {
		for _, safe := range settings(r) {
			out = append(out, source{it.ID + " " + strings.Join(safe, "+"), c.Language, r.Vary(c.Text, safe).Text})
		}
		for _, s := range r.Switches {
			for _, f := range s.Fixes {
				out = append(out, source{it.ID + " " + s.ID + "/" + f.ID, c.Language, r.Push(c.Text, s.ID, f)})
			}
		}
	}
	files := it.Assets.Files
	solutions := []*interview.Solution{r.Solution}
	for _, t := range r.Twists {
		files = append(files, t.Files...)
		solutions = append(solutions, t.Solution)
	}
	for _, f := range files {
		if filepath.Ext(f.File) == ".py" {
			out = append(out, source{it.ID + " " + f.File, "python", f.Text})
		}
	}
	for _, s := range solutions {
		if s != nil {
			out = append(out, source{it.ID + " " + s.File, s.Language, s.Text})
		}
	}
	return out
}

// tool finds a program that a test needs. REHEARSE_PARSERS=required makes its absence a failure.
func tool(t *testing.T, name string) string {
	t.Helper()
	found, err := exec.LookPath(name)
	if err != nil {
		absent(t, name)
	}
	return found
}

func absent(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("REHEARSE_PARSERS") == "required" {
		t.Fatalf("%s is not here and REHEARSE_PARSERS=required; make packs installs what is needed", what)
	}
	t.Skipf("%s is not here; make packs parses the snippets", what)
}

// TestSnippetsParse parses every snippet in its language, with Node, Python, Go and a parser of Java.
func TestSnippetsParse(t *testing.T) {
	var all []source
	for _, p := range both(t) {
		for id, it := range p.Items {
			if r := p.Rubrics[id]; r != nil {
				for _, s := range sources(it, r) {
					if s.Language != "go" {
						all = append(all, s)
					} else if _, err := goparser.ParseFile(token.NewFileSet(), s.Name, s.Text, goparser.AllErrors); err != nil {
						t.Error(err)
					}
				}
			}
		}
	}
	tool(t, "python3")
	node := tool(t, "node")
	dir := filepath.Join("..", "..", ".ci", "parse")
	if _, err := os.Stat(filepath.Join(dir, "node_modules")); err != nil {
		absent(t, "the parser of Java")
	}
	// A text that must not parse, so that a parser which takes everything is noticed.
	for _, l := range []string{"java", "python", "javascript"} {
		all = append(all, source{"broken " + l, l, "class {"})
	}
	raw, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), node, "--experimental-vm-modules", "--no-warnings", filepath.Join(dir, "parse.mjs"))
	cmd.Stdin = bytes.NewReader(raw)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, errs.String())
	}
	broken := 0
	for line := range strings.Lines(out.String()) {
		if strings.HasPrefix(line, "broken ") {
			broken++
		} else {
			t.Error(strings.TrimSpace(line))
		}
	}
	if broken != 3 {
		t.Errorf("%d of 3 broken texts were noticed:\n%s", broken, out.String())
	}
	t.Logf("%d texts parsed", len(all)-3)
}

// TestSwitchedSnippetsKeepTheirKey moves the key with the lines: every finding and decoy of every setting lies inside
// the text, what is not switched stands on the same words as before, and a safe place says so.
func TestSwitchedSnippetsKeepTheirKey(t *testing.T) {
	seen := 0
	for _, p := range both(t) {
		for id, r := range p.Rubrics {
			it := p.Items[id]
			if len(r.Switches) == 0 {
				continue
			}
			code := it.Assets.Code.Text
			for _, safe := range settings(r) {
				seen++
				v := r.Vary(code, safe)
				lines := strings.Count(v.Text, "\n")
				for _, d := range v.Decoys {
					if d.Lines[0] < 1 || d.Lines[1] > lines || d.Lines[1] < d.Lines[0] {
						t.Errorf("%s %v: decoy at %v of %d lines", id, safe, d.Lines, lines)
					}
				}
				for _, f := range v.Findings {
					if f.Lines[0] < 1 || f.Lines[1] > lines || f.Lines[1] < f.Lines[0] {
						t.Errorf("%s %v: finding %s at %v of %d lines", id, safe, f.ID, f.Lines, lines)
						continue
					}
					for _, old := range r.Findings {
						if old.ID == f.ID && untouched(r, safe, old.Lines) && part(code, old.Lines) != part(v.Text, f.Lines) {
							t.Errorf("%s %v: finding %s has moved off its words", id, safe, f.ID)
						}
					}
				}
				for _, s := range r.Switches {
					stands := strings.Contains(v.Text, strings.TrimRight(s.Safe, "\n"))
					if is := contains(safe, s.ID); is != stands {
						t.Errorf("%s %v: switch %s is safe %v, and its safe lines stand there %v", id, safe, s.ID, is, stands)
					}
				}
			}
		}
	}
	if seen < 8 {
		t.Errorf("%d settings were looked at", seen)
	}
}

func untouched(r *interview.Rubric, safe []string, lines [2]int) bool {
	for _, s := range r.Switches {
		if contains(safe, s.ID) && s.Lines[0] <= lines[1] && lines[0] <= s.Lines[1] {
			return false
		}
	}
	return true
}

func part(text string, lines [2]int) string {
	all := strings.Split(text, "\n")
	return strings.Join(all[lines[0]-1:lines[1]], "\n")
}

func contains(list []string, s string) bool {
	for _, v := range list {
		if v == s {
			return true
		}
	}
	return false
}

// TestSolutionsMakeTheirOutput runs the authored solution of every scripting task on its data and on each twist's.
func TestSolutionsMakeTheirOutput(t *testing.T) {
	python := tool(t, "python3")
	runs := 0
	for _, p := range both(t) {
		for id, it := range p.Items {
			r := p.Rubrics[id]
			if it.Kind != interview.KindScripting || r == nil {
				continue
			}
			runs++
			solve(t, python, id, it.Assets.Files, r.Solution, r.Expected)
			for i, tw := range r.Twists {
				s := tw.Solution
				if s == nil {
					s = r.Solution
				}
				files := append([]interview.DataFile{}, tw.Files...)
				for _, f := range it.Assets.Files { // what is imported or run beside it is there in a twist too
					if f.Role != "input" {
						files = append(files, f)
					}
				}
				solve(t, python, fmt.Sprintf("%s twist %d", id, i+1), files, s, tw.Expected)
			}
		}
	}
	if runs == 0 {
		t.Error("there is no scripting task")
	}
}

// solveTime is far more than any solution needs, so that one that hangs ends.
const solveTime = time.Minute

func solve(t *testing.T, python, name string, files []interview.DataFile, s *interview.Solution, e *interview.Expected) {
	t.Helper()
	dir := t.TempDir()
	put := func(file, text string) {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put(s.File, s.Text)
	args := []string{s.File}
	ctx, cancel := context.WithTimeout(t.Context(), solveTime)
	defer cancel()
	for _, f := range files {
		put(f.File, f.Text)
		switch f.Role {
		case "input":
			args = append(args, f.File)
		case "server":
			stop := beside(ctx, t, python, dir, f.File)
			defer stop()
		}
	}
	cmd := exec.CommandContext(ctx, python, args...)
	cmd.Dir = dir
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Errorf("%s: %v\n%s", name, err, errs.String())
		return
	}
	if got := interview.OutputSHA256(string(out)); got != e.SHA256 {
		t.Errorf("%s: the solution's output has digest %s, expected is %s:\n%s", name, got, e.SHA256, out)
	}
}

// beside starts a stub that is run beside the script, and waits until it has said its first line.
func beside(ctx context.Context, t *testing.T, python, dir, file string) (stop func()) {
	t.Helper()
	cmd := exec.CommandContext(ctx, python, "-u", file)
	cmd.Dir = dir
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 1)); err != nil {
		t.Fatalf("%s ended before it was ready: %v", file, err)
	}
	return func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
}
