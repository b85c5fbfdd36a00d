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
// practice/plan.json, practice/reviews.jsonl and practice/stories.json where there are a plan, rated cards and stories.
const archiveVersion = 1

// Limits on an archive that is read. Its sizes are somebody else's word until they were counted.
const (
	archiveFiles = 100_000
	archiveFile  = 256 << 20 // bytes of one file, unpacked
	archiveAll   = 4 << 30   // bytes of all of them; they are never in memory together
	archiveLogs  = 1 << 30   // bytes of those that are: sessions and what lies between them
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

// exportAll writes every session and all uploaded material into one archive. It may run beside a server, and sessions may
// go on: everything is as it was at one moment.
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

// held keeps what is written to it until it is let through, and passes on what comes later.
type held struct {
	to      io.Writer
	buf     bytes.Buffer
	through bool
}

func (h *held) Write(p []byte) (int, error) {
	if h.through {
		return h.to.Write(p)
	}
	return h.buf.Write(p)
}

func (h *held) let() error {
	h.through = true
	_, err := h.buf.WriteTo(h.to)
	return err
}

// writeArchive writes the archive. What is in the store is read at one moment and held in memory, packed, until all of it
// is read: who takes the archive may be slow, and nobody is kept waiting for them. The files of the material follow one by
// one.
func writeArchive(ctx context.Context, store *sqlite.Store, material string, to io.Writer) (sessions int, err error) {
	out := &held{to: to}
	z := zip.NewWriter(out)
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
	err = store.Snapshot(ctx, func(then *sqlite.Store) (err error) {
		sessions, err = writeStored(ctx, then, add)
		return err
	})
	if err != nil {
		return 0, err
	}
	if err := out.let(); err != nil {
		return 0, err
	}
	err = filepath.WalkDir(material, func(file string, d fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil // nothing was uploaded, or it was deleted meanwhile
		case err != nil || !d.Type().IsRegular() || strings.HasPrefix(d.Name(), "."): // hidden ones are uploads under way
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		name, err := filepath.Rel(material, file)
		if err != nil {
			return err
		}
		data, err := os.ReadFile(file)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
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
	return sessions, z.Close()
}

// writeStored adds what is in the store.
func writeStored(ctx context.Context, store *sqlite.Store, add func(name string, data []byte) error) (sessions int, err error) {
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
	if err := writeBank(ctx, store, add); err != nil {
		return 0, err
	}
	return len(sums), writePractice(ctx, store, add)
}

// archived is what an archive holds, checked whole before anything is changed.
type archived struct {
	sessions map[string][]interview.Event
	material map[string]*zip.File // read again when they are written
	practice *practice
	zip      *zip.ReadCloser
}

// Close closes the file.
func (a archived) Close() error { return a.zip.Close() }

// readArchive reads and checks an archive: every file of the manifest is there with its sum and no other is, and every
// session can be folded. What it returns without an error is closed by the caller.
func readArchive(file string) (_ archived, err error) {
	out := archived{sessions: map[string][]interview.Event{}, material: map[string]*zip.File{}, practice: &practice{}}
	z, err := zip.OpenReader(file)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return out, fmt.Errorf("there is no archive at %s", file)
		}
		return out, damaged("%v", err)
	}
	out.zip = z
	defer func() {
		if err != nil {
			_ = z.Close() // it was only read
		}
	}()
	if len(z.File) > archiveFiles {
		return out, damaged("it holds %d files", len(z.File))
	}
	var total, logs int64
	read := func(f *zip.File) ([]byte, error) {
		r, err := f.Open()
		if err != nil {
			return nil, damaged("%s: %v", f.Name, err)
		}
		defer func() { _ = r.Close() }() // the reader says what is wrong
		data, err := io.ReadAll(io.LimitReader(r, archiveFile+1))
		if !strings.HasPrefix(f.Name, "material/") {
			logs += int64(len(data))
		}
		if total += int64(len(data)); len(data) > archiveFile || total > archiveAll || logs > archiveLogs {
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
		if err := out.take(f, data); err != nil {
			return out, err
		}
	}
	for name := range wanted {
		return out, damaged("%s is missing", name)
	}
	return out, nil
}

// take sorts a file in.
func (a archived) take(f *zip.File, data []byte) error {
	name := f.Name
	dir, rest, _ := strings.Cut(name, "/")
	switch {
	case path.Clean(name) != name || strings.Contains(name, "\\") || rest == "" || strings.HasPrefix(rest, "../"):
		return damaged("%q is no place for a file", name)
	case dir == "material" && filepath.IsLocal(rest):
		a.material[rest] = f
		return nil
	case dir == "practice":
		if known, err := a.practice.take(name, data); known {
			return err
		}
		return damaged("%q is neither a plan, ratings of cards nor stories", name)
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

// imported is what an import did.
type imported struct {
	Sessions struct {
		Added     int `json:"added"`
		Continued int `json:"continued"` // ours were the beginning of theirs
		Here      int `json:"here"`      // there is nothing in theirs that is not here
		Kept      int `json:"kept"`      // they differ; ours stayed
	} `json:"sessions"`
	Material int      `json:"material"` // files that were not here
	Ratings  int      `json:"ratings"`  // of cards
	Stories  int      `json:"stories"`  // that were not here
	Plan     bool     `json:"plan"`     // there was none here
	Notes    []string `json:"notes"`
	Message  string   `json:"message"`
}

func (d imported) String() string {
	return fmt.Sprintf("Sessions: %d added, %d continued, %d were here already, %d kept as they are here; %s of material, %s of cards, %s of your own.", d.Sessions.Added, d.Sessions.Continued, d.Sessions.Here, d.Sessions.Kept,
		interview.Counted(d.Material, "%d file", "%d files"), interview.Counted(d.Ratings, "%d rating", "%d ratings"), interview.Counted(d.Stories, "%d story", "%d stories"))
}

// errHalfImported is for an import that stopped on the way.
func errHalfImported(err error) error {
	return fmt.Errorf("the import stopped; what was merged so far stays, and importing again goes on: %w", err)
}

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
	defer func() { _ = a.Close() }() // it was only read
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
	done, err := a.into(ctx, store, filepath.Join(c.Data, "material"), func(string) {})
	for _, line := range done.Notes {
		fmt.Fprintln(p.Err, line)
	}
	if err != nil {
		return errHalfImported(err)
	}
	fmt.Fprintln(p.Err, done)
	return nil
}

// into merges an archive. Before a session that is here is continued, whoever holds it in memory is told to let go of it.
func (a archived) into(ctx context.Context, store *sqlite.Store, material string, letGo func(session string)) (done imported, err error) {
	done.Notes = []string{}
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
			done.Sessions.Added++
		case common == len(theirs):
			done.Sessions.Here++
		case common == len(ours):
			letGo(id)
			if err := store.Append(ctx, id, "", theirs[common:], st.Summary()); err != nil {
				return done, err
			}
			done.Sessions.Continued++
		default:
			done.Notes = append(done.Notes, fmt.Sprintf("session %s differs from event %d on; the one that is here stays", id, common+1))
			done.Sessions.Kept++
		}
	}
	if done.Ratings, done.Plan, err = a.practice.into(ctx, store); err != nil {
		return done, err
	}
	var notes []string
	done.Stories, notes, err = a.practice.bank.into(ctx, store)
	done.Notes = append(done.Notes, notes...)
	if err != nil {
		return done, err
	}
	for _, name := range sortedKeys(a.material) {
		target := filepath.Join(material, filepath.FromSlash(name))
		if _, err := os.Lstat(target); err == nil {
			continue // never over what is here
		}
		data, err := fs.ReadFile(a.zip, a.material[name].Name)
		if err != nil {
			return done, err
		}
		if err := writeFile(target, data); err != nil {
			return done, err
		}
		done.Material++
	}
	done.Message = done.String()
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
