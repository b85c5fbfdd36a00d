package httpapi

import (
	"context"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"rehearse/server/interview"
	"rehearse/server/strict"
)

// Limits of material, in bytes: of one file, and of one request.
const (
	MaterialMost = 100 << 20
	uploadMost   = MaterialMost + 1<<20
)

// Material searches a person's material and the pack's notes, and keeps what is uploaded. What its methods
// return is the body of the answer.
type Material interface {
	// Search returns k passages for a question; each says whether a row is a passage or a file.
	Search(ctx context.Context, query string, k int, each string) (any, error)
	List(ctx context.Context) (any, error)
	// Upload keeps one file, in place of an earlier one of that name, and indexes it. What cannot be read is
	// not kept.
	Upload(ctx context.Context, name string, data io.Reader) (any, error)
	Delete(ctx context.Context, id string) error
}

// errNoMaterial answers where there is no index.
var errNoMaterial = interview.Errorf(interview.CodeUnavailable, "this server has no index")

func (a *API) search(c echo.Context) error {
	if a.Material == nil {
		return errNoMaterial
	}
	k := 10
	if q := c.QueryParam("k"); q != "" {
		var err error
		if k, err = strconv.Atoi(q); err != nil || k < 1 || k > 1000 {
			return interview.FieldError("k", "k is a number from 1 to 1000")
		}
	}
	each := c.QueryParam("each")
	if each != "" && each != "passage" && each != "file" {
		return interview.FieldError("each", "each is passage or file")
	}
	if c.QueryParam("q") == "" {
		return interview.FieldError("q", "say what to look for")
	}
	found, err := a.Material.Search(c.Request().Context(), c.QueryParam("q"), k, each)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, found)
}

func (a *API) listMaterial(c echo.Context) error {
	if a.Material == nil {
		return errNoMaterial
	}
	list, err := a.Material.List(c.Request().Context())
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, list)
}

// upload takes one or more files, each a part named file.
func (a *API) upload(c echo.Context) error {
	if a.Material == nil {
		return errNoMaterial
	}
	r := c.Request()
	r.Body = http.MaxBytesReader(c.Response(), r.Body, uploadMost)
	parts, err := r.MultipartReader()
	if err != nil {
		return &interview.Error{Code: interview.CodeInvalid, Message: "send the files as multipart/form-data, each as a part named file", Err: err}
	}
	kept := []any{}
	for {
		p, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return uploadError(err)
		}
		one, err := a.uploadPart(c, p)
		if err != nil {
			return uploadError(err)
		}
		kept = append(kept, one)
	}
	if len(kept) == 0 {
		return interview.FieldError("file", "there is no file in the request; send each as a part named file")
	}
	return c.JSON(http.StatusCreated, map[string]any{"material": kept})
}

func (a *API) uploadPart(c echo.Context, p *multipart.Part) (any, error) {
	defer func() { _ = p.Close() }() // it was only read
	if p.FormName() != "file" || p.FileName() == "" {
		return nil, interview.FieldError(strict.Short(p.FormName()), "each part is a file and named file")
	}
	return a.Material.Upload(c.Request().Context(), p.FileName(), p)
}

func uploadError(err error) error {
	var large *http.MaxBytesError
	var known *interview.Error
	switch {
	case errors.As(err, &large):
		return interview.Errorf(interview.CodeTooLarge, "the request has more than %d MiB; files named before the last were kept", uploadMost>>20)
	case errors.As(err, &known):
		return err
	case errors.Is(err, io.ErrUnexpectedEOF):
		return &interview.Error{Code: interview.CodeInvalid, Message: "the request could not be read to its end", Err: err}
	}
	return err
}

func (a *API) deleteMaterial(c echo.Context) error {
	if a.Material == nil {
		return errNoMaterial
	}
	if err := a.Material.Delete(c.Request().Context(), c.Param("id")); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}
