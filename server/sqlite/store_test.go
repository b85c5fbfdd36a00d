package sqlite_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rehearse/server/interview"
	"rehearse/server/sqlite"
)

var epoch = time.Date(2026, 11, 22, 9, 0, 0, 120000000, time.UTC)

func open(t testing.TB, path string) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(context.Background(), path, sqlite.Options{Now: func() time.Time { return epoch }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// each runs a test over both kinds of store.
func each(t *testing.T, f func(t *testing.T, s *sqlite.Store)) {
	t.Run("file", func(t *testing.T) { f(t, open(t, filepath.Join(t.TempDir(), "a folder?", "re hearse%.db"))) })
	t.Run("memory", func(t *testing.T) { f(t, open(t, sqlite.Memory)) })
}

func event(seq int64, typ interview.EventType, data any) interview.Event {
	e := interview.NewEvent(typ, data)
	e.Seq, e.At = seq, epoch.Add(time.Duration(seq)*time.Second)
	return e
}

func answer(seq int64, text string) interview.Event {
	return event(seq, interview.EvAnswerSubmitted, interview.AnswerSubmitted{Turn: 1, Text: text, Words: interview.CountWords(text)})
}

func summary(id string, seq int64) interview.Summary {
	return interview.Summary{ID: id, Format: "phone-screen", Title: "Phone screen", Mode: interview.ModeCoached, CreatedAt: epoch, Seq: seq}
}

func create(t testing.TB, s *sqlite.Store, id string) {
	t.Helper()
	first := event(1, interview.EvSessionCreated, interview.SessionCreated{Format: "phone-screen"})
	if err := s.Create(context.Background(), summary(id, 1), []interview.Event{first}); err != nil {
		t.Fatal(err)
	}
}

func wantCode(t testing.TB, err error, code interview.ErrCode) {
	t.Helper()
	var e *interview.Error
	if !errors.As(err, &e) || e.Code != code {
		t.Errorf("got error %v, want code %s", err, code)
	}
}

func TestWhatIsWrittenIsReadBack(t *testing.T) {
	each(t, func(t *testing.T, s *sqlite.Store) {
		ctx := context.Background()
		create(t, s, "a")
		text := "  I said: \"no\"\r\n\tthen <b>&\u2028 naïve 🙂 \x00 end \u0301 "
		events := []interview.Event{answer(2, text), event(3, interview.EvReportReady, interview.ReportReady{Pending: 1})}
		if err := s.Append(ctx, "a", "cmd-1", events, summary("a", 3)); err != nil {
			t.Fatal(err)
		}
		got, err := s.Events(ctx, "a", 1)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(events, got); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
		var a interview.AnswerSubmitted
		if err := json.Unmarshal(got[0].Data, &a); err != nil || a.Text != text {
			t.Errorf("answer came back as %q, want %q (%v)", a.Text, text, err)
		}
		seq, found, err := s.Command(ctx, "a", "cmd-1")
		if seq != 3 || !found || err != nil {
			t.Errorf("command = %d, %t, %v; want 3, true, nil", seq, found, err)
		}
		if _, found, err := s.Command(ctx, "a", "cmd-2"); found || err != nil {
			t.Errorf("unknown command = %t, %v", found, err)
		}
		sum, err := s.Summary(ctx, "a")
		if diff := cmp.Diff(summary("a", 3), sum); diff != "" || err != nil {
			t.Errorf("summary (-want +got): %v\n%s", err, diff)
		}
		if got, err := s.Events(ctx, "a", 3); err != nil || got == nil || len(got) != 0 {
			t.Errorf("nothing after the last event = %v, %v; want empty, nil", got, err)
		}
	})
}

func TestRefusals(t *testing.T) {
	each(t, func(t *testing.T, s *sqlite.Store) {
		ctx := context.Background()
		create(t, s, "a")
		if err := s.Append(ctx, "a", "used", []interview.Event{answer(2, "x")}, summary("a", 2)); err != nil {
			t.Fatal(err)
		}
		app := func(session, cmd string, events ...interview.Event) error {
			return s.Append(ctx, session, cmd, events, summary(session, 9))
		}
		raw := func(seq int64, data string) interview.Event {
			return interview.Event{Seq: seq, Type: "x", At: epoch, Data: json.RawMessage(data)}
		}
		tests := map[string]struct {
			err  error
			code interview.ErrCode
		}{
			"a hole":               {app("a", "", answer(4, "x")), interview.CodeConflict},
			"a number again":       {app("a", "", answer(2, "x")), interview.CodeConflict},
			"a hole inside":        {app("a", "", answer(3, "x"), answer(5, "x")), interview.CodeConflict},
			"a command again":      {app("a", "used", answer(3, "x")), interview.CodeConflict},
			"no such session":      {app("b", "", answer(1, "x")), interview.CodeNotFound},
			"no session":           {app("", "", answer(1, "x")), interview.CodeInvalid},
			"data that is no JSON": {app("a", "", raw(3, `{"a":`)), interview.CodeInvalid},
			"no data":              {app("a", "", raw(3, "")), interview.CodeInvalid},
			"invalid UTF-8":        {app("a", "", raw(3, "\"\xff\"")), interview.CodeInvalid},
			"another's summary":    {s.Append(ctx, "a", "", []interview.Event{answer(3, "x")}, summary("b", 3)), interview.CodeInvalid},
			"created twice":        {s.Create(ctx, summary("a", 0), nil), interview.CodeConflict},
			"created from 2":       {s.Create(ctx, summary("c", 2), []interview.Event{answer(2, "x")}), interview.CodeConflict},
			"draft of nothing":     {s.SaveDraft(ctx, "b", interview.Draft{Turn: 1}), interview.CodeNotFound},
			"delete of nothing":    {s.Delete(ctx, "b"), interview.CodeNotFound},
		}
		for name, tt := range tests {
			t.Run(name, func(t *testing.T) { wantCode(t, tt.err, tt.code) })
		}
		_, err := s.Events(ctx, "b", 0)
		wantCode(t, err, interview.CodeNotFound)
		_, err = s.Summary(ctx, "b")
		wantCode(t, err, interview.CodeNotFound)
		got, err := s.Events(ctx, "a", 0)
		if err != nil || len(got) != 2 {
			t.Errorf("after the refusals there are %d events (%v), want 2", len(got), err)
		}
		if err := app("a", "next", answer(3, "x")); err != nil {
			t.Errorf("the log does not go on after refusals: %v", err)
		}
		if err := s.Append(ctx, "a", "bare", nil, summary("a", 3)); err != nil {
			t.Errorf("a command without events: %v", err)
		}
		if seq, _, _ := s.Command(ctx, "a", "bare"); seq != 3 {
			t.Errorf("a command without events stands for %d, want 3", seq)
		}
	})
}

func TestDrafts(t *testing.T) {
	each(t, func(t *testing.T, s *sqlite.Store) {
		ctx := context.Background()
		create(t, s, "a")
		create(t, s, "b")
		for _, text := range []string{"I", "I dec\x00ided ", "I decided "} {
			for _, id := range []string{"a", "b"} {
				if err := s.SaveDraft(ctx, id, interview.Draft{Turn: 1, Text: text}); err != nil {
					t.Fatal(err)
				}
			}
		}
		d, found, err := s.Draft(ctx, "a")
		if want := (interview.Draft{Turn: 1, Text: "I decided "}); d != want || !found || err != nil {
			t.Errorf("draft = %v, %t, %v; want %v", d, found, err, want)
		}
		hint := event(2, interview.EvHintGiven, interview.HintGiven{Turn: 1})
		if err := s.Append(ctx, "a", "", []interview.Event{hint}, summary("a", 2)); err != nil {
			t.Fatal(err)
		}
		if _, found, _ := s.Draft(ctx, "a"); !found {
			t.Error("a hint ended the draft")
		}
		for id, e := range map[string]interview.Event{"a": answer(3, "I decided."), "b": event(2, interview.EvTurnSkipped, interview.TurnSkipped{Turn: 1, Why: "skip"})} {
			if err := s.Append(ctx, id, "", []interview.Event{e}, summary(id, e.Seq)); err != nil {
				t.Fatal(err)
			}
			if _, found, err := s.Draft(ctx, id); found || err != nil {
				t.Errorf("session %s: draft after its turn ended = %t, %v", id, found, err)
			}
		}
	})
}

func TestSummariesNewestFirst(t *testing.T) {
	each(t, func(t *testing.T, s *sqlite.Store) {
		ctx := context.Background()
		if got, err := s.Summaries(ctx); err != nil || got == nil || len(got) != 0 {
			t.Errorf("no sessions = %v, %v; want empty, nil", got, err)
		}
		// Times that sort wrongly as text when trailing zeros are left out.
		for id, at := range map[string]time.Duration{"old": 0, "new": time.Second, "newer": time.Second + time.Millisecond, "mid": 999 * time.Millisecond} {
			sum := summary(id, 0)
			sum.CreatedAt = epoch.Truncate(time.Second).Add(at)
			if err := s.Create(ctx, sum, nil); err != nil {
				t.Fatal(err)
			}
		}
		all, err := s.Summaries(ctx)
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, sum := range all {
			ids = append(ids, sum.ID)
		}
		if diff := cmp.Diff([]string{"newer", "new", "mid", "old"}, ids); diff != "" {
			t.Error(diff)
		}
	})
}

func TestWhatEarlierSessionsUsed(t *testing.T) {
	each(t, func(t *testing.T, s *sqlite.Store) {
		ctx := context.Background()
		for _, id := range []string{"a", "b", "now"} {
			create(t, s, id)
			events := []interview.Event{
				event(2, interview.EvBlockStarted, interview.BlockStarted{Block: 1, Item: "phish-1"}),
				event(3, interview.EvQuestionAsked, interview.QuestionAsked{Turn: 1, Block: 1, Text: "Tell me."}),
				event(4, interview.EvQuestionAsked, interview.QuestionAsked{Turn: 2, Block: 1, Text: "You said 'x'. How many?", Wording: "How many?"}),
				event(5, interview.EvBlockStarted, interview.BlockStarted{Block: 2, Item: "only-" + id}),
				event(6, interview.EvBlockStarted, interview.BlockStarted{Block: 3}),
			}
			if err := s.Append(ctx, id, "", events, summary(id, 6)); err != nil {
				t.Fatal(err)
			}
		}
		wordings, err := s.UsedWordings(ctx, "now")
		if diff := cmp.Diff(map[string]int{"Tell me.": 2, "How many?": 2}, wordings); diff != "" || err != nil {
			t.Errorf("wordings: %v\n%s", err, diff)
		}
		items, err := s.UsedItems(ctx, "now")
		if diff := cmp.Diff(map[string]int{"phish-1": 2, "only-a": 1, "only-b": 1}, items); diff != "" || err != nil {
			t.Errorf("items: %v\n%s", err, diff)
		}
	})
}

func TestAnswersToAnItem(t *testing.T) {
	each(t, func(t *testing.T, s *sqlite.Store) {
		ctx := context.Background()
		for i, id := range []string{"old", "newer", "now", "later"} {
			sum := summary(id, 0)
			sum.CreatedAt = epoch.Add(time.Duration(i) * time.Minute)
			if err := s.Create(ctx, sum, nil); err != nil {
				t.Fatal(err)
			}
			events := []interview.Event{
				event(1, interview.EvBlockStarted, interview.BlockStarted{Block: 1, Item: "phish-1"}),
				event(2, interview.EvQuestionAsked, interview.QuestionAsked{Turn: 1, Block: 1, Text: "Tell me."}),
				event(3, interview.EvAnswerSubmitted, interview.AnswerSubmitted{Turn: 1, Text: "one of " + id}),
				event(4, interview.EvBlockStarted, interview.BlockStarted{Block: 2, Item: "other"}),
				event(5, interview.EvQuestionAsked, interview.QuestionAsked{Turn: 2, Block: 2, Text: "And?"}),
				event(6, interview.EvAnswerSubmitted, interview.AnswerSubmitted{Turn: 2, Text: "two of " + id}),
			}
			if err := s.Append(ctx, id, "", events, sum); err != nil {
				t.Fatal(err)
			}
		}
		got, err := s.AnswersTo(ctx, "phish-1", "now", 10)
		if diff := cmp.Diff([]string{"one of newer", "one of old"}, got); diff != "" || err != nil {
			t.Errorf("%v\n%s", err, diff)
		}
		if got, err := s.AnswersTo(ctx, "phish-1", "now", 1); len(got) != 1 || err != nil {
			t.Errorf("at most one: %v, %v", got, err)
		}
	})
}

func TestSettings(t *testing.T) {
	each(t, func(t *testing.T, s *sqlite.Store) {
		ctx := context.Background()
		if v, found, err := s.Setting(ctx, "plan"); v != "" || found || err != nil {
			t.Errorf("unset = %q, %t, %v", v, found, err)
		}
		for _, want := range []string{"one", "", "two"} {
			if err := s.SetSetting(ctx, "plan", want); err != nil {
				t.Fatal(err)
			}
			if v, found, err := s.Setting(ctx, "plan"); v != want || !found || err != nil {
				t.Errorf("setting = %q, %t, %v; want %q", v, found, err, want)
			}
		}
	})
}

func TestDeleteLeavesNothing(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	s := open(t, filepath.Join(dir, "rehearse.db"))
	const secret = "the-reorg-was-my-idea"
	for _, id := range []string{"gone", "kept"} {
		create(t, s, id)
		if err := s.SaveDraft(ctx, id, interview.Draft{Turn: 1, Text: id + secret}); err != nil {
			t.Fatal(err)
		}
		if err := s.Append(ctx, id, "c", []interview.Event{answer(2, strings.Repeat(id+secret+" ", 2000))}, summary(id, 2)); err != nil {
			t.Fatal(err)
		}
	}
	if !onDisk(t, dir, "gone"+secret) {
		t.Fatal("the secret is not where this test looks for it")
	}
	if err := s.Delete(ctx, "gone"); err != nil {
		t.Fatal(err)
	}
	if onDisk(t, dir, "gone"+secret) {
		t.Error("the answer of a deleted session is still in the files")
	}
	if !onDisk(t, dir, "kept"+secret) {
		t.Error("another session's answer is gone")
	}
	_, err := s.Events(ctx, "gone", 0)
	wantCode(t, err, interview.CodeNotFound)
	if _, found, _ := s.Command(ctx, "gone", "c"); found {
		t.Error("a deleted session's command is still there")
	}
	create(t, s, "gone") // the id is free again
}

func onDisk(t *testing.T, dir, text string) bool {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		raw, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(raw), text) {
			return true
		}
	}
	return false
}

