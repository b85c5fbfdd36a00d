// Package ollama speaks to Ollama servers: it finds a model, lets it speak one line at a time, and treats
// as success only a stream that said it was done.
//
// The Go client returns no error for a stream that was cut, an empty 502 or a time-out, and a server may
// end a stream without its last line; both are failures here. Every call to a model carries the same load
// options, since a different one would reload it and lose its cache.
package ollama

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/ollama/ollama/api"

	"rehearse/server/interview"
)

// Limits of one call. They bound silence, not work: a laptop may read a long prompt for half a minute.
const (
	DefaultFirstToken = 40 * time.Second // from the request to the first words
	DefaultIdle       = 15 * time.Second // between two words
	DefaultLoad       = 3 * time.Minute  // for a preload: several gigabytes from a slow disk
	connectTime       = time.Second
	idleTime          = 5 * time.Minute       // a connection is kept while somebody thinks about an answer
	stepBackTime      = 50 * time.Millisecond // before a call that stepped back is made again
	maxReplyRunes     = 600                   // of a spoken line, which num_predict ends long before; more is a model that does not stop
	numCtx            = 8192
	topLogprobs       = 20 // the most a server gives
	keepAlive         = 30 * time.Minute
)

// ContextUsed is how many tokens of context every call asks for.
const ContextUsed = numCtx

// Client speaks to one or more Ollama servers, with one request in flight at a time.
type Client struct {
	FirstToken time.Duration
	Idle       time.Duration
	Notes      *Notes // of checks that were made before; nil keeps none
	hosts      []host
	log        *slog.Logger
	mu         sync.Mutex
	found      map[string]Choice // by wanted name, for a short while
	foundAt    map[string]time.Time
}

type host struct {
	url  string
	api  *api.Client
	chat *chatter
	line *queue
}

// New returns a client for the servers at these URLs. Addresses that are no URL are left out; the settings
// have been checked before.
func New(urls []string, log *slog.Logger) *Client {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	c := &Client{FirstToken: DefaultFirstToken, Idle: DefaultIdle, log: log, found: map[string]Choice{}, foundAt: map[string]time.Time{}}
	transport := &http.Transport{
		DialContext:     (&net.Dialer{Timeout: connectTime}).DialContext,
		IdleConnTimeout: idleTime,
		Proxy:           nil, // never through a proxy: what is said stays here
	}
	for _, raw := range urls {
		if u, err := url.Parse(raw); err == nil && u.Host != "" {
			// A redirect could lead to another address than the configured one.
			hc := &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
			c.hosts = append(c.hosts, host{url: raw, api: api.NewClient(u, hc), chat: &chatter{base: u, http: hc}, line: newQueue()})
		}
	}
	return c
}

// Errors of a call, told apart by what a person does next.
func notRunning(url string, err error) error {
	return &interview.Error{Code: interview.CodeUnavailable, Message: "Ollama does not answer at " + url, Err: err}
}

func notPulled(model string) error {
	return interview.Errorf(interview.CodeUnavailable, "the model %s is not on this machine; type: ollama pull %s", model, model)
}

func timedOut(began bool) error {
	if began {
		return interview.Errorf(interview.CodeTimeout, "the model stopped in the middle of its words and did not go on in time")
	}
	return interview.Errorf(interview.CodeTimeout, "the model gave no first word in time")
}

func brokeOff(why string) error {
	return interview.Errorf(interview.CodeUnavailable, "the model's answer broke off: %s", why)
}

// errTooLong is the error for a prompt that the model's context does not hold.
var errTooLong = interview.Errorf(interview.CodeUnavailable, "this exchange is longer than the model can read")

// Choice is the model a session speaks with.
type Choice struct {
	URL      string
	Model    string
	Digest   string
	Thinking bool // lists the capability, and is told not to
	Cloud    bool // runs on somebody else's machine
	host     *chatter
	line     *queue
}

// Reply is one finished answer of a model with the server's own account of it.
type Reply struct {
	Text         string
	Thought      string // what it put where thinking goes
	PromptTokens int
	Tokens       int
	Prefill      time.Duration
	Writing      time.Duration // of its tokens
	Load         time.Duration
	First        []api.Logprob // of its first token, where they were asked for and the server gives them
	Cut          bool          // ended by the limit on its tokens
	noted        bool          // from notes: nothing was asked
}

// Why reading a stream was stopped.
var (
	errDone    = errors.New("the last line was read")
	errEndless = errors.New("more was said than a line holds")
)

