// Package prompt turns prompt files into text and knows the hash of each, so that what a model was asked
// can be stored beside what it answered.
//
// Text from people is data: it enters a template as a value, never as a template, and the marks that
// delimit it are taken out of it.
package prompt

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"text/template"

	"go.yaml.in/yaml/v3"
)

// Suffix is how the name of a prompt file ends.
const Suffix = ".md.tmpl"

// Head is a prompt's front matter.
type Head struct {
	ID          string  `yaml:"id"`
	Input       string  `yaml:"input"`                 // the Go type it is rendered from
	Temperature float32 `yaml:"temperature,omitempty"` // 0 to 2
	NumPredict  int     `yaml:"num_predict,omitempty"` // most tokens of an answer
}

// Prompt is one prompt file.
type Prompt struct {
	Head
	Hash string // SHA-256 of the file, hexadecimal
	tmpl *template.Template
}

// Set is every prompt of a folder, by id, which is its path without the suffix.
type Set struct{ prompts map[string]*Prompt }

// Load reads every prompt file of fsys and reports all problems at once.
func Load(fsys fs.FS) (*Set, error) {
	set := &Set{prompts: map[string]*Prompt{}}
	var problems []string
	err := fs.WalkDir(fsys, ".", func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(file, Suffix) {
			return err
		}
		raw, err := fs.ReadFile(fsys, file)
		if err != nil {
			return err
		}
		p, err := parse(raw)
		if err == nil && p.ID != strings.TrimSuffix(file, Suffix) {
			err = fmt.Errorf("id is %q", p.ID)
		}
		if err != nil {
			problems = append(problems, fmt.Sprintf("%s: %v", file, err))
			return nil
		}
		set.prompts[p.ID] = p
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading prompts: %w", err)
	}
	if len(problems) > 0 {
		return nil, fmt.Errorf("prompts: %s", strings.Join(problems, "; "))
	}
	return set, nil
}

func parse(raw []byte) (*Prompt, error) {
	text := strings.ReplaceAll(string(raw), "\r\n", "\n")
	rest, ok := strings.CutPrefix(text, "---\n")
	head, body, closed := strings.Cut(rest, "\n---\n")
	if !ok || !closed {
		return nil, fmt.Errorf("there is no front matter between two lines of ---")
	}
	sum := sha256.Sum256(raw)
	p := &Prompt{Hash: hex.EncodeToString(sum[:])}
	dec := yaml.NewDecoder(strings.NewReader(head))
	dec.KnownFields(true)
	if err := dec.Decode(&p.Head); err != nil {
		return nil, err
	}
	var err error
	p.tmpl, err = template.New(p.ID).Funcs(template.FuncMap{"data": Data}).Option("missingkey=error").Parse(body)
	return p, err
}

// IDs lists the prompts, sorted.
func (s *Set) IDs() []string {
	ids := make([]string, 0, len(s.prompts))
	for id := range s.prompts {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// Get returns a prompt.
func (s *Set) Get(id string) (*Prompt, error) {
	p, ok := s.prompts[path.Clean(id)]
	if !ok {
		return nil, fmt.Errorf("there is no prompt %q", id)
	}
	return p, nil
}

// Render fills a prompt in from a value of its input type.
func (s *Set) Render(id string, input any) (string, error) {
	p, err := s.Get(id)
	if err != nil {
		return "", err
	}
	var b bytes.Buffer
	if err := p.tmpl.Execute(&b, input); err != nil {
		return "", fmt.Errorf("rendering %s: %w", id, err)
	}
	return strings.TrimSpace(b.String()), nil
}

// Hash is one hash over several prompts, in the order given.
func (s *Set) Hash(ids ...string) (string, error) {
	h := sha256.New()
	for _, id := range ids {
		p, err := s.Get(id)
		if err != nil {
			return "", err
		}
		_, _ = h.Write([]byte(p.Hash))
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// Data makes a person's text safe to stand between <<< and >>>: neither mark can occur in it, nor a
// model's own role marks.
func Data(text string) string { return marks.Replace(text) }

// marks are taken apart in what people typed.
var marks = strings.NewReplacer("<<<", "‹‹‹", ">>>", "›››", "<|", "‹|", "|>", "|›", "<｜", "‹｜", "[INST]", "(INST)", "[/INST]", "(/INST)",
	"<start_of_turn>", "(start_of_turn)", "<end_of_turn>", "(end_of_turn)", "<<SYS>>", "(SYS)", "<</SYS>>", "(/SYS)", "<s>", "(s)", "</s>", "(/s)")

// Quote puts a person's text between the marks.
func Quote(text string) string { return "<<<" + Data(text) + ">>>" }
