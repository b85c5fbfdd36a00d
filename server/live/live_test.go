package live_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"rehearse/server/interview"
	"rehearse/server/live"
)

// sessions is a scripted live.Sessions with one session, "s".
type sessions struct {
	mu     sync.Mutex
	pushes map[int]func(interview.Frame)
	next   int
	did    []interview.Command

	first  func(after int64) []interview.Frame
	during func(push func(interview.Frame)) // called inside Attach
	do     func(interview.Command) (int64, []interview.Frame, error)
	clock  func() (interview.Frame, bool)
}

func (s *sessions) Exists(_ context.Context, session string) error {
	if session != "s" {
		return interview.Errorf(interview.CodeNotFound, "there is no session %s", session)
	}
	return nil
}

func (s *sessions) Attach(_ context.Context, _ string, after int64, push func(interview.Frame)) ([]interview.Frame, func(), error) {
	if after > 1000 {
		return nil, nil, interview.FieldError("after", "there is no event %d", after)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pushes == nil {
		s.pushes = map[int]func(interview.Frame){}
	}
	s.next++
	n := s.next
	s.pushes[n] = push
	if s.during != nil {
		s.during(push)
	}
	frames := []interview.Frame{note("welcome", 0)}
	if s.first != nil {
		frames = s.first(after)
	}
	return frames, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.pushes, n)
	}, nil
}

func (s *sessions) Do(_ context.Context, _ string, cmd interview.Command) (int64, []interview.Frame, error) {
	s.mu.Lock()
	s.did = append(s.did, cmd)
	s.mu.Unlock()
	if s.do != nil {
		return s.do(cmd)
	}
	return 7, nil, nil
}

func (s *sessions) Acted(_ context.Context, _, id string) (int64, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	used := slices.ContainsFunc(s.did, func(c interview.Command) bool { return c.ID == id })
	return 7, used, nil
}

func (s *sessions) Clock(context.Context, string) (interview.Frame, bool) {
	if s.clock != nil {
		return s.clock()
	}
	return interview.Frame{}, false
}

// broadcast pushes a frame to everyone attached.
func (s *sessions) broadcast(f interview.Frame) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, push := range s.pushes {
		push(f)
	}
}

func (s *sessions) attached() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.pushes)
}

func (s *sessions) commands() []interview.Command {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]interview.Command(nil), s.did...)
}

func note(typ string, n int) interview.Frame { return interview.NoteFrame(typ, map[string]int{"n": n}) }

// lockedBuffer is a log that may be written from many goroutines.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

type bench struct {
	hub *live.Hub
	srv *httptest.Server
	log *lockedBuffer
}

// start serves a hub; tune may shorten its limits.
func start(t *testing.T, s live.Sessions, tune func(*live.Hub)) *bench {
	t.Helper()
	log := &lockedBuffer{}
	b := &bench{log: log, hub: live.NewHub(s, slog.New(slog.NewTextHandler(log, nil)))}
	if tune != nil {
		tune(b.hub)
	}
	b.srv = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b.hub.Serve(w, r, strings.TrimPrefix(r.URL.Path, "/"))
	}))
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = b.hub.Shutdown(ctx) // tests that care call it themselves
		b.srv.Close()
	})
	return b
}

// client is the other end of a socket.
type client struct {
	t  *testing.T
	ws *websocket.Conn
}

func (b *bench) dial(t *testing.T) *client {
	t.Helper()
	ws, _, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(b.srv.URL, "http")+"/s", http.Header{"Origin": {b.srv.URL}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ws.Close() })
	return &client{t: t, ws: ws}
}

// hello dials and waits for the welcome.
func (b *bench) hello(t *testing.T) *client {
	t.Helper()
	c := b.dial(t)
	c.send(`{"v":1,"type":"hello","after":0}`)
	c.want("welcome")
	return c
}

func (c *client) send(text string) {
	c.t.Helper()
	if err := c.ws.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
		c.t.Fatal(err)
	}
}

type got struct {
	V    int
	Type string
	Seq  int64
	Data struct {
		N                        int
		ID, Code, Message, Field string
		Seq                      int64
	}
}

