package index_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rehearse/server/index"
	"rehearse/server/interview"
	"rehearse/server/sqlite"
)

// indexUntilKilled indexes the folder files in dir and says so when it begins and when it is done.
func indexUntilKilled(dir string) {
	ctx := context.Background()
	s, err := sqlite.OpenIndex(ctx, filepath.Join(dir, "index.db"), sqlite.Options{})
	if err != nil {
		fmt.Println("error", err)
		return
	}
	fmt.Println("begun")
	sum, err := index.New(index.Options{Store: s, Embedder: newHashing()}).Add(ctx, interview.OriginIndex, []string{filepath.Join(dir, "files")}, nil)
	fmt.Println("done", sum.Files, len(sum.Problems), errors.Join(err, s.Close()))
}

// manyFiles writes files of a few sections each.
func manyFiles(t testing.TB, dir string, n int) {
	t.Helper()
	files := map[string]string{}
	for i := range n {
		var b strings.Builder
		fmt.Fprintf(&b, "# Note %d\n", i)
		for k := range 3 {
			fmt.Fprintf(&b, "\n## Section %d\n\n", k)
			for j := range 60 {
				fmt.Fprintf(&b, "word%d ", (i*7+j*(k+3))%5000)
			}
			b.WriteString("\n")
		}
		files[fmt.Sprintf("d%02d/n%04d.md", i%40, i)] = b.String()
	}
	write(t, dir, files)
}

// TestKilledWhileIndexing kills a run again and again at any moment. Each time the index opens and is
// consistent, and in the end it is complete.
func TestKilledWhileIndexing(t *testing.T) {
	if testing.Short() {
		t.Skip("starts ten processes")
	}
	const files, kills = 2000, 10
	dir := t.TempDir()
	manyFiles(t, filepath.Join(dir, "files"), files)
	db := filepath.Join(dir, "index.db")
	inMiddle, before := 0, 0
	for range kills {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), addRole+"="+dir)
		pipe, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(pipe)
		if !lines.Scan() || lines.Text() != "begun" {
			t.Fatalf("it said %q", lines.Text())
		}
		time.Sleep(time.Duration(20+rand.IntN(500)) * time.Millisecond)
		_ = cmd.Process.Kill() // it may be done already
		_, _ = io.Copy(io.Discard, pipe)
		_ = cmd.Wait() // killed

		s, err := sqlite.OpenIndex(t.Context(), db, sqlite.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Check(t.Context()); err != nil {
			t.Fatal(err)
		}
		have, _, err := s.Count(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if have < before {
			t.Errorf("%d files are in the index, there were %d", have, before)
		}
		pending, err := s.CountPending(t.Context(), newHashing().Space())
		if err != nil {
			t.Fatal(err)
		}
		if have < files || pending > 0 {
			inMiddle++
		}
		before = have
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d of %d kills hit a run in the middle; %d files were indexed then", inMiddle, kills, before)
	if inMiddle == 0 {
		t.Error("no kill hit a run in the middle: this test shows nothing")
	}
	s := openStore(t, db)
	x := index.New(index.Options{Store: s, Embedder: newHashing()})
	sum, err := x.Add(t.Context(), interview.OriginIndex, []string{filepath.Join(dir, "files")}, nil)
	if err != nil || sum.Files != files || len(sum.Problems) != 0 {
		t.Fatalf("%+v, %v", sum, err)
	}
	if st, err := x.Status(t.Context()); err != nil || st.Files != files || st.Chunks != 3*files || st.Pending != 0 {
		t.Errorf("%+v, %v", st, err)
	}
	if found := search(t, x, "note 1234", index.SearchOptions{K: 3, Way: index.Words}); len(found) == 0 || !strings.HasSuffix(found[0].Path, "n1234.md") {
		t.Errorf("%+v", found)
	}
	if again := add(t, x, filepath.Join(dir, "files")); again.Indexed != 0 || again.Calls != 0 {
		t.Errorf("nothing changed: %+v", again)
	}
}
