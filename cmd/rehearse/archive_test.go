package main

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rehearse/server/interview"
	"rehearse/server/sqlite"
)

// logOf is a session with one answered question, and more answers when asked for.
func logOf(id string, answers ...string) []interview.Event {
	at := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	var out []interview.Event
	add := func(typ interview.EventType, data any) {
		e := interview.NewEvent(typ, data)
		e.Seq, e.At = int64(len(out)+1), at.Add(time.Duration(len(out))*time.Minute)
		out = append(out, e)
	}
	plan := interview.Format{ID: "story-drill", Title: "Story", Minutes: 14, Rounds: []interview.RoundPlan{{Persona: "drill", Phases: []interview.Phase{{ID: "story", Title: "Story", Kind: interview.PhaseItem, Minutes: 14}}}}}
	add(interview.EvSessionCreated, interview.SessionCreated{Format: "story-drill", Title: "Story " + id, Mode: interview.ModeDrill, Level: "L5", Minutes: 14, Seed: 1, Plan: plan, Pack: interview.PackRef{ID: "amazon-appsec", Version: "1.0.0"}, Voice: interview.VoiceInfo{Kind: "authored"}})
	add(interview.EvRoundStarted, interview.RoundStarted{Round: 1, Persona: "drill"})
	add(interview.EvBlockStarted, interview.BlockStarted{Block: 1, Round: 1, Phase: "story", Title: "Story", Kind: "behavioural", Item: "beh-01"})
	for i, a := range answers {
		add(interview.EvQuestionAsked, interview.QuestionAsked{Turn: i + 1, Block: 1, Text: "What happened?", Wording: "What happened?", Main: i == 0, Voice: "authored"})
		add(interview.EvAnswerSubmitted, interview.AnswerSubmitted{Turn: i + 1, Text: a, Words: interview.CountWords(a)})
	}
	return out
}

