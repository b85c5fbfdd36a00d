package sqlite_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rehearse/server/interview"
	"rehearse/server/sqlite"
)

// childEnv makes the test binary write to the store in the named folder until it is killed.
const childEnv = "REHEARSE_TEST_WRITE_UNTIL_KILLED"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childEnv); dir != "" {
		writeUntilKilled(dir)
		return
	}
	os.Exit(m.Run())
}

// writeUntilKilled appends to four sessions at once and prints a line for each write after it was acknowledged.
func writeUntilKilled(dir string) {
	ctx := context.Background()
	s, err := sqlite.Open(ctx, filepath.Join(dir, "rehearse.db"), sqlite.Options{})
	if err != nil {
		fmt.Println("error", err)
		return
	}
	var out sync.Mutex
	say := func(format string, args ...any) {
		out.Lock()
		defer out.Unlock()
		fmt.Printf(format+"\n", args...)
	}
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			id := fmt.Sprintf("s%d", i)
			events, err := s.Events(ctx, id, 0)
			if err != nil {
				if err = s.Create(ctx, summary(id, 0), nil); err != nil {
					say("error %v", err)
					return
				}
			}
			for seq := int64(len(events)) + 1; ; seq++ {
				cmd := fmt.Sprintf("%s-%d", id, seq)
				if err := s.Append(ctx, id, cmd, []interview.Event{answer(seq, cmd)}, summary(id, seq)); err != nil {
					say("error %v", err)
					return
				}
				say("ack %s %d", id, seq)
				if err := s.SaveDraft(ctx, id, interview.Draft{Turn: int(seq), Text: cmd}); err != nil {
					say("error %v", err)
					return
				}
				say("draft %s %d", id, seq)
			}
		})
	}
	wg.Wait()
}

// TestKilledInTheMiddle kills a writing process again and again: nothing acknowledged may be lost and
// nothing written twice.
func TestKilledInTheMiddle(t *testing.T) {
	if testing.Short() {
		t.Skip("starts 20 processes")
	}
	const rounds = 20
	dir := t.TempDir()
	acked, drafted := map[string]int64{}, map[string]int64{}
	total := 0
	for range rounds {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), childEnv+"="+dir)
		pipe, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		after := time.Duration(60+rand.IntN(120)) * time.Millisecond
		first := true
		lines := bufio.NewScanner(pipe)
		for lines.Scan() {
			if first {
				first = false
				time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
			}
			f := strings.Fields(lines.Text())
			if len(f) != 3 || f[0] == "error" {
				t.Errorf("the writer said %q", lines.Text())
				continue
			}
			n, err := strconv.ParseInt(f[2], 10, 64)
			if err != nil {
				continue // a line torn by the kill
			}
			if f[0] == "ack" {
				total++
				acked[f[1]] = max(acked[f[1]], n)
			} else {
				drafted[f[1]] = max(drafted[f[1]], n)
			}
		}
		_, _ = io.Copy(io.Discard, pipe)
		_ = cmd.Wait() // killed
		if first {
			t.Fatal("the writer wrote nothing")
		}
		checkLogs(t, filepath.Join(dir, "rehearse.db"), acked, drafted)
	}
	t.Logf("%d appends acknowledged over %d kills", total, rounds)
}

