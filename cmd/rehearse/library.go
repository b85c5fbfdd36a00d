package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"

	"rehearse/server/config"
	"rehearse/server/httpapi"
	"rehearse/server/index"
	"rehearse/server/interview"
	"rehearse/server/ollama"
	"rehearse/server/sqlite"
)

// library is what a running server can search: the notes and cards of the pack, the folders given with
// --material, which it watches, what was uploaded, and what rehearse index was given.
type library struct {
	*index.Index
	store   *sqlite.Index
	config  config.Config
	client  *ollama.Client // the one that speaks too, so that passages wait for whoever speaks
	uploads string         // folder
	pack    fs.FS
	packID  string
	log     *slog.Logger

	embed chan struct{} // wakes the embedding up
	stop  context.CancelFunc
	done  sync.WaitGroup
	files sync.Mutex // one upload or deletion at a time
}

// openLibrary opens the index of a data folder. Nothing is read before start.
func openLibrary(ctx context.Context, c config.Config, client *ollama.Client, pack fs.FS, packID string, log *slog.Logger) (*library, error) {
	store, err := sqlite.OpenIndex(ctx, indexFile(c), sqlite.Options{Log: log})
	if err != nil {
		return nil, err
	}
	data, err := filepath.Abs(c.Data)
	if err == nil {
		data, err = filepath.EvalSymlinks(data)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("the data folder cannot be found: %w", err), store.Close())
	}
	return &library{Index: index.New(index.Options{Store: store, PDF: pdfReader(), Log: log}), store: store, config: c, client: client, pack: pack, packID: packID,
		uploads: filepath.Join(data, "material"), log: log, embed: make(chan struct{}, 1), stop: func() {}}, nil
}

// start reads what changed since the last time, and goes on reading what changes, in the background.
func (l *library) start(ctx context.Context) {
	ctx, l.stop = context.WithCancel(ctx)
	l.done.Go(func() { l.run(ctx) })
}

// Close ends the background work and closes the index.
func (l *library) Close() error {
	l.stop()
	l.done.Wait()
	return l.store.Close()
}

func (l *library) run(ctx context.Context) {
	if e, err := embedder(ctx, l.config, l.client); err == nil {
		l.Use(e)
	} else if ctx.Err() == nil {
		l.log.Warn("your material is searched by words only", "why", interview.AsError(err).Message)
	}
	if err := os.MkdirAll(l.uploads, 0o700); err != nil {
		l.log.Error("the folder of uploads cannot be made", "error", err)
	}
	l.told(ctx, "the pack", l.readPack(ctx))
	l.told(ctx, "your material", l.leave(ctx))
	l.refresh(ctx)
	l.wake()
	var wg sync.WaitGroup
	wg.Go(func() {
		l.Watch(ctx, append([]string{l.uploads}, l.config.Material...), func() {
			l.refresh(ctx)
			l.wake()
		})
	})
	for {
		select {
		case <-ctx.Done():
			wg.Wait()
			return
		case <-l.embed:
			begin := time.Now()
			sum, err := l.Embed(ctx, nil)
			l.told(ctx, "embeddings", err)
			if sum.Embedded > 0 {
				l.log.Info("passages were embedded", "model", sum.Model, "texts", sum.Embedded, "took", time.Since(begin).Round(time.Millisecond))
				debug.FreeOSMemory() // cutting and embedding leave much behind, and the next run may be days away
			}
			for _, n := range sum.Notes {
				l.log.Warn("embedding", "problem", n.Problem)
			}
		}
	}
}

// wake makes what is new be embedded.
func (l *library) wake() {
	select {
	case l.embed <- struct{}{}:
	default: // it is about to be
	}
}

func (l *library) told(ctx context.Context, what string, err error) {
	if err != nil && ctx.Err() == nil {
		l.log.Error("indexing failed; it is tried again when something changes", "what", what, "error", err)
	}
}

// readPack indexes the notes and the study cards of the pack.
func (l *library) readPack(ctx context.Context) error {
	cards := map[string]string{} // titles
	err := fs.WalkDir(l.pack, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || path.Base(name) != "item.yaml" {
			return err
		}
		raw, err := fs.ReadFile(l.pack, name)
		if title, ok := index.Card(raw); err == nil && ok {
			cards[path.Dir(name)] = title
		}
		return err
	})
	if err != nil {
		return err
	}
	prefix := path.Join("pack", l.packID)
	_, err = l.ReadFS(ctx, interview.OriginPack, prefix, l.pack, func(name string) (string, bool) {
		dir, base := path.Split(name)
		title, ok := cards[path.Clean(dir)]
		return title, base == index.NotesFile || ok && (base == "item.yaml" || base == "rubric.yaml")
	})
	if err != nil {
		return err
	}
	return l.forget(ctx, interview.OriginPack, []string{prefix}) // another pack than the last time
}

