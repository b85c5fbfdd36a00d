package main

import (
	"archive/zip"
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"rehearse/server/config"
	"rehearse/server/interview"
	"rehearse/server/sqlite"
)

// archiveVersion is the version of the archive's layout: manifest.json, sessions/ID.jsonl, material/NAME, and
// practice/plan.json and practice/reviews.jsonl where there are a plan and rated cards.
const archiveVersion = 1

// Limits on an archive that is read. Its sizes are somebody else's word until they were counted.
const (
	archiveFiles = 100_000
	archiveFile  = 256 << 20 // bytes of one file, unpacked
	archiveAll   = 4 << 30   // bytes of all of them
	eventLine    = 8 << 20   // bytes of one event
)

// manifest names every file of an archive with its sum. It is written last, so that an archive that was cut off has none.
type manifest struct {
	Version int            `json:"version"`
	Made    time.Time      `json:"made"`
	Files   []archivedFile `json:"files"`
}

type archivedFile struct {
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// damaged is the error for an archive that is not whole.
func damaged(format string, args ...any) error {
	return codeError{exitProblems, fmt.Errorf("the archive is damaged and nothing was changed: %s", fmt.Sprintf(format, args...))}
}

// exportAll writes every session and all uploaded material into one archive. It may run beside a server: each session is
// read as it is at that moment.
func exportAll(ctx context.Context, p Program, c config.Config, file string) (err error) {
	store, err := openData(ctx, c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	out, err := os.CreateTemp(filepath.Dir(file), ".rehearse-*")
	if err != nil {
		return fmt.Errorf("the archive cannot be written: %w", err)
	}
	defer func() { _ = os.Remove(out.Name()) }() // it has its own name by then, or is not whole
	n, err := writeArchive(ctx, store, filepath.Join(c.Data, "material"), out)
	if err = errors.Join(err, out.Close()); err != nil {
		return err
	}
	if err := os.Rename(out.Name(), file); err != nil {
		return fmt.Errorf("the archive cannot be put at %s: %w", file, err)
	}
	fmt.Fprintf(p.Err, "%s: %s\n", file, interview.Counted(n, "%d session", "%d sessions"))
	return nil
}

func writeArchive(ctx context.Context, store *sqlite.Store, material string, to io.Writer) (sessions int, err error) {
	z := zip.NewWriter(to)
	m := manifest{Version: archiveVersion, Made: time.Now().UTC().Truncate(time.Second), Files: []archivedFile{}}
	add := func(name string, data []byte) error {
		w, err := z.Create(name)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(data)
		m.Files = append(m.Files, archivedFile{Name: name, Bytes: int64(len(data)), SHA256: hex.EncodeToString(sum[:])})
		_, err = w.Write(data)
		return err
	}
	sums, err := store.Summaries(ctx)
	if err != nil {
		return 0, err
	}
	for _, s := range sums {
		events, err := store.Events(ctx, s.ID, 0)
		if err != nil {
			return 0, err
		}
		var lines bytes.Buffer
		enc := json.NewEncoder(&lines)
		for _, e := range events {
			if err := enc.Encode(e); err != nil {
				return 0, err
			}
		}
		if err := add("sessions/"+s.ID+".jsonl", lines.Bytes()); err != nil {
			return 0, err
		}
	}
	if err := writePractice(ctx, store, add); err != nil {
		return 0, err
	}
	err = filepath.WalkDir(material, func(file string, d fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil // nothing was uploaded
		case err != nil || !d.Type().IsRegular():
			return err
		}
		name, err := filepath.Rel(material, file)
		if err != nil {
			return err
		}
		data, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		return add("material/"+filepath.ToSlash(name), data)
	})
	if err != nil {
		return 0, err
	}
	raw, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return 0, err
	}
	w, err := z.Create("manifest.json")
	if err != nil {
		return 0, err
	}
	if _, err := w.Write(append(raw, '\n')); err != nil {
		return 0, err
	}
	return len(sums), z.Close()
}

// archived is what an archive holds, checked whole before anything is changed.
type archived struct {
	sessions map[string][]interview.Event
	material map[string][]byte
	practice *practice
}

// readArchive reads and checks an archive: every file of the manifest is there with its sum and no other is, and every
// session can be folded.
func readArchive(file string) (archived, error) {
	out := archived{map[string][]interview.Event{}, map[string][]byte{}, &practice{}}
	z, err := zip.OpenReader(file)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return out, fmt.Errorf("there is no archive at %s", file)
		}
		return out, damaged("%v", err)
	}
	defer func() { _ = z.Close() }() // it was only read
	if len(z.File) > archiveFiles {
		return out, damaged("it holds %d files", len(z.File))
	}
	var total int64
	read := func(f *zip.File) ([]byte, error) {
		r, err := f.Open()
		if err != nil {
			return nil, damaged("%s: %v", f.Name, err)
		}
		defer func() { _ = r.Close() }() // the reader says what is wrong
		data, err := io.ReadAll(io.LimitReader(r, archiveFile+1))
		if total += int64(len(data)); len(data) > archiveFile || total > archiveAll {
			return nil, damaged("%s unpacks to more than is taken", f.Name)
		}
		if err != nil {
			return nil, damaged("%s: %v", f.Name, err)
		}
		return data, nil
	}
	i := slices.IndexFunc(z.File, func(f *zip.File) bool { return f.Name == "manifest.json" })
	if i < 0 {
		return out, damaged("it has no manifest")
	}
	raw, err := read(z.File[i])
	if err != nil {
		return out, err
	}
	var m manifest
	if err := json.Unmarshal(raw, &m); err != nil {
		return out, damaged("its manifest cannot be read: %v", err)
	}
	if m.Version != archiveVersion {
		return out, codeError{exitProblems, fmt.Errorf("the archive is of version %d and this program reads version %d; nothing was changed", m.Version, archiveVersion)}
	}
	wanted := map[string]archivedFile{}
	for _, f := range m.Files {
		wanted[f.Name] = f
	}
	for _, f := range z.File {
		if f.Name == "manifest.json" {
			continue
		}
		want, ok := wanted[f.Name]
		if !ok {
			return out, damaged("%s is not in its manifest", f.Name)
		}
		delete(wanted, f.Name)
		data, err := read(f)
		if err != nil {
			return out, err
		}
		if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != want.SHA256 {
			return out, damaged("%s is not what was written", f.Name)
		}
		if err := out.take(f.Name, data); err != nil {
			return out, err
		}
	}
	for name := range wanted {
		return out, damaged("%s is missing", name)
	}
	return out, nil
}

