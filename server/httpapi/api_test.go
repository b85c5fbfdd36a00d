package httpapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/labstack/echo/v4"

	"rehearse/server/httpapi"
	"rehearse/server/interview"
	"rehearse/server/sqlite"
)

var epoch = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

// behind stands for everything behind the API but the log, which is the real store.
type behind struct {
	store *sqlite.Store
	asked interview.NewSession
	err   error // answers Create
}

func (b *behind) Create(ctx context.Context, req interview.NewSession) (interview.Summary, error) {
	b.asked = req
	if b.err != nil {
		return interview.Summary{}, b.err
	}
	sum := interview.Summary{ID: "s1", Format: req.Format, CreatedAt: epoch, Seq: 1}
	e := interview.NewEvent(interview.EvSessionCreated, interview.SessionCreated{Format: req.Format})
	e.Seq, e.At = 1, epoch
	return sum, b.store.Create(ctx, sum, []interview.Event{e})
}

func (b *behind) Delete(ctx context.Context, id string) error { return b.store.Delete(ctx, id) }

func (b *behind) State(ctx context.Context, id string) (any, error) {
	sum, err := b.store.Summary(ctx, id)
	return map[string]any{"id": sum.ID, "turn": 1}, err
}

func (b *behind) Formats() any { return map[string]any{"formats": []string{"phone-screen"}} }

func (b *behind) Items(kind, principle string) any {
	return map[string]any{"kind": kind, "principle": principle}
}

func (b *behind) JSON(_ context.Context, id string) (any, error) {
	return map[string]string{"report": id}, nil
}

func (b *behind) Markdown(_ context.Context, id string) (string, error) { return "# " + id + "\n", nil }

func (b *behind) Regrade(_ context.Context, id, model string) (int, error) {
	if model == "busy" {
		return 0, interview.Errorf(interview.CodeConflict, "2 grades of this session are still being made")
	}
	return len(id), nil
}

type models struct{ err error }

func (m models) List(context.Context) (any, error) {
	return map[string]any{"models": []string{"m"}}, m.err
}

func (m models) Pull(_ context.Context, name string, tell func(any)) error {
	if name == "cut" {
		tell(map[string]string{"status": "pulling"})
		return interview.Errorf(interview.CodeUnavailable, "the download of cut broke off")
	}
	if m.err == nil {
		tell(map[string]string{"status": "success"})
	}
	return m.err
}

func (m models) Remove(_ context.Context, name string) error {
	if name == "nope:1b" {
		return interview.Errorf(interview.CodeNotFound, "there is no model %q on this machine", name)
	}
	return m.err
}

func (m models) Try(_ context.Context, name string) (any, error) {
	return map[string]string{"model": name}, m.err
}

type bench struct {
	*behind
	api *httpapi.API
	srv *httptest.Server
	log *bytes.Buffer
}

