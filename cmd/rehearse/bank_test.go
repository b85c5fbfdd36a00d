package main

import (
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"rehearse/server/httpapi"
	"rehearse/server/interview"
	"rehearse/server/sqlite"
	"rehearse/server/stories"
)

func testBank(t *testing.T) (*bank, *coach) {
	t.Helper()
	c := newTestCoach(t)
	b := newBank(c.store, c.pack, slog.New(slog.DiscardHandler))
	b.now = c.now
	return b, c
}

const firstTelling = `In March 2024 our build servers trusted any pull request, and one had read a signing key. We had 212 builds a day on them. I was responsible for the release pipeline. I moved signing to a separate machine, wrote a check that refuses unsigned artefacts and walked two teams through it. Marta refused at first. Unsigned releases went from 5 a week to 0 within a month, counted by the release log.`

// A story is kept from an answer; later tellings of it are known, held against its figures and against each other.
func TestAStoryFromAnAnswerToItsHistory(t *testing.T) {
	b, c := testBank(t)
	ctx := t.Context()
	day := time.Date(2026, 3, 20, 9, 0, 0, 0, time.UTC)
	told(t, c, "one", "beh-03", firstTelling, day, true)
	id, _, err := b.Add(ctx, httpapi.NewStory{Title: "The signing key", From: &httpapi.StoryFrom{Session: "one", Block: 1}})
	if err != nil {
		t.Fatal(err)
	}
	told(t, c, "two", "beh-03", strings.Replace(firstTelling, "212 builds", "240 builds", 1), day.Add(48*time.Hour), true)
	told(t, c, "open", "beh-03", firstTelling, day.Add(50*time.Hour), false)
	e, err := b.entry(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	if len(e.Readings) != 2 || e.Readings[0].Session != "two" || e.Readings[0].By != "recognised" || e.Readings[1].By != "said" {
		t.Fatalf("readings %+v", e.Readings)
	}
	if r := e.Readings[0]; r.Recital == "" || r.Repeats < 0.5 {
		t.Errorf("the same words again are no recital: %+v", r)
	}
	i := slices.IndexFunc(e.Numbers, func(r stories.Row) bool { return r.Disagree })
	if i < 0 {
		t.Fatalf("212 and 240 agree: %+v", e.Numbers)
	}
	quotes := ""
	for _, s := range e.Numbers[i].Said {
		quotes += s.Quote + "\n"
		if s.Session == "" {
			continue
		}
		text := firstTelling
		if s.Session == "two" {
			text = strings.Replace(firstTelling, "212 builds", "240 builds", 1)
		}
		if !strings.Contains(text[s.Start:s.End], strings.TrimSuffix(s.Quote, "…")) {
			t.Errorf("the quote %q is not what stands at %d to %d", s.Quote, s.Start, s.End)
		}
	}
	if !strings.Contains(quotes, "212") || !strings.Contains(quotes, "240") {
		t.Errorf("the quotes are %q", quotes)
	}
	if e.Drill == nil || e.Drill.Format != "story-drill" || e.Drill.Story != id || e.Dive == nil || e.Dive.Format != "dive-deep" {
		t.Errorf("drill %+v, dive %+v", e.Drill, e.Dive)
	}
	if text := e.Markdown(); !strings.Contains(text, "240") || !strings.Contains(text, "not the same everywhere") {
		t.Errorf("as text:\n%s", text)
	}
	if pr, err := b.principle(ctx, id); err != nil || pr != c.pack.Rubrics["beh-03"].Principles[0] {
		t.Errorf("principle %q, %v", pr, err)
	}
	// What the candidate says goes before what code thinks.
	if _, err := b.Said(ctx, httpapi.SaidStory{Session: "two", Block: 1}); err != nil {
		t.Fatal(err)
	}
	all, err := b.all(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if l := all.List(); len(l.Stories[0].Readings) != 1 || len(l.Unknown) != 1 || l.Unknown[0].Session != "two" {
		t.Errorf("after saying no: %+v", l)
	}
	for name, s := range map[string]httpapi.SaidStory{"no story": {Session: "two", Block: 1, Story: "s-none"}, "no session": {Session: "three", Block: 1}, "open": {Session: "open", Block: 1}} {
		if _, err := b.Said(ctx, s); interview.AsError(err).Code != interview.CodeNotFound {
			t.Errorf("%s: %v", name, err)
		}
	}
	// An open exam gives nothing away.
	if _, err := b.Draft(ctx, httpapi.StoryFrom{Session: "open", Block: 1}); interview.AsError(err).Code != interview.CodeConflict {
		t.Errorf("a story out of an open exam: %v", err)
	}
	if err := c.store.Delete(ctx, "one"); err != nil {
		t.Fatal(err)
	}
	if e, err := b.entry(ctx, id); err != nil || len(e.Readings) != 0 {
		t.Errorf("after the session went: %+v, %v", e, err)
	}
}

func TestOneFirstChoiceAndTheMatrix(t *testing.T) {
	b, _ := testBank(t)
	ctx := t.Context()
	add := func(title string, tags ...httpapi.StoryTag) string {
		t.Helper()
		id, _, err := b.Add(ctx, httpapi.NewStory{Title: title, Principles: tags, Cues: []httpapi.StoryCue{{Text: "a cue of " + title}}})
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	one := add("One", httpapi.StoryTag{Principle: "ownership", Choice: stories.First})
	two := add("Two", httpapi.StoryTag{Principle: "ownership", Choice: stories.First}, httpapi.StoryTag{Principle: "dive-deep", Choice: stories.Second})
	row := func(id string) stories.MatrixRow {
		t.Helper()
		body, err := b.Matrix(ctx)
		if err != nil {
			t.Fatal(err)
		}
		m := body.(stories.Matrix)
		if len(m.Rows) != 16 || m.Text() == "" {
			t.Fatalf("%d rows", len(m.Rows))
		}
		return m.Rows[slices.IndexFunc(m.Rows, func(r stories.MatrixRow) bool { return r.Principle == id })]
	}
	if r := row("ownership"); r.First != two || r.Second != "" || len(r.Cells) != 2 || r.Hole != "no_second" || len(r.Prompts) < 5 {
		t.Errorf("ownership: %+v", r)
	}
	if r := row("dive-deep"); r.Hole != "no_first" || r.Second != two {
		t.Errorf("dive deep: %+v", r)
	}
	if r := row("frugality"); r.Hole != "no_story" || len(r.Prompts) == 0 {
		t.Errorf("frugality: %+v", r)
	}
	if _, err := b.Change(ctx, one, httpapi.NewStory{Title: "One", Principles: []httpapi.StoryTag{{Principle: "ownership", Choice: stories.Second}}, Cues: []httpapi.StoryCue{{Text: "x"}}}); err != nil {
		t.Fatal(err)
	}
	if r := row("ownership"); r.First != two || r.Second != one || r.Hole != "" {
		t.Errorf("ownership with both: %+v", r)
	}
	if _, err := b.Change(ctx, "s-none", httpapi.NewStory{Title: "One", Cues: []httpapi.StoryCue{{Text: "x"}}}); interview.AsError(err).Code != interview.CodeNotFound {
		t.Errorf("no such story: %v", err)
	}
}

// The verbs, an edited file, a damaged one, and an archive.
func TestStoriesOnTheCommandLine(t *testing.T) {
	data := t.TempDir()
	run := func(args ...string) string {
		t.Helper()
		out, errs, err := runVerb(t, append([]string{"stories"}, append(args, "--data", data)...)...)
		if err != nil {
			t.Fatalf("stories %v: %v %s", args, err, errs)
		}
		return out
	}
	id := strings.TrimSpace(run("add", "--title", "The signing key", "--worth", "standout", "--principle", "ownership:first", "--cue", "[situation] 14 pipelines, one key", "--cue", "Marta said no"))
	if out := run(); !strings.Contains(out, id) || !strings.Contains(out, "told 0 times") {
		t.Errorf("list: %s", out)
	}
	if out := run("show", id); !strings.Contains(out, "[situation] 14 pipelines") || !strings.Contains(out, "ownership (first)") {
		t.Errorf("show: %s", out)
	}
	if out := run("matrix"); !strings.Contains(out, "first  The signing key") || !strings.Contains(out, "No story yet.") {
		t.Errorf("matrix: %s", out)
	}
	var m stories.Matrix
	if err := json.Unmarshal([]byte(run("matrix", "--format", "json")), &m); err != nil || len(m.Stories) != 1 {
		t.Errorf("matrix as JSON: %v", err)
	}
	text := run("export")
	file := filepath.Join(t.TempDir(), "stories.md")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(strings.Replace(text, "Marta said no", "Marta said no twice", 1) + "\n## Another\n\n- 9 customers told\n\n")
	run("import", file)
	edited := run("export")
	if !strings.Contains(edited, "no twice") || !strings.Contains(edited, "Another") || strings.Count(edited, "\n## ") != 2 {
		t.Errorf("after the import:\n%s", edited)
	}
	// The second story is fine and the last line is not: nothing is taken.
	write(edited + "\n## Third\n\n- a cue\nand prose\n")
	_, _, err := runVerb(t, "stories", "import", file, "--data", data)
	if err == nil || !strings.Contains(err.Error(), "line ") || !strings.Contains(err.Error(), "and prose") || run("export") != edited {
		t.Errorf("a damaged file: %v", err)
	}
	for _, args := range [][]string{{"stories", "dance"}, {"stories", "show"}, {"stories", "import"}, {"stories", "list", "x"}, {"stories", "list", "--format", "xml"}} {
		if _, _, err := runVerb(t, append(args, "--data", data)...); exitCode(err) != exitUsage {
			t.Errorf("%v: %v", args, err)
		}
	}
	archive, to := filepath.Join(t.TempDir(), "all.zip"), t.TempDir()
	if _, errs, err := runVerb(t, "export", "--all", archive, "--data", data); err != nil {
		t.Fatalf("%v %s", err, errs)
	}
	for _, want := range []string{"2 stories of your own", "0 stories of your own"} {
		if _, errs, err := runVerb(t, "import", archive, "--data", to); err != nil || !strings.Contains(errs, want) {
			t.Errorf("import: %v %s", err, errs)
		}
	}
	if out, _, err := runVerb(t, "stories", "export", "--data", to); err != nil || out != edited {
		t.Errorf("after the journey: %v\n%s", err, out)
	}
	store, err := sqlite.Open(t.Context(), filepath.Join(to, "rehearse.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	if err := store.Wipe(t.Context()); err != nil {
		t.Fatal(err)
	}
	if left, err := storedStories(t.Context(), store); err != nil || len(left) != 0 {
		t.Errorf("after everything was deleted: %v, %v", left, err)
	}
}

// An archive with a story that is none is refused whole.
func TestADamagedBankInAnArchive(t *testing.T) {
	good := `{"id":"s-a","title":"A","worth":"standard","principles":[],"cues":[{"text":"x"}],"created_at":"2026-03-20T09:00:00Z","updated_at":"2026-03-20T09:00:00Z"}`
	for name, text := range map[string]string{
		"no JSON": `{"stories":[`, "no id": `{"stories":[` + strings.Replace(good, "s-a", "../a", 1) + `]}`, "twice": `{"stories":[` + good + `,` + good + `]}`,
		"prose": `{"stories":[` + strings.Replace(good, `"x"`, `"`+strings.Repeat("word ", 30)+`"`, 1) + `]}`, "no block": `{"stories":[` + good + `],"said":[{"session":"a","block":0,"story":"s-a"}]}`,
	} {
		var a archivedBank
		if err := a.take([]byte(text)); err == nil || !strings.Contains(err.Error(), "nothing was changed") {
			t.Errorf("%s: %v", name, err)
		}
	}
	var a archivedBank
	if err := a.take([]byte(`{"stories":[` + good + `]}`)); err != nil {
		t.Errorf("a good one: %v", err)
	}
}
