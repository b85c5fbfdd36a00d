package live_test

import (
	"context"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"rehearse/server/interview"
	"rehearse/server/live"
)

func TestShutdown(t *testing.T) {
	before := runtime.NumGoroutine()
	s := &sessions{}
	b := start(t, s, nil)
	const n = 20
	var clients []*client
	for range n {
		clients = append(clients, b.hello(t))
	}
	b.dial(t) // one that never said hello
	s.broadcast(note("delta", 5))
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- b.hub.Shutdown(ctx) }()
	for _, c := range clients {
		if f := c.want("delta"); f.Data.N != 5 { // what was queued is written first
			t.Errorf("got %+v", f)
		}
		c.wantClose(websocket.CloseGoingAway)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	if n := s.attached(); n != 0 {
		t.Errorf("%d are still attached", n)
	}
	_, resp, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(b.srv.URL, "http")+"/s", http.Header{"Origin": {b.srv.URL}})
	if err == nil || resp == nil || resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("a late upgrade: %v, %v", resp, err)
	}
	b.srv.Close()
	eventually(t, "the goroutines are gone", func() bool { return runtime.NumGoroutine() <= before+1 })
}

func TestShutdownDoesNotWaitForEver(t *testing.T) {
	s := &sessions{}
	hold := make(chan struct{})
	s.do = func(interview.Command) (int64, []interview.Frame, error) { <-hold; return 1, nil, nil }
	b := start(t, s, nil)
	c := b.hello(t)
	c.send(`{"v":1,"type":"end","id":"x"}`)
	eventually(t, "the command is under way", func() bool { return len(s.commands()) == 1 })
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if err := b.hub.Shutdown(ctx); err == nil {
		t.Error("shutdown did not say that a connection was stuck")
	}
	close(hold)
	eventually(t, "the connection has ended", func() bool { return b.hub.Connections() == 0 })
}

// TestComingAndGoing opens and closes sockets while frames are pushed, for the race detector.
func TestComingAndGoing(t *testing.T) {
	s := &sessions{}
	b := start(t, s, func(h *live.Hub) { h.ClockEvery = time.Millisecond; h.PingEvery = time.Millisecond })
	stop := make(chan struct{})
	go func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
				s.broadcast(note("delta", i))
				time.Sleep(100 * time.Microsecond)
			}
		}
	}()
	for range 50 {
		c := b.hello(t)
		c.send(`{"v":1,"type":"end","id":"x"}`)
		for c.read().Type != "ack" {
		}
		_ = c.ws.Close()
	}
	close(stop)
	eventually(t, "everyone is gone", func() bool { return s.attached() == 0 })
}
