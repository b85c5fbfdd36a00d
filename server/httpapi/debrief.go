package httpapi

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"rehearse/server/interview"
)

// Debriefs makes the debrief of a loop that has closed. What it returns is the body of the answer.
type Debriefs interface {
	Debrief(ctx context.Context, id string) (any, error)
}

func (a *API) debrief(c echo.Context) error {
	ctx, id := c.Request().Context(), c.Param("id")
	if err := a.closed(ctx, id); err != nil {
		return err
	}
	if a.Debriefs == nil {
		return interview.Errorf(interview.CodeUnavailable, "this server makes no debriefs")
	}
	out, err := a.Debriefs.Debrief(ctx, id)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, out)
}
