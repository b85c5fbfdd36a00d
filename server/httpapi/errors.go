package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"rehearse/server/interview"
)

// statuses is the one table from error codes to statuses.
var statuses = map[interview.ErrCode]int{
	interview.CodeInvalid:      http.StatusBadRequest,
	interview.CodeUnauthorized: http.StatusUnauthorized,
	interview.CodeForbidden:    http.StatusForbidden,
	interview.CodeNotFound:     http.StatusNotFound,
	interview.CodeConflict:     http.StatusConflict,
	interview.CodeTooLarge:     http.StatusRequestEntityTooLarge,
	interview.CodeInternal:     http.StatusInternalServerError,
	interview.CodeUnavailable:  http.StatusServiceUnavailable,
	interview.CodeTimeout:      http.StatusGatewayTimeout,
}

// Status returns the status of an error code.
func Status(code interview.ErrCode) int {
	if s, ok := statuses[code]; ok {
		return s
	}
	return http.StatusInternalServerError
}

// WriteError answers a request with an error in the shape of the API. Causes are not shown.
func WriteError(w http.ResponseWriter, err error) {
	e := interview.AsError(err)
	write(w, Status(e.Code), e)
}

func write(w http.ResponseWriter, status int, e *interview.Error) {
	type body struct {
		Code    interview.ErrCode `json:"code"`
		Message string            `json:"message"`
		Field   string            `json:"field,omitempty"`
	}
	raw, err := json.Marshal(map[string]body{"error": {e.Code, e.Message, e.Field}})
	if err != nil {
		raw = []byte(`{"error":{"code":"internal","message":"something went wrong"}}`) // three strings: this cannot happen
	}
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(append(raw, '\n')) // a client that went away needs no answer
}

// fail answers every error of a route, and addresses that are no route.
func (a *API) fail(err error, c echo.Context) {
	if c.Response().Committed {
		return // part of an answer is out; a second one would be read as its end
	}
	status, e := translate(err)
	if e.Code == interview.CodeInternal && !errors.Is(err, context.Canceled) {
		a.Logger.Error("request failed", "method", c.Request().Method, "path", c.Request().URL.Path, "error", err)
	}
	write(c.Response(), status, e)
}

func translate(err error) (int, *interview.Error) {
	var fromEcho *echo.HTTPError
	if errors.As(err, &fromEcho) {
		switch fromEcho.Code {
		case http.StatusNotFound:
			return fromEcho.Code, interview.Errorf(interview.CodeNotFound, "there is nothing at this address")
		case http.StatusMethodNotAllowed:
			return fromEcho.Code, interview.Errorf(interview.CodeInvalid, "this address does not answer that method")
		case http.StatusRequestEntityTooLarge:
			return fromEcho.Code, interview.Errorf(interview.CodeTooLarge, "the request is too large")
		}
	}
	if errors.Is(err, context.DeadlineExceeded) {
		var e *interview.Error
		if !errors.As(err, &e) {
			return http.StatusGatewayTimeout, &interview.Error{Code: interview.CodeTimeout, Message: "this took too long and was given up", Err: err}
		}
	}
	e := interview.AsError(err)
	return Status(e.Code), e
}
