// Package live is the websocket side of the server: it upgrades requests, decodes what clients send
// strictly, and carries frames from a session to everyone attached to it.
//
// It knows nothing of interviews. What a frame means is decided behind Sessions.
//
// Its promises: frames leave a connection in the order they were given to it, the replay before
// anything pushed while it was being made; nothing is dropped in silence, because a client that cannot
// keep up is closed with a code that tells it to reconnect and replay; a push never waits for a socket;
// one connection's failure, even a panic, ends that connection only.
package live

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"rehearse/server/interview"
)

// Close codes beside the standard ones. A client reconnects after 4000 to 4499 and does not after
// 4500 to 4999; after 1009 (frame too large) it does not either, after 1001 (going away) it does.
const (
	CloseTooSlow = 4008 // the client did not read fast enough; reconnect and replay
	CloseFailed  = 4011 // something failed on the server; reconnect and replay
	CloseGone    = 4504 // the session does not exist any more
)

// Defaults of a Hub's limits.
const (
	pingEvery  = 54 * time.Second
	pongWait   = 60 * time.Second // longer than pingEvery
	writeWait  = 10 * time.Second
	clockEvery = 10 * time.Second
	queueLen   = 256
	readLimit  = 1 << 20
	lingerWait = time.Second // for the other side's half of a close
)

// Sessions is what a hub needs from whoever runs the sessions.
type Sessions interface {
	// Exists returns nil or the error to answer instead of an upgrade.
	Exists(ctx context.Context, session string) error
	// Attach subscribes push to the session's frames. First is what the client gets before any of them:
	// welcome, the replay after an event, the partial utterance. Push never blocks and may be called from
	// any goroutine, even before Attach returned; detach ends the subscription.
	Attach(ctx context.Context, session string, after int64, push func(interview.Frame)) (first []interview.Frame, detach func(), err error)
	// Do carries out a command. A seq above 0 is acked; reply frames go to this client only.
	Do(ctx context.Context, session string, cmd interview.Command) (seq int64, reply []interview.Frame, err error)
	// Acted returns the number of the event that a command id became, and whether it was used at all.
	Acted(ctx context.Context, session, id string) (seq int64, used bool, err error)
	// Clock returns the clock frame of the session, if it is to have one now.
	Clock(ctx context.Context, session string) (interview.Frame, bool)
}

// Hub accepts websockets and keeps a register of them. Its fields are set before the first Serve and
// not changed after it.
type Hub struct {
	Sessions Sessions
	Log      *slog.Logger
	// CheckOrigin reports whether the Origin of an upgrade is ours. Nil demands an Origin whose host is
	// the request's.
	CheckOrigin func(*http.Request) bool
	Now         func() time.Time

	PingEvery  time.Duration
	PongWait   time.Duration
	WriteWait  time.Duration
	ClockEvery time.Duration
	Queue      int   // frames that may wait for one client
	ReadLimit  int64 // bytes of one frame from a client

	mu     sync.Mutex
	conns  map[*conn]struct{}
	closed bool
	wg     sync.WaitGroup // one for each connection, done when both its goroutines have ended
}

// NewHub returns a hub with the limits of the contract.
func NewHub(sessions Sessions, log *slog.Logger) *Hub {
	return &Hub{Sessions: sessions, Log: log, Now: time.Now, PingEvery: pingEvery, PongWait: pongWait, WriteWait: writeWait,
		ClockEvery: clockEvery, Queue: queueLen, ReadLimit: readLimit, conns: map[*conn]struct{}{}}
}

// Serve upgrades a request to the websocket of a session and serves it until it ends. Failures before
// the upgrade are plain HTTP errors in the shape of the API.
func (h *Hub) Serve(w http.ResponseWriter, r *http.Request, session string) {
	if err := h.admit(r, session); err != nil {
		h.refuse(w, r, err)
		return
	}
	up := websocket.Upgrader{
		HandshakeTimeout:  h.WriteWait,
		CheckOrigin:       func(*http.Request) bool { return true }, // admit did
		EnableCompression: false,                                    // the read limit would count compressed bytes
		Error: func(w http.ResponseWriter, r *http.Request, _ int, reason error) {
			h.refuse(w, r, &interview.Error{Code: interview.CodeInvalid, Message: "this address is a websocket, and the upgrade failed", Err: reason})
		},
	}
	ws, err := up.Upgrade(w, r, nil)
	if err != nil {
		return // answered by up.Error
	}
	// The connection outlives the request, whose context a middleware may end.
	ctx, cancel := context.WithCancel(context.WithoutCancel(r.Context()))
	defer cancel()
	c := newConn(cancel, h, ws, session)
	if !h.join(c) {
		c.goodbye(websocket.CloseGoingAway, "the server is shutting down, reconnect in a moment")
		_ = ws.Close() // refused: nothing was exchanged
		return
	}
	defer h.leave(c)
	c.serve(ctx)
}

