// Package index finds passages in a person's own material and in the notes of the pack: it reads files,
// cuts them into chunks that keep file, heading and lines, and finds them again by words and by meaning.
//
// Truth is in the store. Vectors are searched in a copy in memory, which is filled from the store and
// brought up to date before each search, whoever wrote. What a file says is data: it is found, quoted and
// cited, and nothing here acts on it.
//
// Its promises: a file that did not change costs no embedding call, and neither does a text that only
// moved; a file that cannot be read is a clear message and the rest is indexed; work that was cut off, also
// by kill -9, goes on where it was; without an embedder, or when it fails, words are searched.
package index

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"rehearse/server/interview"
)

// Kind says what a text is embedded as: models are trained with different prefixes for the two.
type Kind int

// What is embedded.
const (
	Document Kind = iota
	Query
)

// Embedder turns texts into vectors, one for each, in order, all of one length.
type Embedder interface {
	Embed(ctx context.Context, texts []string, kind Kind) ([][]float32, error)
	// Space names the vectors. It costs no call; Dim may be 0 before the first vector is known.
	Space() interview.Space
}

// Files is where files and chunks are kept.
type Files interface {
	Files(ctx context.Context) ([]interview.File, error)
	PutFiles(ctx context.Context, files []interview.Cut) error
	Seen(ctx context.Context, f interview.File) error
	Remove(ctx context.Context, origins interview.Origin, ids ...int64) error
	Count(ctx context.Context) (files, chunks int, err error)
}

// Vectors is where vectors are kept.
type Vectors interface {
	Spaces(ctx context.Context) (spaces []interview.Space, counts []int, err error)
	Pending(ctx context.Context, s interview.Space, after int64, limit int) ([]interview.Chunk, error)
	CountPending(ctx context.Context, s interview.Space) (int, error)
	PutVectors(ctx context.Context, s interview.Space, hashes [][]byte, vectors [][]float32) error
	KeepSpace(ctx context.Context, s interview.Space) error
}

// Finder is what a search reads.
type Finder interface {
	Changes(ctx context.Context) (int64, error)
	Match(ctx context.Context, expression string, origins interview.Origin, limit int) (ids []int64, scores []float64, err error)
	Passages(ctx context.Context, ids []int64, origins interview.Origin) ([]interview.Passage, error)
	Embedded(ctx context.Context, s interview.Space) ([]int64, error)
	Vectors(ctx context.Context, s interview.Space, ids []int64, each func(id int64, v []float32) error) error
}

// Store keeps the index.
type Store interface {
	Files
	Vectors
	Finder
}

// NotesFile is the name of the study notes in a section of a pack.
const NotesFile = "notes.md"

// Options are what an index is made of. Only Store is needed.
type Options struct {
	Store    Store
	Embedder Embedder         // nil searches words only
	PDF      PDFReader        // Pages when nil
	Now      func() time.Time // time.Now when nil
	Log      *slog.Logger     // silent when nil
}

// Index is the index. Its methods may be called from any goroutine.
type Index struct {
	store Store
	pdf   PDFReader
	now   func() time.Time
	log   *slog.Logger

	reading   sync.Mutex // one run over files at a time
	embedding sync.Mutex // and one over vectors
	memory    memory

	mu    sync.Mutex
	embed Embedder
	note  string // why the last search or update went without vectors
}

// New returns an index over a store.
func New(o Options) *Index {
	x := &Index{store: o.Store, embed: o.Embedder, pdf: o.PDF, now: o.Now, log: o.Log}
	if x.pdf == nil {
		x.pdf = Pages
	}
	if x.now == nil {
		x.now = time.Now
	}
	if x.log == nil {
		x.log = slog.New(slog.DiscardHandler)
	}
	return x
}

// Use makes another embedder embed from now on: nil for none. Embed then gives it what it lacks; until that is
// done passages without its vectors are found by words.
func (x *Index) Use(e Embedder) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.embed = e
}

func (x *Index) embedder() Embedder {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.embed
}

// Status is the index on one line.
type Status struct {
	Files   int    `json:"files"`
	Chunks  int    `json:"chunks"`
	Pending int    `json:"pending"` // texts without a vector
	Model   string `json:"model"`   // that embeds; empty when words alone are searched
	Dim     int    `json:"dim,omitempty"`
	Note    string `json:"note,omitempty"` // why there are no vectors, or not all
}

// Status says what the index holds and how it is searched.
func (x *Index) Status(ctx context.Context) (Status, error) {
	s := Status{Note: x.lastNote()}
	var err error
	if s.Files, s.Chunks, err = x.store.Count(ctx); err != nil {
		return s, err
	}
	e := x.embedder()
	if e == nil {
		return s, nil
	}
	space := e.Space()
	s.Model, s.Dim = space.Model, space.Dim
	s.Pending, err = x.store.CountPending(ctx, space)
	return s, err
}

func (x *Index) setNote(note string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.note = note
}

func (x *Index) lastNote() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.note
}

// Files lists what is in the index.
func (x *Index) Files(ctx context.Context) ([]interview.File, error) { return x.store.Files(ctx) }

// Forget takes origins from files; what has none left goes out of the index.
func (x *Index) Forget(ctx context.Context, origins interview.Origin, ids ...int64) error {
	return x.store.Remove(ctx, origins, ids...)
}
