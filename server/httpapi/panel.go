package httpapi

import (
	"context"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"rehearse/server/interview"
)

// Panels shows a closed session in other ways: a file for a second rater, what comes back of it, and strong answers when
// they are asked for. What Record and Samples return is the body of the answer.
type Panels interface {
	PanelFile(ctx context.Context, id string) ([]byte, error)
	Samples(ctx context.Context, id string, block int) (any, error)
	Record(ctx context.Context, id string, p interview.PanelRecorded) (any, error)
}

func (a *API) panel(g *echo.Group, get func(string, echo.HandlerFunc)) {
	get("/sessions/:id/panel.html", a.panelFile)
	g.POST("/sessions/:id/panel", a.panelBack)
	get("/sessions/:id/sample", a.sample)
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

// sample shows strong answers of a closed session; asking is what it takes.
func (a *API) sample(c echo.Context) error {
	ctx, id := c.Request().Context(), c.Param("id")
	if a.Panels == nil {
		return interview.Errorf(interview.CodeUnavailable, "this server shows no strong answers")
	}
	block, err := strconv.Atoi(c.QueryParam("block"))
	if err != nil {
		return interview.FieldError("block", "block is the number of an exercise")
	}
	if err := a.closed(ctx, id); err != nil {
		return err
	}
	body, err := a.Panels.Samples(ctx, id, block)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, body)
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
