package httpapi

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"rehearse/server/interview"
	"rehearse/server/strict"
)

// Scripts are the files and outputs of scripting tasks. Nothing behind it runs what a candidate wrote.
type Scripts interface {
	// Output compares an output and keeps the attempt; the same command id acts once, an empty one every time.
	Output(ctx context.Context, id, command, item, text string) (interview.OutputRecorded, error)
	// Files are those that may be downloaded now.
	Files(ctx context.Context, id string) ([]interview.TaskFile, error)
}

// Bodies of outputs. JSON may write a character in six bytes; what is larger than maxOutputBody is read to its end up
// to drainOutput and thrown away, so that the client gets the answer and not a broken connection.
const (
	maxOutputBody = 6*interview.MaxOutput + 4096
	drainOutput   = 64 << 20
)

func (a *API) scripts(g *echo.Group, get func(string, echo.HandlerFunc)) {
	g.POST("/sessions/:id/output", a.output)
	get("/sessions/:id/files", a.files)
	get("/sessions/:id/files/:name", a.file)
}

// outputResult is the answer to an output.
type outputResult struct {
	Match      bool                  `json:"match"`
	Difference *interview.Difference `json:"first_difference,omitempty"`
	Stage      int                   `json:"stage"`
	SHA256     string                `json:"sha256"`
	DigestOnly bool                  `json:"digest_only,omitempty"`
	Message    string                `json:"message"`
}

func (a *API) output(c echo.Context) error {
	if a.Scripts == nil {
		return interview.Errorf(interview.CodeNotFound, "there are no scripting tasks here")
	}
	raw, err := io.ReadAll(http.MaxBytesReader(nil, io.NopCloser(c.Request().Body), maxOutputBody))
	if err != nil {
		var large *http.MaxBytesError
		if !errors.As(err, &large) {
			return &interview.Error{Code: interview.CodeInvalid, Message: "the output could not be read to its end; nothing was changed, send it again", Err: err}
		}
		_, _ = io.Copy(io.Discard, io.LimitReader(c.Request().Body, drainOutput)) // so that the refusal is read
		return interview.Errorf(interview.CodeTooLarge, "the output has more than %d bytes. Nothing was changed, and your source and earlier outputs are kept: print only what the task asks for", interview.MaxOutput)
	}
	var req struct {
		ID   string `json:"id"`
		Item string `json:"item"`
		Text string `json:"text"`
	}
	if err := strict.Decode("body", raw, &req); err != nil {
		return err
	}
	got, err := a.Scripts.Output(c.Request().Context(), c.Param("id"), req.ID, req.Item, req.Text)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, outputResult{Match: got.Match, Difference: got.Difference, Stage: got.Stage, SHA256: got.SHA256, DigestOnly: got.DigestOnly, Message: interview.TellOutput(got)})
}

func (a *API) files(c echo.Context) error {
	files, err := a.taskFiles(c)
	if err != nil {
		return err
	}
	if files == nil {
		files = []interview.TaskFile{}
	}
	return c.JSON(http.StatusOK, map[string]any{"files": files})
}

// file is one file as it is, to be saved: a browser shows none of it, whatever it holds.
func (a *API) file(c echo.Context) error {
	files, err := a.taskFiles(c)
	if err != nil {
		return err
	}
	item, name := c.QueryParam("item"), plainParam(c, "name")
	for _, f := range slices.Backward(files) {
		if f.Name == name && (item == "" || f.Item == item) {
			c.Response().Header().Set(echo.HeaderContentDisposition, mime.FormatMediaType("attachment", map[string]string{"filename": f.Name}))
			return c.Stream(http.StatusOK, "application/octet-stream", strings.NewReader(f.Text))
		}
	}
	return interview.Errorf(interview.CodeNotFound, "this session hands out no file of that name now; GET %s/sessions/%s/files lists those it does", Prefix, c.Param("id"))
}

func (a *API) taskFiles(c echo.Context) ([]interview.TaskFile, error) {
	if a.Scripts == nil {
		return nil, interview.Errorf(interview.CodeNotFound, "there are no scripting tasks here")
	}
	return a.Scripts.Files(c.Request().Context(), c.Param("id"))
}