// checkLogs opens a store and holds every log against what was acknowledged, and notes what it found there.
func checkLogs(t *testing.T, path string, acked, drafted map[string]int64) {
	t.Helper()
	ctx := context.Background()
	s, err := sqlite.Open(ctx, path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	for id, want := range acked {
		events, err := s.Events(ctx, id, 0)
		if err != nil {
			t.Fatal(err)
		}
		n := int64(len(events))
		if n < want || n > want+1 {
			t.Errorf("session %s has %d events, acknowledged were %d (one more may have been under way)", id, n, want)
		}
		acked[id] = n // what is there now is there for good, whether its line was written or not
		for i, e := range events {
			if e.Seq != int64(i+1) || !strings.Contains(string(e.Data), fmt.Sprintf(`"%s-%d"`, id, e.Seq)) {
				t.Fatalf("session %s: event %d is number %d with %s", id, i+1, e.Seq, e.Data)
			}
			if seq, found, err := s.Command(ctx, id, fmt.Sprintf("%s-%d", id, e.Seq)); seq != e.Seq || !found || err != nil {
				t.Fatalf("command of event %d: %d, %t, %v", e.Seq, seq, found, err)
			}
		}
		if sum, err := s.Summary(ctx, id); err != nil || sum.Seq != n {
			t.Errorf("session %s: the summary says %d of %d events (%v)", id, sum.Seq, n, err)
		}
		d, found, err := s.Draft(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		if drafted[id] == n && (!found || int64(d.Turn) != n) {
			t.Errorf("session %s: the draft of turn %d is lost (%v, %t)", id, n, d, found)
		}
		if found && int64(d.Turn) != n {
			t.Errorf("session %s: a draft of turn %d outlived its answer", id, d.Turn)
		}
	}
}

// TestTornWriteAheadLog cuts a copied write-ahead log at random places, as a power cut may: what is left
// is the state after some acknowledged commit, never a mixture.
func TestTornWriteAheadLog(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	path := filepath.Join(dir, "rehearse.db")
	s := open(t, path)
	const sessions = 3
	for i := range sessions {
		create(t, s, fmt.Sprint("s", i))
	}
	begin, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const answers = 30 // well under the 1,000 pages at which SQLite moves the log into the file
	for seq := int64(2); seq < answers+2; seq++ {
		for i := range sessions {
			id := fmt.Sprint("s", i)
			text := fmt.Sprintf("%s-%d %s", id, seq, strings.Repeat("x", rand.IntN(6000)))
			if err := s.Append(ctx, id, fmt.Sprint("c", seq), []interview.Event{answer(seq, text)}, summary(id, seq)); err != nil {
				t.Fatal(err)
			}
		}
	}
	main, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	wal, err := os.ReadFile(path + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	if len(wal) < 100_000 {
		t.Fatalf("the write-ahead log has %d bytes: too few to cut", len(wal))
	}
	// A file newer than its log cannot follow from a power cut: SQLite syncs the log before it moves it.
	if !bytes.Equal(begin, main) {
		t.Fatal("the log was moved into the file while the test wrote: cutting it now would be no power cut")
	}
	cuts := []int{0, 1, 31, 32, 33, len(wal) - 1, len(wal)}
	for range 40 {
		cuts = append(cuts, rand.IntN(len(wal)))
	}
	slices.Sort(cuts)
	before := -1
	for _, cut := range cuts {
		torn := filepath.Join(t.TempDir(), "rehearse.db")
		if err := errors.Join(os.WriteFile(torn, main, 0o600), os.WriteFile(torn+"-wal", wal[:cut], 0o600)); err != nil {
			t.Fatal(err)
		}
		n := survivors(t, torn)
		if n < before {
			t.Errorf("cut at %d leaves %d commits, an earlier cut left %d", cut, n, before)
		}
		before = n
	}
	if want := sessions * (answers + 1); before != want {
		t.Errorf("the whole log holds %d commits, want %d", before, want)
	}
}

// survivors counts the events in a store and checks that they are a prefix of what was committed in turns.
func survivors(t *testing.T, path string) int {
	t.Helper()
	ctx := context.Background()
	s, err := sqlite.Open(ctx, path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	all, err := s.Summaries(ctx)
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]int{}
	total := 0
	for _, sum := range all {
		events, err := s.Events(ctx, sum.ID, 0)
		if err != nil {
			t.Fatal(err)
		}
		if int64(len(events)) != sum.Seq {
			t.Fatalf("session %s has %d events and a summary of %d", sum.ID, len(events), sum.Seq)
		}
		for i, e := range events {
			if _, found, _ := s.Command(ctx, sum.ID, fmt.Sprint("c", e.Seq)); e.Seq != int64(i+1) || found != (i > 0) {
				t.Fatalf("session %s: event %d is number %d, its command is there: %t", sum.ID, i+1, e.Seq, found)
			}
		}
		counts[sum.ID] = len(events)
		total += len(events)
	}
	// The sessions took turns, so a prefix of the commits has them level or one apart, in order.
	if total > 3 && (counts["s0"] < counts["s1"] || counts["s1"] < counts["s2"] || counts["s0"] > counts["s2"]+1) {
		t.Fatalf("not a prefix: %v", counts)
	}
	return total
}

func TestACrowdOfWriters(t *testing.T) {
	ctx := context.Background()
	s := open(t, filepath.Join(t.TempDir(), "rehearse.db"))
	const writers, each = 500, 6
	for i := range writers {
		create(t, s, fmt.Sprint("s", i))
	}
	took := make([]time.Duration, writers*each)
	var wg sync.WaitGroup
	begin := time.Now()
	for i := range writers {
		wg.Go(func() {
			id := fmt.Sprint("s", i)
			for n := range each {
				seq := int64(n + 2)
				at := time.Now()
				if err := s.Append(ctx, id, fmt.Sprint("c", seq), []interview.Event{answer(seq, "I rotated the keys on the Friday.")}, summary(id, seq)); err != nil {
					t.Error(err)
				}
				took[i*each+n] = time.Since(at)
			}
		})
	}
	wg.Wait()
	all := time.Since(begin)
	slices.Sort(took)
	t.Logf("%d goroutines, %d appends: p50 %v, p95 %v, worst %v, %.0f a second", writers, len(took),
		took[len(took)/2], took[len(took)*95/100], took[len(took)-1], float64(len(took))/all.Seconds())
	for i := range writers {
		events, err := s.Events(ctx, fmt.Sprint("s", i), 0)
		if err != nil || len(events) != each+1 {
			t.Fatalf("session %d has %d events (%v), want %d", i, len(events), err, each+1)
		}
	}
}

// TestNeighboursInOneTransaction puts good and bad writes into one batch.
func TestNeighboursInOneTransaction(t *testing.T) {
	each(t, func(t *testing.T, s *sqlite.Store) {
		ctx := context.Background()
		create(t, s, "a")
		create(t, s, "b")
		release := sqlite.Stall(s)
		results := make([]error, 6)
		writes := []func() error{
			func() error { return s.Append(ctx, "a", "1", []interview.Event{answer(2, "x")}, summary("a", 2)) },
			func() error { return s.Append(ctx, "b", "1", []interview.Event{answer(9, "x")}, summary("b", 9)) },
			func() error { return s.Append(ctx, "a", "1", []interview.Event{answer(3, "x")}, summary("a", 3)) }, // the id again, within the batch
			func() error { return s.Append(ctx, "a", "2", []interview.Event{answer(3, "x")}, summary("a", 3)) },
			func() error { return s.SaveDraft(ctx, "nobody", interview.Draft{}) },
			func() error { return s.SaveDraft(ctx, "b", interview.Draft{Turn: 1, Text: "kept"}) },
		}
		var wg sync.WaitGroup
		for i, write := range writes {
			wg.Go(func() { results[i] = write() })
			for sqlite.Queued(s) != i+1 {
				time.Sleep(time.Millisecond)
			}
		}
		release()
		wg.Wait()
		var codes []string
		for _, err := range results {
			code := ""
			if err != nil {
				code = string(interview.AsError(err).Code)
			}
			codes = append(codes, code)
		}
		if diff := cmp.Diff([]string{"", "conflict", "conflict", "", "not_found", ""}, codes); diff != "" {
			t.Error(diff)
		}
		if events, err := s.Events(ctx, "a", 0); len(events) != 3 || err != nil {
			t.Errorf("%d events (%v), want 3", len(events), err)
		}
		if d, found, _ := s.Draft(ctx, "b"); !found || d.Text != "kept" {
			t.Errorf("draft = %v, %t", d, found)
		}
	})
}

func TestACancelledWriteIsNeverHalfWritten(t *testing.T) {
	each(t, func(t *testing.T, s *sqlite.Store) {
		create(t, s, "a")
		release := sqlite.Stall(s)
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error, 1)
		go func() {
			done <- s.Append(ctx, "a", "c", []interview.Event{answer(2, "x")}, summary("a", 2))
		}()
		for sqlite.Queued(s) != 1 {
			time.Sleep(time.Millisecond)
		}
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("a cancelled append returned %v", err)
		}
		release()
		bg := context.Background()
		if err := s.SaveDraft(bg, "a", interview.Draft{Turn: 1, Text: "after"}); err != nil {
			t.Fatal(err)
		}
		if events, _ := s.Events(bg, "a", 0); len(events) != 1 {
			t.Errorf("the cancelled append left %d events, want 1", len(events))
		}
		if _, found, _ := s.Command(bg, "a", "c"); found {
			t.Error("the cancelled append left its command")
		}
	})
}

// TestCancelledOrWritten races cancelling against writing: the error tells the truth either way.
func TestCancelledOrWritten(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "rehearse.db"))
	var wg sync.WaitGroup
	for i := range 100 {
		id := fmt.Sprint("s", i)
		create(t, s, id)
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(context.Background(), time.Duration(rand.IntN(1500))*time.Microsecond)
			defer cancel()
			err := s.Append(ctx, id, "c", []interview.Event{answer(2, "x"), answer(3, "y")}, summary(id, 3))
			events, readErr := s.Events(context.Background(), id, 1)
			want := 2
			if err != nil {
				want = 0
			}
			if len(events) != want || readErr != nil {
				t.Errorf("%s: append returned %v and left %d events (%v)", id, err, len(events), readErr)
			}
		})
	}
	wg.Wait()
}

