// Package server puts the routes of the API, the websocket and the web page on one listener, guards
// all of them alike, and shuts them down in order.
//
// Its promises: no route answers a Host that is not ours; none but the exchange of the link's token for
// a cookie answers without the token; a browser's page of another origin changes nothing; every answer
// carries the security headers; sockets are told to go before the listener closes, and what is handed
// over to be closed is closed last, in the order given.
package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"runtime/debug"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/labstack/echo/v4"

	"rehearse/server/httpapi"
	"rehearse/server/live"
)

// Limits of the listener. There is no write deadline: a websocket lives for hours, and every other
// answer is small.
const (
	readHeaderTimeout = 10 * time.Second
	readTimeout       = time.Minute // the body too; the websocket lifts it
	idleTimeout       = 2 * time.Minute
	maxHeaderBytes    = 32 << 10
)

// Options are what a server is made of.
type Options struct {
	API   *httpapi.API
	Live  *live.Hub
	Web   fs.FS  // the built page, index.html at its root; nil when there is none
	Token string // as LoadOrCreateToken returns it
	Log   *slog.Logger
	Now   func() time.Time // time.Now when nil

	AllowHosts  []string // names beside the loopback ones, each with a port or good for any
	BehindProxy bool     // a proxy in front may end TLS
	TLSCert     string   // certificate and key files; both or none
	TLSKey      string

	// Closers are called last in Shutdown, in this order: sessions, then the store.
	Closers []func(context.Context) error
}

// Server is the whole program behind one listener.
type Server struct {
	opts   Options
	access *access
	http   *http.Server
	echo   *echo.Echo
	port   atomic.Int32 // of the listener, 0 before there is one
}

// New puts a server together. It sets the hub's origin check.
func New(opts Options) (*Server, error) {
	if opts.Token == "" {
		return nil, errors.New("a server needs a token")
	}
	if (opts.TLSCert == "") != (opts.TLSKey == "") {
		return nil, errors.New("TLS needs a certificate and its key")
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	s := &Server{opts: opts}
	s.access = &access{token: opts.Token, tls: opts.TLSCert != "", proxy: opts.BehindProxy, port: &s.port}
	for _, h := range opts.AllowHosts {
		s.access.hosts = append(s.access.hosts, parseHost(h))
	}
	opts.Live.CheckOrigin = func(r *http.Request) bool { return s.access.origin(r, true) == nil }
	s.echo = s.routes()
	var protocols http.Protocols
	protocols.SetHTTP1(true) // a websocket is an upgrade of HTTP/1.1
	s.http = &http.Server{
		Protocols:         &protocols,
		Handler:           s.recovered(headers(s.access.guard(split(s.echo, site{opts.Web})))),
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		TLSConfig:         &tls.Config{MinVersion: tls.VersionTLS12},
		ErrorLog:          slog.NewLogLogger(opts.Log.Handler(), slog.LevelWarn),
	}
	return s, nil
}

func (s *Server) routes() *echo.Echo {
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.IPExtractor = echo.ExtractIPDirect()
	e.Use(s.logged)
	s.opts.API.Register(e)
	e.GET(httpapi.Prefix+"/sessions/:id/ws", func(c echo.Context) error {
		s.opts.Live.Serve(c.Response(), c.Request(), c.Param("id"))
		return nil
	})
	return e
}

// split sends what lies under /api to the API and everything else to the page, so that an address of
// the API that does not exist is an error and never a page.
func split(api, page http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isAPI(r.URL.Path) {
			api.ServeHTTP(w, r)
			return
		}
		page.ServeHTTP(w, r)
	})
}

func isAPI(path string) bool { return path == "/api" || strings.HasPrefix(path, "/api/") }

// logged writes one line a request, without query or body.
func (s *Server) logged(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		begin := s.opts.Now()
		err := next(c)
		if err != nil {
			c.Error(err)
		}
		s.opts.Log.Debug("request", "method", c.Request().Method, "path", c.Request().URL.Path,
			"status", c.Response().Status, "took", s.opts.Now().Sub(begin))
		return nil
	}
}

// recovered keeps one request's panic from being more than that.
func (s *Server) recovered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			p := recover()
			if p == nil {
				return
			}
			if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(p) // net/http's own way to end a connection
			}
			s.opts.Log.Error("panic in a request", "method", r.Method, "path", r.URL.Path, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			httpapi.WriteError(w, errPanic)
		}()
		next.ServeHTTP(w, r)
	})
}

var errPanic = errors.New("a panic ended this request")

// Routes returns the method and path of every route of the API, in Echo's form.
func (s *Server) Routes() [][2]string {
	var out [][2]string
	for _, r := range s.echo.Routes() {
		out = append(out, [2]string{r.Method, r.Path})
	}
	return out
}

// Listen opens a listener at addr; port 0 picks one.
func (s *Server) Listen(ctx context.Context, addr string) (net.Listener, error) {
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", addr, err)
	}
	s.bind(ln)
	return ln, nil
}

func (s *Server) bind(ln net.Listener) {
	if a, ok := ln.Addr().(*net.TCPAddr); ok {
		s.port.Store(int32(a.Port))
	}
}

// Link is the address to open in a browser, with the token: the line that is printed when the server is
// ready. Where the listener has no address of its own, the first allowed name stands for it.
func (s *Server) Link(ln net.Listener) string {
	scheme, host := "http", ln.Addr().String()
	if s.access.tls {
		scheme = "https"
	}
	if a, ok := ln.Addr().(*net.TCPAddr); ok && !a.IP.IsLoopback() {
		name := "localhost"
		if len(s.opts.AllowHosts) > 0 {
			name = s.opts.AllowHosts[0]
		}
		host = name
		if parseHost(name).port == "" {
			host = net.JoinHostPort(trimBrackets(name), strconv.Itoa(a.Port))
		}
	}
	return (&url.URL{Scheme: scheme, Host: host, Path: "/", RawQuery: "token=" + url.QueryEscape(s.opts.Token)}).String()
}

// Serve answers requests on ln until Shutdown; then it returns nil.
func (s *Server) Serve(ln net.Listener) error {
	s.bind(ln)
	var err error
	if s.access.tls {
		err = s.http.ServeTLS(ln, s.opts.TLSCert, s.opts.TLSKey)
	} else {
		err = s.http.Serve(ln)
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return fmt.Errorf("serve on %s: %w", ln.Addr(), err)
}

// ListenAndServe listens on addr and serves until Shutdown.
func (s *Server) ListenAndServe(ctx context.Context, addr string) error {
	ln, err := s.Listen(ctx, addr)
	if err != nil {
		return err
	}
	return s.Serve(ln)
}

// Shutdown ends the program in order: websockets are told to go away, then requests under way may end
// until ctx does, then the closers run, whatever happened before them. It returns every error.
func (s *Server) Shutdown(ctx context.Context) error {
	var errs []error
	if err := s.opts.Live.Shutdown(ctx); err != nil {
		errs = append(errs, fmt.Errorf("close websockets: %w", err))
	}
	if err := s.http.Shutdown(ctx); err != nil {
		errs = append(errs, fmt.Errorf("shut down HTTP: %w", err), s.http.Close())
	}
	for _, closer := range s.opts.Closers {
		if err := closer(ctx); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
