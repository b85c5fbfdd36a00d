package index_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rehearse/server/index"
	"rehearse/server/interview"
	"rehearse/server/sqlite"
)

// TestAnotherModelIndexesAgain changes digest, prefixes and dimension in turn: each time every text is embedded
// again, with progress; a run that is stopped goes on where it was; nothing is found by stale vectors.
func TestAnotherModelIndexesAgain(t *testing.T) {
	dir := t.TempDir()
	manyFiles(t, dir, 100)
	s := openStore(t, sqlite.Memory)
	add(t, index.New(index.Options{Store: s, Embedder: newHashing()}), dir)
	for i, change := range []func(*hashing){func(h *hashing) { h.digest = "d2" }, func(h *hashing) { h.prefix = "2" }, func(h *hashing) { h.dim = 32 }} {
		e := newHashing()
		change(e)
		x := index.New(index.Options{Store: s, Embedder: e})
		if st, err := x.Status(t.Context()); err != nil || st.Pending != 300 {
			t.Fatalf("change %d: %+v, %v", i, st, err)
		}
		if found := search(t, x, "word35 note", index.SearchOptions{}); len(found) == 0 || found[0].By != "words" {
			t.Errorf("change %d: found by vectors of another space: %+v", i, found)
		}
		ctx, cancel := context.WithCancel(t.Context())
		var steps []int
		sum, err := x.Embed(ctx, func(p index.Progress) {
			steps = append(steps, p.Texts)
			if p.OfTexts != 300 {
				t.Errorf("change %d: %+v", i, p)
			}
			if len(steps) == 2 {
				cancel()
			}
		})
		if !errors.Is(err, context.Canceled) || sum.Embedded == 0 || sum.Embedded >= 300 || len(steps) != 2 {
			t.Fatalf("change %d: %+v, %v, %v", i, sum, steps, err)
		}
		// The vectors of before are there until the new ones are complete.
		if spaces, _, err := s.Spaces(t.Context()); err != nil || len(spaces) != 2 {
			t.Errorf("change %d: %v, %v", i, spaces, err)
		}
		rest, err := x.Add(t.Context(), interview.OriginIndex, []string{dir}, nil)
		if err != nil || rest.Indexed != 0 || rest.Embedded != 300-sum.Embedded {
			t.Errorf("change %d: %+v after %d, %v", i, rest, sum.Embedded, err)
		}
		spaces, counts, err := s.Spaces(t.Context())
		if err != nil || !cmp.Equal(spaces, []interview.Space{e.Space()}) || counts[0] != 300 {
			t.Errorf("change %d: %v, %v, %v", i, spaces, counts, err)
		}
		if found := search(t, x, "word35 note", index.SearchOptions{}); len(found) == 0 || found[0].By != "both" {
			t.Errorf("change %d: %+v", i, found)
		}
		add(t, index.New(index.Options{Store: s, Embedder: newHashing()}), dir) // back to where the next change begins
	}
}

// TestAnEmbedderThatFails leaves words to search, says why, and is caught up with later.
func TestAnEmbedderThatFails(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"a.md": "# A\n\nalpha words\n", "b.md": "# B\n\npoison words\n", "c.md": "# C\n\ngamma words\n"})
	e := newHashing()
	e.fail = func([]string) error {
		return interview.Errorf(interview.CodeUnavailable, "Ollama does not answer at http://here")
	}
	x, _ := newIndex(t, e)
	sum := add(t, x, dir)
	if sum.Indexed != 3 || sum.Embedded != 0 || len(sum.Notes) != 1 || !strings.Contains(sum.Notes[0].Problem, "does not answer") {
		t.Errorf("%+v", sum)
	}
	if found := search(t, x, "gamma", index.SearchOptions{}); len(found) != 1 || found[0].By != "words" || found[0].Score != 1 {
		t.Errorf("%+v", found)
	}
	e.fail = func(texts []string) error { // one text the model chokes on
		if strings.Contains(strings.Join(texts, " "), "poison") {
			return interview.Errorf(interview.CodeUnavailable, "no numbers came")
		}
		return nil
	}
	sum = add(t, x, dir)
	if sum.Embedded != 2 || len(sum.Notes) != 1 || !strings.Contains(sum.Notes[0].Problem, "words only") {
		t.Errorf("%+v", sum)
	}
	if st, err := x.Status(t.Context()); err != nil || st.Pending != 1 || st.Note != "" {
		t.Errorf("%+v, %v", st, err)
	}
	e.fail = func([]string) error { return interview.Errorf(interview.CodeUnavailable, "gone again") }
	if found := search(t, x, "gamma", index.SearchOptions{}); len(found) == 0 || found[0].By != "words" {
		t.Errorf("%+v", found)
	}
	if st, _ := x.Status(t.Context()); st.Note != "gone again" {
		t.Errorf("%+v", st)
	}
	e.fail = nil
	if sum = add(t, x, dir); sum.Embedded != 1 || len(sum.Notes) != 0 {
		t.Errorf("%+v", sum)
	}
	if found := search(t, x, "poison", index.SearchOptions{Way: index.Meaning}); len(found) == 0 || found[0].Title != "B" {
		t.Errorf("%+v", found)
	}
}

