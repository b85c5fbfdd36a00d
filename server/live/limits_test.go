package live_test

import (
	"io"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"rehearse/server/interview"
	"rehearse/server/live"
)

func TestFrameSize(t *testing.T) {
	s := &sessions{}
	b := start(t, s, nil)
	pad := func(n int) string {
		head := `{"v":1,"type":"answer","id":"x","turn":1,"text":"x"}`
		return head + strings.Repeat(" ", n-len(head))
	}
	c := b.hello(t)
	c.send(pad(1 << 20))
	c.want("ack")
	// The client goes on sending; it must still learn why it was closed.
	_ = c.ws.WriteMessage(websocket.TextMessage, []byte(pad(1<<20+1)))
	_ = c.ws.WriteMessage(websocket.TextMessage, []byte(pad(1<<20)))
	c.wantClose(websocket.CloseMessageTooBig)
	eventually(t, "the client is detached", func() bool { return s.attached() == 0 })

	c = b.hello(t)
	for _, part := range []int{1 << 19, 1 << 19, 1 << 19} { // fragments count together
		w, err := c.ws.NextWriter(websocket.TextMessage)
		if err != nil {
			break
		}
		_, _ = io.WriteString(w, strings.Repeat(" ", part*2+1))
		_ = w.Close()
	}
	c.wantClose(websocket.CloseMessageTooBig)
}

func TestSlowClient(t *testing.T) {
	s := &sessions{}
	b := start(t, s, func(h *live.Hub) { h.Queue = 8; h.WriteWait = 20 * time.Second })
	slow, quick := b.hello(t), b.hello(t)
	read := make(chan int)
	go func() {
		n := 0
		for ; n < 64; n++ {
			if f := quick.want("delta"); f.Data.N != n {
				t.Errorf("the quick client got %d as number %d", f.Data.N, n)
				break
			}
			read <- n
		}
		close(read)
	}()
	big := strings.Repeat("x", 1<<18)
	begin := time.Now()
	var longest time.Duration
	for i := range 64 {
		f := interview.NoteFrame("delta", map[string]any{"n": i, "text": big})
		at := time.Now()
		s.broadcast(f)
		longest = max(longest, time.Since(at))
		<-read // the quick client keeps up, the slow one does not read at all
	}
	<-read
	if longest > time.Second {
		t.Errorf("a push took %v: it waited for a socket", longest)
	}
	slow.wantClose(live.CloseTooSlow) // it reads again, and learns why
	eventually(t, "the slow client is detached", func() bool { return s.attached() == 1 })
	t.Logf("16 MiB to one client beside a stuck one in %v, longest push %v", time.Since(begin), longest)
}

func TestAStuckClientIsCut(t *testing.T) {
	s := &sessions{}
	b := start(t, s, func(h *live.Hub) { h.Queue = 8; h.WriteWait = 200 * time.Millisecond })
	b.hello(t)
	big := strings.Repeat("x", 1<<20)
	for i := range 40 {
		s.broadcast(interview.NoteFrame("delta", map[string]any{"n": i, "text": big}))
	}
	eventually(t, "the stuck client is gone", func() bool { return b.hub.Connections() == 0 })
}

func TestPingsKeepAndSilenceEnds(t *testing.T) {
	s := &sessions{}
	b := start(t, s, func(h *live.Hub) { h.PingEvery = 20 * time.Millisecond; h.PongWait = 150 * time.Millisecond })
	awake, asleep := b.hello(t), b.hello(t)
	asleep.ws.SetPingHandler(func(string) error { return nil })
	go func() {
		for {
			if _, _, err := asleep.ws.ReadMessage(); err != nil {
				return
			}
		}
	}()
	go func() {
		time.Sleep(600 * time.Millisecond)
		s.broadcast(note("delta", 1))
	}()
	awake.want("delta") // reading answers the pings
	if n := b.hub.Connections(); n != 1 {
		t.Errorf("%d connections, want the one that answers pings", n)
	}
}

func TestClock(t *testing.T) {
	var n int
	s := &sessions{clock: func() (interview.Frame, bool) { n++; return note("clock", n), n != 2 }}
	c := start(t, s, func(h *live.Hub) { h.ClockEvery = 10 * time.Millisecond }).hello(t)
	for _, want := range []int{1, 3, 4} {
		if f := c.want("clock"); f.Data.N != want {
			t.Errorf("clock %d, want %d", f.Data.N, want)
		}
	}
}

func TestNoClockBeforeHello(t *testing.T) {
	s := &sessions{clock: func() (interview.Frame, bool) { return note("clock", 1), true }}
	c := start(t, s, func(h *live.Hub) { h.ClockEvery = time.Millisecond }).dial(t)
	time.Sleep(30 * time.Millisecond)
	c.send(`{"v":1,"type":"hello","after":0}`)
	c.want("welcome")
	c.want("clock")
}
