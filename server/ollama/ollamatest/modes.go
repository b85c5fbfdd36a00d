package ollamatest

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/ollama/ollama/api"
)

// Mode is what /api/chat does with a request that asks for words.
type Mode string

// The modes. Those after NoMemory finish their answer and say it badly.
const (
	OK            Mode = "ok"             // answers with Reply, word by word, and says that it is done
	Chunked       Mode = "chunked"        // the same, with Pause between the words
	Thinking      Mode = "thinking"       // thinks first, then answers
	LoadSpike     Mode = "load spike"     // answers, and says that it had to load the model
	SlowHeaders   Mode = "slow headers"   // takes the request and sends nothing for Slow
	Stall         Mode = "stall"          // begins to answer, then sends nothing for Slow
	ThinkingOn    Mode = "thinking on"    // thinks for ever and says no word
	NoDone        Mode = "no done"        // answers, and ends without the last line
	ErrorLine     Mode = "error line"     // an error in the middle of a 200
	Reset         Mode = "reset"          // resets the connection in the middle
	Empty502      Mode = "empty 502"      // 502 without a body
	NotFound      Mode = "404"            // the model is not there
	Busy          Mode = "503"            // too many requests wait
	TooLong       Mode = "400 too long"   // the prompt is longer than the context
	NoMemory      Mode = "500 no memory"  // the model does not fit
	HTML          Mode = "html page"      // something else answers, with 200
	Garbage       Mode = "garbage bytes"  // bytes that are no JSON, with 200
	TruncatedJSON Mode = "truncated json" // the stream ends inside a line
	Endless       Mode = "endless"        // the same text until the client goes away
	Silent        Mode = "silent"         // done at once, without a word
	Stutter       Mode = "stutter"        // one word until the limit, and done
	Questions     Mode = "questions"      // several questions at once
	Praise        Mode = "praise"         // praises the answer
	SelfAnswer    Mode = "self answer"    // answers its own question
	RoleSwap      Mode = "role swap"      // speaks as the candidate
	Noise         Mode = "noise"          // finished, and made of control and replacement characters
)

// Class is what a listener may expect of a mode.
type Class string

// The classes of modes.
const (
	Speaks  Class = "speaks"  // a usable line
	Fails   Class = "fails"   // no line at all
	Refused Class = "refused" // a finished line that must not be said
)

// Modes lists every mode with its class.
func Modes() map[Mode]Class {
	return map[Mode]Class{OK: Speaks, Chunked: Speaks, Thinking: Speaks, LoadSpike: Speaks,
		SlowHeaders: Fails, Stall: Fails, ThinkingOn: Fails, NoDone: Fails, ErrorLine: Fails, Reset: Fails, Empty502: Fails,
		NotFound: Fails, Busy: Fails, TooLong: Fails, NoMemory: Fails, HTML: Fails, Garbage: Fails, TruncatedJSON: Fails,
		Endless: Fails, Silent: Fails, Stutter: Fails,
		Questions: Refused, Praise: Refused, SelfAnswer: Refused, RoleSwap: Refused, Noise: Refused}
}

// said are the words of the modes that finish and say something else than Reply.
var said = map[Mode]string{
	Questions:  "What did you do then? And why? Who else was there?",
	Praise:     "Great answer, that is an excellent example.",
	SelfAnswer: "You should consider a cache, and the right answer would be to add a limit.",
	RoleSwap:   "I led that work and I fixed it in my previous role.",
	Noise:      "\x01\x02\xff\xfe You \ufffd\ufffd said \x7f it",
	Stutter:    strings.TrimSpace(strings.Repeat("the ", 40)),
	Silent:     "",
}

const page = "<!DOCTYPE html>\n<html><head><title>It works!</title></head>\n<body><h1>It works!</h1></body></html>\n"

