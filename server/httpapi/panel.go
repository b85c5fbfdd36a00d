package httpapi

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"rehearse/server/interview"
)

// Panels makes the file for a second rater, and keeps what comes back. What Record returns is the body of the answer.
type Panels interface {
	PanelFile(ctx context.Context, id string) ([]byte, error)
	Record(ctx context.Context, id string, p interview.PanelRecorded) (any, error)
}

func (a *API) panel(g *echo.Group, get func(string, echo.HandlerFunc)) {
	get("/sessions/:id/panel.html", a.panelFile)
	g.POST("/sessions/:id/panel", a.panelBack)
}

var errNoPanels = interview.Errorf(interview.CodeUnavailable, "this server makes no files for second raters")

// panelFile is downloaded, never shown here: it has a script of its own, which this server's pages may not have.
func (a *API) panelFile(c echo.Context) error {
	ctx, id := c.Request().Context(), c.Param("id")
	if a.Panels == nil {
		return errNoPanels
	}
	if err := a.closed(ctx, id); err != nil {
		return err
	}
	raw, err := a.Panels.PanelFile(ctx, id)
	if err != nil {
		return err
	}
	c.Response().Header().Set(echo.HeaderContentDisposition, `attachment; filename="panel.html"`)
	return c.Blob(http.StatusOK, "text/html; charset=utf-8", raw)
}

func (a *API) panelBack(c echo.Context) error {
	var req interview.PanelRecorded
	if err := readBody(c.Response(), c.Request(), &req); err != nil {
		return err
	}
	if a.Panels == nil {
		return errNoPanels
	}
	body, err := a.Panels.Record(c.Request().Context(), c.Param("id"), req)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, body)
}
