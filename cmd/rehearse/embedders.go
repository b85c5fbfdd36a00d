package main

import (
	"context"
	"os"
	"slices"

	"rehearse/server/config"
	"rehearse/server/embed"
	"rehearse/server/index"
	"rehearse/server/interview"
	"rehearse/server/ollama"
)

// tableEmbedder is the builtin embedder as the index sees it.
type tableEmbedder struct{ *embed.Table }

func (e tableEmbedder) Embed(ctx context.Context, texts []string, _ index.Kind) ([][]float32, error) {
	out := make([][]float32, len(texts))
	for i, t := range texts {
		out[i] = e.Table.Embed(t)
	}
	return out, ctx.Err()
}

func (e tableEmbedder) Space() interview.Space {
	return interview.Space{Model: interview.BuiltinModel, Digest: e.ID(), Prefix: "0", Dim: e.Dim()}
}

// builtin is the embedder in the program.
func builtin() (index.Embedder, error) {
	t, err := embed.New()
	if err != nil {
		return nil, err
	}
	return tableEmbedder{t}, nil
}

// ollamaEmbedder is a model of Ollama as the index sees it.
type ollamaEmbedder struct{ *ollama.Embedder }

func (e ollamaEmbedder) Embed(ctx context.Context, texts []string, kind index.Kind) ([][]float32, error) {
	if kind == index.Query {
		return e.Questions(ctx, texts)
	}
	return e.Passages(ctx, texts)
}

func (e ollamaEmbedder) Space() interview.Space {
	m := e.Model()
	return interview.Space{Model: m.Model, Digest: m.Digest, Prefix: ollama.SearchPrefixes, Dim: e.Dim()}
}

// pdfVerb reads one PDF from stdin: the program starts itself with it, so that a file made to do harm ends a
// process that holds nothing.
const pdfVerb = "read-pdf"

// pdfReader reads PDF files in a process of their own.
func pdfReader() index.PDFReader {
	self, err := os.Executable()
	if err != nil {
		return index.Pages
	}
	return index.Outside(self, pdfVerb)
}

func readPDF(ctx context.Context, p Program) error { return index.Inside(ctx, p.In, p.Out, os.Exit) }

// embedder finds what embeds; nil for none. For auto that is an Ollama embedding model when there is one, else
// the builtin embedder. A model that was named and is not there is an error. A program that speaks with a model as well
// passes the same client, so that both wait in one queue.
func embedder(ctx context.Context, c config.Config, client *ollama.Client) (index.Embedder, error) {
	switch c.Embed {
	case config.EmbedNone:
		return nil, nil
	case config.EmbedBuiltin:
		return builtin()
	}
	e, err := client.DetectEmbedder(ctx, c.Embed)
	switch {
	case err == nil:
		return ollamaEmbedder{e}, nil
	case c.Embed != config.EmbedAuto:
		return nil, err
	}
	return builtin()
}

// searchEmbedder finds what embeds a question. For auto that is what embedded most of the index, so that a
// search needs no indexing first.
func searchEmbedder(ctx context.Context, c config.Config, spaces []interview.Space) (index.Embedder, string, error) {
	if c.Embed != config.EmbedAuto {
		e, err := embedder(ctx, c, ollama.New(c.Ollama, nil))
		return e, "", err
	}
	if len(spaces) == 0 {
		return nil, "", nil
	}
	note := ""
	for _, s := range spaces {
		if s.Model == interview.BuiltinModel {
			if b, err := builtin(); err == nil && sameSpace(b.Space(), s) {
				return b, note, nil
			}
			continue
		}
		e, err := ollama.New(c.Ollama, nil).DetectEmbedder(ctx, s.Model)
		if err != nil {
			note = "the passages were embedded with " + s.Model + ", which is not in reach (" + interview.AsError(err).Message + ")"
			continue
		}
		if oe := (ollamaEmbedder{e}); sameSpace(oe.Space(), s) {
			return oe, note, nil
		}
		note = "the passages were embedded with another version of " + s.Model + "; index again"
	}
	if note == "" {
		note = "the passages were embedded with another version of this program; index again"
	}
	return nil, note + "; words are searched", nil
}

func sameSpace(a, b interview.Space) bool {
	if a.Dim == 0 || b.Dim == 0 {
		a.Dim, b.Dim = 0, 0
	}
	return a == b
}

// covered reports whether any passage has a vector of this embedder.
func covered(e index.Embedder, spaces []interview.Space) bool {
	return slices.ContainsFunc(spaces, func(s interview.Space) bool { return sameSpace(e.Space(), s) })
}
