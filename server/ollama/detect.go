package ollama

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ollama/ollama/api"
	"github.com/ollama/ollama/types/model"

	"rehearse/server/interview"
)

// Auto asks for whatever chat model there is.
const Auto = "auto"

// detectTime bounds the search for a model, so that a start is quick where nothing answers.
const detectTime = 3 * time.Second

// remember is how long a result of Detect is used again.
const remember = 10 * time.Second

// NoModel describes an interview without a model: why there is none, and what to type for one.
func NoModel(why string) interview.VoiceInfo {
	return interview.VoiceInfo{Kind: "authored", Detail: strings.TrimRight(why, ". ") + ". The interview is complete without a model: every question and follow-up is an authored one.",
		Commands: []string{"ollama serve", "ollama pull qwen3:4b-instruct"}}
}

// Detect finds the model to speak with: the named one, or for auto the first chat model that is loaded
// already, else the largest of up to 9 GB, else the smallest. A model that runs in a cloud is used only
// when it is named.
func (c *Client) Detect(ctx context.Context, wanted string) (Choice, error) {
	c.mu.Lock()
	if found, ok := c.found[wanted]; ok && time.Since(c.foundAt[wanted]) < remember {
		c.mu.Unlock()
		return found, nil
	}
	c.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, detectTime)
	defer cancel()
	err := error(interview.Errorf(interview.CodeUnavailable, "no Ollama address is configured"))
	for i, r := range c.ask(ctx, wanted) {
		if r.err == nil {
			c.mu.Lock()
			c.found[wanted], c.foundAt[wanted] = r.choice, time.Now()
			c.mu.Unlock()
			return r.choice, nil
		}
		// A server that answers and lacks the model says more than one that does not answer.
		if i == 0 || isSilent(err) && !isSilent(r.err) {
			err = r.err
		}
	}
	return Choice{}, err
}

type detected struct {
	choice Choice
	err    error
}

// ask asks every server at once, so that one that hangs does not take the time of the others; the results
// are in the order of the configuration.
func (c *Client) ask(ctx context.Context, wanted string) []detected {
	out := make([]detected, len(c.hosts))
	var wg sync.WaitGroup
	for i, h := range c.hosts {
		wg.Go(func() { out[i].choice, out[i].err = h.detect(ctx, wanted) })
	}
	wg.Wait()
	return out
}

// silent is the cause of every error of a server that gave no answer to its first question.
type silent struct{ error }

func isSilent(err error) bool {
	var s silent
	return errors.As(err, &s)
}

// largestAuto is the largest file, in bytes, that auto takes: about what a laptop of 16 GB runs.
const largestAuto = 9 << 30

func (h host) detect(ctx context.Context, wanted string) (Choice, error) {
	list, err := h.api.List(ctx)
	if err != nil {
		return Choice{}, notRunning(h.url, silent{clip(err)})
	}
	if wanted != Auto {
		i := slices.IndexFunc(list.Models, func(m api.ListModelResponse) bool {
			return m.Name == wanted || m.Model == wanted || m.Name == wanted+":latest"
		})
		if i < 0 {
			return Choice{}, notPulled(wanted)
		}
		choice, ok, err := h.usable(ctx, list.Models[i])
		if err != nil {
			return Choice{}, err
		}
		if !ok {
			return Choice{}, interview.Errorf(interview.CodeUnavailable, "%s cannot chat; it makes embeddings only", wanted)
		}
		return choice, nil
	}
	models := slices.DeleteFunc(slices.Clone(list.Models), isCloud)
	if len(models) == 0 {
		return Choice{}, interview.Errorf(interview.CodeUnavailable, "Ollama answers at %s and has no local model", h.url)
	}
	loaded := map[string]bool{}
	if ps, err := h.api.ListRunning(ctx); err == nil { // an older server without it only loses the preference
		for _, p := range ps.Models {
			loaded[p.Name] = true
		}
	}
	slices.SortStableFunc(models, func(a, b api.ListModelResponse) int { return rank(b, loaded) - rank(a, loaded) })
	for _, m := range models {
		if choice, ok, err := h.usable(ctx, m); err == nil && ok && !choice.Cloud {
			return choice, nil
		}
	}
	return Choice{}, interview.Errorf(interview.CodeUnavailable, "Ollama answers at %s and none of its models can chat", h.url)
}

// rank orders models for auto; higher is better.
func rank(m api.ListModelResponse, loaded map[string]bool) int {
	mb := int(m.Size >> 20)
	switch {
	case loaded[m.Name]:
		return 1 << 30
	case m.Size <= largestAuto:
		return mb
	}
	return -mb
}

// isCloud reports whether a model only looks local.
func isCloud(m api.ListModelResponse) bool {
	return m.RemoteHost != "" || m.RemoteModel != "" || isCloudName(m.Name)
}

// usable asks the server what a model can do.
func (h host) usable(ctx context.Context, m api.ListModelResponse) (Choice, bool, error) {
	show, err := h.api.Show(ctx, &api.ShowRequest{Model: m.Name})
	if err != nil {
		var status api.StatusError
		if errors.As(err, &status) && status.StatusCode == http.StatusNotFound {
			return Choice{}, false, notPulled(m.Name)
		}
		return Choice{}, false, notRunning(h.url, clip(err))
	}
	has := func(c model.Capability) bool { return slices.Contains(show.Capabilities, c) }
	chat := has(model.CapabilityCompletion) && !has(model.CapabilityEmbedding)
	if len(show.Capabilities) == 0 { // a server before 0.6.4 does not say; its embedding models are all of one family
		chat = !strings.Contains(m.Details.Family, "bert")
	}
	return Choice{URL: h.url, Model: m.Name, Digest: m.Digest, Thinking: has(model.CapabilityThinking),
		Cloud: isCloud(m) || show.RemoteHost != "" || show.RemoteModel != "", host: h.chat, line: h.line}, chat, nil
}

// Listed is a model as the settings show it.
type Listed struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	Digest string `json:"digest"`
	Cloud  bool   `json:"cloud"`
	Host   string `json:"host"`
	// Abilities is what was found out by trying it, where that was done.
	Abilities *Abilities `json:"abilities,omitempty"`
}

// List returns the body of /models: every model of every server that answers, with what is known of it.
func (c *Client) List(ctx context.Context, known func(digest string) *Abilities) (any, error) {
	ctx, cancel := context.WithTimeout(ctx, detectTime)
	defer cancel()
	out := struct {
		Models      []Listed     `json:"models"`
		Suggestions []Suggestion `json:"suggestions"`
		Note        string       `json:"note,omitempty"`
	}{Models: []Listed{}, Suggestions: Suggest(memoryOf())}
	lists := make([]*api.ListResponse, len(c.hosts))
	var wg sync.WaitGroup
	for i, h := range c.hosts {
		wg.Go(func() {
			if list, err := h.api.List(ctx); err == nil {
				lists[i] = list
			}
		})
	}
	wg.Wait()
	var mute []string
	for i, h := range c.hosts {
		if lists[i] == nil {
			mute = append(mute, h.url)
			continue
		}
		for _, m := range lists[i].Models {
			out.Models = append(out.Models, Listed{Name: m.Name, Size: m.Size, Digest: m.Digest, Cloud: isCloud(m), Host: h.url, Abilities: known(m.Digest)})
		}
	}
	if len(mute) > 0 {
		out.Note = fmt.Sprintf("Ollama does not answer at %s; the interview is complete without a model", strings.Join(mute, ", "))
	}
	return out, nil
}
