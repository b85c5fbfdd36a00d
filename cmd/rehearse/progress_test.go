package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"rehearse/server/httpapi"
	"rehearse/server/interview"
	"rehearse/server/pack/packtest"
	"rehearse/server/progress"
	"rehearse/server/sqlite"
)

var coached struct {
	once sync.Once
	pack *interview.Pack
}

// newTestCoach is a coach over a store of its own, on a day in March.
func newTestCoach(tb testing.TB) *coach {
	tb.Helper()
	coached.once.Do(func() { coached.pack = packtest.Flagship(tb) })
	store, err := sqlite.Open(tb.Context(), filepath.Join(tb.TempDir(), "r.db"), sqlite.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = store.Close() })
	c := newCoach(store, coached.pack, func(context.Context) string { return "" }, slog.New(slog.DiscardHandler))
	c.now = func() time.Time { return time.Date(2026, 3, 23, 18, 0, 0, 0, time.UTC) }
	return c
}

// told writes the log of a story that was told in an exam.
func told(tb testing.TB, c *coach, id, item, text string, at time.Time, closed bool) {
	tb.Helper()
	var events []interview.Event
	add := func(typ interview.EventType, data any, s int) {
		e := interview.NewEvent(typ, data)
		e.Seq, e.At = int64(len(events)+1), at.Add(time.Duration(s)*time.Second)
		events = append(events, e)
	}
	add(interview.EvSessionCreated, interview.SessionCreated{Format: "story-drill", Title: "Story drill", Mode: interview.ModeExam, Level: "L5", Pack: interview.PackRef{ID: c.pack.ID, Version: c.pack.Version}}, 0)
	add(interview.EvRoundStarted, interview.RoundStarted{Round: 1}, 0)
	add(interview.EvBlockStarted, interview.BlockStarted{Block: 1, Round: 1, Minutes: 14, Kind: "behavioural", Item: item}, 0)
	add(interview.EvQuestionAsked, interview.QuestionAsked{Turn: 1, Block: 1, Text: c.pack.Items[item].Prompt.Main, Main: true, Wording: "wording of " + id}, 1)
	add(interview.EvAnswerSubmitted, interview.AnswerSubmitted{Turn: 1, Text: text, Words: interview.CountWords(text)}, 600)
	if closed {
		add(interview.EvBlockClosed, interview.BlockClosed{Block: 1}, 601)
		add(interview.EvSessionClosed, interview.SessionClosed{Why: "complete"}, 601)
	}
	st, err := interview.Fold(id, events)
	if err != nil {
		tb.Fatal(err)
	}
	if err := c.store.Create(tb.Context(), st.Summary(), events); err != nil {
		tb.Fatal(err)
	}
}

