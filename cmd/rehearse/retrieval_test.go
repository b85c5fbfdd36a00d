package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/fstest"

	"rehearse/server/index"
	"rehearse/server/interview"
	"rehearse/server/ollama"
	"rehearse/server/ollama/ollamatest"
	"rehearse/server/sqlite"
)

// TestRetrieval runs the questions of the embedder's own set through the whole index: files are read, cut, kept
// and found. Nothing was tuned on it; the floors are a little below what bench/README.md records.
func TestRetrieval(t *testing.T) {
	e, err := builtin()
	if err != nil {
		t.Fatal(err)
	}
	got := retrieval(t, e)
	if got["words"] < 0.44 || got["vectors"] < 0.52 || got["fused"] < 0.56 {
		t.Errorf("%v", got)
	}
}

// The same with a real embedding model.
func TestRealRetrieval(t *testing.T) {
	if os.Getenv("REHEARSE_E2E_MODEL") == "" {
		t.Skip("a real model is only used by make e2e-model")
	}
	r, why := ollamatest.StartReal(t)
	if r == nil {
		t.Fatal(why)
	}
	e, err := ollama.New([]string{r.URL}, nil).DetectEmbedder(t.Context(), ollamatest.Embedding)
	if err != nil {
		t.Fatal(err)
	}
	if got := retrieval(t, ollamaEmbedder{e}); got["fused"] < 0.5 {
		t.Errorf("%v", got)
	}
}

// retrieval is the nDCG@10 of each way of searching.
func retrieval(t *testing.T, e index.Embedder) map[string]float64 {
	t.Helper()
	dir := filepath.Join("..", "..", "server", "embed", "testdata", "retrieval")
	type passage struct{ ID, Heading, Text string }
	type question struct {
		Query    string
		Relevant map[string]int
	}
	files, ids := fstest.MapFS{}, map[string]string{}
	for i, p := range linesOf[passage](t, filepath.Join(dir, "passages.jsonl")) {
		name := fmt.Sprintf("p%04d.md", i)
		ids["pack/set/"+name] = p.ID
		files[name] = &fstest.MapFile{Data: []byte("# " + p.Heading + "\n\n" + p.Text + "\n")}
	}
	store, err := sqlite.OpenIndex(t.Context(), sqlite.Memory, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }() // it is gone with the test
	x := index.New(index.Options{Store: store, Embedder: e})
	if _, err := x.ReadFS(t.Context(), interview.OriginPack, "pack/set", files, func(string) (string, bool) { return "", true }); err != nil {
		t.Fatal(err)
	}
	if _, err := x.Embed(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	questions := linesOf[question](t, filepath.Join(dir, "queries.jsonl"))
	got := map[string]float64{}
	for _, way := range []struct {
		name string
		way  index.Way
	}{{"words", index.Words}, {"vectors", index.Meaning}, {"fused", index.Fused}} {
		ndcg, recall := 0.0, 0.0
		for _, q := range questions {
			found, err := x.Search(t.Context(), q.Query, index.SearchOptions{K: 10, Each: index.EachFile, Way: way.way})
			if err != nil {
				t.Fatal(err)
			}
			var ideal []int
			best := 0
			for _, g := range q.Relevant {
				ideal = append(ideal, g)
				if g == 2 {
					best++
				}
			}
			slices.SortFunc(ideal, func(a, b int) int { return b - a })
			dcg, most, hits := 0.0, 0.0, 0
			for k, p := range found {
				g := q.Relevant[ids[p.Path]]
				dcg += float64(g) / math.Log2(float64(k+2))
				if k < 5 && g == 2 {
					hits++
				}
			}
			for k, g := range ideal[:min(10, len(ideal))] {
				most += float64(g) / math.Log2(float64(k+2))
			}
			ndcg += dcg / most
			recall += float64(hits) / float64(min(5, best))
		}
		n := float64(len(questions))
		t.Logf("%-8s nDCG@10 %.3f, recall@5 %.3f", way.name, ndcg/n, recall/n)
		got[way.name] = ndcg / n
	}
	return got
}

func linesOf[T any](t *testing.T, path string) (out []T) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }() // it was only read
	s := bufio.NewScanner(f)
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		var v T
		if err := json.Unmarshal(s.Bytes(), &v); err != nil {
			t.Fatal(err)
		}
		out = append(out, v)
	}
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}
