// Package ollamatest is a scripted Ollama server for tests: it records what it is asked and answers, or
// fails to answer, as it is told.
//
// It imitates the parts of Ollama 0.17 that this program uses, with the failures that were seen in real
// servers and in what stands in front of them.
package ollamatest

import (
	"encoding/json"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ollama/ollama/api"
)

// Model is a model that the server lists.
type Model struct {
	Name         string
	Size         int64
	Digest       string
	Family       string
	Capabilities []string // as /api/show tells them; none is what servers before 0.6.4 said
	RemoteHost   string
	Loaded       bool
	Broken       bool // listed, and gone when it is looked at
}

// Default is the model of a new server.
func Default() Model {
	return Model{Name: "scripted:1b", Size: 1 << 30, Digest: "sha256:5c81", Family: "qwen2", Capabilities: []string{"completion"}}
}

// Request is one recorded request.
type Request struct {
	Method string
	Path   string
	Body   []byte
}

// Server is the scripted endpoint. Slow and Pause are set before it is used.
type Server struct {
	URL   string
	Slow  time.Duration // how long a mode is silent that hangs; 30 seconds when nothing else is set
	Pause time.Duration // between the words of Chunked

	http *httptest.Server
	quit chan struct{}
	once sync.Once

	mu         sync.Mutex
	mode       Mode
	everywhere bool
	reply      func(lastUser string) string
	odds       func(lastUser string) float64
	models     []Model
	requests   []Request
	busy, most int
}

// New starts a server in mode OK with the default model and stops it with the test.
func New(tb testing.TB) *Server {
	tb.Helper()
	s := &Server{Slow: 30 * time.Second, Pause: 5 * time.Millisecond, quit: make(chan struct{}), mode: OK, reply: LeadIn, models: []Model{Default()}}
	s.http = httptest.NewServer(http.HandlerFunc(s.serve))
	s.URL = s.http.URL
	tb.Cleanup(s.Close)
	return s
}

// Close stops the server; nothing answers at its address any more.
func (s *Server) Close() {
	s.once.Do(func() {
		close(s.quit)
		s.http.CloseClientConnections()
		s.http.Close()
	})
}

// Set switches what /api/chat does from the next request on.
func (s *Server) Set(m Mode) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mode = m
}

// Everywhere makes the modes that answer no stream (slow headers, statuses, pages) hold for every endpoint,
// and those that spoil a stream for vectors too.
func (s *Server) Everywhere(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.everywhere = on
}

// Reply sets how an answer is made from the last message of the user; LeadIn is what is used otherwise.
func (s *Server) Reply(f func(lastUser string) string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reply = f
}

// Odds sets the probability of yes, 0 to 1, for requests that ask for log-probabilities. Until it is set the server
// gives none, as servers before 0.12 did.
func (s *Server) Odds(f func(lastUser string) float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.odds = f
}

// oddsOf are the log-probabilities of the first token of an answer: yes and no in three spellings each.
func (s *Server) oddsOf(req api.ChatRequest) []api.Logprob {
	s.mu.Lock()
	odds := s.odds
	s.mu.Unlock()
	if odds == nil || !req.Logprobs || len(req.Messages) == 0 {
		return nil
	}
	yes := min(max(odds(req.Messages[len(req.Messages)-1].Content), 1e-6), 1-1e-6)
	var top []api.TokenLogprob
	for i, token := range []string{"yes", "Yes", " yes"} {
		share := []float64{0.5, 0.3, 0.2}[i]
		top = append(top, api.TokenLogprob{Token: token, Logprob: math.Log(0.98 * share * yes)},
			api.TokenLogprob{Token: strings.Replace(token, "es", "o", 1), Logprob: math.Log(0.98 * share * (1 - yes))})
	}
	for i := range top {
		top[i].Token = strings.NewReplacer("yo", "no", "Yo", "No").Replace(top[i].Token)
	}
	return []api.Logprob{{TokenLogprob: top[0], TopLogprobs: top[:min(len(top), req.TopLogprobs)]}}
}

// Models replaces the models that are listed.
func (s *Server) Models(models ...Model) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.models = models
}

// Requests returns what was asked so far, in the order it came in.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// Chats returns the requests to /api/chat that could be read.
func (s *Server) Chats() []api.ChatRequest {
	var out []api.ChatRequest
	for _, r := range s.Requests() {
		var req api.ChatRequest
		if r.Path == "/api/chat" && json.Unmarshal(r.Body, &req) == nil {
			out = append(out, req)
		}
	}
	return out
}

// Most returns the largest number of chats that were under way at one moment.
func (s *Server) Most() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.most
}

func (s *Server) stopped() bool {
	select {
	case <-s.quit:
		return true
	default:
		return false
	}
}