func (c *client) read() got {
	c.t.Helper()
	_ = c.ws.SetReadDeadline(time.Now().Add(5 * time.Second))
	_, raw, err := c.ws.ReadMessage()
	if err != nil {
		c.t.Fatal(err)
	}
	var f got
	if err := json.Unmarshal(raw, &f); err != nil {
		c.t.Fatalf("frame %s: %v", raw, err)
	}
	if f.V != 1 {
		c.t.Errorf("frame %s has version %d", raw, f.V)
	}
	return f
}

func (c *client) want(typ string) got {
	c.t.Helper()
	f := c.read()
	if f.Type != typ {
		c.t.Fatalf("got frame %+v, want %s", f, typ)
	}
	return f
}

func (c *client) wantError(code, field string) got {
	c.t.Helper()
	f := c.want("error")
	if f.Data.Code != code || f.Data.Field != field || f.Data.Message == "" {
		c.t.Errorf("got error %+v, want code %s, field %q", f.Data, code, field)
	}
	return f
}

// wantClose reads to the end and wants a close code.
func (c *client) wantClose(code int) {
	c.t.Helper()
	_ = c.ws.SetReadDeadline(time.Now().Add(5 * time.Second))
	for {
		if _, _, err := c.ws.ReadMessage(); err != nil {
			if !websocket.IsCloseError(err, code) {
				c.t.Errorf("the socket ended with %v, want close code %d", err, code)
			}
			return
		}
	}
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("it never came true that %s", what)
}

func TestBeforeTheUpgrade(t *testing.T) {
	b := start(t, &sessions{}, nil)
	ws := http.Header{"Connection": {"Upgrade"}, "Upgrade": {"websocket"}, "Sec-Websocket-Version": {"13"}, "Sec-Websocket-Key": {"dGhlIHNhbXBsZSBub25jZQ=="}}
	with := func(h http.Header, kv ...string) http.Header {
		h = h.Clone()
		for i := 0; i < len(kv); i += 2 {
			h[kv[i]] = append(h[kv[i]], kv[i+1])
		}
		return h
	}
	tests := map[string]struct {
		path   string
		header http.Header
		status int
		code   string
	}{
		"no such session":  {"/other", with(ws, "Origin", b.srv.URL), 404, "not_found"},
		"no origin":        {"/s", ws, 403, "forbidden"},
		"foreign origin":   {"/s", with(ws, "Origin", "http://evil.example"), 403, "forbidden"},
		"null origin":      {"/s", with(ws, "Origin", "null"), 403, "forbidden"},
		"https for http":   {"/s", with(ws, "Origin", strings.Replace(b.srv.URL, "http", "https", 1)), 403, "forbidden"},
		"two origins":      {"/s", with(ws, "Origin", b.srv.URL, "Origin", "http://evil.example"), 403, "forbidden"},
		"no upgrade":       {"/s", http.Header{"Origin": {b.srv.URL}}, 400, "invalid"},
		"no websocket key": {"/s", http.Header{"Origin": {b.srv.URL}, "Connection": {"Upgrade"}, "Upgrade": {"websocket"}}, 400, "invalid"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			req, err := http.NewRequest(http.MethodGet, b.srv.URL+tt.path, nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header = tt.header
			resp, err := http.DefaultTransport.RoundTrip(req)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = resp.Body.Close() }()
			var body struct {
				Error struct{ Code, Message string }
			}
			if err := json.NewDecoder(resp.Body).Decode(&body); err != nil || resp.StatusCode != tt.status || body.Error.Code != tt.code || body.Error.Message == "" {
				t.Errorf("got %d %+v (%v), want %d %s", resp.StatusCode, body, err, tt.status, tt.code)
			}
		})
	}
}

