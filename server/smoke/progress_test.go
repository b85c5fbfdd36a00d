package smoke_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"
)

// TestBetweenSessions sets a plan, sits an exam, rates a card, and finds all of it again after a crash.
func TestBetweenSessions(t *testing.T) {
	data := t.TempDir()
	s := start(t, data, "--model", "none")
	get := func(path string, dest any) {
		t.Helper()
		status, raw := s.call(t, http.MethodGet, path, nil)
		if status != http.StatusOK {
			t.Fatalf("GET %s: %d %s", path, status, raw)
		}
		if err := json.Unmarshal(raw, dest); err != nil {
			t.Fatalf("GET %s: %v", path, err)
		}
	}
	type session struct{ Format, Mode, Principle string }
	var plan struct {
		Form     string
		DaysLeft int `json:"days_left"`
		Days     []struct {
			Date    string
			Minutes int
			Tasks   []struct {
				What  string
				Start *session
			}
		}
	}
	if get("/plan", &plan); plan.Form != "none" {
		t.Errorf("before there is a plan: %+v", plan)
	}
	date := time.Now().UTC().AddDate(0, 0, 21).Format(time.DateOnly)
	status, raw := s.call(t, http.MethodPut, "/plan", map[string]any{"date": date, "minutes_a_day": 45, "time_zone": "UTC"})
	if status != http.StatusOK {
		t.Fatalf("PUT /plan: %d %s", status, raw)
	}
	if status, _ := s.call(t, http.MethodPut, "/plan", map[string]any{"date": "2001-01-01", "minutes_a_day": 45, "time_zone": "UTC"}); status != http.StatusBadRequest {
		t.Errorf("a day long gone: %d", status)
	}
	get("/plan", &plan)
	if plan.Form != "four-weeks" || len(plan.Days) != plan.DaysLeft {
		t.Errorf("%s with %d days of %d", plan.Form, len(plan.Days), plan.DaysLeft)
	}
	for _, d := range plan.Days {
		if d.Date >= date || d.Minutes > 45 {
			t.Errorf("%s has %d minutes; the interview is on %s", d.Date, d.Minutes, date)
		}
	}
	var next struct {
		Now struct {
			Why      string
			Start    *session
			Evidence []struct{ Text string }
		}
		Alternatives []json.RawMessage
	}
	if get("/next", &next); next.Now.Why == "" || len(next.Now.Evidence) == 0 || len(next.Alternatives) != 2 {
		t.Errorf("next: %+v", next)
	}
	id := s.create(t, map[string]any{"format": "story-drill", "mode": "exam"})
	s.sit(t.Context(), t, id, func(int) string { return story })

	var due struct {
		Cards []struct{ ID, Front string }
	}
	get("/cards/due", &due)
	if len(due.Cards) == 0 {
		t.Fatal("no cards")
	}
	card := due.Cards[0].ID
	if status, raw := s.call(t, http.MethodPost, "/cards/"+card+"/review", map[string]any{"rating": "good"}); status != http.StatusOK {
		t.Fatalf("review: %d %s", status, raw)
	}
	s.kill()
	s = start(t, data, "--model", "none")
	var progress struct {
		Criteria []struct {
			ID, State string
			Facts     []struct{ ID, Required, Measured string }
			Attempts  []struct {
				Session string
				Counts  bool
				Facts   []struct{ ID, Required, Measured, Session string }
			}
			Next struct{ Text string }
		}
	}
	get("/progress", &progress)
	if len(progress.Criteria) != 5 {
		t.Fatalf("%d criteria", len(progress.Criteria))
	}
	for _, c := range progress.Criteria {
		if c.Next.Text == "" || len(c.Facts) == 0 {
			t.Errorf("%s says nothing", c.ID)
		}
		if c.ID != "stories" {
			if c.State != "no_evidence" {
				t.Errorf("%s is %s", c.ID, c.State)
			}
			continue
		}
		if c.State != "not_yet" || len(c.Attempts) != 1 || c.Attempts[0].Session != id || !c.Attempts[0].Counts {
			t.Errorf("the story in an exam: %s, %+v", c.State, c.Attempts)
		}
	}
	get("/cards/due", &due)
	for _, c := range due.Cards {
		if c.ID == card {
			t.Errorf("%s is due again at once", card)
		}
	}
	if get("/plan", &plan); plan.Form != "four-weeks" {
		t.Errorf("after a crash the plan is %s", plan.Form)
	}
}
