package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync/atomic"

	"rehearse/server/interview"
)

// Bounds of one transaction: it ends when either is reached, so that a crowd of writers still gets
// its answers in small steps.
const (
	maxBatch      = 256
	maxBatchBytes = 8 << 20
)

// errClosed answers calls to a store that is closed or closing.
var errClosed = interview.Errorf(interview.CodeUnavailable, "the server is shutting down; what was acknowledged is saved, connect again when it is back")

// States of a request. Whoever moves it out of waiting decides: the writer takes it, or the caller
// whose context ended leaves it, and then it is never written.
const (
	waiting int32 = iota
	taken
	left
)

// request is one write, with its own success or failure inside a shared transaction.
type request struct {
	do    func(context.Context, *writer) error
	size  int
	alone bool // runs outside any transaction
	state atomic.Int32
	done  chan error
}

// submit queues a write and waits until it is on disk. When it returns the context's error, nothing was
// or will be written.
func (s *Store) submit(ctx context.Context, r *request) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	r.done = make(chan error, 1)
	if err := s.enqueue(ctx, r); err != nil {
		return err
	}
	select {
	case err := <-r.done:
		return err
	case <-ctx.Done():
		if r.state.CompareAndSwap(waiting, left) {
			return ctx.Err()
		}
		return <-r.done // it is being written: a moment, and the answer is a true one
	}
}

func (s *Store) enqueue(ctx context.Context, r *request) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return errClosed
	}
	select {
	case s.queue <- r:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// writer owns the one connection that writes.
type writer struct {
	s    *Store
	conn *sql.Conn // nil in memory, where the pool has one connection that readers need too
	stmt map[string]*sql.Stmt
}

func newWriter(s *Store) *writer { return &writer{s: s, stmt: map[string]*sql.Stmt{}} }

// run serves the queue until it is closed and empty.
func (w *writer) run() {
	defer close(w.s.done)
	defer w.release()
	var next *request // taken from the queue, but for the following transaction
	for {
		first := next
		next = nil
		if first == nil {
			r, open := <-w.s.queue
			if !open {
				return
			}
			first = r
		}
		if first.alone {
			w.runAlone(first)
			continue
		}
		batch := append(make([]*request, 0, 16), first)
		size := first.size
	fill:
		for len(batch) < maxBatch && size < maxBatchBytes {
			select {
			case r, open := <-w.s.queue:
				if !open {
					break fill
				}
				if r.alone {
					next = r
					break fill
				}
				batch, size = append(batch, r), size+r.size
			default:
				break fill
			}
		}
		w.commit(batch)
	}
}

func (w *writer) runAlone(r *request) {
	if !r.state.CompareAndSwap(waiting, taken) {
		return
	}
	err := w.begin()
	if err == nil {
		err = r.do(context.Background(), w)
	}
	r.done <- fault(err)
	w.end()
}

// commit writes a batch in one transaction. A request that fails is undone alone; when the transaction
// itself fails (a full disk, say), each is tried by itself.
func (w *writer) commit(batch []*request) {
	ctx := context.Background() // a caller that goes away must not interrupt its neighbours
	live := batch[:0]
	for _, r := range batch {
		if r.state.CompareAndSwap(waiting, taken) {
			live = append(live, r)
		}
	}
	if len(live) == 0 {
		return
	}
	results := make([]error, len(live))
	err := w.transact(ctx, live, results)
	if err != nil && len(live) > 1 {
		w.oneByOne(ctx, live, results)
		err = nil
	}
	for i, r := range live {
		if err != nil {
			results[i] = err
		}
		r.done <- fault(results[i])
	}
}

// oneByOne writes a batch whose transaction failed again, each request in a transaction of its own, so
// that one that does not fit on a full disk takes no other with it.
func (w *writer) oneByOne(ctx context.Context, live []*request, results []error) {
	for i := range live {
		results[i] = nil
		if err := w.transact(ctx, live[i:i+1], results[i:i+1]); err != nil {
			results[i] = err
		}
	}
}

func (w *writer) transact(ctx context.Context, live []*request, results []error) (err error) {
	if err := w.begin(); err != nil {
		return err
	}
	defer w.end()
	if err := w.exec(ctx, "BEGIN IMMEDIATE"); err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer func() {
		if err != nil {
			_ = w.exec(ctx, "ROLLBACK") // SQLite may have rolled back by itself; then there is nothing left to do
		}
	}()
	for i, r := range live {
		if err := w.exec(ctx, "SAVEPOINT one"); err != nil {
			return fmt.Errorf("savepoint: %w", err)
		}
		results[i] = r.do(ctx, w)
		if results[i] != nil {
			// Fails when SQLite gave up the whole transaction; going on would then write outside it.
			if err := w.exec(ctx, "ROLLBACK TO one"); err != nil {
				return fmt.Errorf("undo one write: %w", errors.Join(results[i], err))
			}
		}
		if err := w.exec(ctx, "RELEASE one"); err != nil {
			return fmt.Errorf("release: %w", err)
		}
	}
	if err := w.exec(ctx, "COMMIT"); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// begin makes sure that there is a connection.
func (w *writer) begin() error {
	if w.conn != nil {
		return nil
	}
	conn, err := w.s.write.Conn(context.Background())
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	w.conn = conn
	return nil
}

// end gives the connection back where readers share it.
func (w *writer) end() {
	if w.s.pool == w.s.write {
		w.release()
	}
}

func (w *writer) release() {
	for q, st := range w.stmt {
		_ = st.Close() // the connection that it belongs to closes with it
		delete(w.stmt, q)
	}
	if w.conn != nil {
		_ = w.conn.Close() // returns it to the pool; the pool's own Close reports what matters
		w.conn = nil
	}
}

// prepared returns the statement for a query, prepared once on the writer's connection.
func (w *writer) prepared(ctx context.Context, query string) (*sql.Stmt, error) {
	if st, ok := w.stmt[query]; ok {
		return st, nil
	}
	st, err := w.conn.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	w.stmt[query] = st
	return st, nil
}

func (w *writer) exec(ctx context.Context, query string, args ...any) error {
	st, err := w.prepared(ctx, query) //nolint:sqlclosecheck // kept for the next time, closed in release
	if err != nil {
		return err
	}
	_, err = st.ExecContext(ctx, args...)
	return err
}

// scan reads one row into dest; sql.ErrNoRows when there is none.
func (w *writer) scan(ctx context.Context, query string, args []any, dest ...any) error {
	st, err := w.prepared(ctx, query) //nolint:sqlclosecheck // kept for the next time, closed in release
	if err != nil {
		return err
	}
	return st.QueryRowContext(ctx, args...).Scan(dest...)
}

// fault turns what is not yet an error for a person into one that says what happened to their words.
func fault(err error) error {
	var e *interview.Error
	if err == nil || errors.As(err, &e) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return &interview.Error{Code: interview.CodeUnavailable, Err: err,
		Message: "this could not be written to the data file, and nothing of it was saved; check that the disk is not full or read-only, then send it again"}
}
