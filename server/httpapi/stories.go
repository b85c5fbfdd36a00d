package httpapi

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"rehearse/server/interview"
)

// maxStories is the largest file of stories that is taken, bytes.
const maxStories = 1 << 20

// NewStory is a story as it is sent. With From and without cues they are drawn from that answer.
type NewStory struct {
	Title      string     `json:"title"`
	Worth      string     `json:"worth"`
	Principles []StoryTag `json:"principles"`
	Cues       []StoryCue `json:"cues"`
	From       *StoryFrom `json:"from"`
}

// StoryTag says that a story serves a principle; Choice is first, second or empty.
type StoryTag struct {
	Principle string `json:"principle" strict:"required"`
	Choice    string `json:"choice"`
}

// StoryCue is a few words to tell from.
type StoryCue struct {
	Part string `json:"part"`
	Text string `json:"text" strict:"required"`
}

// StoryFrom names an answer: the first one of a block.
type StoryFrom struct {
	Session string `json:"session" strict:"required"`
	Block   int    `json:"block" strict:"required"`
}

// SaidStory says which story an answer was; empty for none of them.
type SaidStory struct {
	Session string `json:"session" strict:"required"`
	Block   int    `json:"block" strict:"required"`
	Story   string `json:"story" strict:"required"`
}

// Stories is the bank of the candidate's own stories. What its methods return is the body of the answer.
type Stories interface {
	Bank(ctx context.Context) (any, error)
	Story(ctx context.Context, id string) (any, error)
	Matrix(ctx context.Context) (any, error)
	// Draft draws a story from an answer and keeps nothing.
	Draft(ctx context.Context, from StoryFrom) (any, error)
	Add(ctx context.Context, s NewStory) (id string, body any, err error)
	Change(ctx context.Context, id string, s NewStory) (any, error)
	Remove(ctx context.Context, id string) error
	Said(ctx context.Context, s SaidStory) (any, error)
	// Markdown is the whole bank as a file, and Import takes one: all of it or nothing.
	Markdown(ctx context.Context) (string, error)
	Import(ctx context.Context, text string) (any, error)
}

var errNoStories = interview.Errorf(interview.CodeUnavailable, "this server keeps no stories")

// stories adds the routes of the bank.
func (a *API) stories(g *echo.Group, get func(string, echo.HandlerFunc)) {
	with := func(h echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			if a.Stories == nil {
				return errNoStories
			}
			return h(c)
		}
	}
	get("/stories", with(answer(func(ctx context.Context) (any, error) { return a.Stories.Bank(ctx) })))
	get("/stories/matrix", with(answer(func(ctx context.Context) (any, error) { return a.Stories.Matrix(ctx) })))
	get("/stories/draft", with(a.draftStory))
	get("/stories.md", with(func(c echo.Context) error {
		text, err := a.Stories.Markdown(c.Request().Context())
		if err != nil {
			return err
		}
		c.Response().Header().Set(echo.HeaderContentDisposition, `attachment; filename="stories.md"`)
		return c.Blob(http.StatusOK, "text/markdown; charset=utf-8", []byte(text))
	}))
	g.POST("/stories", with(a.addStory))
	g.POST("/stories/import", with(a.importStories))
	g.PUT("/stories/said", with(a.saidStory))
	get("/stories/:id", with(func(c echo.Context) error {
		body, err := a.Stories.Story(c.Request().Context(), c.Param("id"))
		if err != nil {
			return err
		}
		return c.JSON(http.StatusOK, body)
	}))
	g.PUT("/stories/:id", with(a.changeStory))
	g.DELETE("/stories/:id", with(func(c echo.Context) error {
		if err := a.Stories.Remove(c.Request().Context(), c.Param("id")); err != nil {
			return err
		}
		return c.NoContent(http.StatusNoContent)
	}))
}

func (a *API) draftStory(c echo.Context) error {
	block, err := strconv.Atoi(c.QueryParam("block"))
	if err != nil || block < 1 {
		return interview.FieldError("block", "block is the number of a block, from 1")
	}
	if c.QueryParam("session") == "" {
		return interview.FieldError("session", "name the session the answer was given in")
	}
	body, err := a.Stories.Draft(c.Request().Context(), StoryFrom{Session: c.QueryParam("session"), Block: block})
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, body)
}

func (a *API) addStory(c echo.Context) error {
	var req NewStory
	if err := readBody(c.Response(), c.Request(), &req); err != nil {
		return err
	}
	id, body, err := a.Stories.Add(c.Request().Context(), req)
	if err != nil {
		return err
	}
	c.Response().Header().Set(echo.HeaderLocation, Prefix+"/stories/"+id)
	return c.JSON(http.StatusCreated, body)
}

func (a *API) changeStory(c echo.Context) error {
	var req NewStory
	if err := readBody(c.Response(), c.Request(), &req); err != nil {
		return err
	}
	body, err := a.Stories.Change(c.Request().Context(), c.Param("id"), req)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, body)
}

func (a *API) saidStory(c echo.Context) error {
	var req SaidStory
	if err := readBody(c.Response(), c.Request(), &req); err != nil {
		return err
	}
	body, err := a.Stories.Said(c.Request().Context(), req)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, body)
}

// importStories takes the file as it is, not JSON: a person sends it with one command.
func (a *API) importStories(c echo.Context) error {
	raw, err := io.ReadAll(http.MaxBytesReader(c.Response(), c.Request().Body, maxStories))
	if err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			return interview.Errorf(interview.CodeTooLarge, "the file has more than %d bytes. Nothing was imported", maxStories)
		}
		return &interview.Error{Code: interview.CodeInvalid, Message: "the request could not be read to its end. Nothing was imported", Err: err}
	}
	body, err := a.Stories.Import(c.Request().Context(), string(raw))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, body)
}
