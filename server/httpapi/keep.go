package httpapi

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"rehearse/server/interview"
)

// ImportMost is the largest archive that is taken, in bytes, and importTime how long it may be on its way.
const (
	ImportMost = 2 << 30
	importTime = time.Hour
)

// ConfirmEverything is what the body of DELETE /everything says in its field confirm.
const ConfirmEverything = "delete everything"

// Keep carries everything out into an archive, back in, and away. What Import and Wipe return is the body of the answer.
type Keep interface {
	// Export writes the archive. An error before its first byte is answered like any other.
	Export(ctx context.Context, to io.Writer) error
	// Import merges an archive. A damaged one changes nothing.
	Import(ctx context.Context, archive io.Reader) (any, error)
	Wipe(ctx context.Context) (any, error)
}

var errNoKeep = interview.Errorf(interview.CodeUnavailable, "this server neither exports nor imports")

// keeping adds the routes of the archive and of deleting everything.
func (a *API) keeping(g *echo.Group, get func(string, echo.HandlerFunc)) {
	get("/export", a.export)
	g.POST("/import", a.importArchive)
	g.DELETE("/everything", a.wipe)
}

// export sends the archive as it is made. When that fails on the way the connection is cut: an answer that ended in order
// would be taken for a whole archive.
func (a *API) export(c echo.Context) error {
	if a.Keep == nil {
		return errNoKeep
	}
	h := c.Response().Header()
	h.Set(echo.HeaderContentType, "application/zip")
	h.Set(echo.HeaderContentDisposition, `attachment; filename="rehearse-`+time.Now().UTC().Format(time.DateOnly)+`.zip"`)
	if c.Request().Method == http.MethodHead {
		return c.NoContent(http.StatusOK)
	}
	if err := a.Keep.Export(c.Request().Context(), c.Response()); err != nil {
		if c.Response().Committed {
			a.Logger.Error("an export ended before its end", "error", err)
			panic(http.ErrAbortHandler)
		}
		h.Del(echo.HeaderContentDisposition)
		return err
	}
	return nil
}

// importArchive takes an archive as the body, or as a part named file of a form.
func (a *API) importArchive(c echo.Context) error {
	if a.Keep == nil {
		return errNoKeep
	}
	r := c.Request()
	// An archive may be large and the line slow; where the deadline cannot be moved, the usual one holds.
	_ = http.NewResponseController(c.Response()).SetReadDeadline(time.Now().Add(importTime))
	r.Body = http.MaxBytesReader(c.Response(), r.Body, ImportMost)
	var archive io.Reader = r.Body
	if kind, _, _ := mime.ParseMediaType(r.Header.Get(echo.HeaderContentType)); strings.HasPrefix(kind, "multipart/") {
		parts, err := r.MultipartReader()
		if err != nil {
			return &interview.Error{Code: interview.CodeInvalid, Message: "send the archive as the body, or as a part named file; nothing was changed", Err: err}
		}
		p, err := parts.NextPart()
		if err != nil || p.FormName() != "file" {
			return interview.FieldError("file", "there is no archive in the request; send it as a part named file. Nothing was changed")
		}
		archive = p
	}
	done, err := a.Keep.Import(r.Context(), archive)
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return interview.Errorf(interview.CodeTooLarge, "the archive has more than %d MiB and nothing was changed; rehearse import FILE takes it from the disk", ImportMost>>20)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return &interview.Error{Code: interview.CodeInvalid, Message: "the archive did not arrive to its end and nothing was changed; send it again", Err: err}
	case err != nil:
		return err
	}
	return c.JSON(http.StatusOK, done)
}

func (a *API) wipe(c echo.Context) error {
	var req struct {
		Confirm string `json:"confirm" strict:"required"`
	}
	if err := readBody(c.Response(), c.Request(), &req); err != nil {
		return err
	}
	if req.Confirm != ConfirmEverything {
		return interview.FieldError("confirm", "to delete every session, story, plan, rating and upload for good, send {\"confirm\":%q}; nothing was deleted", ConfirmEverything)
	}
	if a.Keep == nil {
		return errNoKeep
	}
	done, err := a.Keep.Wipe(c.Request().Context())
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, done)
}
