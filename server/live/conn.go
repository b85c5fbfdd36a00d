package live

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"rehearse/server/interview"
)

// maxLinger is how much a closed client may still send before the connection is cut.
const maxLinger = 8 << 20

// conn is one websocket: a reader, which carries out commands, and a writer, the only one that writes
// frames. What is to be written waits in queue, guarded by mu; wake tells the writer about it.
type conn struct {
	cancel  context.CancelFunc // ends the writer and what Sessions does for this client
	hub     *Hub
	ws      *websocket.Conn
	session string

	mu      sync.Mutex
	queue   []interview.Frame
	waiting int               // frames in queue that count against the hub's limit: all but a replay
	holding bool              // pushes go to held while the replay is being made
	held    []interview.Frame // pushed before the replay was there
	welcome bool              // the replay is in the queue or written
	ending  *ending
	wake    chan struct{}

	detach   func()        // reader only; nil before hello
	finished chan struct{} // closed when the writer has ended
}

// ending is a close that the writer carries out after what is queued before it.
type ending struct {
	code   int
	reason string
	drop   bool // do not write what is queued
}

func newConn(cancel context.CancelFunc, h *Hub, ws *websocket.Conn, session string) *conn {
	return &conn{cancel: cancel, hub: h, ws: ws, session: session, wake: make(chan struct{}, 1), finished: make(chan struct{})}
}

// serve runs the connection to its end in the caller's goroutine.
func (c *conn) serve(ctx context.Context) {
	go c.writeLoop(ctx)
	err := c.hub.guarded(c.session, func() error { return c.readLoop(ctx) })
	if errors.Is(err, errPanic) {
		c.close(CloseFailed, "something failed here, reconnect")
		c.linger()
	} else if errors.Is(err, websocket.ErrReadLimit) {
		c.linger() // gorilla has sent 1009; bytes left unread would turn it into a reset
	}
	if c.detach != nil {
		_ = c.hub.guarded(c.session, func() error { c.detach(); return nil }) // logged there
	}
	c.cut()
	<-c.finished
}

// cut ends the connection without a word.
func (c *conn) cut() {
	c.cancel()
	_ = c.ws.Close() // the other side may have closed it first
}

// linger reads and forgets what the client still sends, for a moment, so that it can read why it was closed.
func (c *conn) linger() {
	raw := c.ws.NetConn()
	_ = raw.SetReadDeadline(c.hub.Now().Add(lingerWait))       // a failure shows in the copy
	_, _ = io.Copy(io.Discard, io.LimitReader(raw, maxLinger)) // ends with the deadline or the connection
}

// send queues a frame for this client, or ends a client that is too slow for it. It never waits, and is
// what a session calls for every client attached to it.
func (c *conn) send(f interview.Frame) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ending != nil {
		return
	}
	if c.waiting+len(c.held) >= c.hub.Queue {
		c.ending = &ending{code: CloseTooSlow, reason: "too slow, reconnect", drop: true}
		c.nudge()
		return
	}
	if c.holding {
		c.held = append(c.held, f)
		return
	}
	c.queue = append(c.queue, f)
	c.waiting++
	c.nudge()
}

// close asks the writer to say why and end, after what is queued.
func (c *conn) close(code int, reason string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ending == nil {
		c.ending = &ending{code: code, reason: reason}
	}
	c.nudge()
}

func (c *conn) nudge() {
	select {
	case c.wake <- struct{}{}:
	default: // it is awake already and will look again
	}
}

// hold keeps pushes back until release puts the replay before them.
func (c *conn) hold() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.holding = true
}

// release lets pushes go, after first if the session was attached to.
func (c *conn) release(first []interview.Frame, attached bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.welcome = attached
	c.queue = append(append(c.queue, first...), c.held...)
	c.waiting += len(c.held)
	c.held, c.holding = nil, false
	c.nudge()
}

// welcomed reports whether the client has had what comes before everything else.
func (c *conn) welcomed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.welcome && len(c.queue) == 0
}

func (c *conn) take() ([]interview.Frame, *ending) {
	c.mu.Lock()
	defer c.mu.Unlock()
	frames := c.queue
	c.queue, c.waiting = nil, 0
	return frames, c.ending
}

func (c *conn) writeLoop(ctx context.Context) {
	defer close(c.finished)
	err := c.hub.guarded(c.session, func() error { return c.write(ctx) })
	if err == nil {
		return // said goodbye; the reader waits for the other half
	}
	if errors.Is(err, errPanic) {
		c.goodbye(CloseFailed, "something failed here, reconnect")
		return
	}
	if errors.Is(err, websocket.ErrCloseSent) {
		return // the reader closes, and lingers where the client is to learn why
	}
	c.cut() // wakes the reader
}

// write writes what is queued until the connection ends. It returns nil after a goodbye.
func (c *conn) write(ctx context.Context) error {
	ping := time.NewTicker(c.hub.PingEvery)
	defer ping.Stop()
	clock := time.NewTicker(c.hub.ClockEvery)
	defer clock.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ping.C:
			if err := c.ws.WriteControl(websocket.PingMessage, nil, c.hub.Now().Add(c.hub.WriteWait)); err != nil {
				return err
			}
		case <-clock.C:
			if !c.welcomed() {
				continue
			}
			if f, ok := c.hub.Sessions.Clock(ctx, c.session); ok {
				if err := c.writeFrame(f); err != nil {
					return err
				}
			}
		case <-c.wake:
			if done, err := c.flush(); done || err != nil {
				return err
			}
		}
	}
}