func start(t *testing.T) *bench {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "rehearse.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{behind: &behind{store: store}, log: &bytes.Buffer{}}
	b.api = &httpapi.API{Sessions: b, Log: store, Catalog: b, Reports: b, Logger: slog.New(slog.NewTextHandler(b.log, nil))}
	e := echo.New()
	b.api.Register(e)
	b.srv = httptest.NewServer(e)
	t.Cleanup(func() {
		b.srv.Close()
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

func (b *bench) do(t *testing.T, method, path, body string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequest(method, b.srv.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(raw)
}

// want asks and wants a status and, where given, a body, both as JSON.
func (b *bench) want(t *testing.T, method, path, body string, status int, want string) {
	t.Helper()
	resp, got := b.do(t, method, path, body)
	if resp.StatusCode != status {
		t.Fatalf("%s %s: status %d %s, want %d", method, path, resp.StatusCode, got, status)
	}
	if want == "" {
		return
	}
	var g, w any
	if err := errors.Join(json.Unmarshal([]byte(got), &g), json.Unmarshal([]byte(want), &w)); err != nil {
		t.Fatalf("%s %s: %s: %v", method, path, got, err)
	}
	if diff := cmp.Diff(w, g); diff != "" {
		t.Errorf("%s %s (-want +got):\n%s", method, path, diff)
	}
}

// wantError asks and wants an error in the shape of the contract.
func (b *bench) wantError(t *testing.T, method, path, body string, status int, code, field string) {
	t.Helper()
	resp, raw := b.do(t, method, path, body)
	var got struct {
		Error struct{ Code, Message, Field string }
	}
	if err := json.Unmarshal([]byte(raw), &got); err != nil || resp.StatusCode != status || got.Error.Code != code || got.Error.Field != field || got.Error.Message == "" {
		t.Errorf("%s %s: got %d %s (%v), want %d %s, field %q", method, path, resp.StatusCode, raw, err, status, code, field)
	}
	if typ := resp.Header.Get("Content-Type"); !strings.HasPrefix(typ, "application/json") {
		t.Errorf("%s %s: an error of type %s", method, path, typ)
	}
}

const p = httpapi.Prefix

func TestRoutes(t *testing.T) {
	b := start(t)
	b.want(t, "GET", p+"/health", "", 200, `{"status":"ok"}`)
	b.want(t, "GET", p+"/formats", "", 200, `{"formats":["phone-screen"]}`)
	b.want(t, "GET", p+"/items?kind=behavioural&principle=ownership", "", 200, `{"kind":"behavioural","principle":"ownership"}`)
	b.want(t, "GET", p+"/models", "", 200, `{"models":[],"note":"no model is in use; the interview is complete without one"}`)
	b.want(t, "GET", p+"/sessions", "", 200, `{"sessions":[]}`)

	resp, _ := b.do(t, "POST", p+"/sessions", `{"format":"phone-screen","mode":"exam","seed":18446744073709551615,"guess":true,"fork":{"session":"s0","turn":3}}`)
	if resp.StatusCode != http.StatusCreated || resp.Header.Get("Location") != p+"/sessions/s1" {
		t.Errorf("create: %d, location %q", resp.StatusCode, resp.Header.Get("Location"))
	}
	seed := uint64(18446744073709551615)
	want := interview.NewSession{Format: "phone-screen", Mode: "exam", Seed: &seed, Guess: true, Fork: &interview.Fork{Session: "s0", Turn: 3}}
	if diff := cmp.Diff(want, b.asked); diff != "" {
		t.Error(diff)
	}
	b.want(t, "GET", p+"/sessions/s1", "", 200, `{"id":"s1","turn":1}`)
	if _, body := b.do(t, "GET", p+"/sessions", ""); !strings.Contains(body, `"id":"s1"`) {
		t.Errorf("the list is %s", body)
	}
	_, events := b.do(t, "GET", p+"/sessions/s1/events", "")
	if !strings.HasPrefix(events, `{"events":[{"seq":1,"type":"session.created","at":"2026-11-22T09:00:00Z","data":{`) {
		t.Errorf("events are %s", events)
	}
	b.want(t, "GET", p+"/sessions/s1/events?after=1", "", 200, `{"events":[]}`)

	for _, path := range []string{"/report", "/report.md"} {
		b.wantError(t, "GET", p+"/sessions/s1"+path, "", 409, "conflict", "")
		b.wantError(t, "GET", p+"/sessions/nobody"+path, "", 404, "not_found", "")
	}
	closed := interview.NewEvent(interview.EvSessionClosed, interview.SessionClosed{Why: "complete"})
	closed.Seq, closed.At = 2, epoch
	if err := b.store.Append(t.Context(), "s1", "", []interview.Event{closed}, interview.Summary{ID: "s1", Closed: true, Seq: 2}); err != nil {
		t.Fatal(err)
	}
	b.want(t, "GET", p+"/sessions/s1/report", "", 200, `{"report":"s1"}`)
	b.want(t, "POST", p+"/sessions/s1/regrade", `{"model":"qwen3:4b"}`, 202, `{"grades_pending":2}`)
	b.want(t, "POST", p+"/sessions/s1/regrade", "", 202, `{"grades_pending":2}`)
	b.wantError(t, "POST", p+"/sessions/s1/regrade", `{"model":"busy"}`, 409, "conflict", "")
	b.wantError(t, "POST", p+"/sessions/s1/regrade", `{"modell":"x"}`, 400, "invalid", "modell")
	if resp, body := b.do(t, "GET", p+"/sessions/s1/report.md", ""); body != "# s1\n" || resp.Header.Get("Content-Type") != "text/markdown; charset=utf-8" {
		t.Errorf("report.md is %q, %s", body, resp.Header.Get("Content-Type"))
	}

	if resp, body := b.do(t, "DELETE", p+"/sessions/s1", ""); resp.StatusCode != http.StatusNoContent || body != "" {
		t.Errorf("delete: %d %q", resp.StatusCode, body)
	}
	for _, path := range []string{"", "/events", "/report"} {
		b.wantError(t, "GET", p+"/sessions/s1"+path, "", 404, "not_found", "")
	}
	b.wantError(t, "DELETE", p+"/sessions/s1", "", 404, "not_found", "")
}

func TestModels(t *testing.T) {
	b := start(t)
	b.api.Models = models{}
	b.want(t, "GET", p+"/models", "", 200, `{"models":["m"]}`)
	for name, lines := range map[string]string{
		"m:1b": "{\"status\":\"success\"}\n{\"done\":true}\n",
		"cut":  "{\"status\":\"pulling\"}\n{\"error\":{\"code\":\"unavailable\",\"message\":\"the download of cut broke off\"}}\n",
	} {
		if got, body := b.do(t, "POST", p+"/models/pull", `{"name":"`+name+`"}`); got.StatusCode != http.StatusOK || body != lines || got.Header.Get("Content-Type") != "application/x-ndjson" {
			t.Errorf("pulling %s: %d %v %q", name, got.StatusCode, got.Header, body)
		}
	}
	b.wantError(t, "POST", p+"/models/pull", `{"name":""}`, 400, "invalid", "name")
	b.wantError(t, "POST", p+"/models/pull", `{}`, 400, "invalid", "name")
	b.want(t, "DELETE", p+"/models/m:1b", "", 204, "")
	b.wantError(t, "DELETE", p+"/models/nope:1b", "", 404, "not_found", "")
	b.want(t, "POST", p+"/models/m:1b/try", "", 200, `{"model":"m:1b"}`)
	b.want(t, "POST", p+"/models/hf.co%2Fa%2Fb%3Aq4/try", "{}", 200, `{"model":"hf.co/a/b:q4"}`)
	b.api.Models = models{err: interview.Errorf(interview.CodeUnavailable, "Ollama does not answer")}
	b.wantError(t, "GET", p+"/models", "", 503, "unavailable", "")
	b.api.Models = models{err: fmt.Errorf("ask Ollama: %w", context.DeadlineExceeded)}
	b.wantError(t, "GET", p+"/models", "", 504, "timeout", "")
}

func TestHead(t *testing.T) {
	b := start(t)
	for path, status := range map[string]int{"/health": 200, "/formats": 200, "/sessions": 200, "/sessions/nobody": 404} {
		if resp, body := b.do(t, "HEAD", p+path, ""); resp.StatusCode != status || body != "" {
			t.Errorf("HEAD %s: %d %q, want %d", path, resp.StatusCode, body, status)
		}
	}
}

func TestAddressesThatAreNone(t *testing.T) {
	b := start(t)
	for _, path := range []string{"/", p, p + "/nothing", p + "/sessions/s1/debrief", p + "/sessions/", p + "/sessions//events", "/api/v2/health"} {
		for _, method := range []string{"GET", "POST", "DELETE"} {
			resp, _ := b.do(t, method, path, "")
			if resp.StatusCode == http.StatusMethodNotAllowed {
				continue // an empty id; the method decides first
			}
			b.wantError(t, method, path, "", 404, "not_found", "")
		}
	}
	for path, method := range map[string]string{"/health": "POST", "/sessions": "PUT", "/sessions/s1": "PATCH", "/sessions/s1/report": "DELETE"} {
		b.wantError(t, method, p+path, "", 405, "invalid", "")
	}
	for _, q := range []string{"x", "-1", "1.5", "99999999999999999999"} {
		b.wantError(t, "GET", p+"/sessions/s1/events?after="+q, "", 400, "invalid", "after")
	}
}

func TestBodiesAreReadStrictly(t *testing.T) {
	b := start(t)
	tests := map[string]struct {
		body, field string
	}{
		"no body":              {"", ""},
		"blank":                {" \n", ""},
		"half":                 {`{"format":`, ""},
		"a list":               {`["phone-screen"]`, ""},
		"null":                 {`null`, ""},
		"text":                 {`"phone-screen"`, ""},
		"something behind it":  {`{"format":"x"} {}`, ""},
		"invalid UTF-8":        {"{\"format\":\"\xff\"}", ""},
		"an unknown field":     {`{"format":"x","fromat":"y"}`, "fromat"},
		"another case":         {`{"Format":"x"}`, "Format"},
		"a field twice":        {`{"format":"x","format":"y"}`, "format"},
		"an unknown one below": {`{"format":"x","fork":{"session":"s","trun":1}}`, "fork.trun"},
		"a number for text":    {`{"format":7}`, "format"},
		"text for a number":    {`{"format":"x","seed":"7"}`, "seed"},
		"a negative seed":      {`{"format":"x","seed":-1}`, "seed"},
		"text for yes or no":   {`{"format":"x","guess":"yes"}`, "guess"},
		"a number for a fork":  {`{"format":"x","fork":7}`, "fork"},
		"a list for a fork":    {`{"format":"x","fork":[{"session":"s"}]}`, "fork"},
		"a wrong type below":   {`{"format":"x","fork":{"session":"s","turn":"1"}}`, "fork.turn"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) { b.wantError(t, "POST", p+"/sessions", tt.body, 400, "invalid", tt.field) })
	}
	pad := func(n int) string { return `{"format":"` + strings.Repeat("x", n-len(`{"format":""}`)) + `"}` }
	b.wantError(t, "POST", p+"/sessions", pad(1<<20+1), 413, "too_large", "")
	b.want(t, "POST", p+"/sessions", pad(1<<20), 201, "")
}

func TestEveryCodeHasItsStatus(t *testing.T) {
	b := start(t)
	for code, status := range map[interview.ErrCode]int{
		interview.CodeInvalid: 400, interview.CodeUnauthorized: 401, interview.CodeForbidden: 403, interview.CodeNotFound: 404, interview.CodeConflict: 409,
		interview.CodeTooLarge: 413, interview.CodeInternal: 500, interview.CodeUnavailable: 503, interview.CodeTimeout: 504,
	} {
		b.err = &interview.Error{Code: code, Message: "a message", Field: "format"}
		b.wantError(t, "POST", p+"/sessions", `{"format":"x"}`, status, string(code), "format")
	}
	b.err = errors.New("a secret cause")
	if resp, body := b.do(t, "POST", p+"/sessions", `{"format":"x"}`); resp.StatusCode != http.StatusInternalServerError || strings.Contains(body, "secret") {
		t.Errorf("an unknown error gave %d %s", resp.StatusCode, body)
	}
	if n := strings.Count(b.log.String(), "a secret cause"); n != 1 {
		t.Errorf("the cause was logged %d times, want once", n)
	}
}