// wait pauses, and reports false when the client went away or the server stops.
func (s *Server) wait(r *http.Request, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
		return false
	case <-s.quit:
		return false
	}
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	s.mu.Lock()
	s.requests = append(s.requests, Request{Method: r.Method, Path: r.URL.Path, Body: body})
	mode, everywhere, models := s.mode, s.everywhere, slices.Clone(s.models)
	s.mu.Unlock()
	if everywhere {
		switch mode {
		case SlowHeaders:
			s.wait(r, s.Slow)
			return
		case Empty502, HTML, NotFound, Busy, TooLong, NoMemory:
			s.refuse(w, mode, "")
			return
		}
	}
	switch r.Method + " " + r.URL.Path {
	case "GET /", "HEAD /":
		_, _ = io.WriteString(w, "Ollama is running")
	case "GET /api/version":
		_ = writeJSON(w, map[string]string{"version": "0.0.0"})
	case "GET /api/tags":
		tags(w, models)
	case "GET /api/ps":
		running(w, models)
	case "POST /api/show":
		show(w, models, body)
	case "POST /api/chat":
		s.serveChat(w, r, mode, models, body)
	case "POST /api/pull":
		s.pull(w, r, mode, body)
	case "DELETE /api/delete":
		s.remove(w, body)
	case "POST /api/embed":
		if everywhere && s.spoilEmbed(w, r, mode) {
			return
		}
		embed(w, models, body)
	default:
		http.NotFound(w, r)
	}
}

func (s *Server) serveChat(w http.ResponseWriter, r *http.Request, mode Mode, models []Model, body []byte) {
	s.mu.Lock()
	s.busy++
	s.most = max(s.most, s.busy)
	s.mu.Unlock()
	free := sync.OnceFunc(func() {
		s.mu.Lock()
		s.busy--
		s.mu.Unlock()
	})
	defer free()
	var req api.ChatRequest
	if err := json.Unmarshal(body, &req); err != nil {
		fail(w, http.StatusBadRequest, err.Error())
		return
	}
	m, ok := find(models, req.Model)
	switch {
	case !ok:
		s.refuse(w, NotFound, req.Model)
		return
	case req.Think != nil && req.Think.Bool() && !slices.Contains(m.Capabilities, "thinking"):
		fail(w, http.StatusBadRequest, `"`+req.Model+`" does not support thinking`)
		return
	}
	if req.DebugRenderOnly {
		var text strings.Builder
		for _, m := range req.Messages {
			text.WriteString("<|im_start|>" + m.Role + "\n" + m.Content + "<|im_end|>\n")
		}
		_ = writeJSON(w, map[string]any{"model": req.Model, "_debug_info": api.DebugInfo{RenderedTemplate: text.String()}})
		return
	}
	w.Header().Set("Content-Type", "application/x-ndjson")
	if len(req.Messages) == 0 && mode != SlowHeaders { // a request without messages only loads the model
		_ = writeJSON(w, api.ChatResponse{Model: req.Model, CreatedAt: time.Now().UTC(), Message: api.Message{Role: "assistant"}, Done: true, DoneReason: "load"})
		return
	}
	s.chat(w, r, mode, req, free)
}

// pull fetches a model in three steps; in the modes that spoil a stream it ends after the second. What is fetched is
// listed from then on.
func (s *Server) pull(w http.ResponseWriter, r *http.Request, m Mode, body []byte) {
	var req api.PullRequest
	if err := json.Unmarshal(body, &req); err != nil {
		fail(w, http.StatusBadRequest, err.Error())
		return
	}
	w.Header().Set("Content-Type", "application/x-ndjson")
	for _, p := range []api.ProgressResponse{{Status: "pulling manifest"}, {Status: "pulling 5c81", Digest: "sha256:5c81", Total: 100 << 20, Completed: 40 << 20}} {
		_ = writeJSON(w, p)
		_ = http.NewResponseController(w).Flush() // a client that went away is part of the game
	}
	switch m {
	case NoDone:
		return
	case Stall:
		s.wait(r, s.Slow)
		return
	}
	added := Default()
	added.Name, added.Digest = req.Model, "sha256:77aa"
	s.mu.Lock()
	s.models = append(s.models, added)
	s.mu.Unlock()
	_ = writeJSON(w, api.ProgressResponse{Status: "success"})
}

func (s *Server) remove(w http.ResponseWriter, body []byte) {
	var req api.DeleteRequest
	if err := json.Unmarshal(body, &req); err != nil {
		fail(w, http.StatusBadRequest, err.Error())
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.models, func(m Model) bool { return m.Name == req.Model })
	if i < 0 {
		fail(w, http.StatusNotFound, "model '"+req.Model+"' not found")
		return
	}
	s.models = slices.Delete(slices.Clone(s.models), i, i+1)
}

// replyTo is what mode OK says to a request.
func (s *Server) replyTo(req api.ChatRequest) string {
	s.mu.Lock()
	reply := s.reply
	s.mu.Unlock()
	for _, m := range slices.Backward(req.Messages) {
		if m.Role == "user" {
			return reply(m.Content)
		}
	}
	return reply("")
}