// flush writes everything queued, then the close if there is one.
func (c *conn) flush() (done bool, err error) {
	for {
		frames, end := c.take()
		if end != nil && end.drop {
			c.goodbye(end.code, end.reason)
			return true, nil
		}
		for _, f := range frames {
			if err := c.writeFrame(f); err != nil {
				return false, err
			}
		}
		if end != nil {
			c.goodbye(end.code, end.reason)
			return true, nil
		}
		if len(frames) == 0 {
			return false, nil
		}
	}
}

func (c *conn) writeFrame(f interview.Frame) error {
	raw, err := json.Marshal(f)
	if err != nil {
		return fmt.Errorf("marshal frame %s: %w", f.Type, err)
	}
	if err := c.ws.SetWriteDeadline(c.hub.Now().Add(c.hub.WriteWait)); err != nil {
		return err
	}
	return c.ws.WriteMessage(websocket.TextMessage, raw)
}

// goodbye sends a close frame and gives the other side a moment to answer it; the reader ends with that
// answer or is cut off.
func (c *conn) goodbye(code int, reason string) {
	_ = c.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, reason), c.hub.Now().Add(c.hub.WriteWait)) // it may be gone
	time.AfterFunc(lingerWait, c.cut)
}

// isEnding reports whether the connection was told to end: what the client still sends is not acted on.
func (c *conn) isEnding() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ending != nil
}

func (c *conn) readLoop(ctx context.Context) error {
	c.ws.SetReadLimit(c.hub.ReadLimit)
	alive := func() error {
		if c.isEnding() {
			return nil // the goodbye has set a deadline of its own
		}
		return c.ws.SetReadDeadline(c.hub.Now().Add(c.hub.PongWait))
	}
	if err := alive(); err != nil {
		return err
	}
	c.ws.SetPongHandler(func(string) error { return alive() })
	for {
		kind, raw, err := c.ws.ReadMessage()
		if err != nil {
			return err
		}
		if c.isEnding() {
			continue
		}
		if err := alive(); err != nil {
			return err
		}
		c.frame(ctx, kind, raw)
	}
}

// frame acts on one frame of the client.
func (c *conn) frame(ctx context.Context, kind int, raw []byte) {
	if kind != websocket.TextMessage {
		c.fail("", interview.Errorf(interview.CodeInvalid, "frames are text: one JSON object each"))
		return
	}
	f, err := Decode(raw)
	if err != nil {
		c.refuse(ctx, f.Command.ID, err)
		return
	}
	switch {
	case f.Command.Type == TypeHello:
		c.hello(ctx, f.After)
	case c.detach == nil:
		c.fail(f.Command.ID, interview.Errorf(interview.CodeInvalid, "the first frame is hello"))
	default:
		c.do(ctx, f.Command)
	}
}

// refuse answers a frame that cannot be acted on. A command id that was used is acked whatever else the frame
// says: its command was carried out, and a client that repeats it has to learn that.
func (c *conn) refuse(ctx context.Context, id string, why error) {
	if id == "" || c.detach == nil {
		c.fail(id, why)
		return
	}
	switch seq, used, err := c.hub.Sessions.Acted(ctx, c.session, id); {
	case err != nil:
		c.fail(id, err)
	case used:
		c.ack(id, seq)
	default:
		c.fail(id, why)
	}
}

func (c *conn) ack(id string, seq int64) {
	c.send(interview.NoteFrame("ack", map[string]any{"id": id, "seq": seq}))
}

func (c *conn) hello(ctx context.Context, after int64) {
	if c.detach != nil {
		c.fail("", interview.Errorf(interview.CodeInvalid, "hello was said already"))
		return
	}
	c.hold()
	first, detach, err := c.hub.Sessions.Attach(ctx, c.session, after, c.send)
	if err != nil {
		c.release(nil, false)
		c.fail("", err)
		return
	}
	if c.detach = detach; detach == nil {
		c.detach = func() {} // nothing to end, but attached
	}
	c.release(first, true)
}

func (c *conn) do(ctx context.Context, cmd interview.Command) {
	seq, reply, err := c.hub.Sessions.Do(ctx, c.session, cmd)
	if err != nil {
		c.fail(cmd.ID, err)
		return
	}
	for _, f := range reply {
		c.send(f)
	}
	if seq > 0 {
		c.ack(cmd.ID, seq)
	}
}

// fail sends an error frame; the socket stays open.
func (c *conn) fail(id string, err error) {
	e := interview.AsError(err)
	if e.Code == interview.CodeInternal {
		c.hub.Log.Error("command failed", "session", c.session, "error", err)
	}
	body := errorBody(e)
	if id != "" {
		body["id"] = id
	}
	c.send(interview.NoteFrame("error", body))
}
