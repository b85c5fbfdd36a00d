package index

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"rehearse/server/interview"
)

// Limits of a file, in bytes. What is larger is not read at all.
const (
	TextMost   = 20 << 20
	BinaryMost = 100 << 20 // PDF and DOCX, which hold pictures
)

const (
	workers    = 2
	filesMost  = 64  // that are written together
	chunksMost = 600 // after which no more files are added to them
	gatherTime = 20 * time.Millisecond
	readTries  = 3                      // of a file that changes while it is read
	readPause  = 150 * time.Millisecond // between them
	racy       = 2 * time.Second        // a file that changed this shortly before it was read may change again unseen
)

// Problem is a file that was not indexed, or a thing to know about one that was.
type Problem struct {
	Path    string `json:"path"`
	Problem string `json:"problem"`
}

// Summary is what an update did.
type Summary struct {
	Files     int       `json:"files"`     // looked at
	Indexed   int       `json:"indexed"`   // read and cut
	Unchanged int       `json:"unchanged"` // not touched
	Removed   int       `json:"removed"`   // gone from the folder, and from the index
	Skipped   int       `json:"skipped"`   // of a kind that is not read
	Chunks    int       `json:"chunks"`    // new ones
	Embedded  int       `json:"embedded"`  // texts that were embedded
	Calls     int       `json:"embedding_calls"`
	Model     string    `json:"model"` // that embeds; empty when words alone are searched
	Seconds   float64   `json:"seconds"`
	Problems  []Problem `json:"problems"` // files that are not in the index
	Notes     []Problem `json:"notes"`    // of files that are
}

// Progress is where an update stands.
type Progress struct {
	Path    string // that was finished last
	Files   int    // looked at so far
	Indexed int
	Texts   int // embedded so far
	OfTexts int // to embed; 0 before that is known
}

// candidate is a file that may have to be read.
type candidate struct {
	path  string // as it is kept: absolute, or pack/...
	open  func() (fs.File, error)
	info  fs.FileInfo
	title string         // when its own would not do
	known interview.File // what is kept of it; ID 0 when nothing
}

// update is one run over some folders.
type update struct {
	x        *Index
	origin   interview.Origin
	progress func(Progress)
	begin    time.Time

	known map[string]interview.File
	seen  map[string]bool
	blind []string // folders that could not be looked into: nothing is known of what lies there
	roots []*os.Root
	cut   chan interview.Cut // files that are read and not yet written

	mu  sync.Mutex
	sum Summary
	at  Progress
}

// Add does what Read does, and embeds what has no vector yet.
func (x *Index) Add(ctx context.Context, origin interview.Origin, paths []string, progress func(Progress)) (Summary, error) {
	sum, err := x.Read(ctx, origin, paths, progress)
	if err != nil {
		return sum, err
	}
	vectors, err := x.Embed(ctx, progress)
	sum.Embedded, sum.Calls, sum.Model = vectors.Embedded, vectors.Calls, vectors.Model
	sum.Seconds += vectors.Seconds
	sum.Notes = append(sum.Notes, vectors.Notes...)
	return sum, err
}

// Read brings the index up to date with files and folders on disk, which are from then on of this origin:
// words can be searched then. Progress, which may be nil, is called from one goroutine at a time. What was
// done stays done when ctx ends. The error is of the whole run; files have theirs in the summary.
func (x *Index) Read(ctx context.Context, origin interview.Origin, paths []string, progress func(Progress)) (Summary, error) {
	return x.run(ctx, origin, progress, func(u *update, found chan<- candidate) ([]string, error) {
		var roots []string
		for _, p := range paths {
			root, err := u.walk(ctx, p, found)
			if err != nil {
				return nil, err
			}
			roots = append(roots, root...)
		}
		return roots, nil
	})
}

// ReadFS does the same with files of a file system, which are kept under prefix: those that want says yes to,
// with the title it gives or, when that is empty, their own.
func (x *Index) ReadFS(ctx context.Context, origin interview.Origin, prefix string, files fs.FS, want func(name string) (title string, ok bool)) (Summary, error) {
	return x.run(ctx, origin, nil, func(u *update, found chan<- candidate) ([]string, error) {
		err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			title, ok := want(name)
			if !ok {
				return nil
			}
			info, err := d.Info()
			if err != nil {
				return err
			}
			return u.offer(ctx, found, candidate{path: path.Join(prefix, name), title: title, info: info, open: func() (fs.File, error) { return files.Open(name) }})
		})
		return []string{prefix}, err
	})
}

