package server_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gorilla/websocket"
	"go.yaml.in/yaml/v3"

	"rehearse/server"
	"rehearse/server/httpapi"
	"rehearse/server/interview"
	"rehearse/server/live"
	"rehearse/server/sqlite"
)

// token stands for the one in the data folder.
const token = "the-token-of-this-test"

// engine stands for what runs the sessions.
type engine struct{ store *sqlite.Store }

func (e engine) Create(ctx context.Context, req interview.NewSession) (interview.Summary, error) {
	if req.Format == "panic" {
		panic("on purpose")
	}
	sum := interview.Summary{ID: "s1", Format: req.Format}
	return sum, e.store.Create(ctx, sum, nil)
}

func (e engine) Delete(ctx context.Context, id string) error { return e.store.Delete(ctx, id) }

func (e engine) State(ctx context.Context, id string) (any, error) { return e.store.Summary(ctx, id) }

func (engine) Regrade(context.Context, string, string) (int, error) { return 0, nil }

func (e engine) Exists(ctx context.Context, id string) error {
	_, err := e.store.Summary(ctx, id)
	return err
}

func (engine) Attach(context.Context, string, int64, func(interview.Frame)) ([]interview.Frame, func(), error) {
	return []interview.Frame{interview.NoteFrame("welcome", nil)}, func() {}, nil
}

func (engine) Do(context.Context, string, interview.Command) (int64, []interview.Frame, error) {
	return 1, nil, nil
}

func (engine) Acted(context.Context, string, string) (int64, bool, error) { return 0, false, nil }
func (engine) Clock(context.Context, string) (interview.Frame, bool)      { return interview.Frame{}, false }

func (engine) Formats() any             { return []string{} }
func (engine) Items(string, string) any { return []string{} }

func (engine) JSON(context.Context, string) (any, error)        { return nil, nil }
func (engine) Markdown(context.Context, string) (string, error) { return "", nil }

type bench struct {
	*server.Server
	ln    net.Listener
	base  string // scheme://127.0.0.1:port
	port  string
	store *sqlite.Store
	log   *bytes.Buffer
	hc    *http.Client
}

// build makes a server that does not listen yet.
func build(t *testing.T, tune func(*server.Options)) *bench {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "rehearse.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{store: store, log: &bytes.Buffer{}}
	log := slog.New(slog.NewTextHandler(b.log, nil))
	e := engine{store}
	opts := server.Options{
		API:   &httpapi.API{Sessions: e, Log: store, Catalog: e, Reports: e, Logger: log},
		Live:  live.NewHub(e, log),
		Token: token, Log: log,
		Web: fstest.MapFS{
			"index.html":            {Data: []byte("<!doctype html>the page")},
			"assets/app-1a2b3c.js":  {Data: []byte("1")},
			"assets/app-1a2b3c.css": {Data: []byte("a{}")},
			"icon.svg":              {Data: []byte("<svg/>")},
		},
		Closers: []func(context.Context) error{func(context.Context) error { return store.Close() }},
	}
	if tune != nil {
		tune(&opts)
	}
	if b.Server, err = server.New(opts); err != nil {
		t.Fatal(err)
	}
	b.hc = &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport:     &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}, // a certificate made by this test
	}
	return b
}