// LeadIn makes the words a good model would say: the first thing between <<< and >>> in the task, turned
// to the person who said it and cut to twelve words.
func LeadIn(task string) string {
	_, rest, ok := strings.Cut(task, "<<<")
	inner, _, closed := strings.Cut(rest, ">>>")
	if !ok || !closed {
		return "You told me about it."
	}
	turned := map[string]string{"i": "you", "we": "you", "my": "your", "our": "your", "me": "you", "us": "you", "i'd": "you had", "i'm": "you are", "was": "were", "am": "are"}
	words := strings.Fields(inner)
	for i, w := range words {
		if t, ok := turned[strings.ToLower(w)]; ok {
			words[i] = t
		}
	}
	if len(words) > 9 {
		words = words[:9]
	}
	return "You said that " + strings.TrimRight(strings.Join(words, " "), ".,;:!? ") + "."
}

func find(models []Model, name string) (Model, bool) {
	i := slices.IndexFunc(models, func(m Model) bool { return m.Name == name || m.Name == name+":latest" })
	if i < 0 || models[i].Broken {
		return Model{}, false
	}
	return models[i], true
}

func tags(w http.ResponseWriter, models []Model) {
	out := api.ListResponse{Models: []api.ListModelResponse{}}
	for _, m := range models {
		out.Models = append(out.Models, api.ListModelResponse{Name: m.Name, Model: m.Name, Size: m.Size, Digest: m.Digest,
			RemoteHost: m.RemoteHost, Details: api.ModelDetails{Family: m.Family}})
	}
	_ = writeJSON(w, out)
}

func running(w http.ResponseWriter, models []Model) {
	out := api.ProcessResponse{Models: []api.ProcessModelResponse{}}
	for _, m := range models {
		if m.Loaded {
			out.Models = append(out.Models, api.ProcessModelResponse{Name: m.Name, Model: m.Name, Size: m.Size, Digest: m.Digest})
		}
	}
	_ = writeJSON(w, out)
}

func show(w http.ResponseWriter, models []Model, body []byte) {
	var req api.ShowRequest
	if err := json.Unmarshal(body, &req); err != nil {
		fail(w, http.StatusBadRequest, err.Error())
		return
	}
	m, ok := find(models, req.Model)
	if !ok {
		fail(w, http.StatusNotFound, "model '"+req.Model+"' not found")
		return
	}
	out := map[string]any{"details": api.ModelDetails{Family: m.Family}, "model_info": map[string]any{}}
	if len(m.Capabilities) > 0 {
		out["capabilities"] = m.Capabilities
	}
	if m.RemoteHost != "" {
		out["remote_host"] = m.RemoteHost
	}
	_ = writeJSON(w, out)
}

// embed makes a small vector of each text: how often each of eight letters stands in it.
// spoilEmbed answers a request for vectors as badly as the modes that spoil a stream do.
func (s *Server) spoilEmbed(w http.ResponseWriter, r *http.Request, m Mode) bool {
	switch m {
	case Stall, ThinkingOn:
		s.wait(r, s.Slow)
	case Reset:
		reset(w)
	case Garbage:
		_, _ = io.WriteString(w, "\x00\xff not JSON")
	case TruncatedJSON:
		_, _ = io.WriteString(w, `{"model":"scripted:1b","embeddings":[[0.1,`)
	case ErrorLine:
		_, _ = io.WriteString(w, `{"error":"an error was encountered while running the model: unexpected EOF"}`)
	case NoDone, Endless:
		_, _ = io.WriteString(w, `{"model":"scripted:1b","embeddings":[]}`)
	default:
		return false
	}
	return true
}

func embed(w http.ResponseWriter, models []Model, body []byte) {
	var req api.EmbedRequest
	if err := json.Unmarshal(body, &req); err != nil {
		fail(w, http.StatusBadRequest, err.Error())
		return
	}
	if _, ok := find(models, req.Model); !ok {
		fail(w, http.StatusNotFound, "model '"+req.Model+"' not found, try pulling it first")
		return
	}
	var texts []string
	switch in := req.Input.(type) {
	case string:
		texts = []string{in}
	case []any:
		for _, t := range in {
			text, ok := t.(string)
			if !ok {
				fail(w, http.StatusBadRequest, "invalid input type")
				return
			}
			texts = append(texts, text)
		}
	}
	out := api.EmbedResponse{Model: req.Model, Embeddings: [][]float32{}}
	for _, t := range texts {
		v := make([]float32, 8)
		for i, letter := range "etaoinsr" {
			v[i] = float32(strings.Count(strings.ToLower(t), string(letter)))
		}
		out.Embeddings = append(out.Embeddings, v)
	}
	_ = writeJSON(w, out)
}

// writeJSON writes one line; a client that went away is an error of no interest to a scripted server.
func writeJSON(w io.Writer, v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = w.Write(append(raw, '\n'))
	return err
}

func fail(w http.ResponseWriter, status int, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = writeJSON(w, map[string]string{"error": message})
}