// run finds files with walk, reads those that changed, and removes those that are gone from the folders that
// walk returns.
func (x *Index) run(ctx context.Context, origin interview.Origin, progress func(Progress), walk func(*update, chan<- candidate) ([]string, error)) (sum Summary, err error) {
	x.reading.Lock()
	defer x.reading.Unlock()
	u := &update{x: x, origin: origin, progress: progress, begin: x.now(), known: map[string]interview.File{}, seen: map[string]bool{},
		cut: make(chan interview.Cut), sum: Summary{Problems: []Problem{}, Notes: []Problem{}}}
	defer func() {
		sum = u.sum
		sum.Seconds = x.now().Sub(u.begin).Seconds()
		byPath := func(a, b Problem) int { return cmp.Compare(a.Path, b.Path) }
		slices.SortStableFunc(sum.Problems, byPath)
		slices.SortStableFunc(sum.Notes, byPath)
	}()
	files, err := x.store.Files(ctx)
	if err != nil {
		return sum, err
	}
	for _, f := range files {
		u.known[f.Path] = f
	}
	found := make(chan candidate)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg, writing sync.WaitGroup
	writing.Go(func() {
		if err := u.write(ctx); err != nil {
			cancel(err)
		}
	})
	for range workers {
		wg.Go(func() {
			for c := range found {
				if err := u.file(ctx, c); err != nil {
					cancel(err)
				}
			}
		})
	}
	roots, err := walk(u, found)
	close(found)
	wg.Wait()
	close(u.cut)
	writing.Wait()
	for _, r := range u.roots {
		_ = r.Close() // nothing was written
	}
	if err := errors.Join(err, context.Cause(ctx)); err != nil {
		return sum, err
	}
	return sum, u.removeGone(ctx, roots)
}

// Readable reads a file as the index would and says what is wrong with it.
func (x *Index) Readable(ctx context.Context, name string, data []byte) error {
	if most := mostOf(name); int64(len(data)) > most {
		return tooLarge(int64(len(data)), most)
	}
	_, err := readFile(ctx, name, data, x.pdf)
	return err
}

func (u *update) problem(path string, err error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.sum.Problems = append(u.sum.Problems, Problem{path, interview.AsError(err).Message})
}

func (u *update) noteOn(path, format string, args ...any) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.sum.Notes = append(u.sum.Notes, Problem{path, fmt.Sprintf(format, args...)})
}

// step counts one file and tells of it.
func (u *update) step(path string, count func(*Summary)) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.sum.Files++
	count(&u.sum)
	u.at.Path, u.at.Files, u.at.Indexed = path, u.sum.Files, u.sum.Indexed
	if u.progress != nil {
		u.progress(u.at)
	}
}

// hiddenDirs are folders that hold what others wrote, by the thousand.
var hiddenDirs = map[string]bool{"node_modules": true, "__pycache__": true, "vendor": true, "target": true}

// walk offers every file under a path that a person gave, and returns the path when what is gone from there
// may be removed. A path that cannot be looked at is a problem, not an error.
func (u *update) walk(ctx context.Context, given string, found chan<- candidate) ([]string, error) {
	abs, err := filepath.Abs(given)
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(abs)
	if errors.Is(err, fs.ErrNotExist) {
		if u.holds(abs) { // it was there before: what is known of it goes
			u.noteOn(abs, "it is no longer there; what was known of it is out of the index")
			return []string{abs}, nil
		}
		u.problem(abs, problemf("there is no such file or folder"))
		return nil, nil
	}
	if err != nil {
		u.problem(abs, problemf("it cannot be read: %v", cause(err)))
		return nil, nil
	}
	if real, err := filepath.EvalSymlinks(abs); err == nil {
		abs = real
	}
	dir, name := abs, "."
	if !info.IsDir() {
		if KindOf(abs) == "" {
			u.problem(abs, problemf("files of this kind are not read; Markdown, text, PDF, DOCX, HTML and source code are"))
			return nil, nil
		}
		dir, name = filepath.Split(abs)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		u.problem(abs, problemf("it cannot be read: %v", cause(err)))
		return nil, nil
	}
	u.roots = append(u.roots, root) // files are read after this returned
	w := walker{u: u, root: root, dir: dir, found: found}
	return []string{abs}, fs.WalkDir(root.FS(), filepath.ToSlash(name), func(name string, d fs.DirEntry, err error) error {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return w.visit(ctx, name, d, err)
	})
}

// holds reports whether anything at or under a path is known.
func (u *update) holds(path string) bool {
	for p := range u.known {
		if Under(p, path) {
			return true
		}
	}
	return false
}

// Under reports whether a path is a folder or lies in it.
func Under(p, dir string) bool {
	rest, ok := strings.CutPrefix(p, dir)
	return ok && (rest == "" || rest[0] == '/' || rest[0] == filepath.Separator || strings.HasSuffix(dir, string(filepath.Separator)))
}