func fill(t *testing.T, data string, logs map[string][]interview.Event) {
	t.Helper()
	if err := os.MkdirAll(data, 0o700); err != nil {
		t.Fatal(err)
	}
	store, err := sqlite.Open(t.Context(), filepath.Join(data, "rehearse.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for id, events := range logs {
		st, err := interview.Fold(id, events)
		if err != nil {
			t.Fatal(err)
		}
		if err := store.Create(t.Context(), st.Summary(), events); err != nil {
			t.Fatal(err)
		}
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
}

func runVerb(t *testing.T, args ...string) (string, string, error) {
	t.Helper()
	var out, errs bytes.Buffer
	err := Run(t.Context(), Program{Args: args, Env: func(string) string { return "" }, In: strings.NewReader(""), Out: &out, Err: &errs})
	return out.String(), errs.String(), err
}

// reports are the Markdown reports of a data folder's sessions.
func reportsOf(t *testing.T, data string, ids ...string) string {
	t.Helper()
	var all strings.Builder
	for _, id := range ids {
		out, _, err := runVerb(t, "export", id, "--data", data)
		if err != nil {
			t.Fatal(err)
		}
		all.WriteString(out)
	}
	return all.String()
}

// Everything leaves in one archive and comes back byte for byte, once however often it is merged.
func TestExportWipeImport(t *testing.T) {
	from, to := filepath.Join(t.TempDir(), "a"), filepath.Join(t.TempDir(), "b")
	file := filepath.Join(t.TempDir(), "all.zip")
	fill(t, from, map[string][]interview.Event{"one": logOf("one", "I moved the signing key out of the build."), "two": logOf("two", "É: we had 212 a day.", "Then none.")})
	if err := os.MkdirAll(filepath.Join(from, "material", "cv"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(from, "material", "cv", "me.md"), []byte("# Me\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, errs, err := runVerb(t, "export", "--all", file, "--data", from); err != nil || !strings.Contains(errs, "2 sessions") {
		t.Fatalf("%v %s", err, errs)
	}
	before := reportsOf(t, from, "one", "two")
	for i, want := range []string{"2 added, 0 continued, 0 were here already", "0 added, 0 continued, 2 were here already"} {
		if _, errs, err := runVerb(t, "import", file, "--data", to); err != nil || !strings.Contains(errs, want) {
			t.Errorf("import %d: %v %s", i+1, err, errs)
		}
	}
	if after := reportsOf(t, to, "one", "two"); after != before {
		t.Errorf("the reports differ:\n%s\n---\n%s", before, after)
	}
	if cv, err := os.ReadFile(filepath.Join(to, "material", "cv", "me.md")); err != nil || string(cv) != "# Me\n" {
		t.Errorf("the material is %q, %v", cv, err)
	}
	if _, _, err := runVerb(t, "export", "one", "--all", file, "--data", from); exitCode(err) != exitUsage {
		t.Errorf("a session and everything: %v", err)
	}
}

// The plan and the ratings of cards go with it, and what is here already stays.
func TestThePlanAndRatingsTravel(t *testing.T) {
	from, to := filepath.Join(t.TempDir(), "a"), filepath.Join(t.TempDir(), "b")
	file := filepath.Join(t.TempDir(), "all.zip")
	at := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	with := func(data string, f func(*sqlite.Store)) {
		t.Helper()
		fill(t, data, nil)
		store, err := sqlite.Open(t.Context(), filepath.Join(data, "rehearse.db"), sqlite.Options{})
		if err != nil {
			t.Fatal(err)
		}
		f(store)
		if err := store.Close(); err != nil {
			t.Fatal(err)
		}
	}
	rate := func(store *sqlite.Store, card string, rating int, when time.Time) {
		t.Helper()
		if err := store.SaveReview(t.Context(), sqlite.CardReview{Card: card, Rating: rating, At: when}); err != nil {
			t.Fatal(err)
		}
	}
	plan := sqlite.Plan{Date: "2026-12-20", Minutes: 45, Zone: "Pacific/Kiritimati", Begun: "2026-11-23"}
	with(from, func(s *sqlite.Store) {
		rate(s, "card-01", 3, at)
		rate(s, "card-02", 1, at.Add(time.Hour))
		if err := s.SetPlan(t.Context(), plan); err != nil {
			t.Fatal(err)
		}
	})
	with(to, func(s *sqlite.Store) { rate(s, "card-01", 4, at) })
	if _, _, err := runVerb(t, "export", "--all", file, "--data", from); err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"1 rating of cards", "0 ratings of cards"} {
		if _, errs, err := runVerb(t, "import", file, "--data", to); err != nil || !strings.Contains(errs, want) {
			t.Errorf("import %d: %v %s", i+1, err, errs)
		}
	}
	with(to, func(s *sqlite.Store) {
		if got, found, err := s.Plan(t.Context()); err != nil || !found || got != plan {
			t.Errorf("the plan is %+v, %v, %v", got, found, err)
		}
		list, err := s.Reviews(t.Context())
		if err != nil || len(list) != 2 || list[0].Rating != 4 || list[1].Card != "card-02" {
			t.Errorf("the ratings are %+v, %v", list, err)
		}
		plan.Minutes = 20
		if err := s.SetPlan(t.Context(), plan); err != nil {
			t.Fatal(err)
		}
	})
	if _, _, err := runVerb(t, "import", file, "--data", to); err != nil {
		t.Fatal(err)
	}
	with(to, func(s *sqlite.Store) {
		if got, _, _ := s.Plan(t.Context()); got.Minutes != 20 {
			t.Errorf("an import took the place of the plan that was here: %+v", got)
		}
	})
}

// What an archive says of plan and cards is checked like the rest of it.
func TestDamagedPracticeIsRefused(t *testing.T) {
	for name, text := range map[string]string{
		planFile:               `{"date":"2026-12-20","minutes_a_day":45,"time_zone":"Mars/Olympus","begun":"2026-11-23"}`,
		planFile + " ":         `{}`,
		planFile + "  ":        `{"date":"2026-12-20","minutes_a_day":5,"time_zone":"UTC","begun":"2026-11-23"}`,
		planFile + "   ":       `{"date":"2026-01-20","minutes_a_day":45,"time_zone":"UTC","begun":"2026-11-23"}`,
		reviewsFile:            `{"card":"","rating":"good","at":"2026-11-23T09:00:00Z"}`,
		reviewsFile + " ":      `{"card":"a","rating":"fine","at":"2026-11-23T09:00:00Z"}`,
		reviewsFile + "  ":     `{"card":"a","rating":"good"}`,
		reviewsFile + "   ":    `[`,
		"practice/cards.jsonl": `{}`,
	} {
		a := archived{practice: &practice{}}
		if err := a.take(&zip.File{FileHeader: zip.FileHeader{Name: strings.TrimSpace(name)}}, []byte(text)); exitCode(err) != exitProblems {
			t.Errorf("%s %s: %v", name, text, err)
		}
	}
}

// A session that went on elsewhere is continued; one that went another way stays as it is here.
func TestImportContinuesAndKeeps(t *testing.T) {
	from, to := filepath.Join(t.TempDir(), "a"), filepath.Join(t.TempDir(), "b")
	file := filepath.Join(t.TempDir(), "all.zip")
	fill(t, from, map[string][]interview.Event{"longer": logOf("longer", "One.", "Two."), "shorter": logOf("shorter", "One."), "other": logOf("other", "This way.")})
	fill(t, to, map[string][]interview.Event{"longer": logOf("longer", "One."), "shorter": logOf("shorter", "One.", "Two."), "other": logOf("other", "That way.")})
	if _, _, err := runVerb(t, "export", "--all", file, "--data", from); err != nil {
		t.Fatal(err)
	}
	_, errs, err := runVerb(t, "import", file, "--data", to)
	if err != nil || !strings.Contains(errs, "0 added, 1 continued, 1 were here already, 1 kept") {
		t.Errorf("%v %s", err, errs)
	}
	if all := reportsOf(t, to, "longer", "shorter", "other"); !strings.Contains(all, "That way.") || strings.Contains(all, "This way.") || strings.Count(all, "Two.") < 2 {
		t.Errorf("after the import:\n%s", all)
	}
}

// An archive that is not whole, or not ours, changes nothing and says what is wrong with it.
func TestADamagedArchiveChangesNothing(t *testing.T) {
	from, to := filepath.Join(t.TempDir(), "a"), filepath.Join(t.TempDir(), "b")
	good := filepath.Join(t.TempDir(), "all.zip")
	fill(t, from, map[string][]interview.Event{"one": logOf("one", "I moved the key.")})
	fill(t, to, map[string][]interview.Event{"here": logOf("here", "Mine.")})
	if _, _, err := runVerb(t, "export", "--all", good, "--data", from); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	// remake writes the archive anew with changed files; a manifest of its own names their sums when sums is set.
	remake := func(change func(files map[string]string)) []byte {
		z, err := zip.OpenReader(good)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = z.Close() }() // it was only read
		files := map[string]string{}
		for _, f := range z.File {
			r, err := f.Open()
			if err != nil {
				t.Fatal(err)
			}
			var b bytes.Buffer
			if _, err := b.ReadFrom(r); err != nil {
				t.Fatal(err)
			}
			files[f.Name] = b.String()
		}
		change(files)
		var out bytes.Buffer
		w := zip.NewWriter(&out)
		for name, text := range files {
			f, err := w.Create(name)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := f.Write([]byte(text)); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	named := func(files map[string]string, name, text string) {
		var m manifest
		if err := json.Unmarshal([]byte(files["manifest.json"]), &m); err != nil {
			t.Fatal(err)
		}
		sum := sumOf(text)
		m.Files = append(m.Files, archivedFile{Name: name, Bytes: int64(len(text)), SHA256: sum})
		raw, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		files["manifest.json"], files[name] = string(raw), text
	}
	for name, c := range map[string]struct {
		archive []byte
		says    string
	}{
		"cut off":        {raw[:len(raw)/2], "damaged"},
		"not an archive": {[]byte("hello"), "damaged"},
		"changed": {remake(func(f map[string]string) {
			f["sessions/one.jsonl"] = strings.Replace(f["sessions/one.jsonl"], "key", "kee", 1)
		}), "not what was written"},
		"one missing":      {remake(func(f map[string]string) { delete(f, "sessions/one.jsonl") }), "is missing"},
		"one too many":     {remake(func(f map[string]string) { f["sessions/two.jsonl"] = "{}" }), "not in its manifest"},
		"no manifest":      {remake(func(f map[string]string) { delete(f, "manifest.json") }), "no manifest"},
		"a later version":  {remake(func(f map[string]string) { f["manifest.json"] = `{"version":9,"files":[]}` }), "version 9"},
		"out of the place": {remake(func(f map[string]string) { named(f, "material/../../evil.md", "x") }), "no place for a file"},
		"elsewhere":        {remake(func(f map[string]string) { named(f, "etc/passwd", "x") }), "neither a session nor material"},
		"no session":       {remake(func(f map[string]string) { named(f, "sessions/two.jsonl", "{\"seq\":7}\n") }), "no session"},
	} {
		file := filepath.Join(t.TempDir(), "bad.zip")
		if err := os.WriteFile(file, c.archive, 0o600); err != nil {
			t.Fatal(err)
		}
		_, errs, err := runVerb(t, "import", file, "--data", to)
		if err == nil || !strings.Contains(err.Error(), c.says) || exitCode(err) != exitProblems {
			t.Errorf("%s: %v %s", name, err, errs)
		}
		if _, _, err := runVerb(t, "export", "one", "--data", to); err == nil {
			t.Errorf("%s: a session was imported", name)
		}
	}
	if !strings.Contains(reportsOf(t, to, "here"), "Mine.") {
		t.Error("what was here is gone")
	}
	if _, _, err := runVerb(t, "import", filepath.Join(t.TempDir(), "none.zip"), "--data", to); err == nil || !strings.Contains(err.Error(), "there is no archive") {
		t.Errorf("no archive: %v", err)
	}
	if _, _, err := runVerb(t, "import", "--data", to); exitCode(err) != exitUsage {
		t.Errorf("no name: %v", err)
	}
	if matches, err := filepath.Glob(filepath.Join(filepath.Dir(to), "*.md")); err != nil || len(matches) > 0 {
		t.Errorf("files outside: %v, %v", matches, err)
	}
}

func sumOf(text string) string { return fmt.Sprintf("%x", sha(text)) }

func sha(text string) [32]byte { return sha256.Sum256([]byte(text)) }
