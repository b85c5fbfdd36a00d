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
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

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
	in       string            // stands before the paths of its problems; empty for the pack itself
	dirs     map[string]string // of items, by id
	problems []error
}

func (l *loader) fail(file, key, format string, args ...any) {
	l.problems = append(l.problems, Problem{Path: path.Join(l.in, file), Key: key, Text: fmt.Sprintf(format, args...)})
}

// decode reads one YAML file strictly. It returns false after noting why.
func (l *loader) decode(file string, into any) bool {
	f, err := l.fsys.Open(file)
	if err != nil {
		l.fail(file, "", "cannot be read: %v", reason(err))
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
	err = dec.Decode(into)
	l.quoted(file, raw, into)
	var typed *yaml.TypeError
	switch {
	case err == nil:
		return true
	case errors.Is(err, io.EOF):
		l.fail(file, "", "is empty")
		return false
	case errors.As(err, &typed): // everything else of the file was read, so that it can be checked too
		for _, e := range typed.Errors {
			key, text := plain(e)
			l.fail(file, key, "%s", text)
		}
		return true
	}
	l.fail(file, "", "%s", strings.TrimPrefix(err.Error(), "yaml: "))
	return false
}

// reason is why a file could not be opened, without the path, which stands before it.
func reason(err error) error {
	if why := errors.Unwrap(err); why != nil {
		return why
	}
	return err
}

// The wordings of the YAML library for a key or a value that does not fit. They name types of this program,
// which tell an author nothing.
var (
	unknownKey = regexp.MustCompile(`^line (\d+): field (.+) not found in type \S+$`)
	wrongType  = regexp.MustCompile("(?s)^line (\\d+): cannot unmarshal (!!\\w+)(?: `(.*)`)? into (.+)$")
	twiceKey   = regexp.MustCompile(`(?s)^line (\d+): mapping key "(.*)" already defined at line (\d+)$`)
)

// plain says a problem of the YAML library for an author: the key where it is known, and what is wrong.
func plain(problem string) (key, text string) {
	if m := unknownKey.FindStringSubmatch(problem); m != nil {
		return m[2], "line " + m[1] + ": there is no such key here"
	}
	if m := twiceKey.FindStringSubmatch(problem); m != nil {
		return m[2], "line " + m[1] + ": the key stands in line " + m[3] + " already"
	}
	if m := wrongType.FindStringSubmatch(problem); m != nil {
		given := map[string]string{"!!seq": "a list", "!!map": "a group of keys", "!!null": "nothing"}[m[2]]
		if given == "" {
			given = "\"" + m[3] + "\""
		}
		return "", "line " + m[1] + ": " + given + " stands where " + wanted(m[4]) + " belongs"
	}
	return "", problem
}

func wanted(typ string) string {
	switch typ = strings.TrimLeft(typ, "*"); {
	case typ == "string":
		return "a text"
	case typ == "bool":
		return "true or false"
	case strings.HasPrefix(typ, "int"), strings.HasPrefix(typ, "uint"):
		return "a whole number"
	case strings.HasPrefix(typ, "float"):
		return "a number"
	case strings.HasPrefix(typ, "["):
		return "a list"
	case strings.HasPrefix(typ, "map["):
		return "a group of keys"
	}
	return "something else"
}

// Load reads a pack and the formats it runs, and checks both. The error joins every Problem found; the
// pack is returned beside it as far as it could be read, so that a linter can go on.
func Load(packFS, formatFS fs.FS) (*interview.Pack, error) {
	l, p := read(packFS, formatFS)
	return p, l.all(Check(p))
}

// Top reads only what stands in pack.yaml: levels and principles, for those who need no items.
func Top(packFS fs.FS) (*interview.Pack, error) {
	l, p := &loader{fsys: packFS}, &interview.Pack{}
	l.decode("pack.yaml", p)
	return p, errors.Join(l.problems...)
}

// all joins what was wrong with the files and with their content.
func (l *loader) all(content []error) error {
	problems := slices.Clone(l.problems)
	for _, err := range content {
		if err := l.placed(err); err != nil {
			problems = append(problems, err)
		}
	}
	return errors.Join(problems...)
}

// placed gives a problem of an item's content the path of its file; nil is a problem that was told already.
func (l *loader) placed(err error) error {
	var p Problem
	if !errors.As(err, &p) {
		return err
	}
	id, file := p.Path, "item.yaml"
	if cut, ok := strings.CutSuffix(p.Path, "/rubric.yaml"); ok {
		id, file = cut, "rubric.yaml"
	}
	dir, ok := l.dirs[id]
	switch {
	case ok && p.Key == "rubric.yaml": // reading it said why
		return nil
	case ok:
		p.Path = path.Join(dir, file)
	case (p.Path == "probes.yaml" || p.Path == "mining.yaml") && !l.has(p.Path):
		p.Path = "formats/common/" + p.Path
	}
	return p
}

func read(packFS, formatFS fs.FS) (*loader, *interview.Pack) {
	l := &loader{fsys: packFS, dirs: map[string]string{}}
	p := &interview.Pack{Items: map[string]*interview.Item{}, Rubrics: map[string]*interview.Rubric{}}
	l.decode("pack.yaml", p)
	// What a pack does not bring comes from the common stock; a key of its lines.yaml takes the place of the common one.
	common := &loader{fsys: formatFS, in: "formats"}
	if l.has("probes.yaml") {
		l.decode("probes.yaml", &p.Bank)
	} else {
		common.decode("common/probes.yaml", &p.Bank)
	}
	if l.has("mining.yaml") {
		l.decode("mining.yaml", &p.Mining)
	} else if common.has("common/mining.yaml") {
		common.decode("common/mining.yaml", &p.Mining)
	}
	common.decode("common/lines.yaml", &p.Lines)
	if l.has("lines.yaml") {
		l.decode("lines.yaml", &p.Lines)
	}
	if l.has("misconceptions.yaml") {
		l.decode("misconceptions.yaml", &p.Misconceptions)
	}
	l.decode("personas.yaml", &p.Personas)
	if l.has("audiences.yaml") {
		l.decode("audiences.yaml", &p.Audiences)
	}
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
	l.scans(p)
	fl := &loader{fsys: formatFS, in: "formats"}
	files, err := fs.Glob(formatFS, "*.yaml")
	if err != nil || len(files) == 0 {
		fl.fail("", "", "no formats were found")
	}
	for _, file := range files {
		var f interview.Format
		if fl.decode(file, &f) {
			if f.ID+".yaml" != file {
				fl.fail(file, "id", "is %q; the file says %q", f.ID, strings.TrimSuffix(file, ".yaml"))
			}
			if len(p.Offers) == 0 || slices.Contains(p.Offers, f.ID) {
				p.Formats = append(p.Formats, f)
			}
		}
	}
	draws(p)
	slices.SortFunc(p.Formats, func(a, b interview.Format) int { return strings.Compare(a.ID, b.ID) })
	l.problems = slices.Concat(l.problems, common.problems, fl.problems)
	return l, p
}

// has reports whether the pack brings a file.
func (l *loader) has(file string) bool {
	_, err := fs.Stat(l.fsys, file)
	return err == nil
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
		c.Text = l.text(file, "assets.code.file", c.File)
	}
	l.files(file, "assets.files", it.Assets.Files)
	for i := range it.Options {
		if o := &it.Options[i]; o.File != "" {
			if o.Text != "" {
				l.fail(file, "options."+o.ID, "has both a text and a file")
			}
			o.Text = l.text(file, "options."+o.ID+".file", o.File)
		}
	}
	l.dirs[it.ID] = dir
	p.Items[it.ID] = it
	r := &interview.Rubric{}
	if hidden := path.Join(dir, "rubric.yaml"); l.decode(hidden, r) {
		if r.Item != it.ID {
			l.fail(hidden, "item", "is %q; the item is %q", r.Item, it.ID)
		}
		p.Rubrics[it.ID] = r
		l.output(hidden, "expected", r.Expected)
		l.solution(hidden, "solution", r.Solution)
		for i := range r.Twists {
			t, key := &r.Twists[i], fmt.Sprintf("twists.%d.", i+1)
			l.files(hidden, key+"files", t.Files)
			l.output(hidden, key+"expected", t.Expected)
			l.solution(hidden, key+"solution", t.Solution)
		}
	}
}

