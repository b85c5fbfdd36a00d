package sqlite

import (
	"context"
	"fmt"
	"strings"
	"testing"
)

// Pragmas returns how the writing and the reading connections are set up.
func Pragmas(t testing.TB, s *Store) string {
	t.Helper()
	ctx := context.Background()
	var write, read []string
	r := &request{alone: true, do: func(ctx context.Context, w *writer) error {
		for _, p := range []string{"synchronous", "secure_delete", "foreign_keys", "busy_timeout"} {
			var v string
			if err := w.scan(ctx, "PRAGMA "+p, nil, &v); err != nil {
				return err
			}
			write = append(write, p+"="+v)
		}
		return nil
	}}
	if err := s.submit(ctx, r); err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{"query_only", "busy_timeout"} {
		var v string
		if err := s.read.QueryRowContext(ctx, "PRAGMA "+p).Scan(&v); err != nil {
			t.Fatal(err)
		}
		read = append(read, p+"="+v)
	}
	return fmt.Sprintf("%s | %s", strings.Join(write, " "), strings.Join(read, " "))
}

// Stall keeps the writer busy until the returned function is called.
func Stall(s *Store) (release func()) {
	in, out := make(chan struct{}), make(chan struct{})
	go func() {
		_ = s.submit(context.Background(), &request{alone: true, do: func(context.Context, *writer) error {
			close(in)
			<-out
			return nil
		}})
	}()
	<-in
	return func() { close(out) }
}

// Queued returns how many writes wait.
func Queued(s *Store) int { return len(s.queue) }

// MaxPages bounds the size of the data file, as a full disk would.
func MaxPages(t testing.TB, s *Store, pages int) {
	t.Helper()
	err := s.submit(context.Background(), &request{alone: true, do: func(ctx context.Context, w *writer) error {
		var now int
		return w.conn.QueryRowContext(ctx, fmt.Sprintf("PRAGMA max_page_count(%d)", pages)).Scan(&now)
	}})
	if err != nil {
		t.Fatal(err)
	}
}
