// Package sqlite keeps what a person must not lose: the event log of each session, drafts of answers
// and settings, in one SQLite file.
//
// It is not a place for rules: it does not know what an event means beyond the few facts that its
// tables answer for (which draft an answer ends, what was asked before).
//
// Its promises: a call that returned nil is on disk (WAL, synchronous=FULL) and survives kill -9; the
// events of one call are written together or not at all; a session's numbers have no hole and a command
// id stands for one write; a call that returned the context's error wrote nothing; a deleted session is
// overwritten in the file, not only unlinked.
package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // the driver "sqlite", without cgo
)

//go:embed migrations/*.sql index/*.sql
var migrations embed.FS

// schema is one kind of data file: its tables, and how hard a commit is pressed to the disk.
type schema struct {
	dir         string // of its migrations
	synchronous string
}

// logSchema is the file of what a person must not lose.
var logSchema = schema{dir: "migrations", synchronous: "FULL"}

// Memory is the path of a store that lives in memory and is gone when it is closed. Reads and writes
// then share one connection.
const Memory = ":memory:"

// readers is the number of connections that read beside the one that writes.
const readers = 4

// Options are what a store may be given. The zero value will do.
type Options struct {
	Now func() time.Time // time.Now when nil
	Log *slog.Logger     // silent when nil
}

// Store is the SQLite store. Its methods may be called from any goroutine.
type Store struct {
	now   func() time.Time
	log   *slog.Logger
	write *sql.DB // one connection, held by the writer goroutine
	pool  *sql.DB // of those who read; the same as write in memory
	read  querier // pool, or the one moment that a snapshot shows

	mu     sync.RWMutex // guards closed against the queue being closed under a sender
	closed bool
	queue  chan *request
	done   chan struct{} // closed when the writer has drained the queue
	once   sync.Once
	err    error // of Close
}

// querier reads rows.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// Snapshot calls f with a store that shows everything as it is at one moment, whatever is written meanwhile. It is for
// reading: a write to it is refused, and it is of no use after f. While f runs a deletion cannot empty the write-ahead
// log, so f is short.
func (s *Store) Snapshot(ctx context.Context, f func(*Store) error) (err error) {
	tx, err := s.pool.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("read everything as it is now: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // nothing was written
	return f(&Store{now: s.now, log: s.log, read: tx, closed: true})
}

// Open opens the store at path, creating the file (mode 0600) and its folder when they are missing, and
// brings its tables up to date. Path may be Memory.
func Open(ctx context.Context, path string, opts Options) (*Store, error) {
	return open(ctx, path, opts, logSchema)
}

func open(ctx context.Context, path string, opts Options, kind schema) (*Store, error) {
	s := &Store{now: opts.Now, log: opts.Log, queue: make(chan *request, maxBatch), done: make(chan struct{})}
	if s.now == nil {
		s.now = time.Now
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if path != Memory {
		if err := prepare(path); err != nil {
			return nil, err
		}
	}
	var err error
	if s.write, err = sql.Open("sqlite", dsn(path, false, kind)); err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	s.write.SetMaxOpenConns(1)
	if err := s.migrate(ctx, kind); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), s.write.Close())
	}
	if path == Memory {
		s.pool = s.write
	} else {
		if s.pool, err = sql.Open("sqlite", dsn(path, true, kind)); err != nil {
			return nil, errors.Join(fmt.Errorf("open %s for reading: %w", path, err), s.write.Close())
		}
		s.pool.SetMaxOpenConns(readers)
		s.pool.SetMaxIdleConns(readers)
	}
	s.read = s.pool
	go newWriter(s).run()
	return s, nil
}

// prepare makes the folder and the file, both for their owner only: answers are private.
func prepare(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("make the data folder: %w", err)
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("open the data file: %w", err)
	}
	return f.Close()
}

// dsn names the file and how each connection to it is set up.
func dsn(path string, reading bool, kind schema) string {
	q := url.Values{}
	pragma := func(p string) { q.Add("_pragma", p) }
	q.Set("_defensive", "true")
	pragma("busy_timeout(5000)")
	pragma("foreign_keys(1)")
	pragma("trusted_schema(0)")
	if path == Memory {
		return "file::memory:?" + q.Encode()
	}
	if reading {
		pragma("query_only(1)")
	} else {
		q.Set("_txlock", "immediate")
		pragma("journal_mode(WAL)")
		pragma("synchronous(" + kind.synchronous + ")")
		pragma("secure_delete(1)")
	}
	u := url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(path)}
	return "file:" + strings.TrimPrefix(u.EscapedPath(), "file:") + "?" + q.Encode()
}

// migrate brings the tables to the newest version.
func (s *Store) migrate(ctx context.Context, kind schema) error {
	dir, err := fs.Sub(migrations, kind.dir)
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, s.write, dir, goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
	if err != nil {
		return fmt.Errorf("read the migrations: %w", err)
	}
	have, newest, err := p.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("read the version of the data file: %w", err)
	}
	if have > newest {
		return fmt.Errorf("the data file has version %d and this program knows %d: use a newer program, the data is untouched", have, newest)
	}
	done, err := p.Up(ctx)
	if err != nil {
		return fmt.Errorf("bring the data file from version %d to %d: %w", have, newest, err)
	}
	if len(done) > 0 {
		s.log.Info("data file brought up to date", "from", have, "to", newest)
	}
	return nil
}

// Close waits for everything queued to be written, then closes the file. Calls made after it are refused.
func (s *Store) Close() error {
	s.once.Do(func() {
		s.mu.Lock()
		s.closed = true
		close(s.queue)
		s.mu.Unlock()
		<-s.done
		if s.pool != s.write {
			s.err = s.pool.Close()
		}
		s.err = errors.Join(s.err, s.write.Close())
	})
	return s.err
}
