package sqlite_test

import (
	"context"
	"encoding/json"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rehearse/server/interview"
	"rehearse/server/sqlite"
)

func TestPlanIsKept(t *testing.T) {
	each(t, func(t *testing.T, s *sqlite.Store) {
		ctx := context.Background()
		if _, found, err := s.Plan(ctx); found || err != nil {
			t.Fatalf("before there is one: %v, %v", found, err)
		}
		for _, p := range []sqlite.Plan{{"2026-12-20", 45, "Europe/Berlin", "2026-11-22"}, {"2026-12-24", 30, "UTC", "2026-11-22"}} {
			if err := s.SetPlan(ctx, p); err != nil {
				t.Fatal(err)
			}
			got, found, err := s.Plan(ctx)
			if err != nil || !found || got != p {
				t.Errorf("got %+v, %v, %v", got, found, err)
			}
		}
	})
}

func TestReviewsAreKept(t *testing.T) {
	each(t, func(t *testing.T, s *sqlite.Store) {
		ctx := context.Background()
		for _, r := range []sqlite.CardReview{{"card-02", 3, epoch.Add(time.Hour)}, {"card-01", 1, epoch}, {"card-01", 4, epoch.Add(30 * time.Second)}, {"card-01", 2, epoch.Add(3 * time.Hour)}} {
			if err := s.SaveReview(ctx, r); err != nil {
				t.Fatal(err)
			}
		}
		got, err := s.Reviews(ctx)
		if err != nil {
			t.Fatal(err)
		}
		at := epoch.Truncate(time.Minute)
		want := []sqlite.CardReview{{"card-01", 4, at}, {"card-02", 3, at.Add(time.Hour)}, {"card-01", 2, at.Add(3 * time.Hour)}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("reviews (-want +got):\n%s", diff)
		}
		for _, bad := range []sqlite.CardReview{{"", 3, epoch}, {"card-01", 0, epoch}, {"card-01", 5, epoch}} {
			if err := s.SaveReview(ctx, bad); interview.AsError(err).Code != interview.CodeInvalid {
				t.Errorf("%+v: %v", bad, err)
			}
		}
	})
}

func TestWhatWasMeasuredIsKeptUntilItIsOld(t *testing.T) {
	each(t, func(t *testing.T, s *sqlite.Store) {
		ctx := context.Background()
		create(t, s, "a")
		create(t, s, "b")
		state := func(version string) map[string]string {
			t.Helper()
			list, err := s.Measured(ctx, version)
			if err != nil {
				t.Fatal(err)
			}
			out := map[string]string{}
			for _, m := range list {
				out[m.Session] = string(m.Data)
			}
			return out
		}
		if err := s.SaveMeasured(ctx, "a", "v1", 1, json.RawMessage(`[1]`)); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(map[string]string{"a": "[1]", "b": ""}, state("v1")); diff != "" {
			t.Errorf("kept (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(map[string]string{"a": "", "b": ""}, state("v2")); diff != "" {
			t.Errorf("of another version (-want +got):\n%s", diff)
		}
		if err := s.Append(ctx, "a", "", []interview.Event{answer(2, "more")}, summary("a", 2)); err != nil {
			t.Fatal(err)
		}
		if got := state("v1")["a"]; got != "" {
			t.Errorf("after another event: %s", got)
		}
		if err := s.Delete(ctx, "a"); err != nil {
			t.Fatal(err)
		}
		if err := s.SaveMeasured(ctx, "a", "v1", 2, json.RawMessage(`[2]`)); err != nil {
			t.Errorf("a session that went meanwhile: %v", err)
		}
		if diff := cmp.Diff(map[string]string{"b": ""}, state("v1")); diff != "" {
			t.Errorf("after deleting (-want +got):\n%s", diff)
		}
		if err := s.SaveMeasured(ctx, "b", "v1", 1, json.RawMessage(`[`)); interview.AsError(err).Code != interview.CodeInvalid {
			t.Errorf("no JSON: %v", err)
		}
	})
}

// TestProgressSurvivesClosing opens a file twice: the second time finds what the first left.
func TestProgressSurvivesClosing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rehearse.db")
	ctx := context.Background()
	s, err := sqlite.Open(ctx, path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.SetPlan(ctx, sqlite.Plan{Date: "2026-12-20", Minutes: 45, Zone: "UTC", Begun: "2026-11-22"}); err != nil {
		t.Fatal(err)
	}
	if err := s.SaveReview(ctx, sqlite.CardReview{Card: "card-01", Rating: 2, At: epoch}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, path)
	if p, found, err := s.Plan(ctx); err != nil || !found || p.Minutes != 45 {
		t.Errorf("the plan: %+v, %v, %v", p, found, err)
	}
	if list, err := s.Reviews(ctx); err != nil || len(list) != 1 {
		t.Errorf("the reviews: %+v, %v", list, err)
	}
}
