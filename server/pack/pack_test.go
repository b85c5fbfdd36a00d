package pack_test

import (
	"errors"
	"io/fs"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"rehearse/knowledge"
	"rehearse/server/interview"
	"rehearse/server/pack"
)

// shipped copies the shipped pack, so that a test can break its own.
func shipped(t testing.TB) (fstest.MapFS, fs.FS) {
	t.Helper()
	return copied(t, knowledge.Flagship)
}

func copied(t testing.TB, id string) (fstest.MapFS, fs.FS) {
	t.Helper()
	dir := knowledge.Pack(id)
	files := fstest.MapFS{}
	err := fs.WalkDir(dir, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := fs.ReadFile(dir, path)
		files[path] = &fstest.MapFile{Data: raw}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	common, err := fs.ReadFile(knowledge.Formats(), "common/probes.yaml") // so that a test can break this as well
	if err != nil {
		t.Fatal(err)
	}
	files["probes.yaml"] = &fstest.MapFile{Data: common}
	return files, knowledge.Formats()
}

func TestTheShippedPackHasNoProblems(t *testing.T) {
	files, formats := shipped(t)
	p, err := pack.Load(files, formats)
	if err != nil {
		t.Fatal(err)
	}
	kinds, principles := map[interview.Kind]int{}, map[string]int{}
	for id, it := range p.Items {
		kinds[it.Kind]++
		for _, pr := range p.Rubrics[id].Principles {
			principles[pr]++
		}
	}
	for kind, least := range map[interview.Kind]int{interview.KindBehavioural: 12, interview.KindThreatModel: 2, interview.KindCodeReview: 3, interview.KindRemediation: 2, interview.KindScriptingTalk: 1, interview.KindConceptCard: 10} {
		if kinds[kind] < least {
			t.Errorf("%d items of kind %s, at least %d are promised", kinds[kind], kind, least)
		}
	}
	if len(principles) < 6 || len(p.Principles) != 16 || len(p.Misconceptions) < 100 {
		t.Errorf("%d principles with questions, %d principles, %d misconceptions", len(principles), len(p.Principles), len(p.Misconceptions))
	}
}

// TestNothingVisibleNamesAPrinciple keeps the hidden principle hidden in what a candidate sees of a question.
func TestNothingVisibleNamesAPrinciple(t *testing.T) {
	files, formats := shipped(t)
	p, err := pack.Load(files, formats)
	if err != nil {
		t.Fatal(err)
	}
	for id, it := range p.Items {
		if it.Kind != interview.KindBehavioural {
			continue
		}
		seen := strings.ToLower(strings.Join(append([]string{id, it.Title, it.Prompt.Main}, it.Prompt.Variants...), " "))
		for _, pr := range p.Principles {
			if strings.Contains(seen, strings.ToLower(pr.Name)) || strings.Contains(seen, pr.ID) {
				t.Errorf("%s names %q", id, pr.Name)
			}
		}
	}
}

func TestEveryProblemIsReportedWithFileAndKey(t *testing.T) {
	files, formats := shipped(t)
	change := func(file, old, with string) {
		t.Helper()
		text := string(files[file].Data)
		if !strings.Contains(text, old) {
			t.Fatalf("%s does not hold %q", file, old)
		}
		files[file] = &fstest.MapFile{Data: []byte(strings.Replace(text, old, with, 1))}
	}
	change("pack.yaml", "default_level: L5", "default_level: L9")
	change("5-leadership-principles/beh-01/item.yaml", "id: beh-01", "id: beh-99")
	change("5-leadership-principles/beh-02/item.yaml", "kind: behavioural", "kind: behavioral")
	change("5-leadership-principles/beh-03/item.yaml", "section: 5", "section: 5\nmood: good")
	change("7-amazon-specific/card-01/rubric.yaml", "weight: ", "weight: 9")
	change("7-amazon-specific/card-02/rubric.yaml", "reviewed_on:", "reviewed_on: soon #")
	delete(files, "7-amazon-specific/card-03/rubric.yaml")
	change("misconceptions.yaml", "probe: ", "probe: No question here. #")
	change("probes.yaml", "type: Q07", "type: Q77")
	change("personas.yaml", "id: drill", "id: drillmaster")
	change("2-secure-code-review/cr-java-orders/item.yaml", "file: OrderController.java", "file: Missing.java")
	files["lines.yaml"] = &fstest.MapFile{Data: []byte("introduction: [")}
	_, err := pack.Load(files, formats)
	if err == nil {
		t.Fatal("a pack broken in twelve ways loads")
	}
	for _, want := range []string{"pack.yaml: default_level", "beh-01/item.yaml: id", "beh-02/item.yaml: kind", "beh-03/item.yaml: mood: line", "card-01/rubric.yaml: points", "card-02/rubric.yaml: reviewed_on",
		"card-03/rubric.yaml: cannot be read", "misconceptions.yaml: ", "probes.yaml: Q07: is missing", "there is no persona \"drill\"", "assets.code.file", "lines.yaml: "} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("not reported: %s", want)
		}
	}
	var p pack.Problem
	if !errors.As(err, &p) || p.Path == "" {
		t.Errorf("the error holds no Problem: %v", err)
	}
}

