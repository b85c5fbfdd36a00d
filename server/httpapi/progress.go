package httpapi

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/labstack/echo/v4"

	"rehearse/server/interview"
)

// Progress says how the five criteria stand, and what to practise now. What it returns is the body of the answer.
type Progress interface {
	Progress(ctx context.Context) (any, error)
	Next(ctx context.Context) (any, error)
}

// NewPlan is what a plan is made from: the day of the interview like 2026-11-30, minutes a day, and an IANA time zone.
type NewPlan struct {
	Date    string `json:"date" strict:"required"`
	Minutes int    `json:"minutes_a_day" strict:"required"`
	Zone    string `json:"time_zone" strict:"required"`
}

// Plans makes the plan. Plan is not_found before there is one.
type Plans interface {
	Plan(ctx context.Context) (any, error)
	SetPlan(ctx context.Context, p NewPlan) (any, error)
}

// Cards lists the cards that are due and keeps how they were rated. The rating is as it was sent: a name or a number.
type Cards interface {
	Due(ctx context.Context) (any, error)
	Review(ctx context.Context, card string, rating json.RawMessage) (any, error)
}

// practice adds the routes of what comes between sessions. Without those who answer them they say so.
func (a *API) practice(g *echo.Group, get func(string, echo.HandlerFunc)) {
	get("/progress", answer(func(ctx context.Context) (any, error) {
		if a.Progress == nil {
			return nil, errNoProgress
		}
		return a.Progress.Progress(ctx)
	}))
	get("/next", answer(func(ctx context.Context) (any, error) {
		if a.Progress == nil {
			return nil, errNoProgress
		}
		return a.Progress.Next(ctx)
	}))
	get("/plan", answer(func(ctx context.Context) (any, error) {
		if a.Plans == nil {
			return nil, errNoProgress
		}
		return a.Plans.Plan(ctx)
	}))
	g.PUT("/plan", a.setPlan)
	get("/cards/due", answer(func(ctx context.Context) (any, error) {
		if a.Cards == nil {
			return nil, errNoProgress
		}
		return a.Cards.Due(ctx)
	}))
	g.POST("/cards/:id/review", a.reviewCard)
}

var errNoProgress = interview.Errorf(interview.CodeUnavailable, "this server keeps no progress")

// answer writes what a function returns.
func answer(f func(context.Context) (any, error)) echo.HandlerFunc {
	return func(c echo.Context) error {
		body, err := f(c.Request().Context())
		if err != nil {
			return err
		}
		return c.JSON(http.StatusOK, body)
	}
}

func (a *API) setPlan(c echo.Context) error {
	var req NewPlan
	if err := readBody(c.Response(), c.Request(), &req); err != nil {
		return err
	}
	if a.Plans == nil {
		return errNoProgress
	}
	body, err := a.Plans.SetPlan(c.Request().Context(), req)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, body)
}

func (a *API) reviewCard(c echo.Context) error {
	var req struct {
		Rating json.RawMessage `json:"rating" strict:"required"`
	}
	if err := readBody(c.Response(), c.Request(), &req); err != nil {
		return err
	}
	if a.Cards == nil {
		return errNoProgress
	}
	body, err := a.Cards.Review(c.Request().Context(), plainParam(c, "id"), req.Rating)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, body)
}