// leave takes files out of the index whose folders are no longer given.
func (l *library) leave(ctx context.Context) error {
	var dirs []string
	for _, dir := range l.config.Material {
		abs, err := filepath.Abs(dir)
		if err != nil {
			return err
		}
		if real, err := filepath.EvalSymlinks(abs); err == nil {
			abs = real
		}
		dirs = append(dirs, abs)
	}
	before, _, err := l.store.Count(ctx)
	if err != nil {
		return err
	}
	if err := errors.Join(l.forget(ctx, interview.OriginMaterial, dirs), l.forget(ctx, interview.OriginUpload, []string{l.uploads})); err != nil {
		return err
	}
	if after, _, err := l.store.Count(ctx); err != nil || after == before {
		return err
	}
	return l.store.Scrub(ctx)
}

// forget takes an origin from files that lie in none of these folders.
func (l *library) forget(ctx context.Context, origin interview.Origin, dirs []string) error {
	files, err := l.Files(ctx)
	if err != nil {
		return err
	}
	for _, f := range files {
		if f.Origins&origin != 0 && !slices.ContainsFunc(dirs, func(dir string) bool { return index.Under(f.Path, dir) }) {
			if err := l.Forget(ctx, origin, f.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

// refresh reads what changed in the folders of material and among the uploads.
func (l *library) refresh(ctx context.Context) {
	for _, part := range []struct {
		origin interview.Origin
		paths  []string
	}{{interview.OriginMaterial, l.config.Material}, {interview.OriginUpload, []string{l.uploads}}} {
		if len(part.paths) == 0 {
			continue
		}
		sum, err := l.Read(ctx, part.origin, part.paths, nil)
		l.told(ctx, strings.Join(part.paths, ", "), err)
		if sum.Indexed+sum.Removed > 0 {
			l.log.Info("material was read", "files", sum.Files, "indexed", sum.Indexed, "removed", sum.Removed, "problems", len(sum.Problems))
		}
	}
}

// Search is the body of /search.
func (l *library) Search(ctx context.Context, query string, k int, each string) (any, error) {
	found, err := l.Index.Search(ctx, query, index.SearchOptions{K: k, Each: index.Each(each)})
	if err != nil {
		var e *interview.Error
		if errors.As(err, &e) && e.Field == "query" {
			return nil, interview.FieldError("q", "%s", e.Message)
		}
		return nil, err
	}
	if found == nil {
		found = []interview.Passage{}
	}
	status, err := l.Status(ctx)
	return map[string]any{"passages": found, "index": status}, err
}

// material is a file as /material shows it.
type material struct {
	ID       string    `json:"id"`
	Name     string    `json:"name"`
	Path     string    `json:"path"`
	Title    string    `json:"title"`
	Kind     string    `json:"kind"`
	Origins  []string  `json:"origins"`
	Size     int64     `json:"size"`
	Modified time.Time `json:"modified"`
	Passages int       `json:"passages"`
	Problem  string    `json:"problem,omitempty"`
}

func show(f interview.File) material {
	return material{ID: strconv.FormatInt(f.ID, 10), Name: filepath.Base(f.Path), Path: f.Path, Title: f.Title, Kind: f.Kind, Origins: f.Origins.Names(),
		Size: f.Size, Modified: f.ModTime, Passages: f.Chunks, Problem: f.Problem}
}

// List is the body of /material.
func (l *library) List(ctx context.Context) (any, error) {
	files, err := l.Files(ctx)
	if err != nil {
		return nil, err
	}
	list := []material{}
	for _, f := range files {
		if f.Origins != interview.OriginPack {
			list = append(list, show(f))
		}
	}
	status, err := l.Status(ctx)
	return map[string]any{"material": list, "index": status}, err
}

// Upload keeps a file and indexes it. One that cannot be read is not kept, and an earlier one of its name is.
func (l *library) Upload(ctx context.Context, given string, data io.Reader) (any, error) {
	name := cleanName(given)
	if index.KindOf(name) == "" {
		return nil, interview.FieldError("file", "%s was not kept: Markdown, text, PDF, DOCX, HTML and source code are read, by the ending of their names", name)
	}
	raw, err := io.ReadAll(io.LimitReader(data, httpapi.MaterialMost+1))
	if err != nil {
		return nil, err
	}
	if len(raw) > httpapi.MaterialMost {
		return nil, interview.Errorf(interview.CodeTooLarge, "%s was not kept: it has more than %d MiB", name, httpapi.MaterialMost>>20)
	}
	if err := l.Readable(ctx, name, raw); err != nil {
		e := interview.AsError(err)
		return nil, &interview.Error{Code: e.Code, Field: "file", Err: e.Err, Message: name + " was not kept: " + e.Message}
	}
	l.files.Lock()
	defer l.files.Unlock()
	target := filepath.Join(l.uploads, name)
	if err := writeFile(target, raw); err != nil {
		return nil, &interview.Error{Code: interview.CodeUnavailable, Err: err, Message: name + " could not be saved and was not kept; check that the disk is not full or read-only, then send it again"}
	}
	if _, err := l.Read(context.WithoutCancel(ctx), interview.OriginUpload, []string{target}, nil); err != nil {
		return nil, err
	}
	l.wake()
	files, err := l.Files(ctx)
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		if f.Path == target {
			return show(f), nil
		}
	}
	return nil, interview.Errorf(interview.CodeConflict, "%s was deleted while it was read; send it again", name)
}

// writeFile writes a file as a whole or not at all, for its owner only.
func writeFile(target string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(target), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(target), ".upload-*") // hidden: nobody reads half of it
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), target)
	}
	if err != nil {
		_ = os.Remove(f.Name()) // the first error is the one to tell
	}
	return err
}

