package ollama

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/ollama/ollama/api"
)

// The library's own stream call allocates 8 MB for each chat, which costs more than the rest of a turn, and
// returns nil for a connection that broke. This one is the same call on the same types without either.

const (
	lineBuffer = 16 << 10 // bytes to begin with
	maxLine    = 1 << 20  // bytes of one line of a stream; a chunk of speech is far smaller
	maxPage    = 4 << 10  // bytes of an error that is kept
	maxRest    = 4 << 10  // bytes after the last line that are read for the connection's sake
	restTime   = 100 * time.Millisecond
)

// chatter speaks to one server.
type chatter struct {
	base *url.URL
	http *http.Client
}

// Chat sends a request and calls fn for every line of the answer, until fn returns an error or the stream ends.
// After errDone the connection is kept for the next request if the server ends its answer soon; every other
// end closes it, which is how a server learns that it need not go on.
func (c *chatter) Chat(ctx context.Context, req *api.ChatRequest, fn api.ChatResponseFunc) error {
	return c.raw(ctx, req, func(raw []byte) error {
		var line chunk
		if err := json.Unmarshal(raw, &line); err != nil {
			return fmt.Errorf("a line of the stream is not what it should be: %w", err)
		}
		if line.Error != "" {
			return errors.New(line.Error)
		}
		return fn(line.response())
	})
}

// raw is Chat with each line as it came.
func (c *chatter) raw(ctx context.Context, req *api.ChatRequest, fn func(line []byte) error) error {
	body, err := json.Marshal(req)
	if err != nil {
		return fmt.Errorf("the request cannot be written: %w", err)
	}
	own, closeNow := context.WithCancel(context.WithoutCancel(ctx)) // outlives the call by what is left of the stream
	follow := context.AfterFunc(ctx, closeNow)
	kept := false
	defer func() {
		if follow(); !kept {
			closeNow()
		}
	}()
	r, err := http.NewRequestWithContext(own, http.MethodPost, c.base.JoinPath("/api/chat").String(), bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/x-ndjson")
	// A kept connection may belong to a server that was restarted since. Asking a model twice changes nothing,
	// which this key without a value tells the transport; it is not sent.
	r.Header["Idempotency-Key"] = nil
	resp, err := c.http.Do(r)
	if err != nil {
		return err
	}
	defer func() {
		if !kept {
			_ = resp.Body.Close() // what it would say is said by the stream
		}
	}()
	if resp.StatusCode >= http.StatusBadRequest {
		return refusal(resp)
	}
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(make([]byte, 0, lineBuffer), maxLine)
	for lines.Scan() {
		if err := fn(lines.Bytes()); err != nil {
			if kept = errors.Is(err, errDone); kept {
				go finish(resp.Body, closeNow)
			}
			return err
		}
	}
	return lines.Err()
}

// chunk is what is read of a line: a stream has one for every token, and the rest of it is of no use here.
type chunk struct {
	Message struct {
		Content  string `json:"content"`
		Thinking string `json:"thinking"`
	} `json:"message"`
	Done               bool          `json:"done"`
	DoneReason         string        `json:"done_reason"`
	LoadDuration       time.Duration `json:"load_duration"`
	PromptEvalCount    int           `json:"prompt_eval_count"`
	PromptEvalDuration time.Duration `json:"prompt_eval_duration"`
	EvalCount          int           `json:"eval_count"`
	EvalDuration       time.Duration `json:"eval_duration"`
	Logprobs           []api.Logprob `json:"logprobs"`
	Error              string        `json:"error"`
}

func (c *chunk) response() api.ChatResponse {
	return api.ChatResponse{Message: api.Message{Content: c.Message.Content, Thinking: c.Message.Thinking}, Done: c.Done, DoneReason: c.DoneReason, Logprobs: c.Logprobs,
		Metrics: api.Metrics{LoadDuration: c.LoadDuration, PromptEvalCount: c.PromptEvalCount, PromptEvalDuration: c.PromptEvalDuration, EvalCount: c.EvalCount, EvalDuration: c.EvalDuration}}
}

// finish reads what is left after the last line, most often only the end of the answer, so that the
// connection can carry the next request. A server that holds it open is not waited for.
func finish(body io.ReadCloser, closeNow context.CancelFunc) {
	late := time.AfterFunc(restTime, closeNow)
	_, _ = io.Copy(io.Discard, io.LimitReader(body, maxRest)) // an error only costs the connection
	_ = body.Close()
	late.Stop()
	closeNow()
}

// refusal is the error of an answer with an error status.
func refusal(resp *http.Response) error {
	page, err := io.ReadAll(io.LimitReader(resp.Body, maxPage))
	if err != nil {
		page = nil // the status says enough
	}
	var said struct {
		Error     string `json:"error"`
		SigninURL string `json:"signin_url"`
	}
	if json.Unmarshal(page, &said) != nil {
		said.Error = string(page)
	}
	if resp.StatusCode == http.StatusUnauthorized {
		return api.AuthorizationError{StatusCode: resp.StatusCode, Status: resp.Status, SigninURL: said.SigninURL}
	}
	return api.StatusError{StatusCode: resp.StatusCode, Status: resp.Status, ErrorMessage: said.Error}
}
