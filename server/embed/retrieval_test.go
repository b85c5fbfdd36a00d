package embed

import (
	"database/sql"
	"math"
	"slices"
	"strings"
	"testing"
	"unicode"

	_ "modernc.org/sqlite"
)

type retrieval struct {
	ids     []string
	texts   []string
	queries []query
}

type query struct {
	Query    string
	Relevant map[string]int // how well a passage answers, 2 or 1
}

func loadRetrieval(tb testing.TB) retrieval {
	tb.Helper()
	var r retrieval
	for _, p := range rows[struct{ ID, Heading, Text string }](tb, "testdata/retrieval/passages.jsonl") {
		r.ids = append(r.ids, p.ID)
		r.texts = append(r.texts, p.Heading+"\n"+p.Text)
	}
	r.queries = rows[query](tb, "testdata/retrieval/queries.jsonl")
	for _, q := range r.queries {
		for id := range q.Relevant {
			if !slices.Contains(r.ids, id) {
				tb.Fatalf("%q: there is no passage %s", q.Query, id)
			}
		}
	}
	return r
}

// byWords ranks by BM25 over Porter stems, any word of the query counting.
func byWords(tb testing.TB, r retrieval) func(string) []int {
	tb.Helper()
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = db.Close() })
	db.SetMaxOpenConns(1)
	if _, err := db.Exec(`CREATE VIRTUAL TABLE p USING fts5(text, tokenize='porter unicode61')`); err != nil {
		tb.Fatal(err)
	}
	for i, text := range r.texts {
		if _, err := db.Exec(`INSERT INTO p(rowid, text) VALUES (?, ?)`, i, text); err != nil {
			tb.Fatal(err)
		}
	}
	return func(q string) []int {
		words := strings.FieldsFunc(q, func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsDigit(c) })
		found, err := db.Query(`SELECT rowid FROM p WHERE p MATCH ? ORDER BY bm25(p), rowid LIMIT 100`, `"`+strings.Join(words, `" OR "`)+`"`)
		if err != nil {
			tb.Fatal(err)
		}
		defer func() { _ = found.Close() }()
		var out []int
		for found.Next() {
			var i int
			if err := found.Scan(&i); err != nil {
				tb.Fatal(err)
			}
			out = append(out, i)
		}
		if err := found.Err(); err != nil {
			tb.Fatal(err)
		}
		return out
	}
}

// byVectors ranks by the cosine of the vectors.
func byVectors(tb testing.TB, r retrieval) func(string) []int {
	tb.Helper()
	e := table(tb)
	var all [][]float32
	for _, text := range r.texts {
		all = append(all, e.Embed(text))
	}
	return func(q string) []int {
		v := e.Embed(q)
		score := make([]float64, len(all))
		out := make([]int, len(all))
		for i := range all {
			score[i], out[i] = product(v, all[i]), i
		}
		slices.SortStableFunc(out, func(a, b int) int {
			switch {
			case score[a] > score[b]:
				return -1
			case score[a] < score[b]:
				return 1
			}
			return 0
		})
		return out[:100]
	}
}

// fused ranks by the sum of reciprocal ranks.
func fused(rankings ...func(string) []int) func(string) []int {
	return func(q string) []int {
		score := map[int]float64{}
		for _, f := range rankings {
			for rank, i := range f(q) {
				score[i] += 1 / float64(60+rank+1)
			}
		}
		var out []int
		for i := range score {
			out = append(out, i)
		}
		slices.SortFunc(out, func(a, b int) int {
			if score[a] != score[b] {
				if score[a] > score[b] {
					return -1
				}
				return 1
			}
			return a - b
		})
		return out
	}
}

// measure returns nDCG@10 and the share of the passages marked 2 that stand among the first five.
func measure(r retrieval, rank func(string) []int) (ndcg, recall float64) {
	for _, q := range r.queries {
		var ideal []int
		best := 0
		for _, g := range q.Relevant {
			ideal = append(ideal, g)
			if g == 2 {
				best++
			}
		}
		slices.SortFunc(ideal, func(a, b int) int { return b - a })
		dcg, most, found := 0.0, 0.0, 0
		for k, i := range rank(q.Query) {
			g := q.Relevant[r.ids[i]]
			if k < 10 {
				dcg += float64(g) / math.Log2(float64(k+2))
			}
			if k < 5 && g == 2 {
				found++
			}
		}
		for k, g := range ideal[:min(10, len(ideal))] {
			most += float64(g) / math.Log2(float64(k+2))
		}
		ndcg += dcg / most
		recall += float64(found) / float64(min(5, best))
	}
	n := float64(len(r.queries))
	return ndcg / n, recall / n
}

// TestRetrieval holds what the table is for: on text it was not fitted on it must find more than words alone.
// The floors are a little below what bench/README.md records.
func TestRetrieval(t *testing.T) {
	r := loadRetrieval(t)
	if len(r.queries) < 60 {
		t.Fatalf("%d queries", len(r.queries))
	}
	words, vectors := byWords(t, r), byVectors(t, r)
	got := map[string]float64{}
	for _, c := range []struct {
		name string
		rank func(string) []int
	}{{"words", words}, {"vectors", vectors}, {"fused", fused(words, vectors)}} {
		ndcg, recall := measure(r, c.rank)
		t.Logf("%-8s nDCG@10 %.3f, recall@5 %.3f", c.name, ndcg, recall)
		got[c.name] = ndcg
	}
	if got["vectors"] < 0.52 || got["fused"] < 0.52 || got["vectors"] < got["words"]+0.05 {
		t.Errorf("%v", got)
	}
}
