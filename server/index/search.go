package index

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"unicode"

	"rehearse/server/interview"
)

// Each says what a row of a result is.
type Each string

// Rows of a result.
const (
	EachPassage Each = "passage"
	EachFile    Each = "file" // its best passage
)

// Way says which searches are asked. The zero value is all there are.
type Way int

// Ways to search.
const (
	Fused Way = iota
	Words
	Meaning
)

// Limits of a search.
const (
	KMost        = 1000
	queryMost    = 8000 // bytes of a query that are looked at
	termsMost    = 64   // words of a query that are looked for
	depth        = 100  // passages that each way of searching finds, at least
	meaningShare = 0.65 // of a passage's score; the rest is what words share
	lookupShare  = 0.3  // the same for a query of one or two words, which most often looks for just them
	nextPassage  = 0.2  // what a file's next passage counts of the one before
	filePassage  = 4    // passages of a file that count
)

// SearchOptions say what is wanted. The zero value is ten passages of everything.
type SearchOptions struct {
	K       int              // 10 when 0
	Each    Each             // EachPassage when empty
	Origins interview.Origin // OriginAny when 0
	Way     Way
}

// Search finds passages, the best first. Scores are 0 to 1: 1 is first by every way of searching that was
// asked. When the embedder fails, words are searched and Status says why.
func (x *Index) Search(ctx context.Context, query string, o SearchOptions) ([]interview.Passage, error) {
	if o.K == 0 {
		o.K = 10
	}
	if o.Origins == 0 {
		o.Origins = interview.OriginAny
	}
	o.K = min(max(o.K, 1), KMost)
	if len(query) > queryMost {
		query = query[:cutRune(query, queryMost)]
	}
	if strings.TrimSpace(query) == "" {
		return nil, interview.FieldError("query", "say what to look for")
	}
	deep := depth
	if o.Each == EachFile {
		deep *= 2 // several passages of a file may be among the first
	}
	deep = max(deep, 2*o.K)
	var words, meant []hit
	var err error
	asked := false
	if o.Way != Meaning {
		if words, err = x.byWords(ctx, query, o.Origins, deep); err != nil {
			return nil, err
		}
	}
	if o.Way != Words {
		if meant, asked, err = x.byMeaning(ctx, query, deep); err != nil {
			return nil, err
		}
	}
	passages, err := x.load(ctx, o.Origins, words, meant)
	// Vectors are searched in files of every origin: where those wanted are few, more are looked at.
	for n := deep; err == nil && o.Origins != interview.OriginAny && len(meant) == n && countIn(passages, meant) < deep; {
		n *= 4
		if meant, _, err = x.byMeaning(ctx, query, n); err == nil {
			passages, err = x.load(ctx, o.Origins, words, meant)
		}
	}
	if err != nil {
		return nil, err
	}
	share := meaningShare
	if terms(query) <= 2 {
		share = lookupShare
	}
	var out []interview.Passage
	if o.Each == EachFile {
		out = byFile(passages, words, meant, share)
	} else {
		out = fuse(passages, words, meant, share)
	}
	out = out[:min(o.K, len(out))]
	for i := range out {
		out[i].Rank = i + 1
		switch { // one way alone has the whole scale
		case o.Way == Words || !asked:
			out[i].Score /= 1 - share
		case o.Way == Meaning:
			out[i].Score /= share
		}
	}
	return out, nil
}

func countIn(passages map[int64]interview.Passage, hits []hit) (n int) {
	for _, h := range hits {
		if _, ok := passages[h.id]; ok {
			n++
		}
	}
	return n
}

func (x *Index) byWords(ctx context.Context, query string, origins interview.Origin, n int) ([]hit, error) {
	expression := matchAny(query)
	if expression == "" {
		return nil, nil
	}
	ids, scores, err := x.store.Match(ctx, expression, origins, n)
	if err != nil {
		return nil, err
	}
	hits := make([]hit, len(ids))
	for i := range ids {
		hits[i] = hit{ids[i], scores[i]}
	}
	slices.SortStableFunc(hits, func(a, b hit) int { return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.id, b.id)) })
	return hits, nil
}

// byMeaning searches vectors. Asked is false when there is no embedder, or it failed, or nothing was ever
// embedded with it.
func (x *Index) byMeaning(ctx context.Context, query string, n int) (hits []hit, asked bool, err error) {
	e := x.embedder()
	if e == nil {
		return nil, false, nil
	}
	if err := x.memory.sync(ctx, x.store, e.Space()); err != nil {
		return nil, false, err
	}
	if x.memory.empty() {
		return nil, false, nil
	}
	v, err := e.Embed(ctx, []string{query}, Query)
	if err == nil && len(v) == 1 {
		hits, err = x.memory.nearest(ctx, v[0], n)
	}
	switch {
	case ctx.Err() != nil:
		return nil, false, ctx.Err()
	case err != nil:
		x.setNote(interview.AsError(err).Message)
		return nil, false, nil
	}
	return hits, true, nil
}

func (m *memory) empty() bool {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return len(m.ids) == 0
}

