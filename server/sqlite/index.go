package sqlite

import (
	"context"
	"database/sql"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"

	"rehearse/server/interview"
)

// indexSchema is the file of the index. All of it can be made again from the files it was made of, so a
// commit does not wait for the disk; what a power cut takes is done again.
var indexSchema = schema{dir: "index", synchronous: "NORMAL"}

// Index is the store of the index: files, their chunks, words and vectors. It is a file of its own, so
// that an answer never waits behind a large document, and so that it may be deleted to be made again.
//
// Its promises: a file's chunks and words are written together or not at all, also under kill -9; numbers
// of chunks are never used again. Two processes may have it open.
type Index struct{ s *Store }

// OpenIndex opens the index at path, which may be Memory, as Open does.
func OpenIndex(ctx context.Context, path string, opts Options) (*Index, error) {
	s, err := open(ctx, path, opts, indexSchema)
	if err != nil {
		return nil, err
	}
	return &Index{s}, nil
}

// Close writes what is queued and closes the file.
func (x *Index) Close() error { return x.s.Close() }

// change is a write that others must notice.
func (x *Index) change(ctx context.Context, size int, do func(context.Context, *writer) error) error {
	return x.s.submit(ctx, &request{size: size, do: func(ctx context.Context, w *writer) error {
		if err := do(ctx, w); err != nil {
			return err
		}
		return w.exec(ctx, `UPDATE changes SET n = n + 1`)
	}})
}

// Changes is a number that is another one after each change of chunks or vectors, whoever made it.
func (x *Index) Changes(ctx context.Context) (n int64, err error) {
	if err := x.s.read.QueryRowContext(ctx, `SELECT n FROM changes`).Scan(&n); err != nil {
		return 0, fmt.Errorf("read the state of the index: %w", err)
	}
	return n, nil
}

