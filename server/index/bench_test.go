package index_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"rehearse/server/index"
	"rehearse/server/interview"
)

// vocabulary are words with frequencies like those of a language: a few are everywhere, most are rare.
type vocabulary struct {
	zipf *rand.Zipf
	r    *rand.Rand
}

func newVocabulary(seed uint64) vocabulary {
	r := rand.New(rand.NewPCG(seed, 1))
	return vocabulary{rand.NewZipf(r, 1.1, 8, 60_000), r}
}

func (v vocabulary) text(words int) string { return v.words(words, 0) }

// words are words that are not among the most frequent ones, which a search leaves out.
func (v vocabulary) words(words int, without uint64) string {
	var b strings.Builder
	for i := range words {
		if i > 0 {
			b.WriteByte(' ')
		}
		n := v.zipf.Uint64()
		for n < without {
			n = v.zipf.Uint64()
		}
		for k := n + 27; k > 0; k /= 26 {
			b.WriteByte(byte('a' + k%26))
		}
	}
	return b.String()
}

// guides are Markdown files of ten sections of 120 words.
func guides(files int) fstest.MapFS {
	v := newVocabulary(7)
	out := fstest.MapFS{}
	for i := range files {
		var b strings.Builder
		fmt.Fprintf(&b, "# %s\n", v.text(4))
		for range 10 {
			fmt.Fprintf(&b, "\n## %s\n\n%s\n", v.text(3), v.text(120))
		}
		out[fmt.Sprintf("d%03d/g%05d.md", i/100, i)] = &fstest.MapFile{Data: []byte(b.String())}
	}
	return out
}

// BenchmarkIndex indexes guides of ten passages, with an embedder that costs next to nothing: words, vectors
// and all that is written.
func BenchmarkIndex(b *testing.B) {
	files := guides(200)
	for _, with := range []struct {
		name  string
		embed index.Embedder
	}{{"words", nil}, {"words and vectors", &hashing{dim: 256, digest: "d", prefix: "1"}}} {
		b.Run(with.name, func(b *testing.B) {
			chunks := 0
			for b.Loop() {
				x := index.New(index.Options{Store: openStore(b, filepath.Join(b.TempDir(), "index.db")), Embedder: with.embed})
				sum, err := x.ReadFS(context.Background(), interview.OriginPack, "pack/x", files, all)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := x.Embed(context.Background(), nil); err != nil {
					b.Fatal(err)
				}
				chunks += sum.Chunks
			}
			b.ReportMetric(float64(chunks)/b.Elapsed().Seconds(), "passages/s")
		})
	}
}

// BenchmarkNothingChanged looks at 2,000 files that are all in the index.
func BenchmarkNothingChanged(b *testing.B) {
	dir := b.TempDir()
	manyFiles(b, dir, 2000)
	e := newHashing()
	x := index.New(index.Options{Store: openStore(b, filepath.Join(b.TempDir(), "index.db")), Embedder: e})
	add(b, x, dir)
	calls := e.calls.Load()
	for b.Loop() {
		if sum := add(b, x, dir); sum.Unchanged != 2000 {
			b.Fatalf("%+v", sum)
		}
	}
	if n := e.calls.Load() - calls; n > 0 {
		b.Fatalf("%d embedding calls", n)
	}
	b.ReportMetric(0, "embedding_calls")
}

// BenchmarkSearch searches among 1,000 to 100,000 passages: by words, by vectors of 256 numbers, and both.
func BenchmarkSearch(b *testing.B) {
	for _, passages := range []int{1000, 10_000, 100_000} {
		x := index.New(index.Options{Store: openStore(b, filepath.Join(b.TempDir(), "index.db")), Embedder: &hashing{dim: 256, digest: "d", prefix: "1"}})
		if _, err := x.ReadFS(context.Background(), interview.OriginPack, "pack/x", guides(passages/10), all); err != nil {
			b.Fatal(err)
		}
		if _, err := x.Embed(context.Background(), nil); err != nil {
			b.Fatal(err)
		}
		v := newVocabulary(11)
		queries := make([]string, 200)
		for i := range queries {
			queries[i] = v.words(9, 60)
		}
		begin := time.Now()
		search(b, x, queries[0], index.SearchOptions{Way: index.Meaning}) // fills the copy in memory
		loaded := time.Since(begin)
		for _, way := range []struct {
			name string
			way  index.Way
		}{{"vectors", index.Meaning}, {"words", index.Words}, {"fused", index.Fused}} {
			b.Run(fmt.Sprintf("%d/%s", passages, way.name), func(b *testing.B) {
				var took []time.Duration
				for i := 0; b.Loop(); i++ {
					at := time.Now()
					search(b, x, queries[i%len(queries)], index.SearchOptions{Way: way.way})
					took = append(took, time.Since(at))
				}
				slices.Sort(took)
				b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50_ms")
				b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99_ms")
				if way.way == index.Meaning {
					b.ReportMetric(loaded.Seconds(), "load_s")
					b.ReportMetric(float64(resident(b)), "MB_resident")
				}
			})
		}
	}
}

// resident is the memory of this process, in megabytes; 0 where the system does not say.
func resident(b *testing.B) int {
	b.Helper()
	raw, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	var size, pages int
	if _, err := fmt.Sscan(string(raw), &size, &pages); err != nil {
		b.Fatal(err)
	}
	return pages * os.Getpagesize() >> 20
}
