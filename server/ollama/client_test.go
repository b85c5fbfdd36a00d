package ollama_test

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/ollama/ollama/api"

	"rehearse/prompts"
	"rehearse/server/interview"
	"rehearse/server/ollama"
	"rehearse/server/ollama/ollamatest"
	"rehearse/server/prompt"
)

// bound is how long one call may take in these tests, whatever the server does.
const bound = 5 * time.Second

// newClient returns a client with limits that a test can wait for.
func newClient(t *testing.T, s *ollamatest.Server, quiet time.Duration) (*ollama.Client, ollama.Choice) {
	t.Helper()
	c := ollama.New([]string{s.URL}, nil)
	c.FirstToken, c.Idle = quiet, quiet
	m, err := c.Detect(t.Context(), ollama.Auto)
	if err != nil {
		t.Fatal(err)
	}
	return c, m
}

func promptSet(t testing.TB) *prompt.Set {
	t.Helper()
	set, err := prompt.Load(prompts.FS)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// outcomes is what a caller learns of each mode: the code of the error and a part of the sentence a
// person reads; both are empty where Chat succeeds.
var outcomes = map[ollamatest.Mode]struct {
	code interview.ErrCode
	says string
}{
	ollamatest.OK:            {},
	ollamatest.Chunked:       {},
	ollamatest.Thinking:      {},
	ollamatest.LoadSpike:     {},
	ollamatest.Silent:        {},
	ollamatest.Stutter:       {},
	ollamatest.Questions:     {},
	ollamatest.Praise:        {},
	ollamatest.SelfAnswer:    {},
	ollamatest.RoleSwap:      {},
	ollamatest.Noise:         {},
	ollamatest.SlowHeaders:   {interview.CodeTimeout, "no first word in time"},
	ollamatest.ThinkingOn:    {interview.CodeTimeout, "no first word in time"},
	ollamatest.Stall:         {interview.CodeTimeout, "did not go on in time"},
	ollamatest.NoDone:        {interview.CodeUnavailable, "broke off"},
	ollamatest.ErrorLine:     {interview.CodeUnavailable, "broke off"},
	ollamatest.Reset:         {interview.CodeUnavailable, "broke off"},
	ollamatest.Empty502:      {interview.CodeUnavailable, "broke off"},
	ollamatest.HTML:          {interview.CodeUnavailable, "broke off"},
	ollamatest.Garbage:       {interview.CodeUnavailable, "broke off"},
	ollamatest.TruncatedJSON: {interview.CodeUnavailable, "broke off"},
	ollamatest.Endless:       {interview.CodeUnavailable, "without an end"},
	ollamatest.NotFound:      {interview.CodeUnavailable, "ollama pull scripted:1b"},
	ollamatest.Busy:          {interview.CodeUnavailable, "too busy"},
	ollamatest.TooLong:       {interview.CodeUnavailable, "longer than the model can read"},
	ollamatest.NoMemory:      {interview.CodeUnavailable, "needs more memory"},
}

// quietFor is a short silence where one is waited for, and a long one where a slow machine must not fail the test.
func quietFor(m ollamatest.Mode) time.Duration {
	if outcomes[m].code == interview.CodeTimeout {
		return 60 * time.Millisecond
	}
	return 4 * time.Second
}

func check(t *testing.T, err error, code interview.ErrCode, says string) {
	t.Helper()
	if code == "" {
		if err != nil {
			t.Errorf("error %v, want none", err)
		}
		return
	}
	var e *interview.Error
	if !errors.As(err, &e) {
		t.Fatalf("error %v is no interview.Error", err)
	}
	if e.Code != code || !strings.Contains(e.Message, says) {
		t.Errorf("error %s %q, want %s and %q", e.Code, e.Message, code, says)
	}
	if len(e.Error()) > 1000 || strings.Contains(e.Message, "\n") {
		t.Errorf("the error is no line for a person: %q", e.Error())
	}
}

func TestChatInEveryMode(t *testing.T) {
	t.Parallel()
	for mode := range ollamatest.Modes() {
		want, ok := outcomes[mode]
		if !ok {
			t.Errorf("nothing is expected of mode %q", mode)
			continue
		}
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			s := ollamatest.New(t)
			c, m := newClient(t, s, quietFor(mode))
			s.Set(mode)
			began := time.Now()
			reply, err := c.Chat(t.Context(), m, []api.Message{{Role: "user", Content: "Choose <<<I read the logs of the night>>>"}}, nil)
			if took := time.Since(began); took > bound {
				t.Errorf("it took %s", took)
			}
			check(t, err, want.code, want.says)
			switch mode {
			case ollamatest.OK, ollamatest.Chunked, ollamatest.Thinking, ollamatest.LoadSpike:
				if want := "You said that you read the logs of the night."; reply.Text != want {
					t.Errorf("text %q, want %q", reply.Text, want)
				}
			}
			if mode == ollamatest.LoadSpike && reply.Load < 5*time.Second {
				t.Errorf("load %s was not told", reply.Load)
			}
			if mode == ollamatest.Stutter && !reply.Cut {
				t.Error("an answer that met its limit is not marked as cut")
			}
		})
	}
}

