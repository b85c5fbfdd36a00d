// Package httpapi is the JSON side of the server: what the web page and scripts ask for and get back
// under /api/v1.
//
// It decides nothing: it reads a request strictly, asks the room that knows, and writes the answer. It
// is the only place, with the websocket's refusals, where an error code becomes a status.
package httpapi

import (
	"context"
	"log/slog"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"rehearse/server/interview"
)

// Prefix is where every route of the API lies.
const Prefix = "/api/v1"

// Sessions starts, shows and ends sessions.
type Sessions interface {
	Create(ctx context.Context, req interview.NewSession) (interview.Summary, error)
	Delete(ctx context.Context, id string) error
	State(ctx context.Context, id string) (any, error)
	// Regrade asks for every grade of a closed session once more and returns how many are due then.
	Regrade(ctx context.Context, id, model string) (due int, err error)
}

// Log reads what is written of sessions.
type Log interface {
	Summaries(ctx context.Context) ([]interview.Summary, error)
	Summary(ctx context.Context, id string) (interview.Summary, error)
	Events(ctx context.Context, id string, after int64) ([]interview.Event, error)
}

// Catalog shows what can be rehearsed, and nothing that is hidden from a candidate. What it returns is
// the body of the answer.
type Catalog interface {
	Formats() any
	Items(kind, principle string) any
}

// Reports makes the report of a session that has closed.
type Reports interface {
	JSON(ctx context.Context, id string) (any, error)
	Markdown(ctx context.Context, id string) (string, error)
}

// Models lists, fetches and removes the models that could speak or grade, and tries what they can do. What List and
// Try return is the body of the answer; Pull tells each step as a line of it.
type Models interface {
	List(ctx context.Context) (any, error)
	Pull(ctx context.Context, name string, tell func(step any)) error
	Remove(ctx context.Context, name string) error
	Try(ctx context.Context, name string) (any, error)
}

// API is everything behind the routes. Models, Material, Progress, Plans, Cards, Keep, Scripts, Stories and Panels may be nil: then there are none.
type API struct {
	Sessions Sessions
	Log      Log
	Catalog  Catalog
	Reports  Reports
	Models   Models
	Material Material
	Progress Progress
	Plans    Plans
	Cards    Cards
	Stories  Stories
	Debriefs Debriefs
	Keep     Keep
	Scripts  Scripts
	Panels   Panels
	Health   func(context.Context) any // the body of /health; nil says only that the server is up
	Logger   *slog.Logger              // what is ours to mend is logged here, once
}

// Register adds the routes of the API, and the one shape of error for them and for addresses that are
// none of them. Routes that answer GET answer HEAD too.
func (a *API) Register(e *echo.Echo) {
	e.HTTPErrorHandler = a.fail
	g := e.Group(Prefix)
	get := func(path string, h echo.HandlerFunc) {
		g.GET(path, h)
		g.HEAD(path, h)
	}
	get("/health", a.health)
	get("/formats", a.formats)
	get("/items", a.items)
	get("/models", a.models)
	g.POST("/models/pull", a.pullModel)
	g.POST("/models/:name/try", a.tryModel)
	g.DELETE("/models/:name", a.removeModel)
	get("/search", a.search)
	get("/material", a.listMaterial)
	g.POST("/material", a.upload)
	g.DELETE("/material/:id", a.deleteMaterial)
	g.POST("/sessions", a.create)
	get("/sessions", a.list)
	get("/sessions/:id", a.show)
	g.DELETE("/sessions/:id", a.delete)
	get("/sessions/:id/events", a.events)
	get("/sessions/:id/report", a.report)
	get("/sessions/:id/report.md", a.markdown)
	get("/sessions/:id/debrief", a.debrief)
	g.POST("/sessions/:id/regrade", a.regrade)
	a.practice(g, get)
	a.keeping(g, get)
	a.scripts(g, get)
	a.stories(g, get)
	a.panel(g, get)
}

func (a *API) health(c echo.Context) error {
	if a.Health == nil {
		return c.JSON(http.StatusOK, map[string]string{"status": "ok"})
	}
	return c.JSON(http.StatusOK, a.Health(c.Request().Context()))
}

func (a *API) formats(c echo.Context) error { return c.JSON(http.StatusOK, a.Catalog.Formats()) }

func (a *API) items(c echo.Context) error {
	return c.JSON(http.StatusOK, a.Catalog.Items(c.QueryParam("kind"), c.QueryParam("principle")))
}

func (a *API) create(c echo.Context) error {
	var req interview.NewSession
	if err := readBody(c.Response(), c.Request(), &req); err != nil {
		return err
	}
	sum, err := a.Sessions.Create(c.Request().Context(), req)
	if err != nil {
		return err
	}
	c.Response().Header().Set(echo.HeaderLocation, Prefix+"/sessions/"+sum.ID)
	return c.JSON(http.StatusCreated, sum)
}

func (a *API) list(c echo.Context) error {
	all, err := a.Log.Summaries(c.Request().Context())
	if err != nil {
		return err
	}
	if all == nil {
		all = []interview.Summary{}
	}
	return c.JSON(http.StatusOK, map[string]any{"sessions": all})
}

func (a *API) show(c echo.Context) error {
	state, err := a.Sessions.State(c.Request().Context(), c.Param("id"))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, state)
}

func (a *API) delete(c echo.Context) error {
	if err := a.Sessions.Delete(c.Request().Context(), c.Param("id")); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

func (a *API) events(c echo.Context) error {
	after := int64(0)
	if q := c.QueryParam("after"); q != "" {
		var err error
		if after, err = strconv.ParseInt(q, 10, 64); err != nil || after < 0 {
			return interview.FieldError("after", "after is the number of an event, or 0")
		}
	}
	events, err := a.Log.Events(c.Request().Context(), c.Param("id"), after)
	if err != nil {
		return err
	}
	if events == nil {
		events = []interview.Event{}
	}
	return c.JSON(http.StatusOK, map[string]any{"events": events})
}

// closed returns nil when the session has closed and may be reported on.
func (a *API) closed(ctx context.Context, id string) error {
	sum, err := a.Log.Summary(ctx, id)
	if err != nil {
		return err
	}
	if !sum.Closed {
		return interview.Errorf(interview.CodeConflict, "the session is still open; its report comes when it has closed")
	}
	return nil
}

func (a *API) report(c echo.Context) error {
	ctx, id := c.Request().Context(), c.Param("id")
	if err := a.closed(ctx, id); err != nil {
		return err
	}
	rep, err := a.Reports.JSON(ctx, id)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, rep)
}

// regrade answers at once: the grades come as events and in the report.
func (a *API) regrade(c echo.Context) error {
	var req struct {
		Model string `json:"model"`
	}
	if c.Request().ContentLength != 0 { // without a body: the model in use
		if err := readBody(c.Response(), c.Request(), &req); err != nil {
			return err
		}
	}
	due, err := a.Sessions.Regrade(c.Request().Context(), c.Param("id"), req.Model)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusAccepted, map[string]int{"grades_pending": due})
}

func (a *API) markdown(c echo.Context) error {
	ctx, id := c.Request().Context(), c.Param("id")
	if err := a.closed(ctx, id); err != nil {
		return err
	}
	text, err := a.Reports.Markdown(ctx, id)
	if err != nil {
		return err
	}
	return c.Blob(http.StatusOK, "text/markdown; charset=utf-8", []byte(text))
}