// chat answers one request for words as m says. free is called before the last line goes out: whoever
// reads it may ask again at once.
func (s *Server) chat(w http.ResponseWriter, r *http.Request, m Mode, req api.ChatRequest, free func()) {
	out := &stream{s: s, w: w, r: r, model: req.Model, free: free, odds: s.oddsOf(req), read: tokensOf(req)}
	words := pieces(s.replyTo(req))
	switch m {
	case SlowHeaders:
		s.wait(r, s.Slow)
		return
	case Empty502, HTML, NotFound, Busy, TooLong, NoMemory:
		s.refuse(w, m, req.Model)
		return
	case Garbage:
		rng := rand.New(rand.NewPCG(1, 2))
		junk := make([]byte, 4096)
		for i := range junk {
			junk[i] = byte(rng.UintN(256))
		}
		_, _ = w.Write(junk) // a client that went away is part of the game
		return
	case TruncatedJSON:
		out.say(words[:1]...)
		_, _ = io.WriteString(w, `{"model":"`+req.Model+`","message":{"role":"assistant","content":"You sa`)
		return
	case ErrorLine:
		out.say(words[:1]...)
		_, _ = io.WriteString(w, `{"error":"an error was encountered while running the model: unexpected EOF"}`+"\n")
		return
	case Reset:
		out.say(words[:1]...)
		reset(w)
		return
	case NoDone:
		out.say(words...)
		return
	case Stall:
		out.say(words[:1]...)
		s.wait(r, s.Slow)
		return
	case Endless:
		for out.say("You said that. ") {
		}
		return
	case ThinkingOn:
		for out.think("Let me think about it again. ") && s.wait(r, time.Millisecond) {
		}
		return
	case Thinking:
		out.think("The candidate said something. ", "I have to repeat one thing. ")
	case Chunked:
		for _, word := range words {
			out.say(word)
			s.wait(r, s.Pause)
		}
		out.done(len(words), "stop", 0)
		return
	case Questions, Praise, SelfAnswer, RoleSwap, Noise, Silent, Stutter:
		words = pieces(said[m])
	}
	reason, load := "stop", 2*time.Millisecond
	if m == Stutter {
		reason = "length"
	}
	if m == LoadSpike {
		load = 9 * time.Second
	}
	out.whole = m == OK
	out.say(words...)
	out.done(len(words), reason, load)
}

// refuse answers with a status or a page instead of a stream.
func (s *Server) refuse(w http.ResponseWriter, m Mode, model string) {
	switch m {
	case Empty502:
		w.WriteHeader(http.StatusBadGateway)
	case HTML:
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, page)
	case NotFound:
		fail(w, http.StatusNotFound, fmt.Sprintf("model '%s' not found", model))
	case Busy:
		fail(w, http.StatusServiceUnavailable, "server busy, please try again.  maximum pending requests exceeded")
	case TooLong:
		fail(w, http.StatusBadRequest, "the input length exceeds the context length")
	case NoMemory:
		fail(w, http.StatusInternalServerError, "model requires more system memory (9.1 GiB) than is available (3.2 GiB)")
	}
}

// stream writes the lines of one answer.
type stream struct {
	s     *Server
	w     http.ResponseWriter
	r     *http.Request
	model string
	free  func()
	// whole keeps the lines back until the last: a model that answers at once has no pauses to flush between.
	whole bool
	odds  []api.Logprob // of the first word
	read  int           // tokens of the prompt
}

// tokensOf counts a prompt at four bytes a token.
func tokensOf(req api.ChatRequest) int {
	n := 0
	for _, m := range req.Messages {
		n += len(m.Content) + len(m.Role) + 2
	}
	return n / 4
}

// line writes one line and reports whether the client is still there.
func (o *stream) line(v api.ChatResponse) bool {
	v.Model, v.CreatedAt = o.model, time.Now().UTC()
	v.Message.Role = "assistant"
	if err := writeJSON(o.w, v); err != nil {
		return false
	}
	if !o.whole || v.Done {
		_ = http.NewResponseController(o.w).Flush() // the same: a client that went away
	}
	return o.r.Context().Err() == nil && !o.s.stopped()
}

func (o *stream) say(words ...string) bool {
	for _, word := range words {
		first := o.odds
		o.odds = nil
		if !o.line(api.ChatResponse{Message: api.Message{Content: word}, Logprobs: first}) {
			return false
		}
	}
	return true
}

func (o *stream) think(words ...string) bool {
	for _, word := range words {
		if !o.line(api.ChatResponse{Message: api.Message{Thinking: word}}) {
			return false
		}
	}
	return true
}

func (o *stream) done(tokens int, reason string, load time.Duration) {
	o.free()
	o.line(api.ChatResponse{Done: true, DoneReason: reason, Metrics: api.Metrics{TotalDuration: load + 40*time.Millisecond, LoadDuration: load,
		PromptEvalCount: o.read, PromptEvalDuration: 20 * time.Millisecond, EvalCount: tokens, EvalDuration: 20 * time.Millisecond}})
}

// reset closes a connection the hard way, so that the client reads "connection reset".
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // without it the close below is an orderly one, and that is tested elsewhere
	}
	_ = conn.Close()
}

// pieces cuts a text before each blank; it has at least one piece.
func pieces(text string) []string {
	words := strings.SplitAfter(text, " ")
	if len(words) > 1 && words[len(words)-1] == "" {
		words = words[:len(words)-1]
	}
	return words
}
