package index

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"

	"github.com/philippgille/chromem-go"

	"rehearse/server/interview"
)

// loadBatch is how many vectors are read in one go.
const loadBatch = 2000

// memory is the copy of the vectors of one space that is searched. It is chromem-go's collection, and only in
// memory: its own persistence loses documents whose numbers collide, and one torn file stops all of it.
type memory struct {
	mu      sync.RWMutex // the collection reads its map without a lock of its own when it deletes
	space   interview.Space
	changes int64 // of the store when this was filled
	filled  bool
	ids     map[int64]bool // with a vector that has a direction, in the collection
	void    map[int64]bool // with one that has none
	col     *chromem.Collection
}

// errNoEmbedding keeps the library from embedding by itself: by default it would send texts to a company.
var errNoEmbedding = errors.New("the vectors are made elsewhere")

func newCollection() (*chromem.Collection, error) {
	return chromem.NewDB().CreateCollection("chunks", nil, func(context.Context, string) ([]float32, error) { return nil, errNoEmbedding })
}

// sync brings the copy up to date with the store.
func (m *memory) sync(ctx context.Context, store Finder, space interview.Space) error {
	changes, err := store.Changes(ctx)
	if err != nil {
		return err
	}
	m.mu.RLock()
	current := m.filled && m.changes == changes && m.space == space
	m.mu.RUnlock()
	if current {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.filled && m.changes == changes && m.space == space {
		return nil // somebody else was faster
	}
	if m.col == nil || m.space != space {
		if m.col, err = newCollection(); err != nil {
			return err
		}
		m.space, m.ids, m.void = space, map[int64]bool{}, map[int64]bool{}
	}
	m.filled = false
	want, err := store.Embedded(ctx, space)
	if err != nil {
		return err
	}
	if err := m.drop(ctx, want); err != nil {
		return err
	}
	var missing []int64
	for _, id := range want {
		if !m.ids[id] && !m.void[id] {
			missing = append(missing, id)
		}
	}
	for part := range slices.Chunk(missing, loadBatch) {
		if err := store.Vectors(ctx, space, part, func(id int64, v []float32) error { return m.add(ctx, id, v) }); err != nil {
			return err
		}
	}
	m.filled, m.changes = true, changes
	return nil
}

// drop takes out what is not wanted any more.
func (m *memory) drop(ctx context.Context, want []int64) error {
	keep := make(map[int64]bool, len(want))
	for _, id := range want {
		keep[id] = true
	}
	var gone []string
	for id := range m.ids {
		if !keep[id] {
			gone = append(gone, strconv.FormatInt(id, 10))
			delete(m.ids, id)
		}
	}
	for id := range m.void {
		if !keep[id] {
			delete(m.void, id)
		}
	}
	if len(gone) == 0 {
		return nil
	}
	return m.col.Delete(ctx, nil, nil, gone...) // nil, never an empty filter: that one deletes everything
}

func (m *memory) add(ctx context.Context, id int64, v []float32) error {
	if !usable(v) {
		m.void[id] = true // its similarity would be no number
		return nil
	}
	if err := m.col.AddDocument(ctx, chromem.Document{ID: strconv.FormatInt(id, 10), Embedding: v}); err != nil {
		return fmt.Errorf("load a vector: %w", err)
	}
	m.ids[id] = true
	return nil
}

// hit is a chunk and how well it fits, by one way of searching.
type hit struct {
	id    int64
	score float64
}

// nearest returns the n chunks whose vectors are nearest to a query's, the best first; equal ones by number.
func (m *memory) nearest(ctx context.Context, query []float32, n int) ([]hit, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if n = min(n, len(m.ids)); n == 0 || !usable(query) {
		return nil, nil
	}
	if m.space.Dim != 0 && m.space.Dim != len(query) {
		return nil, interview.Errorf(interview.CodeUnavailable, "%s gave a vector of %d numbers for the question and of %d for the passages; index again", m.space.Model, len(query), m.space.Dim)
	}
	found, err := m.col.QueryEmbedding(ctx, query, n, nil, nil)
	if err != nil {
		return nil, fmt.Errorf("search vectors: %w", err)
	}
	hits := make([]hit, 0, len(found))
	for _, f := range found {
		id, err := strconv.ParseInt(f.ID, 10, 64)
		if err != nil {
			return nil, err
		}
		hits = append(hits, hit{id, float64(f.Similarity)})
	}
	slices.SortFunc(hits, func(a, b hit) int { return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.id, b.id)) })
	return hits, nil
}