// take sorts a file in.
func (a archived) take(name string, data []byte) error {
	dir, rest, _ := strings.Cut(name, "/")
	switch {
	case path.Clean(name) != name || strings.Contains(name, "\\") || rest == "" || strings.HasPrefix(rest, "../"):
		return damaged("%q is no place for a file", name)
	case dir == "material" && filepath.IsLocal(rest):
		a.material[rest] = data
		return nil
	case dir == "practice":
		if known, err := a.practice.take(name, data); known {
			return err
		}
		return damaged("%q is neither a plan nor ratings of cards", name)
	case dir != "sessions" || !strings.HasSuffix(rest, ".jsonl"):
		return damaged("%q is neither a session nor material", name)
	}
	id := strings.TrimSuffix(rest, ".jsonl")
	var events []interview.Event
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, eventLine)
	for lines.Scan() {
		var e interview.Event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return damaged("%s, line %d: %v", name, len(events)+1, err)
		}
		events = append(events, e)
	}
	if err := lines.Err(); err != nil {
		return damaged("%s: %v", name, err)
	}
	if _, err := interview.Fold(id, events); err != nil || len(events) == 0 {
		return damaged("%s is no session: %v", name, err)
	}
	a.sessions[id] = events
	return nil
}

// imported counts what an import did.
type imported struct{ added, longer, same, kept, files, ratings int }

// importAll merges an archive into the data folder. What is there already is not doubled, and never lost: of a session
// that both have, the longer log stays when one continues the other, and ours when they differ.
func importAll(ctx context.Context, p Program) (err error) {
	c := defaults(p)
	f := newFlags(p, "import")
	common(f, &c)
	words, err := f.parse(p.Args, 1)
	if err != nil {
		return err
	}
	if len(words) == 0 {
		return usage("name the archive: rehearse import FILE")
	}
	a, err := readArchive(words[0])
	if err != nil {
		return err
	}
	unlock, err := lockFor(c)
	if err != nil {
		return err
	}
	defer unlock()
	store, err := sqlite.Open(ctx, filepath.Join(c.Data, "rehearse.db"), sqlite.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	done, err := a.into(ctx, store, filepath.Join(c.Data, "material"), func(line string) { fmt.Fprintln(p.Err, line) })
	if err != nil {
		return fmt.Errorf("the import stopped; what was merged so far stays, and importing again goes on: %w", err)
	}
	fmt.Fprintf(p.Err, "%d added, %d continued, %d were here already, %d kept as they are here; %s of material, %s of cards\n", done.added, done.longer, done.same, done.kept,
		interview.Counted(done.files, "%d file", "%d files"), interview.Counted(done.ratings, "%d rating", "%d ratings"))
	return nil
}

func (a archived) into(ctx context.Context, store *sqlite.Store, material string, say func(string)) (done imported, err error) {
	for _, id := range sortedKeys(a.sessions) {
		theirs := a.sessions[id]
		ours, err := store.Events(ctx, id, 0)
		if err != nil && interview.AsError(err).Code != interview.CodeNotFound {
			return done, err
		}
		st, err := interview.Fold(id, theirs)
		if err != nil {
			return done, err
		}
		switch common := sameEvents(ours, theirs); {
		case len(ours) == 0:
			if err := store.Create(ctx, st.Summary(), theirs); err != nil {
				return done, err
			}
			done.added++
		case common == len(theirs):
			done.same++
		case common == len(ours):
			if err := store.Append(ctx, id, "", theirs[common:], st.Summary()); err != nil {
				return done, err
			}
			done.longer++
		default:
			say(fmt.Sprintf("session %s differs from event %d on; the one that is here stays", id, common+1))
			done.kept++
		}
	}
	if done.ratings, err = a.practice.into(ctx, store); err != nil {
		return done, err
	}
	for _, name := range sortedKeys(a.material) {
		target := filepath.Join(material, filepath.FromSlash(name))
		if _, err := os.Lstat(target); err == nil {
			continue // never over what is here
		}
		if err := os.MkdirAll(filepath.Dir(target), 0o700); err != nil {
			return done, err
		}
		if err := os.WriteFile(target, a.material[name], 0o600); err != nil {
			return done, err
		}
		done.files++
	}
	return done, nil
}

// sameEvents is how many events two logs begin with alike.
func sameEvents(a, b []interview.Event) int {
	n := min(len(a), len(b))
	for i := range n {
		x, errX := json.Marshal(a[i])
		y, errY := json.Marshal(b[i])
		if errX != nil || errY != nil || !bytes.Equal(x, y) {
			return i
		}
	}
	return n
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
