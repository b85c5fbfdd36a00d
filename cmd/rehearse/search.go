package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"rehearse/server/config"
	"rehearse/server/index"
	"rehearse/server/interview"
	"rehearse/server/ollama"
	"rehearse/server/sqlite"
)

// indexFile is the file of the index in a data folder.
func indexFile(c config.Config) string { return filepath.Join(c.Data, "index.db") }

// indexFlags are the flags of the verbs index and search.
func indexFlags(f *flags, c *config.Config) {
	f.StringVar(&c.Data, "data", c.Data, "folder of your sessions, the token and the index")
	f.list(&c.Ollama, "ollama", "address of an Ollama server; may be given more than once")
	f.StringVar(&c.Embed, "embed", c.Embed, "auto, builtin, none, or the name of an embedding model")
}

// manyWords is more words than a command line holds.
const manyWords = 1 << 20

// progressEvery is how often an indexing run says where it is.
const progressEvery = time.Second

// tell returns a function that writes progress now and then.
func tell(w io.Writer) func(index.Progress) {
	last := time.Now()
	return func(at index.Progress) {
		if time.Since(last) < progressEvery {
			return
		}
		last = time.Now()
		if at.OfTexts > 0 {
			fmt.Fprintf(w, "%d of %d passages embedded\n", at.Texts, at.OfTexts)
			return
		}
		fmt.Fprintf(w, "%d files looked at, %d indexed: %s\n", at.Files, at.Indexed, at.Path)
	}
}

// indexPaths indexes files and folders: progress and problems on stderr, a summary on stdout.
func indexPaths(ctx context.Context, p Program) (err error) {
	c := defaults(p)
	f := newFlags(p, "index")
	indexFlags(f, &c)
	paths, err := f.parse(p.Args, manyWords)
	if err != nil {
		return err
	}
	if len(paths) == 0 {
		return usage("index PATH...: name the files and folders to index")
	}
	if c.Embed == "" || c.Data == "" {
		return usage("--embed and --data need a value")
	}
	if err := makeData(c); err != nil {
		return err
	}
	e, err := embedder(ctx, c, ollama.New(c.Ollama, nil))
	if err != nil {
		return err
	}
	store, err := sqlite.OpenIndex(ctx, indexFile(c), sqlite.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	sum, err := index.New(index.Options{Store: store, Embedder: e, PDF: pdfReader()}).Add(ctx, interview.OriginIndex, paths, tell(p.Err))
	for _, n := range sum.Notes {
		fmt.Fprintln(p.Err, strings.TrimPrefix("note: "+n.Path+": "+n.Problem, "note: : "))
	}
	for _, pr := range sum.Problems {
		fmt.Fprintf(p.Err, "not indexed: %s: %s\n", pr.Path, pr.Problem)
	}
	if ctx.Err() != nil {
		return codeError{exitProblems, errors.New("stopped; what was indexed is kept, and the same command goes on from there")}
	}
	if err != nil {
		return err
	}
	enc := json.NewEncoder(p.Out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(sum); err != nil {
		return err
	}
	if n := len(sum.Problems); n > 0 {
		return codeError{exitProblems, fmt.Errorf("%d files could not be indexed; the others are", n)}
	}
	return nil
}

// searchOut is one row of `rehearse search`.
type searchOut struct {
	QueryID any `json:"query_id,omitempty"`
	interview.Passage
}

// searchVerb finds passages: for a question among the arguments, or for each line of JSON on stdin.
func searchVerb(ctx context.Context, p Program) (err error) {
	c := defaults(p)
	f := newFlags(p, "search")
	indexFlags(f, &c)
	o := index.SearchOptions{Origins: interview.OriginIndex}
	f.IntVar(&o.K, "k", 10, "rows for each question, 1 to 1000")
	f.StringVar((*string)(&o.Each), "each", "", "passage, or file for one row a file; passage for a QUERY and file for lines of input when left out")
	words, err := f.parse(p.Args, manyWords)
	if err != nil {
		return err
	}
	query := strings.Join(words, " ")
	switch {
	case o.K < 1 || o.K > index.KMost:
		return usage("--k is a number from 1 to %d", index.KMost)
	case o.Each == "" && len(words) > 0:
		o.Each = index.EachPassage
	case o.Each == "":
		o.Each = index.EachFile
	case o.Each != index.EachPassage && o.Each != index.EachFile:
		return usage("--each is passage or file, not %q", o.Each)
	}
	if _, err := os.Stat(indexFile(c)); err != nil {
		return fmt.Errorf("nothing was indexed in %s yet; type: rehearse index PATH", c.Data)
	}
	store, err := sqlite.OpenIndex(ctx, indexFile(c), sqlite.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	x, err := openSearch(ctx, p, c, store)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(p.Out)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	if len(words) > 0 {
		found, err := x.Search(ctx, query, o)
		if err != nil {
			return err
		}
		for _, row := range found {
			if err := enc.Encode(searchOut{Passage: row}); err != nil {
				return err
			}
		}
	} else if err := searchLines(ctx, p, x, o, w, enc); err != nil {
		return errors.Join(err, w.Flush())
	}
	if s, err := x.Status(ctx); err == nil && s.Note != "" {
		fmt.Fprintf(p.Err, "note: words alone were searched: %s\n", s.Note)
	}
	return w.Flush()
}

// openSearch makes an index to search in, and says so when it cannot search by meaning.
func openSearch(ctx context.Context, p Program, c config.Config, store *sqlite.Index) (*index.Index, error) {
	spaces, _, err := store.Spaces(ctx)
	if err != nil {
		return nil, err
	}
	e, note, err := searchEmbedder(ctx, c, spaces)
	if err != nil {
		return nil, err
	}
	if e != nil && !covered(e, spaces) {
		note = "no passage was embedded with " + e.Space().Model + " yet; rehearse index with the same --embed does that. Words are searched"
	}
	if note != "" {
		fmt.Fprintln(p.Err, "note:", note)
	}
	return index.New(index.Options{Store: store, Embedder: e}), nil
}

// searchIn is one line of questions.
type searchIn struct {
	ID    any    `json:"query_id"`
	Query string `json:"query"`
}

// searchLines answers each line with its rows. A line that is not valid gets one with its error.
func searchLines(ctx context.Context, p Program, x *index.Index, o index.SearchOptions, w *bufio.Writer, enc *json.Encoder) error {
	r := bufio.NewReaderSize(p.In, 1<<16)
	bad := 0
	for {
		raw, tooLong, readErr := readLine(r)
		if len(bytes.TrimSpace(raw)) > 0 || tooLong {
			var in searchIn
			found, err := answerLine(raw, tooLong, func(line searchIn) ([]interview.Passage, error) {
				in = line
				return x.Search(ctx, line.Query, o)
			})
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err != nil {
				bad++
				if err := enc.Encode(map[string]any{"id": in.ID, "query_id": in.ID, "error": interview.AsError(err).Message}); err != nil {
					return err
				}
			}
			for _, row := range found {
				if err := enc.Encode(searchOut{QueryID: in.ID, Passage: row}); err != nil {
					return err
				}
			}
		}
		if r.Buffered() == 0 {
			if err := w.Flush(); err != nil {
				return err
			}
		}
		if errors.Is(readErr, io.EOF) {
			break
		}
		if readErr != nil {
			return readErr
		}
	}
	if bad > 0 {
		return codeError{exitProblems, fmt.Errorf("%d questions could not be answered; each has its error in the output", bad)}
	}
	return nil
}