// query reads rows, each with scan.
func (x *Index) query(ctx context.Context, what string, scan func(*sql.Rows) error, query string, args ...any) (err error) {
	rows, err := x.s.read.QueryContext(ctx, query, args...)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	defer func() { _ = rows.Close() }() // rows.Err says what went wrong
	for rows.Next() {
		if err := scan(rows); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

const fileColumns = `id, path, title, kind, origins, size, mtime, checked, hash, version, problem, chunks`

// Files returns every file in the index, by path.
func (x *Index) Files(ctx context.Context) ([]interview.File, error) {
	files := []interview.File{}
	err := x.query(ctx, "list the index", func(rows *sql.Rows) error {
		var f interview.File
		var mtime, checked int64
		if err := rows.Scan(&f.ID, &f.Path, &f.Title, &f.Kind, &f.Origins, &f.Size, &mtime, &checked, &f.Hash, &f.Version, &f.Problem, &f.Chunks); err != nil {
			return err
		}
		f.ModTime, f.Checked = time.Unix(0, mtime).UTC(), time.Unix(0, checked).UTC()
		files = append(files, f)
		return nil
	}, `SELECT `+fileColumns+` FROM files ORDER BY path`)
	return files, err
}

// PutFiles writes files with their chunks in place of those at their paths, whose origins they keep beside
// their own: all of them or none. Some files at once cost far less than one by one: the words of each write
// are a piece of their own, and pieces have to be merged.
func (x *Index) PutFiles(ctx context.Context, files []interview.Cut) error {
	size := 0
	for _, f := range files {
		for _, c := range f.Chunks {
			size += len(c.Text) + len(c.Plain)
		}
	}
	return x.change(ctx, size, func(ctx context.Context, w *writer) error {
		for _, f := range files {
			if err := w.putFile(ctx, f.File, f.Chunks); err != nil {
				return fmt.Errorf("write %s: %w", f.File.Path, err)
			}
		}
		return nil
	})
}

func (w *writer) putFile(ctx context.Context, f interview.File, chunks []interview.Chunk) error {
	var id, old int64
	err := w.scan(ctx, `INSERT INTO files (path, title, kind, origins, size, mtime, checked, hash, version, problem, chunks) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (path) DO UPDATE SET title = excluded.title, kind = excluded.kind, origins = origins | excluded.origins, size = excluded.size, mtime = excluded.mtime,
		checked = excluded.checked, hash = excluded.hash, version = excluded.version, problem = excluded.problem, chunks = excluded.chunks RETURNING id`,
		[]any{f.Path, f.Title, f.Kind, f.Origins, f.Size, f.ModTime.UnixNano(), f.Checked.UnixNano(), nonNil(f.Hash), f.Version, f.Problem, len(chunks)}, &id)
	if err != nil {
		return err
	}
	if err := w.scan(ctx, `SELECT coalesce(max(id), 0) FROM chunks WHERE file = ?`, []any{id}, &old); err != nil {
		return err
	}
	for _, c := range chunks {
		if err := w.exec(ctx, `INSERT INTO chunks (file, title, heading, start_line, end_line, text, plain, hash) VALUES (?, ?, ?, ?, ?, ?, nullif(?, ''), ?)`,
			id, c.Title, c.Heading, c.StartLine, c.EndLine, c.Text, c.Plain, nonNil(c.Hash)); err != nil {
			return err
		}
	}
	if old == 0 {
		return nil
	}
	return w.dropChunks(ctx, id, old) // last, so that a text that is still there keeps its vector
}

func nonNil(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// dropChunks removes the chunks of a file with numbers up to last, and the vectors that no other chunk has.
func (w *writer) dropChunks(ctx context.Context, file, last int64) error {
	if err := w.exec(ctx, `DELETE FROM vectors WHERE hash IN (SELECT hash FROM chunks WHERE file = ?1 AND id <= ?2)
		AND NOT EXISTS (SELECT 1 FROM chunks c WHERE c.hash = vectors.hash AND (c.file <> ?1 OR c.id > ?2))`, file, last); err != nil {
		return err
	}
	return w.exec(ctx, `DELETE FROM chunks WHERE file = ? AND id <= ?`, file, last)
}

// Seen writes that a file was looked at and holds what it held: its time, when it was read, and origins it
// has from now on beside its own.
func (x *Index) Seen(ctx context.Context, f interview.File) error {
	return x.s.submit(ctx, &request{do: func(ctx context.Context, w *writer) error {
		if err := w.exec(ctx, `UPDATE files SET mtime = ?, checked = ?, origins = origins | ? WHERE id = ?`, f.ModTime.UnixNano(), f.Checked.UnixNano(), f.Origins, f.ID); err != nil {
			return fmt.Errorf("write %s: %w", f.Path, err)
		}
		return nil
	}})
}

// Remove takes origins from files; a file that has none left goes, with all that is known of it. Freed bytes are
// overwritten; Scrub takes what older copies there are.
func (x *Index) Remove(ctx context.Context, origins interview.Origin, ids ...int64) error {
	for _, id := range ids {
		err := x.change(ctx, 0, func(ctx context.Context, w *writer) error {
			var left int
			switch err := w.scan(ctx, `SELECT origins & ~? FROM files WHERE id = ?`, []any{origins, id}, &left); {
			case errors.Is(err, sql.ErrNoRows):
				return nil // somebody else was first
			case err != nil:
				return fmt.Errorf("remove file %d from the index: %w", id, err)
			case left != 0:
				return w.exec(ctx, `UPDATE files SET origins = ? WHERE id = ?`, left, id)
			}
			if err := w.dropChunks(ctx, id, math.MaxInt64); err != nil {
				return fmt.Errorf("remove file %d from the index: %w", id, err)
			}
			return w.exec(ctx, `DELETE FROM files WHERE id = ?`, id)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Scrub takes what was removed off the disk: the words are put together anew, since a piece of FTS5 keeps what was
// deleted in another one until both are merged, then the file is written anew and its log emptied. It costs about as much
// as reading and writing the whole index.
func (x *Index) Scrub(ctx context.Context) error {
	if err := x.s.submit(ctx, &request{do: func(ctx context.Context, w *writer) error {
		if err := w.exec(ctx, `INSERT INTO words (words) VALUES ('optimize')`); err != nil {
			return fmt.Errorf("put the words of the index together: %w", err)
		}
		return nil
	}}); err != nil {
		return err
	}
	return x.s.scrub(ctx)
}

// Spaces returns the spaces that there are vectors in, and how many texts have one, the fullest first.
func (x *Index) Spaces(ctx context.Context) (spaces []interview.Space, counts []int, err error) {
	err = x.query(ctx, "list the embeddings", func(rows *sql.Rows) error {
		var s interview.Space
		var n int
		if err := rows.Scan(&s.Model, &s.Digest, &s.Prefix, &s.Dim, &n); err != nil {
			return err
		}
		spaces, counts = append(spaces, s), append(counts, n)
		return nil
	}, `SELECT model, digest, prefix, dim, n FROM (SELECT *, (SELECT count(*) FROM vectors WHERE space = spaces.id) AS n FROM spaces) WHERE n > 0 ORDER BY n DESC, id DESC`)
	return spaces, counts, err
}

// sameSpace selects the number of a space, whose dimension need not be known.
const sameSpace = `(SELECT id FROM spaces WHERE model = ?1 AND digest = ?2 AND prefix = ?3 AND ?4 IN (0, dim))`

func spaceArgs(s interview.Space, more ...any) []any {
	return append([]any{s.Model, s.Digest, s.Prefix, s.Dim}, more...)
}

// Pending returns chunks without a vector in a space, with numbers above after, in order, at most limit;
// of those with the same text, one.
func (x *Index) Pending(ctx context.Context, s interview.Space, after int64, limit int) ([]interview.Chunk, error) {
	var chunks []interview.Chunk
	err := x.query(ctx, "look for passages to embed", func(rows *sql.Rows) error {
		var c interview.Chunk
		if err := rows.Scan(&c.ID, &c.Title, &c.Heading, &c.Text, &c.Plain, &c.Hash); err != nil {
			return err
		}
		chunks = append(chunks, c)
		return nil
	}, `SELECT id, title, heading, text, coalesce(plain, ''), hash FROM chunks
		WHERE id > ?5 AND NOT EXISTS (SELECT 1 FROM vectors v WHERE v.space = `+sameSpace+` AND v.hash = chunks.hash)
		AND NOT EXISTS (SELECT 1 FROM chunks o WHERE o.hash = chunks.hash AND o.id < chunks.id AND o.id > ?5)
		ORDER BY id LIMIT ?6`, spaceArgs(s, after, limit)...)
	return chunks, err
}

// CountPending counts the texts without a vector in a space.
func (x *Index) CountPending(ctx context.Context, s interview.Space) (n int, err error) {
	if err := x.s.read.QueryRowContext(ctx, `SELECT count(DISTINCT hash) FROM chunks
		WHERE NOT EXISTS (SELECT 1 FROM vectors v WHERE v.space = `+sameSpace+` AND v.hash = chunks.hash)`, spaceArgs(s)...).Scan(&n); err != nil {
		return 0, fmt.Errorf("count passages to embed: %w", err)
	}
	return n, nil
}

// PutVectors writes vectors of texts, named by their hashes, in a space whose dimension is known.
func (x *Index) PutVectors(ctx context.Context, s interview.Space, hashes [][]byte, vectors [][]float32) error {
	if len(hashes) != len(vectors) {
		return fmt.Errorf("%d texts and %d vectors", len(hashes), len(vectors))
	}
	blobs := make([][]byte, len(vectors))
	for i, v := range vectors {
		if len(v) != s.Dim || s.Dim == 0 {
			return interview.Errorf(interview.CodeInvalid, "%s gave a vector of %d numbers among those of %d", s.Model, len(v), s.Dim)
		}
		blobs[i] = packVector(v)
	}
	return x.change(ctx, len(blobs)*s.Dim*4, func(ctx context.Context, w *writer) error {
		var id int64
		if err := w.scan(ctx, `INSERT INTO spaces (model, digest, prefix, dim) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET dim = dim RETURNING id`,
			[]any{s.Model, s.Digest, s.Prefix, s.Dim}, &id); err != nil {
			return fmt.Errorf("write the embedding model: %w", err)
		}
		for i := range hashes {
			// A text that went away in the meantime leaves no vector behind.
			if err := w.exec(ctx, `INSERT INTO vectors (space, hash, vector) SELECT ?, ?2, ? WHERE EXISTS (SELECT 1 FROM chunks WHERE hash = ?2)
				ON CONFLICT DO UPDATE SET vector = excluded.vector`, id, hashes[i], blobs[i]); err != nil {
				return fmt.Errorf("write a vector: %w", err)
			}
		}
		return nil
	})
}

// KeepSpace removes the vectors of other versions: of every other space of the builtin embedder when s is
// one of its, else of every other model's.
func (x *Index) KeepSpace(ctx context.Context, s interview.Space) error {
	return x.change(ctx, 0, func(ctx context.Context, w *writer) error {
		if err := w.exec(ctx, `DELETE FROM spaces WHERE (model = ?5) = (?1 = ?5) AND id NOT IN (SELECT id FROM spaces WHERE model = ?1 AND digest = ?2 AND prefix = ?3 AND ?4 IN (0, dim))`,
			spaceArgs(s, interview.BuiltinModel)...); err != nil {
			return fmt.Errorf("remove vectors of other models: %w", err)
		}
		return nil
	})
}

// Embedded returns the numbers of the chunks with a vector in a space, in order.
func (x *Index) Embedded(ctx context.Context, s interview.Space) ([]int64, error) {
	var ids []int64
	err := x.query(ctx, "list the vectors", func(rows *sql.Rows) error {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return err
		}
		ids = append(ids, id)
		return nil
	}, `SELECT c.id FROM chunks c WHERE EXISTS (SELECT 1 FROM vectors v WHERE v.space = `+sameSpace+` AND v.hash = c.hash) ORDER BY c.id`, spaceArgs(s)...)
	return ids, err
}

// Vectors calls each with the vector of every one of these chunks that has one. The slice is the callee's.
func (x *Index) Vectors(ctx context.Context, s interview.Space, ids []int64, each func(id int64, v []float32) error) error {
	list, err := json.Marshal(ids)
	if err != nil {
		return err
	}
	// CROSS JOIN keeps the order: the planner would read all vectors and go through the list for each.
	return x.query(ctx, "read the vectors", func(rows *sql.Rows) error {
		var id int64
		var raw sql.RawBytes
		if err := rows.Scan(&id, &raw); err != nil {
			return err
		}
		return each(id, unpackVector(raw))
	}, `SELECT c.id, v.vector FROM json_each(?5) j CROSS JOIN chunks c ON c.id = j.value CROSS JOIN vectors v ON v.space = `+sameSpace+` AND v.hash = c.hash`,
		spaceArgs(s, string(list))...)
}

func packVector(v []float32) []byte {
	out := make([]byte, 0, 4*len(v))
	for _, x := range v {
		out = binary.LittleEndian.AppendUint32(out, math.Float32bits(x))
	}
	return out
}

func unpackVector(raw []byte) []float32 {
	out := make([]float32, len(raw)/4)
	for i := range out {
		out[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
	}
	return out
}

// Match finds the chunks whose words an FTS5 expression selects, the best first, at most limit, among
// files of these origins. Scores are BM25, larger is better.
func (x *Index) Match(ctx context.Context, expression string, origins interview.Origin, limit int) (ids []int64, scores []float64, err error) {
	err = x.query(ctx, "search words", func(rows *sql.Rows) error {
		var id int64
		var score float64
		if err := rows.Scan(&id, &score); err != nil {
			return err
		}
		ids, scores = append(ids, id), append(scores, -score)
		return nil
	}, `SELECT words.rowid, rank FROM words CROSS JOIN chunks c ON c.id = words.rowid CROSS JOIN files f ON f.id = c.file
		WHERE words MATCH ? AND f.origins & ? ORDER BY rank LIMIT ?`, expression, origins, limit)
	return ids, scores, err
}

// Passages returns those of these chunks whose files have one of these origins, in no order.
func (x *Index) Passages(ctx context.Context, ids []int64, origins interview.Origin) ([]interview.Passage, error) {
	list, err := json.Marshal(ids)
	if err != nil {
		return nil, err
	}
	var out []interview.Passage
	err = x.query(ctx, "read passages", func(rows *sql.Rows) error {
		var p interview.Passage
		var o interview.Origin
		if err := rows.Scan(&p.Chunk, &p.File, &p.Path, &p.Title, &p.Heading, &p.StartLine, &p.EndLine, &p.Text, &o); err != nil {
			return err
		}
		p.Origins = o.Names()
		out = append(out, p)
		return nil
	}, `SELECT c.id, f.id, f.path, f.title, c.heading, c.start_line, c.end_line, c.text, f.origins
		FROM json_each(?) j CROSS JOIN chunks c ON c.id = j.value CROSS JOIN files f ON f.id = c.file WHERE f.origins & ?`, string(list), origins)
	return out, err
}

// Count returns how many files and chunks the index holds.
func (x *Index) Count(ctx context.Context) (files, chunks int, err error) {
	if err := x.s.read.QueryRowContext(ctx, `SELECT (SELECT count(*) FROM files), (SELECT count(*) FROM chunks)`).Scan(&files, &chunks); err != nil {
		return 0, 0, fmt.Errorf("count the index: %w", err)
	}
	return files, chunks, nil
}

// Check looks for damage: in the file, between the words and the chunks, and vectors without a text.
func (x *Index) Check(ctx context.Context) error {
	var word string
	if err := x.s.read.QueryRowContext(ctx, `PRAGMA integrity_check`).Scan(&word); err != nil || word != "ok" {
		return fmt.Errorf("the index is damaged: %s: %w", word, err)
	}
	var lost int
	if err := x.s.read.QueryRowContext(ctx, `SELECT (SELECT count(*) FROM vectors v WHERE NOT EXISTS (SELECT 1 FROM chunks c WHERE c.hash = v.hash))
		+ (SELECT count(*) FROM files f WHERE f.chunks <> (SELECT count(*) FROM chunks c WHERE c.file = f.id))`).Scan(&lost); err != nil {
		return fmt.Errorf("check the index: %w", err)
	}
	if lost > 0 {
		return fmt.Errorf("the index holds %d vectors without a text or files with missing passages", lost)
	}
	return x.s.submit(ctx, &request{do: func(ctx context.Context, w *writer) error {
		return w.exec(ctx, `INSERT INTO words (words, rank) VALUES ('integrity-check', 1)`)
	}})
}
