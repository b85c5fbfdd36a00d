package pack_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/invopop/jsonschema"
	validator "github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"rehearse/knowledge"
	"rehearse/server/interview"
)

var update = flag.Bool("update", false, "rewrite docs/schema")

// schemas are the files of a pack and the types they are read into.
var schemas = map[string]any{
	"pack":           interview.Pack{},
	"item":           interview.Item{},
	"rubric":         interview.Rubric{},
	"probes":         []interview.ProbeType{},
	"misconceptions": []interview.Misconception{},
	"mining":         []interview.MiningPrompt{},
	"personas":       []interview.Persona{},
	"audiences":      []interview.Audience{},
	"lines":          interview.Lines{},
	"format":         interview.Format{},
}

// optional are keys without omitempty that a file may leave out all the same.
var optional = map[string][]string{
	"Item":    {"level", "skill"},
	"Finding": {"family", "probe"},
}

// words are the types whose values are a fixed list.
func words(typ reflect.Type) *jsonschema.Schema {
	list := func(all ...any) *jsonschema.Schema { return &jsonschema.Schema{Type: "string", Enum: all} }
	switch typ {
	case reflect.TypeFor[interview.Kind]():
		out := list()
		for _, k := range interview.Kinds {
			out.Enum = append(out.Enum, k)
		}
		return out
	case reflect.TypeFor[interview.Expect]():
		return list(interview.ExpectEvent, interview.ExpectNumber, interview.ExpectName, interview.ExpectReason, interview.ExpectCounterfactual, interview.ExpectFact)
	case reflect.TypeFor[interview.Card]():
		return list(interview.CardConcept, interview.CardService, interview.CardPrinciple)
	case reflect.TypeFor[interview.Mode]():
		return list(interview.ModeExam, interview.ModeCoached, interview.ModeDrill)
	case reflect.TypeFor[interview.PhaseKind]():
		return list(interview.PhaseOpening, interview.PhaseIntroduction, interview.PhaseItem, interview.PhaseQuestions, interview.PhaseClosing)
	}
	return nil
}

func generate(t *testing.T, name string, v any) []byte {
	t.Helper()
	r := &jsonschema.Reflector{FieldNameTag: "yaml", ExpandedStruct: true, Anonymous: true, Mapper: words}
	if err := r.AddGoComments("rehearse", "./server/interview", jsonschema.WithFullComment()); err != nil {
		t.Fatal(err)
	}
	s := r.Reflect(v)
	s.Title = "Rehearse: " + name + ".yaml"
	free := func(name string, s *jsonschema.Schema) {
		s.Required = slices.DeleteFunc(s.Required, func(k string) bool { return slices.Contains(optional[name], k) })
		if name == "Lines" { // each key of the common lines may be left as it is
			s.Required = nil
		}
	}
	free(strings.ToUpper(name[:1])+name[1:], s)
	for def, d := range s.Definitions {
		free(def, d)
	}
	raw, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return append(raw, '\n')
}

// TestSchemas holds the JSON Schemas that editors use against the types the loader reads into.
func TestSchemas(t *testing.T) {
	t.Chdir("../..") // the comments of the types are read from their source, by their path from the root
	for name, v := range schemas {
		file := filepath.Join("docs", "schema", name+".schema.json")
		got := generate(t, name, v)
		if *update {
			if err := os.WriteFile(file, got, 0o600); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatalf("%v; go test ./server/pack -run TestSchemas -update writes it", err)
		}
		if !bytes.Equal(want, got) {
			t.Errorf("%s is not what the types say; go test ./server/pack -run TestSchemas -update writes it (-file +types):\n%s", file, cmp.Diff(string(want), string(got)))
		}
	}
}

// TestShippedFilesFitTheirSchemas keeps editors from complaining about files that the loader takes.
func TestShippedFilesFitTheirSchemas(t *testing.T) {
	compiled := map[string]*validator.Schema{}
	for name := range schemas {
		raw, err := os.Open(filepath.Join("..", "..", "docs", "schema", name+".schema.json"))
		if err != nil {
			t.Fatal(err)
		}
		doc, err := validator.UnmarshalJSON(raw)
		if err = errors.Join(err, raw.Close()); err != nil {
			t.Fatal(err)
		}
		c := validator.NewCompiler()
		if err := c.AddResource(name, doc); err != nil {
			t.Fatal(err)
		}
		if compiled[name], err = c.Compile(name); err != nil {
			t.Fatal(err)
		}
	}
	seen := map[string]int{}
	check := func(dir fs.FS, name func(file string) string) {
		err := fs.WalkDir(dir, ".", func(file string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || path.Ext(file) != ".yaml" {
				return err
			}
			schema := compiled[name(file)]
			if schema == nil {
				t.Errorf("%s has no schema", file)
				return nil
			}
			raw, err := fs.ReadFile(dir, file)
			if err != nil {
				return err
			}
			var v any
			if err := yaml.Unmarshal(raw, &v); err != nil {
				return err
			}
			seen[name(file)]++
			if err := schema.Validate(plain(v)); err != nil {
				t.Errorf("%s: %v", file, err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	base := func(file string) string { return strings.TrimSuffix(path.Base(file), ".yaml") }
	for _, id := range knowledge.Packs() {
		check(knowledge.Pack(id), base)
	}
	check(knowledge.Formats(), func(file string) string {
		if path.Dir(file) == "common" {
			return base(file)
		}
		return "format"
	})
	for name := range schemas {
		if seen[name] == 0 {
			t.Errorf("no file was held against %s", name)
		}
	}
}

// plain turns what YAML reads into what JSON would: keys are text, whole numbers are floats.
func plain(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k := range v {
			v[k] = plain(v[k])
		}
		return v
	case map[any]any:
		out := map[string]any{}
		for k := range v {
			out[fmt.Sprint(k)] = plain(v[k])
		}
		return out
	case []any:
		for i := range v {
			v[i] = plain(v[i])
		}
		return v
	case time.Time:
		return v.Format(time.DateOnly)
	}
	return v
}
