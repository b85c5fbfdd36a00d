package pack_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"rehearse/knowledge"
	"rehearse/server/interview"
	"rehearse/server/pack"
)

var guideFile = regexp.MustCompile("(?s)`my-pack/([^`]+)`[^\n]*:\n\n```yaml\n(.*?)```")

// TestTheGuideMakesAPack follows docs/packs.md to the letter.
func TestTheGuideMakesAPack(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("..", "..", "docs", "packs.md"))
	if err != nil {
		t.Fatal(err)
	}
	files := fstest.MapFS{}
	for _, m := range guideFile.FindAllStringSubmatch(string(raw), -1) {
		files[m[1]] = &fstest.MapFile{Data: []byte(m[2])}
	}
	if len(files) != 4 {
		t.Fatalf("the guide has %d files", len(files))
	}
	p, err := pack.Lint(files, knowledge.Formats(), byCode)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Formats) != 1 || len(p.Bank) == 0 || p.Lines.NoHint == "" {
		t.Errorf("%d formats, %d follow-ups", len(p.Formats), len(p.Bank))
	}
	for _, k := range interview.Kinds {
		if !strings.Contains(string(raw), "`"+string(k)+"`") {
			t.Errorf("the guide says nothing about %s", k)
		}
	}
}