func TestCloseDrains(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "rehearse.db")
	s := open(t, path)
	const n = 40
	for i := range n {
		create(t, s, fmt.Sprint("s", i))
	}
	release := sqlite.Stall(s)
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			id := fmt.Sprint("s", i)
			errs[i] = s.Append(ctx, id, "c", []interview.Event{answer(2, "x")}, summary(id, 2))
		})
	}
	for sqlite.Queued(s) != n {
		time.Sleep(time.Millisecond)
	}
	closed := make(chan error, 1)
	go func() { closed <- s.Close() }()
	time.Sleep(10 * time.Millisecond)
	release()
	if err := <-closed; err != nil {
		t.Error(err)
	}
	wg.Wait()
	s = open(t, path)
	for i := range n {
		events, err := s.Events(ctx, fmt.Sprint("s", i), 0)
		if errs[i] != nil || err != nil || len(events) != 2 {
			t.Errorf("session %d: append returned %v and left %d events (%v)", i, errs[i], len(events), err)
		}
	}
}

func BenchmarkAppend(b *testing.B) {
	for _, parallel := range []int{1, 64} {
		b.Run(fmt.Sprint(parallel), func(b *testing.B) {
			ctx := context.Background()
			s := open(b, filepath.Join(b.TempDir(), "rehearse.db"))
			text := strings.Repeat("I rotated the keys on the Friday. ", 40)
			for i := range parallel {
				create(b, s, fmt.Sprint("s", i))
			}
			b.ResetTimer()
			var wg sync.WaitGroup
			for i := range parallel {
				wg.Go(func() {
					id := fmt.Sprint("s", i)
					for n := i; n < b.N; n += parallel {
						seq := int64(n/parallel) + 2
						if err := s.Append(ctx, id, fmt.Sprint("c", seq), []interview.Event{answer(seq, text)}, summary(id, seq)); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			wg.Wait()
		})
	}
}

// TestAFullDisk fills the file: what does not fit is refused as a whole, and nothing is half there.
func TestAFullDisk(t *testing.T) {
	ctx := context.Background()
	s := open(t, filepath.Join(t.TempDir(), "rehearse.db"))
	const sessions = 8
	for i := range sessions {
		create(t, s, fmt.Sprint("s", i))
	}
	sqlite.MaxPages(t, s, 60)
	text := func(i int) string { return strings.Repeat("x", 60_000*(i%2)) } // only every second one is large
	errs := make([]error, sessions)
	release := sqlite.Stall(s)
	var wg sync.WaitGroup
	for i := range sessions {
		wg.Go(func() {
			id := fmt.Sprint("s", i)
			errs[i] = s.Append(ctx, id, "c", []interview.Event{answer(2, "small"), answer(3, text(i))}, summary(id, 3))
		})
		for sqlite.Queued(s) != i+1 {
			time.Sleep(time.Millisecond)
		}
	}
	release()
	wg.Wait()
	failed := 0
	for i, err := range errs {
		id := fmt.Sprint("s", i)
		events, readErr := s.Events(ctx, id, 1)
		want := 2
		if err != nil {
			failed++
			want = 0
			wantCode(t, err, interview.CodeUnavailable)
			if i%2 == 0 {
				t.Errorf("%s: a small write failed beside a large one: %v", id, err)
			}
		}
		if len(events) != want || readErr != nil {
			t.Errorf("%s: append returned %v and left %d events (%v)", id, err, len(events), readErr)
		}
	}
	if failed == 0 {
		t.Error("everything fitted: this test fills nothing")
	}
	t.Logf("%d of %d did not fit", failed, sessions)
	sqlite.MaxPages(t, s, 100_000)
	for i, err := range errs {
		id := fmt.Sprint("s", i)
		if err == nil {
			continue
		}
		if err := s.Append(ctx, id, "c", []interview.Event{answer(2, "small"), answer(3, text(i))}, summary(id, 3)); err != nil {
			t.Errorf("%s: after room was made: %v", id, err)
		}
	}
}