// walker goes through one folder. Files are opened through the folder, so that no link leads out of it.
type walker struct {
	u     *update
	root  *os.Root
	dir   string
	found chan<- candidate
}

func (w walker) visit(ctx context.Context, name string, d fs.DirEntry, err error) error {
	full := filepath.Join(w.dir, filepath.FromSlash(name))
	if err != nil {
		w.u.problem(full, problemf("it cannot be read: %v", cause(err)))
		w.u.blind = append(w.u.blind, full)
		if d != nil && d.IsDir() {
			return fs.SkipDir
		}
		return nil
	}
	base := path.Base(name)
	hidden := strings.HasPrefix(base, ".") && name != "."
	switch {
	case d.IsDir() && (hidden || hiddenDirs[base]) && name != ".":
		return fs.SkipDir
	case d.IsDir():
		return nil
	case hidden || KindOf(base) == "":
		w.u.step(full, func(s *Summary) { s.Files--; s.Skipped++ })
		return nil
	case d.Type()&fs.ModeSymlink != 0:
		w.link(name, full)
		return nil
	case !d.Type().IsRegular():
		w.u.problem(full, problemf("it is not a file but a device or a pipe"))
		return nil
	}
	info, err := d.Info()
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) { // gone a moment ago
			w.u.problem(full, problemf("it cannot be read: %v", cause(err)))
			w.u.blind = append(w.u.blind, full)
		}
		return nil
	}
	return w.u.offer(ctx, w.found, candidate{path: full, info: info, open: func() (fs.File, error) { return w.root.Open(filepath.FromSlash(name)) }})
}

// link tells of a symbolic link that leads out of the folder. One within it leads to what is indexed anyway.
func (w walker) link(name, full string) {
	_, err := w.root.Stat(filepath.FromSlash(name))
	switch {
	case err == nil:
	case errors.Is(err, fs.ErrNotExist):
		w.u.noteOn(full, "it is a link to nothing")
	default:
		w.u.noteOn(full, "it is a link that leads out of the folder and was not followed; give the folder it leads to as well")
	}
}

