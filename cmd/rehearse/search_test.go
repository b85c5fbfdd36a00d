package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"rehearse/server/config"
	"rehearse/server/interview"
	"rehearse/server/ollama"
	"rehearse/server/ollama/ollamatest"
)

// TestMain lets the test binary read a PDF when it is started by one of the tests, as the program does.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == pdfVerb {
		if readPDF(context.Background(), Program{In: os.Stdin, Out: os.Stdout}) != nil {
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// notes writes two files to index.
func notes(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"upload.md": "# File upload\n\n## Archives\n\nArchive bombs are stopped by a limit on the unpacked size.\n\n## Types\n\nThe type is told by the content.\n",
		"keys.md":   "# Keys\n\nSigning keys are rotated each quarter.\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func rowsOf(t *testing.T, out string) (rows []map[string]any) {
	t.Helper()
	for line := range strings.Lines(out) {
		var m map[string]any
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		rows = append(rows, m)
	}
	return rows
}

func TestIndexAndSearch(t *testing.T) {
	data, dir := t.TempDir(), notes(t)
	if _, _, err := runWith(t, "", "search", "--data", data, "bombs"); err == nil || !strings.Contains(err.Error(), "rehearse index") {
		t.Errorf("a search before anything was indexed: %v", err)
	}
	out, errs, err := runWith(t, "", "index", dir, "--data", data, "--embed", "builtin")
	if err != nil || errs != "" {
		t.Fatal(err, errs)
	}
	sum := rowsOf(t, out)[0]
	if sum["files"] != 2.0 || sum["indexed"] != 2.0 || sum["chunks"] != 3.0 || sum["embedded"] != 3.0 || sum["model"] != "builtin" {
		t.Errorf("%v", sum)
	}
	if out, _, err = runWith(t, "", "index", "--data", data, "--embed", "builtin", dir); err != nil || rowsOf(t, out)[0]["embedding_calls"] != 0.0 {
		t.Errorf("again: %v %v", out, err)
	}
	out, errs, err = runWith(t, "", "search", "how are zip bombs", "stopped", "--data", data, "--k", "2")
	if err != nil || errs != "" {
		t.Fatal(err, errs)
	}
	rows := rowsOf(t, out)
	if len(rows) != 2 {
		t.Fatal(out)
	}
	first := rows[0]
	if first["path"] != filepath.Join(dir, "upload.md") || first["heading"] != "File upload > Archives" || first["title"] != "File upload" || first["start_line"] != 5.0 || first["end_line"] != 5.0 ||
		first["rank"] != 1.0 || !strings.Contains(first["text"].(string), "unpacked size") || first["by"] != "both" {
		t.Errorf("%v", first)
	}
	if _, there := first["query_id"]; there {
		t.Errorf("a query without an id got one: %v", first)
	}
	in := `{"query_id":"q1","query":"content type of an upload"}
{"query_id":2,"query":""}
no json
{"query_id":3,"query":"rotating signing keys"}
`
	out, _, err = runWith(t, in, "search", "--data", data)
	if exitCode(err) != exitProblems || err == nil {
		t.Errorf("two bad lines: %v", err)
	}
	perFile := map[any]map[string]int{}
	rows = rowsOf(t, out)
	for _, r := range rows {
		if r["error"] != nil {
			continue
		}
		if perFile[r["query_id"]] == nil {
			perFile[r["query_id"]] = map[string]int{}
		}
		perFile[r["query_id"]][r["path"].(string)]++
	}
	for id, files := range perFile {
		for path, n := range files {
			if n != 1 {
				t.Errorf("%v: %s has %d rows, want one a file", id, path, n)
			}
		}
	}
	if len(perFile) != 2 || rows[0]["query_id"] != "q1" || filepath.Base(rows[0]["path"].(string)) != "upload.md" || filepath.Base(rows[len(rows)-2]["path"].(string)) != "keys.md" && filepath.Base(rows[len(rows)-1]["path"].(string)) != "keys.md" {
		t.Errorf("%v", out)
	}
	if out, _, err = runWith(t, in[:strings.Index(in, "\n")+1], "search", "--data", data, "--each", "passage"); err != nil || len(rowsOf(t, out)) != 3 {
		t.Errorf("%v %v", out, err)
	}
	out, errs, err = runWith(t, "", "index", "--data", data, filepath.Join(dir, "nothing.md"))
	if exitCode(err) != exitProblems || err == nil || !strings.Contains(errs, "no such file") || len(rowsOf(t, out)[0]["problems"].([]any)) != 1 {
		t.Errorf("%v %v %v", out, errs, err)
	}
	for _, args := range [][]string{{"index"}, {"search", "--each", "line", "x"}, {"search", "--k", "0", "x"}, {"index", dir, "--no-such-flag"}} {
		if _, _, err := runWith(t, "", append(args, "--data", data)...); exitCode(err) != exitUsage || err == nil {
			t.Errorf("%v: %v", args, err)
		}
	}
}

// TestIndexWithAModel indexes with a model of Ollama: searches find it again, and say so when it is gone.
func TestIndexWithAModel(t *testing.T) {
	s := ollamatest.New(t)
	s.Models(ollamatest.Model{Name: "nomic-embed-text:latest", Size: 1 << 28, Capabilities: []string{"embedding"}})
	data, dir := t.TempDir(), notes(t)
	out, errs, err := runWith(t, "", "index", "--data", data, "--ollama", s.URL, dir)
	if err != nil || rowsOf(t, out)[0]["model"] != "nomic-embed-text:latest" || rowsOf(t, out)[0]["embedded"] != 3.0 {
		t.Fatal(out, errs, err)
	}
	out, errs, err = runWith(t, "", "search", "--data", data, "--ollama", s.URL, "archive bombs")
	if err != nil || errs != "" || rowsOf(t, out)[0]["by"] != "both" {
		t.Error(out, errs, err)
	}
	out, errs, err = runWith(t, "", "search", "--data", data, "--ollama", "http://127.0.0.1:1", "archive bombs")
	if err != nil || !strings.Contains(errs, "nomic-embed-text:latest, which is not in reach") || rowsOf(t, out)[0]["by"] != "words" {
		t.Error(out, errs, err)
	}
	if _, _, err = runWith(t, "", "index", "--data", data, "--ollama", s.URL, "--embed", "not-there", dir); err == nil || !strings.Contains(err.Error(), "not-there") {
		t.Error(err)
	}
	// Another embedder embeds everything again, and only once.
	for i, want := range []float64{3, 0} {
		if out, _, err = runWith(t, "", "index", "--data", data, "--embed", "builtin", dir); err != nil || rowsOf(t, out)[0]["embedded"] != want || rowsOf(t, out)[0]["indexed"] != 0.0 {
			t.Errorf("run %d: %v %v", i, out, err)
		}
	}
}

func shelf(t *testing.T, material ...string) *library {
	t.Helper()
	c := config.Defaults()
	c.Data, c.Embed, c.Material = t.TempDir(), config.EmbedBuiltin, material
	pack := fstest.MapFS{
		"1-a/notes.md":            {Data: []byte("# Study note\n\nA quokka is small.\n")},
		"1-a/secret/item.yaml":    {Data: []byte("kind: threat-model\ntitle: Secret\n")},
		"1-a/secret/rubric.yaml":  {Data: []byte("item: secret\npoints:\n  - text: hidden wombat\n")},
		"7-b/card-01/item.yaml":   {Data: []byte("id: card-01\nkind: concept-card\ntitle: A card\nprompt:\n  main: What is a numbat?\n")},
		"7-b/card-01/rubric.yaml": {Data: []byte("item: card-01\npoints:\n  - id: p\n    text: A numbat eats\n      termites\n    explains: It has few teeth.\n  - id: q\n    text: It sleeps at night\n")},
		"7-b/card-01/picture.svg": {Data: []byte("<svg/>")},
		"7-b/card-01/readme.md":   {Data: []byte("numbat")},
		"pack.yaml":               {Data: []byte("id: x\n")},
		"7-b/broken/item.yaml":    {Data: []byte(": no yaml [")},
		"7-b/broken/rubric.yaml":  {Data: []byte("item: broken\npoints:\n  - text: broken wombat\n")},
	}
	l, err := openLibrary(t.Context(), c, ollama.New(c.Ollama, nil), pack, "test", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	l.start(context.WithoutCancel(t.Context()))
	return l
}

// eventually looks for a question until what is found is as wanted: reading goes on in the background.
func eventually(t *testing.T, l *library, query, what string, ok func([]interview.Passage) bool) {
	t.Helper()
	var found []interview.Passage
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		body, err := l.Search(t.Context(), query, 5, "")
		if err != nil {
			t.Fatal(err)
		}
		if found = body.(map[string]any)["passages"].([]interview.Passage); ok(found) {
			return
		}
	}
	t.Fatalf("%s: %s was never so: %+v", query, what, found)
}

// said makes a check of the first passage.
func said(part string) func([]interview.Passage) bool {
	return func(found []interview.Passage) bool { return len(found) > 0 && strings.Contains(found[0].Text, part) }
}

func TestLibrary(t *testing.T) {
	dir := notes(t)
	l := shelf(t, dir)
	eventually(t, l, "quokka", "the note of the pack", func(f []interview.Passage) bool {
		return len(f) > 0 && f[0].Path == "pack/test/1-a/notes.md" && f[0].StartLine == 3 && f[0].By == "both"
	})
	eventually(t, l, "termites", "the card", func(f []interview.Passage) bool {
		return len(f) > 0 && f[0].Path == "pack/test/7-b/card-01/rubric.yaml" && f[0].Title == "A card" && f[0].StartLine == 3 && f[0].EndLine == 8 && strings.HasPrefix(f[0].Text, "A numbat eats termites\nIt has few teeth.")
	})
	eventually(t, l, "archive bombs", "the folder of material", said("unpacked size"))
	for _, hidden := range []string{"wombat", "secret"} {
		eventually(t, l, hidden, "nothing hidden is found", func(f []interview.Passage) bool {
			for _, p := range f {
				if strings.Contains(p.Text, "wombat") {
					t.Fatalf("a rubric is found: %+v", p)
				}
			}
			return true
		})
	}
	if err := os.WriteFile(filepath.Join(dir, "new.txt"), []byte("kerberos tickets expire"), 0o644); err != nil {
		t.Fatal(err)
	}
	eventually(t, l, "kerberos", "a new file in the folder", said("tickets expire"))
	if err := os.Remove(filepath.Join(dir, "new.txt")); err != nil {
		t.Fatal(err)
	}
	eventually(t, l, "kerberos", "it is gone", func(f []interview.Passage) bool { return !said("kerberos")(f) })
}

func TestUploads(t *testing.T) {
	dir := notes(t)
	l := shelf(t, dir)
	up := func(name, text string) (material, error) {
		t.Helper()
		m, err := l.Upload(t.Context(), name, strings.NewReader(text))
		if err != nil {
			return material{}, err
		}
		return m.(material), nil
	}
	cv, err := up(`C:\me\..\cv.md`, "# Me\n\nI led the migration.\n")
	if err != nil || cv.Name != "cv.md" || cv.Path != filepath.Join(l.uploads, "cv.md") || cv.Passages != 1 {
		t.Fatalf("%+v, %v", cv, err)
	}
	eventually(t, l, "migration", "the upload", said("I led"))
	if _, err := up("cv.md", strings.Repeat("\x00\x01", 500)); err == nil || !strings.Contains(err.Error(), "cv.md was not kept") {
		t.Errorf("bytes that are no text: %v", err)
	}
	eventually(t, l, "migration", "the earlier upload stays", said("I led"))
	if _, err := up("cv.md", "# Me\n\nI led the rollout.\n"); err != nil {
		t.Fatal(err)
	}
	eventually(t, l, "rollout", "the later upload", said("rollout"))
	for name, want := range map[string]string{"a.exe": "by the ending", "cut.pdf": "damaged", "../../etc/passwd": "by the ending", "": "by the ending", "huge.md": "MiB"} {
		text := "%PDF-1.4 cut"
		if name == "huge.md" {
			text = strings.Repeat("x", 30<<20)
		}
		if _, err := up(name, text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", name, err)
		}
	}
	entries, err := os.ReadDir(l.uploads)
	if err != nil || len(entries) != 1 {
		t.Errorf("%v, %v", entries, err)
	}
	var files, folder []interview.File
	for end := time.Now().Add(20 * time.Second); len(folder) == 0 && time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		folder = nil
		if files, err = l.Files(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if f.Origins == interview.OriginMaterial {
				folder = append(folder, f)
			}
		}
	}
	if len(folder) == 0 {
		t.Fatal("the folder was not read")
	}
	if err := l.Delete(t.Context(), show(folder[0]).ID); interview.AsError(err).Code != interview.CodeConflict {
		t.Errorf("a file that would come back: %v", err)
	}
	for _, f := range files {
		if f.Origins == interview.OriginPack {
			if err := l.Delete(t.Context(), show(f).ID); interview.AsError(err).Code != interview.CodeNotFound {
				t.Errorf("a note of the pack: %v", err)
			}
		}
	}
	if err := l.Delete(t.Context(), cv.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(cv.Path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("it is still there: %v", err)
	}
	raw, err := os.ReadFile(indexFile(l.config))
	wal, _ := os.ReadFile(indexFile(l.config) + "-wal")
	if err != nil || bytes.Contains(append(raw, wal...), []byte("I led the rollout")) {
		t.Errorf("its words are still in the index: %v", err)
	}
}

func TestCleanName(t *testing.T) {
	for in, want := range map[string]string{"a.md": "a.md", "/etc/x.txt": "x.txt", `c:\x\y.md`: "y.md", "..md": "md", ".hidden.md": "hidden.md", "a\nb\x00.md": "a_b_.md", "": "unnamed", "a:b*.md": "a_b_.md",
		strings.Repeat("é", 100) + ".md": strings.Repeat("é", 58) + ".md"} {
		if got := cleanName(in); got != want {
			t.Errorf("cleanName(%q) = %q, want %q", in, got, want)
		}
	}
}

// A job description in the candidate's own material steers which items are drawn; without one nothing does.
func TestAJobDescriptionIsRead(t *testing.T) {
	v, err := newVoices(config.Config{Model: config.ModelNone}, nil)
	if err != nil {
		t.Fatal(err)
	}
	without := shelf(t, notes(t))
	eventually(t, without, "archive bombs", "the folder of material", said("unpacked size"))
	if steer := without.steer(v)(t.Context()); steer != nil {
		t.Error("something steers without a job description")
	}
	dir := notes(t)
	if err := os.WriteFile(filepath.Join(dir, "job-description.md"), []byte("# Engineer\n\n## Requirements\n\n- Review Python services for SQL injection\n- Automate checks of cloud permissions\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	l := shelf(t, dir)
	eventually(t, l, "SQL injection", "the job description", said("Review Python"))
	near := l.steer(v)(t.Context())
	if near == nil {
		t.Fatal("the job description steers nothing")
	}
	python := near(&interview.Item{Title: "A report built from SQL", Skills: []string{"code review", "python", "sql injection"}})
	other := near(&interview.Item{Title: "A tablet on every table", Skills: []string{"threat modelling", "physical access"}})
	if python <= other {
		t.Errorf("a review of Python is %.2f near, a threat model %.2f", python, other)
	}
}