func TestSpeakInEveryMode(t *testing.T) {
	t.Parallel()
	set := promptSet(t)
	brief := interview.Brief{Name: "Mara Lindqvist", Role: "Engineer", Question: "What else did you consider, and why not?",
		Anchors: []string{"I read the logs of the night"}, Seed: 7}
	for mode, class := range ollamatest.Modes() {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			s := ollamatest.New(t)
			c, m := newClient(t, s, quietFor(mode))
			s.Set(mode)
			u, err := ollama.NewVoice(c, m, set).Speak(t.Context(), brief)
			if class == ollamatest.Fails {
				if err == nil {
					t.Fatalf("it spoke %q", u.Text)
				}
				want := outcomes[mode]
				if want.code == "" { // finished, and worthless
					want.code, want.says = interview.CodeUnavailable, "the model said"
				}
				check(t, err, want.code, want.says)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasSuffix(u.Text, brief.Question) {
				t.Errorf("%q does not end with the authored question", u.Text)
			}
			if want := "You said that you read the logs of the night. " + brief.Question; class == ollamatest.Speaks && (u.Text != want || u.Anchor != 0) {
				t.Errorf("%q at anchor %d, want %q at 0", u.Text, u.Anchor, want)
			}
		})
	}
}

// The same load options, no truncation and no shifting in every call; think only where it is listed.
func TestOneOptionSet(t *testing.T) {
	t.Parallel()
	for _, thinking := range []bool{false, true} {
		s := ollamatest.New(t)
		model := ollamatest.Default()
		if thinking {
			model.Capabilities = append(model.Capabilities, "thinking")
		}
		s.Models(model)
		c, m := newClient(t, s, bound)
		v := ollama.NewVoice(c, m, promptSet(t))
		if err := v.Preload(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, b := range []interview.Brief{{Question: "Why?"}, {Question: "Why?", Seed: 9}, {Question: "Why not?", Anchors: []string{"we did"}}} {
			if _, err := v.Speak(t.Context(), b); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := c.Chat(t.Context(), m, []api.Message{{Role: "user", Content: "x"}}, map[string]any{"num_ctx": 99, "temperature": 2}); err != nil {
			t.Fatal(err)
		}
		reload := []string{"num_ctx", "num_batch", "num_gpu", "main_gpu", "use_mmap", "num_thread", "num_keep"}
		load := func(r api.ChatRequest) map[string]any {
			out := map[string]any{"keep_alive": r.KeepAlive.String(), "truncate": *r.Truncate, "shift": *r.Shift, "think": r.Think, "stream": *r.Stream, "format": string(r.Format)}
			for _, k := range reload {
				out[k] = r.Options[k]
			}
			return out
		}
		chats := s.Chats()
		if len(chats) != 5 {
			t.Fatalf("%d chats, want 5", len(chats))
		}
		for i, r := range chats {
			if *r.Truncate || *r.Shift || r.KeepAlive.Duration != 30*time.Minute || r.Options["num_ctx"] != float64(8192) {
				t.Errorf("call %d: truncate %v, shift %v, keep_alive %s, num_ctx %v", i, *r.Truncate, *r.Shift, r.KeepAlive, r.Options["num_ctx"])
			}
			if (r.Think != nil) != thinking || thinking && r.Think.Bool() {
				t.Errorf("call %d: think is %v for a model that lists thinking: %v", i, r.Think, thinking)
			}
			if diff := cmp.Diff(load(chats[0]), load(r)); diff != "" {
				t.Errorf("call %d would reload the model:\n%s", i, diff)
			}
		}
		if n, ok := chats[1].Options["num_predict"].(float64); !ok || n < 1 || n > 100 {
			t.Errorf("num_predict %v of a line is no small bound", chats[1].Options["num_predict"])
		}
	}
}

func TestOneRequestInFlight(t *testing.T) {
	t.Parallel()
	s := ollamatest.New(t)
	c, m := newClient(t, s, bound)
	s.Set(ollamatest.Chunked)
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			if _, err := c.Chat(t.Context(), m, []api.Message{{Role: "user", Content: "x"}}, nil); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := s.Most(); n != 1 {
		t.Errorf("%d requests were in flight together", n)
	}
}

// A call whose caller went away ends at once, with the caller's own error, queued or under way.
func TestCancelled(t *testing.T) {
	t.Parallel()
	s := ollamatest.New(t)
	c, m := newClient(t, s, time.Minute)
	s.Set(ollamatest.SlowHeaders)
	messages := []api.Message{{Role: "user", Content: "x"}}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { _, err := c.Chat(ctx, m, messages, nil); ended <- err }()
	for len(s.Chats()) == 0 {
		time.Sleep(time.Millisecond)
	}
	short, stop := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer stop()
	if _, err := c.Chat(short, m, messages, nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the queued call ended with %v", err)
	}
	cancel()
	select {
	case err := <-ended:
		if !errors.Is(err, context.Canceled) {
			t.Errorf("the call under way ended with %v", err)
		}
	case <-time.After(bound):
		t.Fatal("the call under way did not end")
	}
	s.Set(ollamatest.OK)
	if _, err := c.Chat(t.Context(), m, messages, nil); err != nil {
		t.Errorf("the next call: %v", err)
	}
}

// A server that has gone away since the model was found does not answer any more, and is named.
func TestGoneSince(t *testing.T) {
	t.Parallel()
	s := ollamatest.New(t)
	c, m := newClient(t, s, bound)
	s.Close()
	_, err := c.Chat(t.Context(), m, []api.Message{{Role: "user", Content: "x"}}, nil)
	check(t, err, interview.CodeUnavailable, "Ollama does not answer at "+s.URL)
}

// Calls share a connection where the server ends its answers, and a server that was restarted on the same
// address since is simply asked anew.
func TestConnectionIsKept(t *testing.T) {
	t.Parallel()
	s := ollamatest.New(t)
	forward := func(ln net.Listener) (*httptest.Server, *atomic.Int32) {
		var opened atomic.Int32
		front := &httptest.Server{Listener: ln, Config: &http.Server{Handler: httputil.NewSingleHostReverseProxy(mustURL(t, s.URL)), ReadHeaderTimeout: bound,
			ConnState: func(_ net.Conn, st http.ConnState) {
				if st == http.StateNew {
					opened.Add(1)
				}
			}}}
		front.Start()
		return front, &opened
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	front, opened := forward(ln)
	c := ollama.New([]string{front.URL}, nil)
	m, err := c.Detect(t.Context(), ollama.Auto)
	if err != nil {
		t.Fatal(err)
	}
	ask := func() {
		t.Helper()
		if r, err := c.Chat(t.Context(), m, []api.Message{{Role: "user", Content: "x"}}, nil); err != nil || r.Text == "" {
			t.Fatalf("the model said %q, %v", r.Text, err)
		}
		time.Sleep(20 * time.Millisecond) // the end of an answer follows its last line
	}
	ask()
	before := opened.Load()
	for range 5 {
		ask()
	}
	if n := opened.Load() - before; n != 0 {
		t.Errorf("five calls opened %d connections", n)
	}
	front.Close()
	if ln, err = net.Listen("tcp", ln.Addr().String()); err != nil {
		t.Skip("somebody else took the address: ", err)
	}
	front, _ = forward(ln)
	defer front.Close()
	ask()
}

func mustURL(t *testing.T, raw string) *url.URL {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// A server that redirects is not followed to another address.
func TestRedirectIsNotFollowed(t *testing.T) {
	t.Parallel()
	other := ollamatest.New(t)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Read(make([]byte, 4096))
			_, _ = conn.Write([]byte("HTTP/1.1 307 Temporary Redirect\r\nLocation: " + other.URL + "/api/tags\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"))
			_ = conn.Close()
		}
	}()
	c := ollama.New([]string{"http://" + ln.Addr().String()}, nil)
	if m, err := c.Detect(t.Context(), ollama.Auto); err == nil {
		t.Errorf("it found %v behind a redirect", m)
	}
	if n := len(other.Requests()); n > 0 {
		t.Errorf("%d requests reached another address", n)
	}
}

// The scripted server answers the other endpoints as the real one does.
func TestScriptedServer(t *testing.T) {
	t.Parallel()
	if len(ollamatest.Modes()) != len(outcomes) {
		t.Error("modes and outcomes are not the same list")
	}
	s := ollamatest.New(t)
	base, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	c := api.NewClient(base, http.DefaultClient)
	if err := c.Heartbeat(t.Context()); err != nil {
		t.Error(err)
	}
	if v, err := c.Version(t.Context()); err != nil || v == "" {
		t.Errorf("version %q, %v", v, err)
	}
	name := ollamatest.Default().Name
	got, err := c.Embed(t.Context(), &api.EmbedRequest{Model: name, Input: []string{"seen", "tea"}})
	if err != nil || len(got.Embeddings) != 2 || cmp.Equal(got.Embeddings[0], got.Embeddings[1]) {
		t.Errorf("embeddings %v, %v", got, err)
	}
	var status api.StatusError
	if _, err := c.Embed(t.Context(), &api.EmbedRequest{Model: "nope", Input: "x"}); !errors.As(err, &status) || status.StatusCode != http.StatusNotFound {
		t.Errorf("an unknown model: %v", err)
	}
	yes := &api.ThinkValue{Value: true}
	err = c.Chat(t.Context(), &api.ChatRequest{Model: name, Messages: []api.Message{{Role: "user", Content: "x"}}, Think: yes}, func(api.ChatResponse) error { return nil })
	if !errors.As(err, &status) || status.StatusCode != http.StatusBadRequest {
		t.Errorf("thinking where it is not listed: %v", err)
	}
	for _, r := range s.Requests() {
		if r.Method == http.MethodPost && !json.Valid(r.Body) {
			t.Errorf("request %q", r.Body)
		}
	}
}
