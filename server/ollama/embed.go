package ollama

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/ollama/ollama/api"
	"github.com/ollama/ollama/types/model"

	"rehearse/server/interview"
)

// embedBatch is how many texts go into one request: they are computed one by one anyway, and a smaller
// batch makes whoever is next in the queue wait less, some two seconds on two cores.
const embedBatch = 4

// alikePrefix is what an embedding model wants in front of texts that are compared with each other, by the
// beginning of its name; the other models are trained without one. From the models' own cards.
var alikePrefix = []struct{ name, prefix string }{
	{"nomic-embed-text", "clustering: "},
	{"embeddinggemma", "task: sentence similarity | query: "},
}

// SearchPrefixes is the version of searchPrefix: vectors made with another one cannot be compared.
const SearchPrefixes = "1"

// searchPrefix is what a model wants in front of a question and of a passage, by the beginning of its name,
// the first that fits; the other models are trained without. From the models' own cards.
var searchPrefix = []struct{ name, query, document string }{
	{"nomic-embed-text", "search_query: ", "search_document: "},
	{"embeddinggemma", "task: search result | query: ", "title: none | text: "},
	{"qwen3-embedding", "Instruct: Given a question, retrieve passages that answer it\nQuery: ", ""},
	{"mxbai-embed-large", "Represent this sentence for searching relevant passages: ", ""},
	{"snowflake-arctic-embed2", "query: ", ""},
	{"snowflake-arctic-embed", "Represent this sentence for searching relevant passages: ", ""},
	{"bge-m3", "", ""},
	{"bge-", "Represent this sentence for searching relevant passages: ", ""},
	{"multilingual-e5", "query: ", "passage: "},
	{"e5-", "query: ", "passage: "},
}

// Embedder turns texts into vectors with one model.
type Embedder struct {
	client          *Client
	model           Choice // with the queue of its server
	api             *api.Client
	prefix          string // of texts that are compared with each other
	query, document string // prefixes of a search
	dim             int
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
			out := &Embedder{client: c, api: h.api, model: Choice{URL: h.url, Model: m.Name, Digest: m.Digest, line: h.line}}
			out.setPrefixes()
			out.dim = dimension(show.ModelInfo)
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

func (e *Embedder) setPrefixes() {
	name := e.model.Model[strings.LastIndex(e.model.Model, "/")+1:]
	for _, p := range alikePrefix {
		if strings.HasPrefix(name, p.name) {
			e.prefix = p.prefix
		}
	}
	for _, p := range searchPrefix {
		if strings.HasPrefix(name, p.name) {
			e.query, e.document = p.query, p.document
			return
		}
	}
}

// dimension is the length of a model's vectors as its file says; 0 when it does not.
func dimension(info map[string]any) int {
	for key, v := range info {
		if n, ok := v.(float64); ok && strings.HasSuffix(key, ".embedding_length") && n > 0 && n < 1<<20 {
			return int(n)
		}
	}
	return 0
}

// Model says which model embeds.
func (e *Embedder) Model() Choice { return e.model }

// Dim is the length of a vector, 0 when the model's file does not say.
func (e *Embedder) Dim() int { return e.dim }

// Passages embeds texts that are searched, each whole: one that is longer than the model reads is embedded
// in parts, whose mean stands for it. Everything else that the server is asked goes first, and a request is broken off
// for somebody who waits for words.
func (e *Embedder) Passages(ctx context.Context, texts []string) ([][]float32, error) {
	return e.search(ctx, texts, e.document, laneIndex)
}

// Questions embeds what is searched for. Somebody waits for it.
func (e *Embedder) Questions(ctx context.Context, texts []string) ([][]float32, error) {
	return e.search(ctx, texts, e.query, laneVoice)
}

func (e *Embedder) search(ctx context.Context, texts []string, prefix string, l lane) ([][]float32, error) {
	var out [][]float32
	for batch := range slices.Chunk(texts, embedBatch) {
		vectors, err := e.batch(ctx, batch, prefix, l)
		if errors.Is(err, errTooLong) {
			vectors = nil
			for _, t := range batch {
				v, err := e.inParts(ctx, t, prefix, l)
				if err != nil {
					return nil, err
				}
				vectors = append(vectors, v)
			}
		} else if err != nil {
			return nil, err
		}
		out = append(out, vectors...)
	}
	return out, nil
}

// partLeast is the shortest text, in bytes, that is still cut in two for a model that reads very little.
const partLeast = 40

func (e *Embedder) inParts(ctx context.Context, text, prefix string, l lane) ([]float32, error) {
	v, err := e.batch(ctx, []string{text}, prefix, l)
	if err == nil {
		return v[0], nil
	}
	if !errors.Is(err, errTooLong) || len(text) < partLeast {
		return nil, err
	}
	half := len(text) / 2
	if i := strings.LastIndexAny(text[:half], " \n"); i > 0 {
		half = i
	}
	for half > 0 && text[half]&0xC0 == 0x80 { // never within a character
		half--
	}
	if half == 0 {
		return nil, err
	}
	var sum []float32
	for _, part := range []string{text[:half], text[half:]} {
		v, err := e.inParts(ctx, part, prefix, l)
		if err != nil {
			return nil, err
		}
		if sum == nil {
			sum = make([]float32, len(v))
		}
		if len(sum) != len(v) {
			return nil, errVectors
		}
		for i := range v {
			sum[i] += v[i] / 2
		}
	}
	return sum, nil
}

// Embed returns one vector for each text, in order, or an error; never fewer, and none that is no vector.
func (e *Embedder) Embed(ctx context.Context, texts []string) ([][]float32, error) {
	var out [][]float32
	for batch := range slices.Chunk(texts, embedBatch) {
		vectors, err := e.batch(ctx, batch, e.prefix, laneGrade)
		if err != nil {
			return nil, err
		}
		out = append(out, vectors...)
	}
	return out, nil
}

var errVectors = interview.Errorf(interview.CodeUnavailable, "the embedding model did not give a vector for every text")

// batch waits for its turn. Passages step back for somebody who waits for words, and are asked for again afterwards.
func (e *Embedder) batch(ctx context.Context, texts []string, prefix string, l lane) ([][]float32, error) {
	for {
		if err := e.model.line.acquire(ctx, l); err != nil {
			return nil, err
		}
		out, err := e.attempt(ctx, texts, prefix, l)
		e.model.line.release()
		if !errors.Is(err, errStepBack) {
			return out, err
		}
		select {
		case <-time.After(stepBackTime):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// attempt makes one request. The caller has the turn.
func (e *Embedder) attempt(ctx context.Context, texts []string, prefix string, l lane) ([][]float32, error) {
	ctx, stop := context.WithTimeoutCause(ctx, e.client.FirstToken, timedOut(false))
	defer stop()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if l == laneIndex {
		e.model.line.stepsBack(cancel)
		if e.model.line.wanted() {
			return nil, errStepBack
		}
	}
	no := false
	in := make([]string, len(texts))
	for i, t := range texts {
		in[i] = prefix + t
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