// start makes a server and serves until the test ends.
func start(t *testing.T, tune func(*server.Options)) *bench {
	t.Helper()
	b := build(t, tune)
	ln, err := b.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b.ln = ln
	scheme, _, _ := strings.Cut(b.Link(ln), "://")
	b.base = scheme + "://" + ln.Addr().String()
	_, b.port, _ = net.SplitHostPort(ln.Addr().String())
	served := make(chan error, 1)
	go func() { served <- b.Serve(ln) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = b.Shutdown(ctx) // tests that care call it themselves
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return b
}

// ask sends a request; header is pairs of name and value, where Host is the host.
func (b *bench) ask(t *testing.T, method, path, body string, header ...string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequest(method, b.base+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		if header[i] == "Host" {
			req.Host = header[i+1]
		} else {
			req.Header.Add(header[i], header[i+1])
		}
	}
	resp, err := b.hc.Do(req)
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

// code returns the error code of an answer, or its status where it is no error of the API.
func code(t *testing.T, resp *http.Response, body string) string {
	t.Helper()
	var e struct{ Error struct{ Code string } }
	if json.Unmarshal([]byte(body), &e) == nil && e.Error.Code != "" {
		return e.Error.Code
	}
	return http.StatusText(resp.StatusCode)
}

// enter trades the token for the cookie and returns it as a header.
func (b *bench) enter(t *testing.T) string {
	t.Helper()
	resp, _ := b.ask(t, "GET", "/?token="+token, "")
	if resp.StatusCode != http.StatusSeeOther || resp.Header.Get("Location") != "/" || len(resp.Cookies()) != 1 {
		t.Fatalf("the link gave %d, location %q, cookies %v", resp.StatusCode, resp.Header.Get("Location"), resp.Cookies())
	}
	c := resp.Cookies()[0]
	return c.Name + "=" + c.Value
}

const bearer = "Bearer " + token

func TestHeadersAreOnEverything(t *testing.T) {
	b := start(t, nil)
	const immutable = "private, max-age=31536000, immutable"
	for _, tt := range []struct {
		path, auth, cache, typ string
		status                 int
	}{
		{"/", bearer, "no-store", "text/html; charset=utf-8", 200},
		{"/sessions/s1/turn", bearer, "no-store", "text/html; charset=utf-8", 200}, // a place in the page
		{"/assets/app-1a2b3c.js", bearer, immutable, "text/javascript; charset=utf-8", 200},
		{"/assets/app-1a2b3c.css", bearer, immutable, "text/css; charset=utf-8", 200},
		{"/icon.svg", bearer, "no-store", "image/svg+xml", 200},
		{"/assets/gone.js", bearer, "no-store", "application/json; charset=utf-8", 404},
		{"/assets", bearer, "no-store", "text/html; charset=utf-8", 200},
		{"/../go.mod", bearer, "no-store", "application/json; charset=utf-8", 404},
		{"/%2e%2e/%2e%2e/etc/passwd", bearer, "no-store", "text/html; charset=utf-8", 200},
		{"/", "", "no-store", "text/html; charset=utf-8", 401},
		{"/?token=" + token, "", "no-store", "text/html; charset=utf-8", 303},
		{"/api/v1/health", bearer, "no-store", "application/json", 200},
		{"/api/v1/health", "", "no-store", "application/json; charset=utf-8", 401},
		{"/api/v1/nothing", bearer, "no-store", "application/json; charset=utf-8", 404},
		{"/api", bearer, "no-store", "application/json; charset=utf-8", 404},
		{"/api/v1/sessions/nobody/ws", bearer, "no-store", "application/json; charset=utf-8", 403},
	} {
		header := []string{}
		if tt.auth != "" {
			header = []string{"Authorization", tt.auth}
		}
		for _, method := range []string{"GET", "HEAD"} {
			resp, body := b.ask(t, method, tt.path, "", header...)
			if method == "HEAD" && strings.HasSuffix(tt.path, "/ws") {
				continue // only GET
			}
			if resp.StatusCode != tt.status || resp.Header.Get("Cache-Control") != tt.cache || resp.Header.Get("Content-Type") != tt.typ {
				t.Errorf("%s %s: %d, %q, %q; want %d, %q, %q", method, tt.path, resp.StatusCode, resp.Header.Get("Cache-Control"), resp.Header.Get("Content-Type"), tt.status, tt.cache, tt.typ)
			}
			if method == "HEAD" && body != "" {
				t.Errorf("HEAD %s has a body", tt.path)
			}
			for name, want := range map[string]string{
				"Content-Security-Policy":      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
				"X-Content-Type-Options":       "nosniff",
				"Referrer-Policy":              "no-referrer",
				"Cross-Origin-Opener-Policy":   "same-origin",
				"Cross-Origin-Resource-Policy": "same-origin",
			} {
				if got := resp.Header.Get(name); got != want {
					t.Errorf("%s: %s is %q", tt.path, name, got)
				}
			}
		}
	}
}

func TestWithoutAPage(t *testing.T) {
	b := start(t, func(o *server.Options) { o.Web = nil })
	if resp, body := b.ask(t, "GET", "/", "", "Authorization", bearer); resp.StatusCode != http.StatusNotFound || code(t, resp, body) != "not_found" {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
}

func TestAPanicIsOneRequest(t *testing.T) {
	b := start(t, nil)
	resp, body := b.ask(t, "POST", "/api/v1/sessions", `{"format":"panic"}`, "Authorization", bearer)
	if resp.StatusCode != http.StatusInternalServerError || code(t, resp, body) != "internal" || strings.Contains(body, "on purpose") {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
	if resp, _ := b.ask(t, "GET", "/api/v1/health", "", "Authorization", bearer); resp.StatusCode != http.StatusOK {
		t.Errorf("after it: %d", resp.StatusCode)
	}
}

// dial opens the websocket of the session s1.
func (b *bench) dial(header http.Header) (*websocket.Conn, *http.Response, error) {
	return websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(b.base, "http")+"/api/v1/sessions/s1/ws", header)
}

func TestWebsocket(t *testing.T) {
	b := start(t, nil)
	cookie := b.enter(t)
	if resp, body := b.ask(t, "POST", "/api/v1/sessions", `{"format":"x"}`, "Authorization", bearer); resp.StatusCode != http.StatusCreated {
		t.Fatal(body)
	}
	ws, _, err := b.dial(http.Header{"Cookie": {cookie}, "Origin": {b.base}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ws.Close() }()
	if err := ws.WriteMessage(websocket.TextMessage, []byte(`{"v":1,"type":"hello","after":0}`)); err != nil {
		t.Fatal(err)
	}
	if _, raw, err := ws.ReadMessage(); err != nil || !strings.Contains(string(raw), "welcome") {
		t.Errorf("%s, %v", raw, err)
	}
	for want, header := range map[int]http.Header{
		401: {"Origin": {b.base}},
		403: {"Cookie": {cookie}, "Origin": {"http://evil.example"}},
	} {
		if _, resp, err := b.dial(header); err == nil || resp.StatusCode != want {
			t.Errorf("%v: %v, want %d", header, err, want)
		}
	}
	if _, resp, err := b.dial(http.Header{"Authorization": {bearer}}); err == nil || resp.StatusCode != http.StatusForbidden {
		t.Errorf("without an Origin: %v", err)
	}
}

func TestShutdownInOrder(t *testing.T) {
	var order []string
	b := start(t, func(o *server.Options) {
		store := o.Closers[0]
		o.Closers = []func(context.Context) error{
			func(context.Context) error { order = append(order, "sessions"); return io.ErrUnexpectedEOF },
			func(ctx context.Context) error { order = append(order, "store"); return store(ctx) },
		}
	})
	b.ask(t, "POST", "/api/v1/sessions", `{"format":"x"}`, "Authorization", bearer)
	ws, _, err := b.dial(http.Header{"Authorization": {bearer}, "Origin": {b.base}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ws.Close() }()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- b.Shutdown(ctx) }()
	if _, _, err := ws.ReadMessage(); !websocket.IsCloseError(err, websocket.CloseGoingAway) {
		t.Errorf("the socket ended with %v, want 1001", err)
	}
	if err := <-done; err == nil || !strings.Contains(err.Error(), "unexpected EOF") || ctx.Err() != nil {
		t.Errorf("shutdown returned %v", err)
	}
	if !slices.Equal(order, []string{"sessions", "store"}) {
		t.Errorf("closed in the order %v", order)
	}
	if _, err := net.DialTimeout("tcp", b.ln.Addr().String(), time.Second); err == nil {
		t.Error("it still listens")
	}
}

func TestLink(t *testing.T) {
	b := start(t, nil)
	if got, want := b.Link(b.ln), "http://127.0.0.1:"+b.port+"/?token="+token; got != want {
		t.Errorf("link %s, want %s", got, want)
	}
	for host, want := range map[string]string{"rehearse.example": "http://rehearse.example:", "rehearse.example:9": "http://rehearse.example:9/", "": "http://localhost:"} {
		b := build(t, func(o *server.Options) {
			if o.BehindProxy = true; host != "" {
				o.AllowHosts = []string{host}
			}
		})
		ln, err := b.Listen(t.Context(), "0.0.0.0:0")
		if err != nil {
			t.Fatal(err)
		}
		if got := b.Link(ln); !strings.HasPrefix(got, want) || !strings.HasSuffix(got, "/?token="+token) {
			t.Errorf("link %s, want %s…", got, want)
		}
		_ = ln.Close()
		_ = b.store.Close()
	}
}

// TestTheDescriptionIsTheRoutes holds docs/openapi.yaml against the routes, both ways.
func TestTheDescriptionIsTheRoutes(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("..", "docs", "openapi.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		OpenAPI string `yaml:"openapi"`
		Servers []struct {
			URL string `yaml:"url"`
		} `yaml:"servers"`
		Paths map[string]map[string]yaml.Node `yaml:"paths"`
	}
	if err := yaml.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	if len(doc.Servers) != 1 || doc.Servers[0].URL != httpapi.Prefix {
		t.Fatalf("the servers are %v, want %s", doc.Servers, httpapi.Prefix)
	}
	var described, there []string
	for path, item := range doc.Paths {
		for method, op := range item {
			if method == "parameters" {
				continue
			}
			described = append(described, strings.ToUpper(method)+" "+path)
			var body struct {
				Summary   string               `yaml:"summary"`
				Responses map[string]yaml.Node `yaml:"responses"`
			}
			if err := op.Decode(&body); err != nil || body.Summary == "" || len(body.Responses) == 0 {
				t.Errorf("%s %s says nothing (%v)", method, path, err)
			}
		}
	}
	b := build(t, nil)
	defer func() { _ = b.store.Close() }()
	for _, r := range b.Routes() {
		method, path := r[0], strings.TrimPrefix(r[1], httpapi.Prefix)
		if method == http.MethodHead || method == "echo_route_not_found" {
			continue // beside every GET; Echo's own
		}
		segments := strings.Split(path, "/")
		for i, s := range segments {
			if name, ok := strings.CutPrefix(s, ":"); ok {
				segments[i] = "{" + name + "}"
			}
		}
		there = append(there, method+" "+strings.Join(segments, "/"))
	}
	slices.Sort(described)
	slices.Sort(there)
	if diff := cmp.Diff(there, described); diff != "" {
		t.Errorf("routes (-there +described):\n%s", diff)
	}
}