// load reads the passages that were found, without those of other origins.
func (x *Index) load(ctx context.Context, origins interview.Origin, lists ...[]hit) (map[int64]interview.Passage, error) {
	set := map[int64]bool{}
	var ids []int64
	for _, l := range lists {
		for _, h := range l {
			if !set[h.id] {
				set[h.id] = true
				ids = append(ids, h.id)
			}
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	found, err := x.store.Passages(ctx, ids, origins)
	if err != nil {
		return nil, err
	}
	out := make(map[int64]interview.Passage, len(found))
	for _, p := range found {
		out[p.Chunk] = p
	}
	return out, nil
}

// fuse orders passages by the sum of their scores in each list, each list's from its last to its first counted as 0 to
// 1. How far one passage is before the next says more than its rank: on our own questions fusing by rank gained nothing
// over vectors alone.
func fuse(passages map[int64]interview.Passage, words, meant []hit, share float64) []interview.Passage {
	score := map[int64]float64{}
	by := map[int64]string{}
	for _, l := range []struct {
		name  string
		hits  []hit
		share float64
	}{{"words", words, 1 - share}, {"vectors", meant, share}} {
		top, floor := 0.0, 0.0
		if len(l.hits) > 0 {
			top, floor = l.hits[0].score, l.hits[len(l.hits)-1].score
		}
		for _, h := range l.hits {
			if _, ok := passages[h.id]; !ok {
				continue
			}
			if top > floor {
				score[h.id] += l.share * (h.score - floor) / (top - floor)
			} else {
				score[h.id] += l.share
			}
			if by[h.id] != "" {
				by[h.id] = "both"
			} else {
				by[h.id] = l.name
			}
		}
	}
	out := make([]interview.Passage, 0, len(score))
	for id, s := range score {
		p := passages[id]
		p.Score, p.By = s, by[id]
		out = append(out, p)
	}
	slices.SortFunc(out, order)
	return out
}

// order is that of a result: equal scores by path and line, so that the same search gives the same result.
func order(a, b interview.Passage) int {
	return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Path, b.Path), cmp.Compare(a.StartLine, b.StartLine), cmp.Compare(a.Chunk, b.Chunk))
}

// byFile orders files. In each list a file is worth its best passage and, for less and less, its next ones: a
// file that says three things about a question is likely to be the one about it. What the files are worth in
// the lists is then fused, and each is shown by its best passage.
func byFile(passages map[int64]interview.Passage, words, meant []hit, share float64) []interview.Passage {
	best := map[int64]interview.Passage{}
	for _, p := range fuse(passages, words, meant, share) {
		if _, ok := best[p.File]; !ok {
			best[p.File] = p
		}
	}
	score := map[int64]float64{}
	by := map[int64]string{}
	for _, l := range []struct {
		name  string
		hits  []hit
		share float64
	}{{"words", words, 1 - share}, {"vectors", meant, share}} {
		files, worth := rankFiles(passages, l.hits)
		for rank, f := range files {
			if worth[0] > 0 {
				score[f] += l.share * worth[rank] / worth[0]
			} else {
				score[f] += l.share
			}
			if by[f] != "" {
				by[f] = "both"
			} else {
				by[f] = l.name
			}
		}
	}
	out := make([]interview.Passage, 0, len(best))
	for f, p := range best {
		p.Score, p.By = score[f], by[f]
		out = append(out, p)
	}
	slices.SortFunc(out, order)
	return out
}

// rankFiles orders the files of one list of passages.
func rankFiles(passages map[int64]interview.Passage, hits []hit) ([]int64, []float64) {
	type file struct {
		id    int64
		path  string
		score float64
		n     int
		share float64
	}
	files := map[int64]*file{}
	floor := 0.0
	if len(hits) > 0 {
		floor = hits[len(hits)-1].score // what the last of them has counts for nothing
	}
	for _, h := range hits {
		p, ok := passages[h.id]
		if !ok {
			continue
		}
		f := files[p.File]
		if f == nil {
			f = &file{id: p.File, path: p.Path, share: 1}
			files[p.File] = f
		}
		if f.n++; f.n <= filePassage {
			f.score += f.share * (h.score - floor)
			f.share *= nextPassage
		}
	}
	list := make([]*file, 0, len(files))
	for _, f := range files {
		list = append(list, f)
	}
	slices.SortFunc(list, func(a, b *file) int { return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.path, b.path)) })
	out, worth := make([]int64, len(list)), make([]float64, len(list))
	for i, f := range list {
		out[i], worth[i] = f.id, f.score
	}
	return out, worth
}

// stop are words that say nothing about what is looked for; looking for them costs most and finds everything.
var stop = func() map[string]bool {
	out := map[string]bool{}
	for w := range strings.FieldsSeq(`a an and are as at be been being but by can could did do does doing for from had has have having he her hers him his how i if in into is it its
		itself just me more most my no nor not of off on once only or other our ours out over own same she should so some such than that the their theirs them then there these they this
		those through to too under until up very was we were what when where which while who whom why will with would you your yours`) {
		out[w] = true
	}
	return out
}()

// terms is how many words of a query say what is looked for.
func terms(query string) int { return strings.Count(matchAny(query), `" OR "`) + 1 }

// matchAny makes an expression that selects chunks with any of a query's words. Each word stands in quotes,
// so that nothing in a query is an operator.
func matchAny(query string) string {
	var terms, stops []string
	seen := map[string]bool{}
	add := func(w string) {
		w = strings.ToLower(w)
		if seen[w] || w == "" {
			return
		}
		seen[w] = true
		if stop[w] || len(w) == 1 && w[0] < 0x80 && !unicode.IsDigit(rune(w[0])) {
			stops = append(stops, w)
			return
		}
		terms = append(terms, w)
	}
	for _, w := range strings.FieldsFunc(query, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) }) {
		add(w)
		for _, part := range strings.Fields(camel.ReplaceAllString(w, "$1 $2")) { // in code the words of a name stand apart
			add(part)
		}
	}
	if len(terms) == 0 {
		terms = stops // better than nothing
	}
	terms = terms[:min(len(terms), termsMost)]
	for i, t := range terms {
		terms[i] = `"` + t + `"`
	}
	return strings.Join(terms, " OR ")
}