const nameMost = 120 // bytes

// cleanName makes a name that a file in our folder may have of one that somebody sent.
func cleanName(name string) string {
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || strings.ContainsRune(`<>:"|?*`, r) || r == unicode.ReplacementChar {
			return '_'
		}
		return r
	}, strings.ToValidUTF8(name, "_"))
	name = strings.TrimLeft(strings.TrimSpace(name), ".")
	if ext := filepath.Ext(name); len(name) > nameMost && len(ext) < 20 {
		name = strings.ToValidUTF8(name[:nameMost-len(ext)], "") + ext
	}
	if name == "" {
		return "unnamed"
	}
	return name
}

// Delete takes a file out of the index, and an upload off the disk.
func (l *library) Delete(ctx context.Context, id string) error {
	l.files.Lock()
	defer l.files.Unlock()
	files, err := l.Files(ctx)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(files, func(f interview.File) bool {
		return strconv.FormatInt(f.ID, 10) == id && f.Origins != interview.OriginPack
	})
	if i < 0 {
		return interview.Errorf(interview.CodeNotFound, "there is no material %q", id)
	}
	f := files[i]
	if f.Origins&interview.OriginMaterial != 0 {
		return interview.Errorf(interview.CodeConflict, "%s lies in a folder given with --material and would come back; delete it there", f.Path)
	}
	if f.Origins&interview.OriginUpload != 0 {
		if err := os.Remove(f.Path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return &interview.Error{Code: interview.CodeUnavailable, Message: filepath.Base(f.Path) + " could not be deleted", Err: err}
		}
	}
	if err := l.Forget(ctx, interview.OriginAny, f.ID); err != nil {
		return err
	}
	return l.store.Scrub(ctx)
}

// Wipe deletes every upload off the disk, with what a stopped upload left, and takes everything but the pack's own notes
// out of the index. What lies in folders given with --material is not ours to delete and is read again.
func (l *library) Wipe(ctx context.Context) (uploads int, err error) {
	l.files.Lock()
	defer l.files.Unlock()
	files, err := l.Files(ctx)
	if err != nil {
		return 0, err
	}
	entries, err := os.ReadDir(l.uploads)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, err
	}
	for _, e := range entries { // not the folder: it is watched
		if err := os.RemoveAll(filepath.Join(l.uploads, e.Name())); err != nil {
			return uploads, &interview.Error{Code: interview.CodeUnavailable, Message: e.Name() + " could not be deleted; what was deleted before it is gone", Err: err}
		}
	}
	for _, f := range files {
		if f.Origins&interview.OriginUpload != 0 {
			uploads++
		}
		if err := l.Forget(ctx, interview.OriginAny&^interview.OriginPack, f.ID); err != nil {
			return uploads, err
		}
	}
	return uploads, l.store.Scrub(ctx)
}