func TestCommandsAndAnswers(t *testing.T) {
	text := " I  said\r\n\"yes\" \\u0041 naïve 🙂\u0301\u2028"
	s := &sessions{do: func(c interview.Command) (int64, []interview.Frame, error) {
		switch c.Type {
		case live.TypeDraft:
			return 0, []interview.Frame{note("draft.saved", c.Turn)}, nil
		case live.TypeHint:
			return 0, nil, interview.Errorf(interview.CodeConflict, "turn 4 is closed")
		case live.TypeSkip:
			return 0, nil, fmt.Errorf("a secret cause with %s", c.ID)
		}
		return 42, nil, nil
	}}
	b := start(t, s, nil)
	c := b.hello(t)
	raw, err := json.Marshal(map[string]any{"v": 1, "type": "answer", "id": "c1", "turn": 3, "text": text})
	if err != nil {
		t.Fatal(err)
	}
	c.send(string(raw))
	if f := c.want("ack"); f.Data.ID != "c1" || f.Data.Seq != 42 || f.Seq != 0 {
		t.Errorf("ack = %+v", f)
	}
	if cmds := s.commands(); len(cmds) != 1 || cmds[0].Text != text || cmds[0].Turn != 3 {
		t.Errorf("the answer arrived as %+v", cmds)
	}
	c.send(`{"v":1,"type":"draft","turn":4,"text":""}`)
	if f := c.want("draft.saved"); f.Data.N != 4 {
		t.Errorf("draft.saved = %+v", f)
	}
	c.send(`{"v":1,"type":"hint","id":"c2","turn":4}`)
	if f := c.wantError("conflict", ""); f.Data.ID != "c2" {
		t.Errorf("the error is about %q", f.Data.ID)
	}
	c.send(`{"v":1,"type":"skip","id":"c3","turn":4}`)
	if f := c.wantError("internal", ""); strings.Contains(f.Data.Message, "secret") {
		t.Errorf("a cause was shown: %s", f.Data.Message)
	}
	if !strings.Contains(b.log.String(), "a secret cause") {
		t.Error("the cause was not logged")
	}
	if strings.Contains(b.log.String(), "yes") {
		t.Error("an answer was logged")
	}
	c.send(`{"v":1,"type":"end","id":"c4"}`)
	c.want("ack")
}

func TestHelloFirstAndOnce(t *testing.T) {
	s := &sessions{}
	c := start(t, s, nil).dial(t)
	c.send(`{"v":1,"type":"answer","id":"early","turn":1,"text":"x"}`)
	if f := c.wantError("invalid", ""); f.Data.ID != "early" {
		t.Errorf("the error is about %q", f.Data.ID)
	}
	c.send(`{"v":1,"type":"hello","after":2000}`)
	c.wantError("invalid", "after")
	c.send(`{"v":1,"type":"hello"}`)
	c.want("welcome")
	c.send(`{"v":1,"type":"hello","after":0}`)
	c.wantError("invalid", "")
	if n := s.attached(); n != 1 {
		t.Errorf("%d attached, want 1", n)
	}
	if cmds := s.commands(); len(cmds) != 0 {
		t.Errorf("commands were carried out before hello: %+v", cmds)
	}
	c.send(`{"v":1,"type":"end","id":"e"}`)
	c.want("ack")
}

func TestAUsedIdIsAckedWhateverElseTheFrameSays(t *testing.T) {
	s := &sessions{}
	c := start(t, s, nil).hello(t)
	c.send(`{"v":1,"type":"repeat","id":"a5","turn":1}`)
	c.want("ack")
	for _, raw := range []string{
		`{"v":1,"type":"repeat","id":"a5","turn":1,"mood":"good"}`,
		`{"v":2,"id":"a5"}`,
		`{"v":1,"type":"cheer","id":"a5"}`,
		`{"v":1,"type":"answer","id":"a5","turn":-1}`,
		`{"v":1,"id":"a5","v":1}`,
		`{"id":"a5"} and more`,
	} {
		c.send(raw)
		if f := c.want("ack"); f.Data.ID != "a5" || f.Data.Seq != 7 {
			t.Errorf("%s: acked as %+v", raw, f.Data)
		}
	}
	for _, raw := range []string{`{"v":2,"id":"new"}`, `{"v":1,"id":"a5","id":"a5"}`, `{"v":2,"id":5}`, `{"v":2`} {
		c.send(raw)
		if f := c.want("error"); f.Data.Code != "invalid" {
			t.Errorf("%s: %+v", raw, f.Data)
		}
	}
	if n := len(s.commands()); n != 1 {
		t.Errorf("%d commands were carried out, want 1", n)
	}
}

