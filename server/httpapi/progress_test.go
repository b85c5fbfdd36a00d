package httpapi_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"rehearse/server/httpapi"
	"rehearse/server/interview"
)

// coach stands for who answers what comes between sessions.
type coach struct{ plan httpapi.NewPlan }

func (c *coach) Progress(context.Context) (any, error) { return map[string]int{"met": 2}, nil }
func (c *coach) Next(context.Context) (any, error)     { return map[string]string{"now": "cards"}, nil }
func (c *coach) Due(context.Context) (any, error)      { return map[string]int{"due": 3}, nil }

func (c *coach) Plan(context.Context) (any, error) {
	return map[string]string{"date": c.plan.Date}, nil
}

func (c *coach) SetPlan(ctx context.Context, p httpapi.NewPlan) (any, error) {
	if p.Minutes < 10 {
		return nil, interview.FieldError("minutes_a_day", "too few")
	}
	c.plan = p
	return c.Plan(ctx)
}

func (c *coach) Review(_ context.Context, card string, rating json.RawMessage) (any, error) {
	if card == "gone" {
		return nil, interview.Errorf(interview.CodeNotFound, "there is no such card")
	}
	return map[string]any{"id": card, "rating": rating}, nil
}

func TestBetweenSessions(t *testing.T) {
	b := start(t)
	for _, path := range []string{"/progress", "/next", "/plan", "/cards/due"} {
		b.wantError(t, "GET", p+path, "", 503, "unavailable", "")
	}
	const plan = `{"date":"2026-12-20","minutes_a_day":45,"time_zone":"Europe/Berlin"}`
	b.wantError(t, "PUT", p+"/plan", plan, 503, "unavailable", "")
	b.wantError(t, "POST", p+"/cards/card-01/review", `{"rating":"good"}`, 503, "unavailable", "")

	c := &coach{}
	b.api.Progress, b.api.Plans, b.api.Cards = c, c, c
	b.want(t, "GET", p+"/progress", "", 200, `{"met":2}`)
	b.want(t, "GET", p+"/next", "", 200, `{"now":"cards"}`)
	b.want(t, "GET", p+"/cards/due", "", 200, `{"due":3}`)
	b.want(t, "PUT", p+"/plan", plan, 200, `{"date":"2026-12-20"}`)
	b.want(t, "GET", p+"/plan", "", 200, `{"date":"2026-12-20"}`)
	if c.plan != (httpapi.NewPlan{Date: "2026-12-20", Minutes: 45, Zone: "Europe/Berlin"}) {
		t.Errorf("the plan is %+v", c.plan)
	}
	b.want(t, "POST", p+"/cards/line:ownership/review", `{"rating":"good"}`, 200, `{"id":"line:ownership","rating":"good"}`)
	b.want(t, "POST", p+"/cards/card-01/review", `{"rating":4}`, 200, `{"id":"card-01","rating":4}`)

	for body, field := range map[string]string{
		"": "",
		`{"date":"2026-12-20","minutes_a_day":45}`:                                 "time_zone",
		strings.Replace(plan, "45", `"45"`, 1):                                     "minutes_a_day",
		strings.Replace(plan, "45", "45.5", 1):                                     "minutes_a_day",
		strings.Replace(plan, "45", "5", 1):                                        "minutes_a_day",
		strings.Replace(plan, "{", `{"goal":"an offer",`, 1):                       "goal",
		strings.Replace(plan, `"2026-12-20"`, "null", 1):                           "date",
		strings.Replace(plan, `"time_zone"`, `"date":"2026-12-21","time_zone"`, 1): "date",
	} {
		b.wantError(t, "PUT", p+"/plan", body, 400, "invalid", field)
	}
	b.wantError(t, "POST", p+"/cards/card-01/review", `{}`, 400, "invalid", "rating")
	b.wantError(t, "POST", p+"/cards/gone/review", `{"rating":"good"}`, 404, "not_found", "")
	if c.plan.Date != "2026-12-20" {
		t.Errorf("a refused plan was kept: %+v", c.plan)
	}
}
