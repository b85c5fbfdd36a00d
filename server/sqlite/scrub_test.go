package sqlite_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rehearse/server/interview"
	"rehearse/server/sqlite"
)

// traces names the files of a folder whose bytes hold a text, in any case.
func traces(t *testing.T, dir, text string) (found []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%v, %v", files, err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(bytes.ToLower(raw), []byte(text)) {
			found = append(found, filepath.Base(file))
		}
	}
	return found
}

// What was deleted is in no byte of the folder, however often its pages were split, its drafts overwritten and its
// neighbours moved, while the file is still open.
func TestDeletedBytesAreGone(t *testing.T) {
	const marker = "quixotrymble"
	dir := t.TempDir()
	s, err := sqlite.Open(t.Context(), filepath.Join(dir, "rehearse.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	ctx, dice := t.Context(), rand.New(rand.NewPCG(1, 2))
	word := func(w string, most int) string { return strings.Repeat(w+" ", 1+dice.IntN(most)) }
	at := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	event := func(n int64, text string) []interview.Event {
		e := interview.NewEvent(interview.EvAnswerSubmitted, interview.AnswerSubmitted{Turn: int(n), Text: text})
		e.Seq, e.At = n, at
		return []interview.Event{e}
	}
	sums := map[string]interview.Summary{}
	for i := range 20 {
		id := fmt.Sprintf("s%02d", i)
		sums[id] = interview.Summary{ID: id, CreatedAt: at.Add(time.Duration(i) * time.Hour)}
		if err := s.Create(ctx, sums[id], nil); err != nil {
			t.Fatal(err)
		}
	}
	for n := int64(1); n <= 12; n++ { // side by side, so that their rows share pages
		for id, sum := range sums {
			text := "plain"
			if id == "s07" {
				text = marker
			}
			if err := s.SaveDraft(ctx, id, interview.Draft{Turn: int(n), Text: word(text, 60)}); err != nil {
				t.Fatal(err)
			}
			if err := s.Append(ctx, id, fmt.Sprint("c", n), event(n, word(text, 30)), sum); err != nil {
				t.Fatal(err)
			}
			if n%3 == 0 {
				if err := s.SaveMeasured(ctx, id, "1", n, []byte(`{"quote":"`+word(text, 20)+`"}`)); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if len(traces(t, dir, marker)) == 0 {
		t.Fatal("the marker was never there")
	}
	if err := s.Delete(ctx, "s07"); err != nil {
		t.Fatal(err)
	}
	if found := traces(t, dir, marker); len(found) > 0 {
		t.Errorf("after the deletion the marker is in %v", found)
	}
	if list, err := s.Summaries(ctx); err != nil || len(list) != 19 {
		t.Errorf("%d sessions are left, %v", len(list), err)
	}
	if err := s.SetSetting(ctx, "certificate/x", "{}"); err != nil {
		t.Fatal(err)
	}
	if err := s.SetPlan(ctx, sqlite.Plan{Date: "2026-12-20", Minutes: 45, Zone: "UTC", Begun: "2026-11-23"}); err != nil {
		t.Fatal(err)
	}
	if err := s.SaveReview(ctx, sqlite.CardReview{Card: "card-01", Rating: 3, At: at}); err != nil {
		t.Fatal(err)
	}
	if err := s.Wipe(ctx); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"plain", "2026-12-20", "card-01"} {
		if found := traces(t, dir, text); len(found) > 0 {
			t.Errorf("after everything was deleted %q is in %v", text, found)
		}
	}
	list, err := s.Summaries(ctx)
	if err != nil || len(list) > 0 {
		t.Errorf("%d sessions are left, %v", len(list), err)
	}
	if v, found, err := s.Setting(ctx, "certificate/x"); err != nil || !found || v != "{}" {
		t.Errorf("the settings are gone: %q, %v, %v", v, found, err)
	}
}

// A snapshot shows one moment: what is written while it is read is not in it, and nothing is written through it.
func TestSnapshot(t *testing.T) {
	s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "rehearse.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	ctx := t.Context()
	one := interview.Summary{ID: "one", CreatedAt: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)}
	if err := s.Create(ctx, one, nil); err != nil {
		t.Fatal(err)
	}
	err = s.Snapshot(ctx, func(then *sqlite.Store) error {
		if list, err := then.Summaries(ctx); err != nil || len(list) != 1 {
			t.Errorf("%v, %v", list, err)
		}
		e := interview.NewEvent(interview.EvSessionClosed, interview.SessionClosed{Why: "done"})
		e.Seq, e.At = 1, one.CreatedAt
		if err := s.Append(ctx, "one", "", []interview.Event{e}, one); err != nil {
			return err
		}
		if err := s.Create(ctx, interview.Summary{ID: "two", CreatedAt: one.CreatedAt}, nil); err != nil {
			return err
		}
		if list, err := then.Summaries(ctx); err != nil || len(list) != 1 {
			t.Errorf("a later session shows: %v, %v", list, err)
		}
		if events, err := then.Events(ctx, "one", 0); err != nil || len(events) != 0 {
			t.Errorf("later events show: %v, %v", events, err)
		}
		if err := then.SetSetting(ctx, "a", "b"); interview.AsError(err).Code != interview.CodeUnavailable {
			t.Errorf("written through a snapshot: %v", err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if list, err := s.Summaries(ctx); err != nil || len(list) != 2 {
		t.Errorf("%v, %v", list, err)
	}
	if err := s.Delete(context.WithoutCancel(ctx), "one"); err != nil {
		t.Errorf("after a snapshot a deletion is held up: %v", err)
	}
}