// cause is the last part of an error of the file system, without the path it repeats.
func cause(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// offer hands a file to the workers, or counts it when nothing changed.
func (u *update) offer(ctx context.Context, found chan<- candidate, c candidate) error {
	u.mu.Lock()
	again := u.seen[c.path]
	u.seen[c.path] = true
	u.mu.Unlock()
	if again {
		return nil
	}
	c.known = u.known[c.path]
	k := c.known
	if k.ID != 0 && k.Version == Version && k.Size == c.info.Size() && k.ModTime.Equal(c.info.ModTime()) && !c.info.ModTime().IsZero() && k.Checked.Sub(k.ModTime) > racy {
		return u.unchanged(ctx, c, k.ModTime, k.Checked)
	}
	select {
	case found <- c:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// unchanged counts a file that holds what it held, and writes what else is new of it.
func (u *update) unchanged(ctx context.Context, c candidate, modTime, checked time.Time) error {
	k := c.known
	if k.Origins&u.origin == 0 || !k.ModTime.Equal(modTime) || !k.Checked.Equal(checked) {
		k.Origins, k.ModTime, k.Checked = k.Origins|u.origin, modTime, checked
		if err := u.x.store.Seen(ctx, k); err != nil {
			return err
		}
	}
	if k.Problem != "" {
		u.problem(c.path, problemf("%s", k.Problem))
	}
	u.step(c.path, func(s *Summary) { s.Unchanged++ })
	return nil
}

// file reads one file and writes its chunks. An error is of the store; what is wrong with the file is kept
// with it.
func (u *update) file(ctx context.Context, c candidate) error {
	if over(ctx) {
		return nil
	}
	f := interview.File{Path: c.path, Kind: KindOf(c.path), Origins: u.origin, Size: c.info.Size(), ModTime: c.info.ModTime(), Checked: u.x.now(), Version: Version}
	data, info, err := u.read(ctx, c)
	switch {
	case over(ctx):
		return nil
	case errors.Is(err, errRestless):
		u.problem(c.path, err)
		u.step(c.path, func(*Summary) {})
		return nil // what was known of it stays, until it is quiet
	case errors.Is(err, fs.ErrNotExist):
		u.mu.Lock() // it went away while we looked
		u.seen[c.path] = false
		u.mu.Unlock()
		return nil
	}
	var chunks []interview.Chunk
	if err == nil {
		sum := sha256.Sum256(data)
		f.Hash, f.Size, f.ModTime = sum[:], info.Size(), info.ModTime()
		if k := c.known; k.ID != 0 && k.Version == Version && bytes.Equal(k.Hash, f.Hash) {
			return u.unchanged(ctx, c, f.ModTime, f.Checked)
		}
		var d document
		if d, err = readFile(ctx, path.Base(filepath.ToSlash(c.path)), data, u.x.pdf); err == nil {
			if c.title != "" {
				d.title = c.title
			}
			f.Title, f.Kind = d.title, d.kind
			chunks = d.chunks()
			if d.note != "" {
				u.noteOn(c.path, "%s", d.note)
			}
		}
	}
	if over(ctx) {
		return nil
	}
	if err != nil {
		f.Problem = interview.AsError(err).Message
		u.problem(c.path, err)
	}
	select {
	case u.cut <- interview.Cut{File: f, Chunks: chunks}:
	case <-ctx.Done():
	}
	return nil
}

// write writes files as they come, those together that are there.
func (u *update) write(ctx context.Context) error {
	for first := range u.cut {
		batch, size := []interview.Cut{first}, len(first.Chunks)
		for more := true; more && len(batch) < filesMost && size < chunksMost; {
			select {
			case next, open := <-u.cut:
				if more = open; open {
					batch, size = append(batch, next), size+len(next.Chunks)
				}
			case <-time.After(gatherTime):
				more = false
			}
		}
		if err := u.x.store.PutFiles(ctx, batch); err != nil {
			return err
		}
		for _, c := range batch {
			u.step(c.File.Path, func(s *Summary) {
				s.Chunks += len(c.Chunks)
				if c.File.Problem == "" {
					s.Indexed++
				}
			})
		}
	}
	return nil
}

// over reports whether a run is; its error is known then.
func over(ctx context.Context) bool { return ctx.Err() != nil }

// errRestless is the error for a file that changes each time it is read.
var errRestless = problemf("it changed while it was read, three times; what was known of it stays. Index it again when nothing writes to it")

// read reads a whole file that held still meanwhile.
func (u *update) read(ctx context.Context, c candidate) ([]byte, fs.FileInfo, error) {
	most := mostOf(c.path)
	for try := range readTries {
		if try > 0 {
			select {
			case <-time.After(readPause):
			case <-ctx.Done():
				return nil, nil, ctx.Err()
			}
		}
		data, info, still, err := readOnce(c, most)
		if err != nil || still {
			return data, info, err
		}
	}
	return nil, nil, errRestless
}

// mostOf is the size up to which a file of this name is read.
func mostOf(name string) int64 {
	if k := KindOf(name); k == "pdf" || k == "docx" {
		return BinaryMost
	}
	return TextMost
}

func tooLarge(size, most int64) error {
	return problemf("it has %d MiB; files of its kind are read up to %d MiB. Give a shorter one", size>>20, most>>20)
}

func readOnce(c candidate, most int64) (data []byte, info fs.FileInfo, still bool, err error) {
	f, err := c.open()
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, nil, false, err
		}
		return nil, nil, false, problemf("it cannot be read: %v", cause(err))
	}
	defer func() { _ = f.Close() }() // it was only read
	before, err := f.Stat()
	if err != nil {
		return nil, nil, false, problemf("it cannot be read: %v", cause(err))
	}
	if !before.Mode().IsRegular() {
		return nil, nil, false, problemf("it is not a file but a device or a pipe")
	}
	if before.Size() > most {
		return nil, nil, false, tooLarge(before.Size(), most)
	}
	buf := bytes.NewBuffer(make([]byte, 0, before.Size()+1))
	if _, err := io.Copy(buf, io.LimitReader(f, most+1)); err != nil {
		return nil, nil, false, problemf("it cannot be read to its end: %v", cause(err))
	}
	after, err := f.Stat()
	if err != nil {
		return nil, nil, false, problemf("it cannot be read: %v", cause(err))
	}
	still = before.Size() == after.Size() && before.ModTime().Equal(after.ModTime()) && int64(buf.Len()) == after.Size()
	return buf.Bytes(), after, still, nil
}

// removeGone removes files that were under these folders and are there no more. A file that came in another
// way too is gone all the same.
func (u *update) removeGone(ctx context.Context, roots []string) error {
	var gone []int64
	for p, f := range u.known {
		if u.seen[p] || !slices.ContainsFunc(roots, func(r string) bool { return Under(p, r) }) ||
			slices.ContainsFunc(u.blind, func(b string) bool { return Under(p, b) }) {
			continue
		}
		gone = append(gone, f.ID)
	}
	u.sum.Removed = len(gone)
	return u.x.store.Remove(ctx, interview.OriginAny, gone...)
}