// Chat sends one request and returns the whole answer. It is a success only when the server said that it
// was done.
func (c *Client) Chat(ctx context.Context, m Choice, messages []api.Message, options map[string]any) (Reply, error) {
	return c.chat(ctx, m, call{messages: messages, options: options, first: c.FirstToken, most: maxReplyRunes})
}

// call is one request: what is said and how, how long its first word may take, and how much of it is read.
type call struct {
	messages []api.Message
	now      func() []api.Message // instead of messages, asked when its turn has come; nil when it is no longer wanted
	options  map[string]any
	format   json.RawMessage // a JSON schema; nil for plain words
	first    time.Duration
	most     int // runes
	lane     lane
	long     bool // behind the interview: broken off for somebody who waits, and made again
	odds     bool // with the log-probabilities of its first token
}

// chat waits for its turn. A long call behind the interview steps back for one that somebody waits for: it is broken
// off, which ends its generation, and made again afterwards. Short ones are waited for.
func (c *Client) chat(ctx context.Context, m Choice, ask call) (Reply, error) {
	if c.Notes != nil {
		return c.noted(ctx, m, ask)
	}
	return c.inTurn(ctx, m, ask)
}

// noted answers a check from the notes where it stands there, and else asks and writes the answer down.
func (c *Client) noted(ctx context.Context, m Choice, ask call) (Reply, error) {
	if ask.now != nil {
		if ask.messages, ask.now = ask.now(), nil; ask.messages == nil {
			return Reply{}, errStale
		}
	}
	key := ask.key(m)
	if key == "" {
		return c.inTurn(ctx, m, ask)
	}
	if reply, ok := c.Notes.find(key); ok {
		return reply, ctx.Err()
	}
	reply, err := c.inTurn(ctx, m, ask)
	if err == nil {
		if err := c.Notes.keep(key, reply); err != nil {
			c.log.Warn("what a model answered could not be written down", "err", err)
		}
	}
	return reply, err
}

func (c *Client) inTurn(ctx context.Context, m Choice, ask call) (Reply, error) {
	for {
		if err := m.line.acquire(ctx, ask.lane); err != nil {
			return Reply{}, err
		}
		reply, err := c.attempt(ctx, m, ask)
		m.line.release()
		if !errors.Is(err, errStepBack) {
			return reply, err
		}
		select {
		case <-time.After(stepBackTime):
		case <-ctx.Done():
			return Reply{}, ctx.Err()
		}
	}
}

// errStale ends a call that was no longer wanted when its turn came.
var errStale = errors.New("it is no longer wanted")

// errStepBack ends a call behind the interview for one that somebody waits for.
var errStepBack = errors.New("somebody waits for the model")

// attempt makes one request and remembers what the model read. The caller has the turn.
func (c *Client) attempt(ctx context.Context, m Choice, ask call) (Reply, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if ask.now != nil {
		if ask.messages = ask.now(); ask.messages == nil {
			return Reply{}, errStale
		}
	}
	if ask.long {
		m.line.stepsBack(cancel)
		if m.line.wanted() {
			return Reply{}, errStepBack
		}
	}
	reply, err := c.once(ctx, m, ask)
	if err != nil {
		m.line.forget(m.Model)
		c.forgetFound() // the next search may find another server
		return reply, err
	}
	m.line.read(m.Model, ask.messages, reply.PromptTokens)
	return reply, nil
}