func TestReopen(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "rehearse.db")
	s := open(t, path)
	create(t, s, "a")
	if err := s.SaveDraft(ctx, "a", interview.Draft{Turn: 1, Text: "half"}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	wantCode(t, s.SaveDraft(ctx, "a", interview.Draft{}), interview.CodeUnavailable)
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the data file has mode %v (%v), want 0600", info.Mode(), err)
	}
	s = open(t, path)
	if d, found, err := s.Draft(ctx, "a"); d.Text != "half" || !found || err != nil {
		t.Errorf("draft after reopening = %v, %t, %v", d, found, err)
	}
}

func TestSetUp(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rehearse.db")
	s := open(t, path)
	create(t, s, "a")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	var mode string
	if err := db.QueryRow("PRAGMA journal_mode").Scan(&mode); err != nil || mode != "wal" {
		t.Errorf("journal mode %q (%v), want wal", mode, err)
	}
	var loose int
	if err := db.QueryRow("SELECT count(*) FROM pragma_table_list WHERE schema='main' AND type='table' AND strict=0 AND name NOT LIKE 'sqlite%' AND name NOT LIKE 'goose%'").Scan(&loose); err != nil || loose != 0 {
		t.Errorf("%d tables are not STRICT (%v)", loose, err)
	}
	if got := sqlite.Pragmas(t, s); got != "synchronous=2 secure_delete=1 foreign_keys=1 busy_timeout=5000 | query_only=1 busy_timeout=5000" {
		t.Errorf("connections are set up as %s", got)
	}
}

func TestANewerFileIsLeftAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rehearse.db")
	s := open(t, path)
	create(t, s, "a")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (99, 1)"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := sqlite.Open(context.Background(), path, sqlite.Options{}); err == nil || !strings.Contains(err.Error(), "newer program") {
		t.Errorf("opening a newer file: %v", err)
	}
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	dir := t.TempDir()
	junk := filepath.Join(dir, "junk.db")
	if err := os.WriteFile(junk, []byte(strings.Repeat("not a database ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{junk, dir} {
		if s, err := sqlite.Open(context.Background(), path, sqlite.Options{}); err == nil {
			t.Errorf("%s was opened", path)
			_ = s.Close()
		}
	}
	if raw, _ := os.ReadFile(junk); !strings.HasPrefix(string(raw), "not a database") {
		t.Error("a file that is not a database was written to")
	}
}

func Example() {
	ctx := context.Background()
	s, err := sqlite.Open(ctx, sqlite.Memory, sqlite.Options{})
	if err != nil {
		panic(err)
	}
	defer func() { _ = s.Close() }()
	_ = s.SetSetting(ctx, "greeting", "hello")
	v, _, _ := s.Setting(ctx, "greeting")
	fmt.Println(v)
	// Output: hello
}