// admit holds what must be true before an upgrade.
func (h *Hub) admit(r *http.Request, session string) error {
	h.mu.Lock()
	closed := h.closed
	h.mu.Unlock()
	if closed {
		return interview.Errorf(interview.CodeUnavailable, "the server is shutting down; connect again when it is back")
	}
	check := h.CheckOrigin
	if check == nil {
		check = sameHost
	}
	if !check(r) {
		return interview.Errorf(interview.CodeForbidden, "a websocket is opened from a page of this server only; its Origin is missing or another one")
	}
	if err := h.Sessions.Exists(r.Context(), session); err != nil {
		return err
	}
	if !websocket.IsWebSocketUpgrade(r) {
		return interview.Errorf(interview.CodeInvalid, "this address is a websocket; ask for an upgrade")
	}
	return nil
}

func sameHost(r *http.Request) bool {
	origins := r.Header.Values("Origin")
	if len(origins) != 1 {
		return false
	}
	u, err := url.Parse(origins[0])
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	return err == nil && u.Scheme == scheme && u.Host != "" && strings.EqualFold(u.Host, r.Host)
}

// statuses is the one table from error codes to statuses before an upgrade.
var statuses = map[interview.ErrCode]int{
	interview.CodeInvalid:      http.StatusBadRequest,
	interview.CodeUnauthorized: http.StatusUnauthorized,
	interview.CodeForbidden:    http.StatusForbidden,
	interview.CodeNotFound:     http.StatusNotFound,
	interview.CodeConflict:     http.StatusConflict,
	interview.CodeTooLarge:     http.StatusRequestEntityTooLarge,
	interview.CodeUnavailable:  http.StatusServiceUnavailable,
	interview.CodeTimeout:      http.StatusGatewayTimeout,
}

func (h *Hub) refuse(w http.ResponseWriter, r *http.Request, err error) {
	e := interview.AsError(err)
	status, ok := statuses[e.Code]
	if !ok {
		status = http.StatusInternalServerError
		h.Log.Error("websocket refused", "path", r.URL.Path, "error", err)
	}
	body, err := json.Marshal(map[string]any{"error": errorBody(e)})
	if err != nil {
		body = []byte(`{}`) // strings only: this cannot happen
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n')) // a client that went away before its refusal needs none
}

func errorBody(e *interview.Error) map[string]string {
	body := map[string]string{"code": string(e.Code), "message": e.Message}
	if e.Field != "" {
		body["field"] = e.Field
	}
	return body
}

func (h *Hub) join(c *conn) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return false
	}
	h.conns[c] = struct{}{}
	h.wg.Add(1)
	return true
}

func (h *Hub) leave(c *conn) {
	h.mu.Lock()
	delete(h.conns, c)
	h.mu.Unlock()
	h.wg.Done()
}

// Connections returns how many websockets are open.
func (h *Hub) Connections() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.conns)
}

// CloseSession closes the sockets of a session that was deleted; its clients do not come back.
func (h *Hub) CloseSession(session string) {
	h.each(session, func(c *conn) { c.close(CloseGone, "the session was deleted") })
}

// Reconnect closes the sockets of a session whose log was changed by somebody else; its clients come back and replay.
func (h *Hub) Reconnect(session string) {
	h.each(session, func(c *conn) { c.close(CloseFailed, "the session was continued by an import, reconnect") })
}

func (h *Hub) each(session string, f func(*conn)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for c := range h.conns {
		if session == "" || c.session == session {
			f(c)
		}
	}
}

// Shutdown refuses late upgrades, tells every client that the server goes away (1001) after what was
// queued for it, and waits until all connections have ended. When ctx ends first, the rest are cut.
func (h *Hub) Shutdown(ctx context.Context) error {
	h.mu.Lock()
	h.closed = true
	h.mu.Unlock()
	h.each("", func(c *conn) { c.close(websocket.CloseGoingAway, "the server is shutting down, reconnect in a moment") })
	done := make(chan struct{})
	go func() {
		h.wg.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		n := 0
		h.each("", func(c *conn) { n++; c.cut() })
		return fmt.Errorf("%d websockets did not end in time: %w", n, ctx.Err())
	}
}

// guarded runs f and turns a panic into a log line and an error.
func (h *Hub) guarded(session string, f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			h.Log.Error("panic in a websocket", "session", session, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			err = errPanic
		}
	}()
	return f()
}

var errPanic = errors.New("a panic ended this connection")