// once makes one request. The caller has the turn.
func (c *Client) once(ctx context.Context, m Choice, ask call) (Reply, error) {
	yes, no := true, false
	req := &api.ChatRequest{Model: m.Model, Messages: ask.messages, Format: ask.format, Stream: &yes, Truncate: &no, Shift: &no,
		KeepAlive: &api.Duration{Duration: keepAlive}, Options: map[string]any{}}
	maps.Copy(req.Options, ask.options)
	req.Options["num_ctx"] = numCtx
	if ask.odds {
		req.Logprobs, req.TopLogprobs = true, topLogprobs
	}
	if m.Thinking {
		req.Think = &api.ThinkValue{Value: false}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var began atomic.Bool // the watch runs beside the stream
	watch := time.AfterFunc(ask.first, func() { cancel(timedOut(began.Load())) })
	defer watch.Stop()
	var reply Reply
	var text strings.Builder
	runes := 0
	switch {
	case ask.lane != laneVoice:
	case m.line.warm(m.Model):
		interview.Tell(ctx, interview.ModelReading, m.Model)
	default:
		interview.Tell(ctx, interview.ModelLoading, m.Model)
	}
	err := m.host.Chat(ctx, req, func(r api.ChatResponse) error {
		if reply.First == nil {
			reply.First = r.Logprobs
		}
		if r.Message.Content != "" { // thinking, and lines without a word, are silence
			if !began.Swap(true) && ask.lane == laneVoice {
				interview.Tell(ctx, interview.ModelSpeaking, m.Model)
			}
			watch.Reset(c.Idle)
			text.WriteString(r.Message.Content)
			runes += utf8.RuneCountInString(r.Message.Content)
		}
		if len(reply.Thought) < ask.most {
			reply.Thought += r.Message.Thinking
		}
		switch {
		case r.Done:
			reply.PromptTokens, reply.Tokens = r.PromptEvalCount, r.EvalCount
			reply.Prefill, reply.Writing, reply.Load = r.PromptEvalDuration, r.EvalDuration, r.LoadDuration
			reply.Cut = r.DoneReason == "length"
			return errDone // a server that keeps the stream open after its last line is not waited for
		case runes > ask.most:
			return errEndless
		}
		return nil
	})
	reply.Text = text.String()
	switch cause := context.Cause(ctx); {
	case errors.Is(err, errDone):
		c.log.Debug("the model spoke", "model", m.Model, "prompt_tokens", reply.PromptTokens, "tokens", reply.Tokens, "prefill", reply.Prefill, "load", reply.Load)
		return reply, nil
	case errors.Is(err, errEndless):
		return reply, brokeOff("it went on without an end")
	case cause != nil:
		return reply, cause
	case err != nil:
		return reply, c.explain(m, err)
	}
	return reply, brokeOff("the stream ended without its last line")
}

// explain turns an error of the client into one a person can act on.
func (c *Client) explain(m Choice, err error) error {
	var status api.StatusError
	var signIn api.AuthorizationError
	var netErr *net.OpError
	switch {
	case errors.As(err, &status) && status.StatusCode == http.StatusNotFound:
		return notPulled(m.Model)
	case errors.As(err, &status) && status.StatusCode == http.StatusBadRequest && strings.Contains(status.ErrorMessage, "context length"):
		return errTooLong
	case errors.As(err, &status) && status.StatusCode == http.StatusServiceUnavailable:
		return interview.Errorf(interview.CodeUnavailable, "Ollama is too busy")
	case errors.As(err, &status) && strings.Contains(status.ErrorMessage, "system memory"):
		return interview.Errorf(interview.CodeUnavailable, "%s needs more memory than this machine has free; a smaller model would run", m.Model)
	case errors.As(err, &signIn):
		return interview.Errorf(interview.CodeUnavailable, "%s does not run on this machine and asks for an account; type: ollama signin", m.Model)
	case errors.As(err, &netErr) && netErr.Op == "dial":
		return notRunning(m.URL, err)
	}
	return &interview.Error{Code: interview.CodeUnavailable, Message: "the model's answer broke off", Err: clip(err)}
}

// clip keeps the beginning of an error: the client's may hold a whole page of what the server sent.
func clip(err error) error {
	const most = 300
	text := err.Error()
	if len(text) <= most {
		return err
	}
	return errors.New(strings.ToValidUTF8(text[:most], "") + "…")
}

// Preload loads a model with the options that every call uses, so that the first question does not wait.
func (c *Client) Preload(ctx context.Context, m Choice) error {
	_, err := c.chat(ctx, m, call{first: DefaultLoad, most: maxReplyRunes, lane: laneWarm})
	return err
}

// describe is one line about a model, and about where what is said goes.
func describe(m Choice) string {
	switch {
	case m.Cloud:
		return fmt.Sprintf("%s, not local: Ollama at %s passes what is said on to another company's machines", m.Model, m.URL)
	case local(m.URL):
		return fmt.Sprintf("%s, local, by Ollama at %s", m.Model, m.URL)
	}
	return fmt.Sprintf("%s, by Ollama at %s", m.Model, m.URL)
}

// local reports whether an address is this machine's own, as seen from it or from a container on it.
func local(raw string) bool {
	u, err := url.Parse(raw)
	if err != nil {
		return false
	}
	name := strings.ToLower(u.Hostname())
	ip := net.ParseIP(name)
	return name == "localhost" || name == "host.docker.internal" || ip != nil && ip.IsLoopback()
}