func TestFilesAndOrigins(t *testing.T) {
	given, watched := t.TempDir(), t.TempDir()
	write(t, given, map[string]string{
		"upload.md": "# Uploads\n\n## Size\n\nLimit the size of an upload.\n\n## Type\n\nCheck the type of an upload.\n\n## Place\n\nStore an upload elsewhere.\n",
		"other.md":  "# Other\n\nOne upload is named here, in a longer text about many other things that are of no use.\n",
	})
	write(t, watched, map[string]string{"mine.md": "# Mine\n\nMy own upload story.\n"})
	x, s := newIndex(t, newHashing())
	add(t, x, given)
	if _, err := x.Add(t.Context(), interview.OriginMaterial, []string{watched, given}, nil); err != nil {
		t.Fatal(err)
	}
	names := func(found []interview.Passage) (out []string) {
		for _, p := range found {
			out = append(out, filepath.Base(p.Path))
		}
		return out
	}
	byFile := search(t, x, "upload size type", index.SearchOptions{Each: index.EachFile, Origins: interview.OriginIndex})
	if diff := cmp.Diff([]string{"upload.md", "other.md"}, names(byFile)); diff != "" {
		t.Error(diff)
	}
	if byFile[0].Heading != "Uploads > Size" && byFile[0].Heading != "Uploads > Type" || byFile[0].Rank != 1 || byFile[1].Rank != 2 || byFile[0].Score < byFile[1].Score {
		t.Errorf("%+v", byFile)
	}
	if all := search(t, x, "upload", index.SearchOptions{}); len(all) != 5 {
		t.Errorf("%v", names(all))
	}
	if diff := cmp.Diff([]string{"index", "material"}, byFile[0].Origins); diff != "" {
		t.Error(diff)
	}
	files, err := s.Files(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files { // the folder is no longer watched
		if err := x.Forget(t.Context(), interview.OriginMaterial, f.ID); err != nil {
			t.Fatal(err)
		}
	}
	if all := search(t, x, "upload", index.SearchOptions{}); len(all) != 4 {
		t.Errorf("%v", names(all))
	}
	// The same search gives the same result.
	for range 20 {
		if diff := cmp.Diff(byFile, search(t, x, "upload size type", index.SearchOptions{Each: index.EachFile, Origins: interview.OriginIndex}), cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".Origins" }, cmp.Ignore())); diff != "" {
			t.Fatal(diff)
		}
	}
}

// TestAnotherProcessWrites reads what somebody else wrote into the same file, without being told.
func TestAnotherProcessWrites(t *testing.T) {
	path := filepath.Join(t.TempDir(), "index.db")
	dir := t.TempDir()
	reader := index.New(index.Options{Store: openStore(t, path), Embedder: newHashing()})
	writer := index.New(index.Options{Store: openStore(t, path), Embedder: newHashing()})
	for i := range 3 {
		write(t, dir, map[string]string{"a.md": fmt.Sprintf("# A\n\nversion%d of the text\n", i)})
		age(t, filepath.Join(dir, "a.md"), time.Duration(10-i)*time.Minute)
		add(t, writer, dir)
		for _, way := range []index.Way{index.Words, index.Meaning} {
			found := search(t, reader, fmt.Sprintf("version%d", i), index.SearchOptions{Way: way})
			if len(found) != 1 || !strings.Contains(found[0].Text, fmt.Sprintf("version%d", i)) {
				t.Errorf("way %d: %+v", way, found)
			}
		}
	}
}

func TestWatch(t *testing.T) {
	dir := t.TempDir()
	x, _ := newIndex(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	changed, done := make(chan bool, 100), make(chan bool)
	go func() {
		x.Watch(ctx, []string{dir}, func() { changed <- true })
		close(done)
	}()
	wait := func(what string) {
		t.Helper()
		select {
		case <-changed:
		case <-time.After(20 * time.Second):
			t.Fatalf("nothing was told of %s", what)
		}
	}
	time.Sleep(100 * time.Millisecond) // until it watches
	write(t, dir, map[string]string{"a.md": "one"})
	wait("a new file")
	write(t, dir, map[string]string{"new/folder/b.md": "two"})
	wait("a new folder")
	for len(changed) > 0 {
		<-changed
	}
	time.Sleep(2 * time.Second)
	for len(changed) > 0 {
		<-changed
	}
	write(t, dir, map[string]string{"new/folder/b.md": "three"})
	wait("a file in a new folder")
	cancel()
	<-done
}
