package server_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "rehearse/"

// room is a package and what it may import besides the standard library. Reason is what a person reads
// whose change was refused.
type room struct {
	path   string
	may    []string
	reason string
}

// The house. Arrows point down only; a room that is not here, or a row without a room, fails the test.
var rooms = []room{
	{"cmd/rehearse", []string{"*"}, "main builds every value and is the only room that sees all rooms"},
	{"server", []string{"server/httpapi", "server/live", "server/interview", "github.com/labstack/echo/v4"}, "the composition knows transports and nothing of interviews"},
	{"server/httpapi", []string{"server/interview", "server/strict", "github.com/labstack/echo/v4"}, "JSON in and out; what it asks for it declares itself"},
	{"server/live", []string{"server/interview", "server/strict", "github.com/gorilla/websocket"}, "sockets only; what a command means is the engine's business"},
	{"server/engine", []string{"server/interview", "server/reading", "server/probing", "server/guard", "server/strict"}, "the core decides with the standard library alone, so that no model, store or transport can leak into a decision"},
	{"server/probing", []string{"server/interview", "server/reading"}, "a pure function of what was said"},
	{"server/reading", []string{"server/interview"}, "pure measurement; no model, no store"},
	{"server/embed", []string{"knowledge", "golang.org/x/text/unicode/norm"}, "text in, vector out; the table is part of the program, and accents are taken off by the library for it"},
	{"server/guard", []string{"server/interview"}, "judges text and knows neither model nor engine"},
	{"server/grading", []string{"server/interview", "server/reading"}, "pure measurement; whoever wants a model's judgement hands it in"},
	{"server/exam", []string{"server/interview", "server/grading", "server/reading"}, "fixtures and bars, and what code reads beside what a model hears; the model is handed in"},
	{"server/index", []string{"server/interview", "github.com/philippgille/chromem-go", "github.com/yuin/goldmark", "github.com/yuin/goldmark/ast", "github.com/yuin/goldmark/text",
		"github.com/ledongthuc/pdf", "github.com/fsnotify/fsnotify", "golang.org/x/net/html", "golang.org/x/net/html/atom", "golang.org/x/text/encoding/charmap", "go.yaml.in/yaml/v3"},
		"the one room that reads people's files and searches vectors; store and embedder are handed in"},
	{"server/voice", []string{"server/interview"}, "the authored voice needs nothing and cannot fail"},
	{"server/ollama", []string{"server/interview", "server/prompt", "github.com/ollama/ollama/api", "github.com/ollama/ollama/types/model"}, "the one room that speaks to a model"},
	{"server/ollama/ollamatest", []string{"github.com/ollama/ollama/api"}, "a scripted endpoint for tests"},
	{"server/prompt", []string{"go.yaml.in/yaml/v3"}, "prompt files in, text and hash out"},
	{"server/sqlite", []string{"server/interview", "modernc.org/sqlite", "modernc.org/sqlite/lib", "github.com/pressly/goose/v3"}, "the one room that knows SQL"},
	{"server/pack", []string{"server/interview", "go.yaml.in/yaml/v3"}, "one loader for shipped and user packs"},
	{"server/pack/packtest", []string{"server/interview", "server/pack", "knowledge"}, "the shipped content for tests"},
	{"server/report", []string{"server/interview", "server/reading", "server/probing", "server/grading", "server/progress", "server/source"}, "events in, report out; it asks nobody, matches findings and steps as grading does, and tells a history what was measured, and what a parser sees in a script"},
	{"server/debrief", []string{"server/interview", "server/grading", "server/reading", "server/probing"}, "a loop's log in, its votes and outcome out; it reads grades as they stand and asks nobody, so that no vote can see another"},
	{"server/source", []string{"github.com/tdewolff/parse/v2", "github.com/tdewolff/parse/v2/js", "mvdan.cc/sh/v3/syntax"}, "the one room that parses what a candidate programmed; it reads and never runs"},
	{"server/progress", []string{"server/interview"}, "what sessions show and what comes next are functions of a history; it reads no text, no log and no clock"},
	{"server/stories", []string{"server/interview", "server/reading"}, "a bank of stories is a function of stories, tellings and a pack; it knows no store and no model, so that nothing of a story reaches a prompt"},
	{"server/diagram", []string{"server/interview"}, "a drawing is a function of its text"},
	{"server/strict", []string{"server/interview"}, "one way to read somebody else's JSON, for every door; it knows no shape of its own"},
	{"server/config", nil, "settings and their limits, nothing about where they come from"},
	{"server/interview", nil, "the nouns; everything imports them, so they import nothing"},
	{"server/smoke", []string{"*"}, "tests only: boots the whole program"},
	{"prompts", nil, "files and one embed.go"},
	{"knowledge", nil, "files and one embed.go"},
	{"web", nil, "files and one embed.go"},
}

type goPackage struct {
	ImportPath string
	Imports    []string
	Standard   bool
}

func TestArrows(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports", "rehearse/...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	found := map[string]goPackage{}
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		found[strings.TrimPrefix(p.ImportPath, module)] = p
	}
	for _, r := range rooms {
		if r.reason == "" {
			t.Errorf("%s: the row says no reason", r.path)
		}
		p, ok := found[r.path]
		if !ok {
			t.Errorf("%s: there is no such room; take the row out", r.path)
			continue
		}
		delete(found, r.path)
		if slices.Contains(r.may, "*") {
			continue
		}
		for _, imp := range p.Imports {
			name := strings.TrimPrefix(imp, module)
			if first, _, _ := strings.Cut(imp, "/"); imp == name && !strings.Contains(first, ".") {
				continue // the standard library
			}
			if !slices.Contains(r.may, name) {
				t.Errorf("%s imports %s: %s", r.path, imp, r.reason)
			}
		}
	}
	for path := range found {
		t.Errorf("%s is a room without a row: add it with what it may import, and why", path)
	}
}