func TestAnUnknownKeyHidesNothing(t *testing.T) {
	files, formats := shipped(t)
	const at = "5-leadership-principles/beh-01/item.yaml"
	text := string(files[at].Data)
	text = strings.Replace(text, "kind: behavioural", "kind: bogus", 1) + "\nzzz: 1\n"
	text = regexp.MustCompile(`(?m)^level:.*$`).ReplaceAllString(text, "level: [L99]")
	text = regexp.MustCompile(`(?m)^version:.*$`).ReplaceAllString(text, "version: soon")
	files[at] = &fstest.MapFile{Data: []byte(text)}
	files["audiences.yaml"] = &fstest.MapFile{Data: []byte("")}
	files["misconceptions.yaml"] = &fstest.MapFile{Data: []byte("- {id: a, id: b}\n- [1]\n")}
	_, err := pack.Load(files, formats)
	if err == nil {
		t.Fatal("it loads")
	}
	for _, want := range []string{at + ": zzz: line ", at + ": kind: \"bogus\"", at + ": level: \"L99\"", at + ": line ", `"soon" stands where a whole number belongs`, "audiences.yaml: is empty",
		"misconceptions.yaml: id: line 1: the key stands in line 1 already", "misconceptions.yaml: line 2: a list stands where"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("not reported: %s", want)
		}
	}
	for _, word := range []string{"interview.", "!!", "unmarshal", "yaml:", "not found in type"} {
		for line := range strings.SplitSeq(err.Error(), "\n") {
			if _, said, _ := strings.Cut(line, ".yaml: "); strings.Contains(said, word) {
				t.Errorf("%q says %q", line, word)
			}
		}
	}
	for line := range strings.SplitSeq(err.Error(), "\n") {
		file, _, _ := strings.Cut(line, ": ")
		if _, shared := strings.CutPrefix(file, "formats/"); files[file] == nil && !shared && line != "" {
			t.Errorf("%q names no file", line)
		}
	}
}

func FuzzLoad(f *testing.F) {
	files, formats := shipped(f)
	f.Add(files["5-leadership-principles/beh-01/item.yaml"].Data, files["5-leadership-principles/beh-01/rubric.yaml"].Data)
	f.Add([]byte("id: x\nassets: {diagram: {nodes: [{id: a, col: -1}]}}"), []byte("item: x\npoints: [{id: p, weight: 1}]\nanchors: {1: {}}"))
	f.Fuzz(func(_ *testing.T, item, rubric []byte) {
		_, _ = pack.Load(fstest.MapFS{"x/item.yaml": {Data: item}, "x/rubric.yaml": {Data: rubric}}, formats)
	})
}
