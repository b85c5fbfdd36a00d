package ollama

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"

	"github.com/ollama/ollama/api"
	"github.com/ollama/ollama/types/model"

	"rehearse/server/interview"
)

// embedBatch is how many texts go into one request: they are computed one by one anyway, and a smaller
// batch can be given up sooner.
const embedBatch = 16

// alikePrefix is what an embedding model wants in front of texts that are compared with each other, by the
// beginning of its name; the other models are trained without one. From the models' own cards.
var alikePrefix = []struct{ name, prefix string }{
	{"nomic-embed-text", "clustering: "},
	{"embeddinggemma", "task: sentence similarity | query: "},
}

// Embedder turns texts into vectors with one model.
type Embedder struct {
	client *Client
	model  Choice
	api    *api.Client
	prefix string
}

// DetectEmbedder finds the model to embed with: the named one, or for auto the first local embedding model.
func (c *Client) DetectEmbedder(ctx context.Context, wanted string) (*Embedder, error) {
	ctx, cancel := context.WithTimeout(ctx, detectTime)
	defer cancel()
	err := error(interview.Errorf(interview.CodeUnavailable, "no Ollama address is configured"))
	for _, h := range c.hosts {
		list, e := h.api.List(ctx)
		if e != nil {
			err = notRunning(h.url, clip(e))
			continue
		}
		var why error
		for _, m := range list.Models {
			if isCloud(m) || wanted != Auto && m.Name != wanted && m.Name != wanted+":latest" {
				continue
			}
			show, e := h.api.Show(ctx, &api.ShowRequest{Model: m.Name})
			if e != nil {
				why = notRunning(h.url, clip(e))
				continue
			}
			if !slices.Contains(show.Capabilities, model.CapabilityEmbedding) && !strings.Contains(m.Details.Family, "bert") {
				why = interview.Errorf(interview.CodeUnavailable, "%s makes no embeddings", m.Name)
				continue
			}
			out := &Embedder{client: c, api: h.api, model: Choice{URL: h.url, Model: m.Name, Digest: m.Digest}}
			for _, p := range alikePrefix {
				if strings.HasPrefix(m.Name, p.name) {
					out.prefix = p.prefix
				}
			}
			return out, nil
		}
		switch {
		case wanted == Auto:
			err = interview.Errorf(interview.CodeUnavailable, "Ollama at %s has no embedding model", h.url)
		case why != nil:
			err = why
		default:
			err = notPulled(wanted)
		}
	}
	return nil, err
}

// Model says which model embeds.
func (e *Embedder) Model() Choice { return e.model }

// Embed returns one vector for each text, in order, or an error; never fewer, and none that is no vector.
func (e *Embedder) Embed(ctx context.Context, texts []string) ([][]float32, error) {
	var out [][]float32
	for batch := range slices.Chunk(texts, embedBatch) {
		vectors, err := e.batch(ctx, batch)
		if err != nil {
			return nil, err
		}
		out = append(out, vectors...)
	}
	return out, nil
}

var errVectors = interview.Errorf(interview.CodeUnavailable, "the embedding model did not give a vector for every text")

func (e *Embedder) batch(ctx context.Context, texts []string) ([][]float32, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, e.client.FirstToken, timedOut(false))
	defer cancel()
	no := false
	in := make([]string, len(texts))
	for i, t := range texts {
		in[i] = e.prefix + t
	}
	resp, err := e.api.Embed(ctx, &api.EmbedRequest{Model: e.model.Model, Input: in, Truncate: &no, KeepAlive: &api.Duration{Duration: keepAlive}})
	switch cause := context.Cause(ctx); {
	case err != nil && cause != nil && !errors.Is(cause, context.Canceled):
		return nil, cause
	case err != nil:
		return nil, e.client.explain(e.model, err)
	case len(resp.Embeddings) != len(texts):
		return nil, errVectors
	}
	for _, v := range resp.Embeddings {
		if len(v) == 0 || len(v) != len(resp.Embeddings[0]) || slices.ContainsFunc(v, func(x float32) bool { return math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) }) {
			return nil, errVectors
		}
	}
	return resp.Embeddings, nil
}