func TestBadFramesLeaveTheSocketOpen(t *testing.T) {
	c := start(t, &sessions{}, nil).hello(t)
	for _, raw := range []string{`[]`, `{`, `{"v":2,"type":"end","id":"x"}`, "{\"v\":1,\"type\":\"end\",\"id\":\"\xff\"}", `{"v":1,"type":"end","id":"x","zap":1}`} {
		c.send(raw)
		c.want("error")
	}
	if err := c.ws.WriteMessage(websocket.BinaryMessage, []byte(`{"v":1,"type":"end","id":"x"}`)); err != nil {
		t.Fatal(err)
	}
	c.wantError("invalid", "")
	c.send(`{"v":1,"type":"end","id":"x"}`)
	c.want("ack")
}

func TestTwoClientsGetEveryPushInOrder(t *testing.T) {
	s := &sessions{}
	b := start(t, s, nil)
	one, two := b.hello(t), b.hello(t)
	const n = 200
	go func() {
		for i := range n {
			s.broadcast(note("delta", i))
		}
	}()
	for _, c := range []*client{one, two} {
		for i := range n {
			if f := c.want("delta"); f.Data.N != i {
				t.Fatalf("push %d came as number %d", f.Data.N, i)
			}
		}
	}
	_ = one.ws.Close()
	eventually(t, "one client is left", func() bool { return s.attached() == 1 && b.hub.Connections() == 1 })
}

// TestReplayBeforePushes pushes from many goroutines while a long replay is being made and sent.
func TestReplayBeforePushes(t *testing.T) {
	const replay, pushers, each = 3000, 8, 20
	var wg sync.WaitGroup
	s := &sessions{
		first: func(int64) []interview.Frame {
			frames := []interview.Frame{note("welcome", 0)}
			for i := range replay {
				frames = append(frames, note("replayed", i))
			}
			return frames
		},
		during: func(push func(interview.Frame)) {
			started := make(chan struct{}, pushers)
			for p := range pushers {
				wg.Go(func() {
					for i := range each {
						push(note("delta", p*each+i))
						if i == 0 {
							started <- struct{}{}
						}
					}
				})
			}
			for range pushers {
				<-started // at least these come before Attach has returned
			}
		},
	}
	c := start(t, s, nil).hello(t)
	for i := range replay {
		if f := c.want("replayed"); f.Data.N != i {
			t.Fatalf("replayed %d came as number %d", f.Data.N, i)
		}
	}
	next := map[int]int{}
	for range pushers * each {
		f := c.want("delta")
		p, i := f.Data.N/each, f.Data.N%each
		if next[p] != i {
			t.Fatalf("pusher %d: frame %d came instead of %d", p, i, next[p])
		}
		next[p]++
	}
	wg.Wait()
}

func TestAPanicEndsOneConnection(t *testing.T) {
	s := &sessions{
		do: func(c interview.Command) (int64, []interview.Frame, error) {
			if c.ID == "boom" {
				panic("on purpose")
			}
			return 1, nil, nil
		},
	}
	b := start(t, s, nil)
	one, two := b.hello(t), b.hello(t)
	one.send(`{"v":1,"type":"answer","id":"boom","turn":1,"text":"a private answer"}`)
	one.wantClose(live.CloseFailed)
	two.send(`{"v":1,"type":"end","id":"x"}`)
	two.want("ack")
	eventually(t, "one client is left", func() bool { return s.attached() == 1 && b.hub.Connections() == 1 })
	if log := b.log.String(); !strings.Contains(log, "on purpose") || strings.Contains(log, "a private answer") {
		t.Errorf("the log says %s", log)
	}
	s.clock = nil
}

func TestAPanicOfTheClock(t *testing.T) {
	s := &sessions{clock: func() (interview.Frame, bool) { panic("on purpose") }}
	b := start(t, s, func(h *live.Hub) { h.ClockEvery = 10 * time.Millisecond })
	c := b.hello(t)
	c.wantClose(live.CloseFailed)
	eventually(t, "nobody is left", func() bool { return s.attached() == 0 && b.hub.Connections() == 0 })
}

func TestCloseSession(t *testing.T) {
	b := start(t, &sessions{}, nil)
	c := b.hello(t)
	b.hub.CloseSession("other")
	c.send(`{"v":1,"type":"end","id":"x"}`)
	c.want("ack")
	b.hub.CloseSession("s")
	c.wantClose(live.CloseGone)
}
