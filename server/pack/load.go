// Package pack is the one loader for shipped packs and the user's own: strict about unknown keys, and
// complaining about everything at once, each problem with its file and key.
package pack

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"rehearse/server/interview"
)

// Problem is one thing wrong with a pack.
type Problem struct {
	Path string // of the file, inside the pack
	Key  string // of the value, dotted; empty when the whole file is meant
	Text string
}

// Error returns path: key: text.
func (p Problem) Error() string {
	if p.Key == "" {
		return p.Path + ": " + p.Text
	}
	return p.Path + ": " + p.Key + ": " + p.Text
}

// MaxFile is the largest file of a pack that is read, in bytes.
const MaxFile = 1 << 20

// loader reads one pack and collects what is wrong with it.
type loader struct {
	fsys     fs.FS
	problems []error
}

func (l *loader) fail(file, key, format string, args ...any) {
	l.problems = append(l.problems, Problem{Path: file, Key: key, Text: fmt.Sprintf(format, args...)})
}

// decode reads one YAML file strictly. It returns false after noting why.
func (l *loader) decode(file string, into any) bool {
	f, err := l.fsys.Open(file)
	if err != nil {
		l.fail(file, "", "cannot be read: %v", errors.Unwrap(err))
		return false
	}
	defer func() { _ = f.Close() }() // read only
	raw, err := io.ReadAll(io.LimitReader(f, MaxFile+1))
	if err != nil || len(raw) > MaxFile {
		l.fail(file, "", "cannot be read, or is larger than %d bytes", MaxFile)
		return false
	}
	dec := yaml.NewDecoder(bytes.NewReader(raw))
	dec.KnownFields(true)
	if err := dec.Decode(into); err != nil {
		var typed *yaml.TypeError
		if errors.As(err, &typed) {
			for _, e := range typed.Errors {
				l.fail(file, "", "%s", e)
			}
			return false
		}
		l.fail(file, "", "%v", err)
		return false
	}
	return true
}

// Load reads a pack and the formats it runs, and checks both. The error joins every Problem found; the
// pack is returned beside it as far as it could be read, so that a linter can go on.
func Load(packFS, formatFS fs.FS) (*interview.Pack, error) {
	p, problems := read(packFS, formatFS)
	problems = append(problems, Check(p)...)
	return p, errors.Join(problems...)
}

func read(packFS, formatFS fs.FS) (*interview.Pack, []error) {
	l := &loader{fsys: packFS}
	p := &interview.Pack{Items: map[string]*interview.Item{}, Rubrics: map[string]*interview.Rubric{}}
	l.decode("pack.yaml", p)
	l.decode("probes.yaml", &p.Bank)
	l.decode("misconceptions.yaml", &p.Misconceptions)
	l.decode("personas.yaml", &p.Personas)
	l.decode("lines.yaml", &p.Lines)
	err := fs.WalkDir(packFS, ".", func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if !d.IsDir() && path.Base(file) == "item.yaml" {
			l.item(p, file)
		}
		return nil
	})
	if err != nil {
		l.fail(".", "", "cannot be walked: %v", err)
	}
	fl := &loader{fsys: formatFS}
	files, err := fs.Glob(formatFS, "*.yaml")
	if err != nil || len(files) == 0 {
		fl.fail("formats", "", "no formats were found")
	}
	for _, file := range files {
		var f interview.Format
		if fl.decode(file, &f) {
			if f.ID+".yaml" != file {
				fl.fail(file, "id", "is %q; the file says %q", f.ID, strings.TrimSuffix(file, ".yaml"))
			}
			p.Formats = append(p.Formats, f)
		}
	}
	slices.SortFunc(p.Formats, func(a, b interview.Format) int { return strings.Compare(a.ID, b.ID) })
	return p, append(l.problems, fl.problems...)
}

// item reads one item's folder: what is visible, what is hidden, and its code.
func (l *loader) item(p *interview.Pack, file string) {
	dir := path.Dir(file)
	it := &interview.Item{}
	if !l.decode(file, it) {
		return
	}
	if it.ID != path.Base(dir) {
		l.fail(file, "id", "is %q; its folder is %q", it.ID, path.Base(dir))
	}
	if _, twice := p.Items[it.ID]; twice {
		l.fail(file, "id", "%q is used by another item too", it.ID)
	}
	if c := it.Assets.Code; c != nil {
		name := path.Join(dir, c.File)
		raw, err := fs.ReadFile(l.fsys, name)
		switch {
		case path.Base(c.File) != c.File:
			l.fail(file, "assets.code.file", "has to lie beside the item")
		case err != nil:
			l.fail(file, "assets.code.file", "%s cannot be read", name)
		default:
			c.Text = strings.TrimRight(strings.ReplaceAll(string(raw), "\r\n", "\n"), "\n") + "\n"
		}
	}
	p.Items[it.ID] = it
	r := &interview.Rubric{}
	if hidden := path.Join(dir, "rubric.yaml"); l.decode(hidden, r) {
		if r.Item != it.ID {
			l.fail(hidden, "item", "is %q; the item is %q", r.Item, it.ID)
		}
		p.Rubrics[it.ID] = r
	}
}