func TestTheCoachReadsTheLog(t *testing.T) {
	c := newTestCoach(t)
	ctx := t.Context()
	strong := c.pack.Rubrics["beh-03"].Strong["L5"]
	if strong == "" {
		t.Fatal("there is no sample")
	}
	told(t, c, "open", "beh-04", strong, c.now().Add(-2*time.Hour), false)
	told(t, c, "done", "beh-03", strong, c.now().Add(-time.Hour), true)
	stories := func() progress.Criterion {
		t.Helper()
		body, err := c.Progress(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return body.(progress.Report).Criteria[3]
	}
	first := stories()
	if len(first.Attempts) != 1 || first.Attempts[0].Session != "done" || !first.Attempts[0].Counts || !first.Attempts[0].Met {
		t.Fatalf("the story that was told is not there, or the open one is: %+v", first.Attempts)
	}
	// What was measured is kept, and made again when the log grew.
	list, err := c.store.Measured(ctx, c.version())
	if err != nil || len(list) != 2 || list[0].Data == nil || list[1].Data == nil {
		t.Fatalf("nothing is kept: %+v, %v", list, err)
	}
	if err := c.store.SaveMeasured(ctx, "done", c.version(), 7, json.RawMessage(`[]`)); err != nil {
		t.Fatal(err)
	}
	if kept := stories(); len(kept.Attempts) != 0 {
		t.Error("what is kept is not used")
	}
	sum, err := c.store.Summary(ctx, "done")
	if err != nil {
		t.Fatal(err)
	}
	e := interview.NewEvent(interview.EvGradeFailed, interview.GradeFailed{Block: 1, Reason: "a test"})
	e.Seq, e.At = 8, c.now()
	if err := c.store.Append(ctx, "done", "", []interview.Event{e}, sum); err != nil {
		t.Fatal(err)
	}
	if again := stories(); len(again.Attempts) != 1 {
		t.Error("a log that grew is not measured again")
	}
	if err := c.store.Delete(ctx, "done"); err != nil {
		t.Fatal(err)
	}
	if gone := stories(); len(gone.Attempts) != 0 || gone.State != progress.NoEvidence {
		t.Error("a deleted session still counts")
	}
}

func TestThePlanAndTheCards(t *testing.T) {
	c := newTestCoach(t)
	ctx := t.Context()
	body, err := c.Plan(ctx)
	if raw, _ := json.Marshal(body); err != nil || string(raw) == "" || body.(map[string]any)["form"] != "none" {
		t.Fatalf("before there is one: %s, %v", raw, err)
	}
	if _, err := c.SetPlan(ctx, httpapi.NewPlan{Date: "2026-03-01", Minutes: 45, Zone: "UTC"}); interview.AsError(err).Field != "date" {
		t.Errorf("a day that has passed: %v", err)
	}
	body, err = c.SetPlan(ctx, httpapi.NewPlan{Date: "2026-04-20", Minutes: 45, Zone: "Europe/Berlin"})
	if plan, ok := body.(progress.Plan); err != nil || !ok || len(plan.Days) != 28 || plan.Form != "four-weeks" {
		t.Fatalf("the plan: %+v, %v", body, err)
	}
	due, err := c.Due(ctx)
	if err != nil || len(due.(progress.DueList).Cards) == 0 {
		t.Fatalf("cards: %+v, %v", due, err)
	}
	card := due.(progress.DueList).Cards[0].ID
	for _, bad := range []string{`"fine"`, `9`, `null`} {
		if _, err := c.Review(ctx, card, json.RawMessage(bad)); interview.AsError(err).Field != "rating" {
			t.Errorf("rated %s: %v", bad, err)
		}
	}
	if _, err := c.Review(ctx, "no-such-card", json.RawMessage(`"good"`)); interview.AsError(err).Code != interview.CodeNotFound {
		t.Errorf("no such card: %v", err)
	}
	got, err := c.Review(ctx, card, json.RawMessage(`"good"`))
	if x, ok := got.(progress.Card); err != nil || !ok || x.Looks != 1 || x.Rating != progress.Good || x.Due == nil {
		t.Fatalf("rated: %+v, %v", got, err)
	}
	after, err := c.Due(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range after.(progress.DueList).Cards {
		if x.ID == card {
			t.Error("it is due again at once")
		}
	}
	next, err := c.Next(ctx)
	if x, ok := next.(progress.Choice); err != nil || !ok || len(x.Alternatives) != 2 || len(x.Now.Evidence) == 0 {
		t.Errorf("next: %+v, %v", next, err)
	}
}

// BenchmarkPractice is a year of daily practice behind the routes: 500 sessions of a story each, measured before, and 1100
// ratings of cards.
func BenchmarkPractice(b *testing.B) {
	c := newTestCoach(b)
	ctx := b.Context()
	text := c.pack.Rubrics["beh-03"].Strong["L5"]
	if _, err := c.SetPlan(ctx, httpapi.NewPlan{Date: "2026-04-20", Minutes: 45, Zone: "Europe/Berlin"}); err != nil {
		b.Fatal(err)
	}
	for i := range 500 {
		told(b, c, fmt.Sprintf("s%03d", i), fmt.Sprintf("beh-%02d", 1+i%48), text, c.now().Add(-time.Duration(500-i)*17*time.Hour), true)
	}
	for i := range 1100 {
		if err := c.store.SaveReview(ctx, sqlite.CardReview{Card: fmt.Sprintf("card-%02d", 1+i%10), Rating: 1 + i%4, At: c.now().Add(-time.Duration(1100-i) * 8 * time.Hour)}); err != nil {
			b.Fatal(err)
		}
	}
	c.warm(ctx)
	for name, f := range map[string]func(context.Context) (any, error){"progress": c.Progress, "plan": c.Plan, "next": c.Next, "due": c.Due} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				body, err := f(ctx)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := json.Marshal(body); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
