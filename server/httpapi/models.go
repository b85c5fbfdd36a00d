package httpapi

import (
	"encoding/json"
	"net/http"
	"net/url"
	"sync"

	"github.com/labstack/echo/v4"

	"rehearse/server/interview"
)

// noModels is what /models says when nothing looks for models.
var noModels = map[string]any{"models": []any{}, "note": "no model is in use; the interview is complete without one"}

func (a *API) models(c echo.Context) error {
	if a.Models == nil {
		return c.JSON(http.StatusOK, noModels)
	}
	list, err := a.Models.List(c.Request().Context())
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, list)
}

// errNoModels is the answer to whoever wants to fetch or remove a model where none is in use.
var errNoModels = interview.Errorf(interview.CodeConflict, "no model is in use; start without --model none to fetch or remove one")

// pullModel fetches a model and tells how far it has come, one JSON line for each step; the last says done or carries
// the error. It ends with the request: whoever goes away stops it, and the same request later goes on where it was.
func (a *API) pullModel(c echo.Context) error {
	var req struct {
		Name string `json:"name" strict:"required"`
	}
	if err := readBody(c.Response(), c.Request(), &req); err != nil {
		return err
	}
	if req.Name == "" {
		return interview.FieldError("name", "name the model to fetch")
	}
	if a.Models == nil {
		return errNoModels
	}
	out := json.NewEncoder(c.Response())
	var mu sync.Mutex
	line := func(v any) {
		mu.Lock()
		defer mu.Unlock()
		if !c.Response().Committed {
			c.Response().Header().Set(echo.HeaderContentType, "application/x-ndjson")
			c.Response().WriteHeader(http.StatusOK)
		}
		if out.Encode(v) == nil { // whoever went away is noticed by the context
			c.Response().Flush()
		}
	}
	err := a.Models.Pull(c.Request().Context(), req.Name, line)
	switch {
	case err != nil && !c.Response().Committed:
		return err
	case err != nil:
		e := interview.AsError(err)
		line(map[string]any{"error": map[string]string{"code": string(e.Code), "message": e.Message}})
	default:
		line(map[string]any{"done": true})
	}
	return nil
}

// modelName is the name in the path.
func modelName(c echo.Context) string { return plainParam(c, "name") }

// plainParam is a part of the path as it was meant: a colon or a slash in a name may stand there escaped.
func plainParam(c echo.Context, param string) string {
	name := c.Param(param)
	if plain, err := url.PathUnescape(name); err == nil { // else it is a name that holds a percent sign
		return plain
	}
	return name
}

func (a *API) removeModel(c echo.Context) error {
	if a.Models == nil {
		return errNoModels
	}
	if err := a.Models.Remove(c.Request().Context(), modelName(c)); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

// tryModel finds out what a model can do, and keeps it. It takes a minute or so.
func (a *API) tryModel(c echo.Context) error {
	if a.Models == nil {
		return errNoModels
	}
	found, err := a.Models.Try(c.Request().Context(), modelName(c))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, found)
}