// text reads a file that lies beside the item's own, with \n at the ends of lines and one at the end of it all.
func (l *loader) text(file, key, name string) string {
	if name == "" || path.Base(name) != name {
		l.fail(file, key, "%q has to be the name of a file beside the item", name)
		return ""
	}
	at := path.Join(path.Dir(file), name)
	f, err := l.fsys.Open(at)
	if err != nil {
		l.fail(file, key, "%s cannot be read", at)
		return ""
	}
	defer func() { _ = f.Close() }() // read only
	raw, err := io.ReadAll(io.LimitReader(f, MaxFile+1))
	switch {
	case err != nil:
		l.fail(file, key, "%s cannot be read", at)
	case len(raw) > MaxFile:
		l.fail(file, key, "%s is larger than %d bytes", at, MaxFile)
	case !utf8.Valid(raw):
		l.fail(file, key, "%s is not UTF-8 text", at)
	default:
		return strings.TrimRight(strings.ReplaceAll(string(raw), "\r\n", "\n"), "\n") + "\n"
	}
	return ""
}

func (l *loader) files(file, key string, files []interview.DataFile) {
	for i := range files {
		files[i].Text = l.text(file, fmt.Sprintf("%s.%d.file", key, i+1), files[i].File)
	}
}

func (l *loader) output(file, key string, e *interview.Expected) {
	if e != nil {
		e.Text = l.text(file, key+".file", e.File)
	}
}

func (l *loader) solution(file, key string, s *interview.Solution) {
	if s != nil {
		s.Text = l.text(file, key+".file", s.File)
	}
}

// draws gives the story phases of each format the principles the pack names for it.
func draws(p *interview.Pack) {
	for i := range p.Formats {
		f := &p.Formats[i]
		for r := range f.Rounds {
			for k := range f.Rounds[r].Phases {
				if ph := &f.Rounds[r].Phases[k]; len(ph.Principles) == 0 && slices.Contains(ph.Items, interview.KindBehavioural) {
					ph.Principles = p.Draws[f.ID]
				}
			}
		}
	}
}
