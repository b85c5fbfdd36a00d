package ollama

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/ollama/ollama/api"

	"rehearse/server/interview"
)

// Progress is how far a pull has come. Bytes are of the layer that is being fetched.
type Progress struct {
	Status    string `json:"status"`
	Completed int64  `json:"completed,omitempty"`
	Total     int64  `json:"total,omitempty"`
}

// pullIdle is how long a pull may say nothing before it is given up; what was fetched is kept by the server.
const pullIdle = 2 * time.Minute

// Pull lets the first server that answers fetch a model. Ending ctx stops it; the same call later goes on where it was.
// A model that runs in a cloud is refused: there is nothing to fetch.
func (c *Client) Pull(ctx context.Context, name string, tell func(Progress)) error {
	if isCloudName(name) {
		return interview.FieldError("name", "%s runs on another company's machines; there is nothing to fetch", name)
	}
	h, err := c.first(ctx)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watch := time.AfterFunc(pullIdle, func() {
		cancel(interview.Errorf(interview.CodeTimeout, "the download of %s stands still; what was fetched is kept, ask again to go on", name))
	})
	defer watch.Stop()
	done := false
	err = h.api.Pull(ctx, &api.PullRequest{Model: name}, func(p api.ProgressResponse) error {
		watch.Reset(pullIdle)
		done = done || p.Status == "success"
		tell(Progress{Status: p.Status, Completed: p.Completed, Total: p.Total})
		return nil
	})
	c.forgetFound()
	switch cause := context.Cause(ctx); {
	case cause != nil:
		return cause
	case err != nil:
		return &interview.Error{Code: interview.CodeUnavailable, Message: "the model " + name + " could not be fetched: " + clip(err).Error(), Err: err}
	case !done: // a stream that was cut ends without an error
		return interview.Errorf(interview.CodeUnavailable, "the download of %s broke off; what was fetched is kept, ask again to go on", name)
	}
	return nil
}

// Remove deletes a model from the first server that has it.
func (c *Client) Remove(ctx context.Context, name string) error {
	err := error(interview.Errorf(interview.CodeUnavailable, "no Ollama address is configured"))
	for _, h := range c.hosts {
		if err = h.api.Delete(ctx, &api.DeleteRequest{Model: name}); err == nil {
			c.forgetFound()
			return nil
		}
		var status api.StatusError
		if errors.As(err, &status) && status.StatusCode == http.StatusNotFound {
			err = interview.Errorf(interview.CodeNotFound, "there is no model %q on this machine", name)
			continue
		}
		err = notRunning(h.url, clip(err))
	}
	return err
}

// Version is what the server at an address says its version is, empty when it does not. Builds from source say 0.0.0.
func (c *Client) Version(ctx context.Context, url string) string {
	for _, h := range c.hosts {
		if h.url == url {
			v, err := h.api.Version(ctx)
			if err != nil {
				return "" // not to say is an answer
			}
			return v
		}
	}
	return ""
}

func (c *Client) first(ctx context.Context) (host, error) {
	err := error(interview.Errorf(interview.CodeUnavailable, "no Ollama address is configured"))
	for _, h := range c.hosts {
		if err = h.api.Heartbeat(ctx); err == nil {
			return h, nil
		}
		err = notRunning(h.url, clip(err))
	}
	return host{}, err
}

func (c *Client) forgetFound() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.found)
}

func isCloudName(name string) bool {
	_, tag, _ := strings.Cut(name, ":")
	return strings.Contains(tag, "cloud")
}

// Suggestion is a model that is known to fit a machine of some memory.
type Suggestion struct {
	Name  string `json:"name"`
	Bytes int64  `json:"bytes"` // about what is fetched
	For   string `json:"for"`   // voice and grading, or embedding
	Why   string `json:"why"`
}

// Suggest names models for a machine with so many bytes of memory; 0 is unknown and gets the smallest. The list was made
// in November 2026 from the sizes of the public library; whether one deserves to speak or to grade is for Probe and the
// exam to say.
func Suggest(memory uint64) []Suggestion {
	const gib = 1 << 30
	embed := Suggestion{"embeddinggemma", 620 << 20, "embedding", "finds passages and points by meaning; the builtin one needs nothing fetched"}
	switch {
	case memory >= 30*gib:
		return []Suggestion{{"gpt-oss:20b", 14 * gib, "voice and grading", "few active parameters, so it is quick without a graphics card"},
			{"qwen3:4b-instruct", 2500 << 20, "voice and grading", "small, keeps its cache from one question to the next"}, embed}
	case memory >= 14*gib:
		return []Suggestion{{"qwen3:4b-instruct", 2500 << 20, "voice and grading", "small, keeps its cache from one question to the next"},
			{"gemma4:e4b", 9600 << 20, "voice and grading", "larger, and slower without a graphics card"}, embed}
	}
	return []Suggestion{{"llama3.2:3b", 2 * gib, "voice and grading", "keeps its cache from one question to the next, which hybrid models may not"},
		{"qwen3:4b-instruct", 2500 << 20, "voice and grading", "a little larger, with 8 GB and nothing else open"},
		{"all-minilm", 46 << 20, "embedding", "small enough to stay loaded beside a chat model"}}
}
