package ollama_test

import (
	"context"
	"encoding/json"
	"net"
	"strings"
	"testing"
	"time"

	"rehearse/server/interview"
	"rehearse/server/ollama"
	"rehearse/server/ollama/ollamatest"
)

// nobody is an address at which nothing listens.
func nobody(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := ln.Close(); err != nil {
		t.Fatal(err)
	}
	return "http://" + ln.Addr().String()
}

func TestDetect(t *testing.T) {
	t.Parallel()
	const gb = int64(1) << 30
	chat := []string{"completion"}
	small := ollamatest.Model{Name: "small:1b", Size: gb, Digest: "s", Capabilities: chat}
	middle := ollamatest.Model{Name: "middle:8b", Size: 5 * gb, Capabilities: chat}
	large := ollamatest.Model{Name: "large:70b", Size: 40 * gb, Capabilities: chat}
	huge := ollamatest.Model{Name: "huge:400b", Size: 200 * gb, Capabilities: chat}
	latest := ollamatest.Model{Name: "plain:latest", Size: gb, Capabilities: chat}
	thinker := ollamatest.Model{Name: "thinker:4b", Size: 3 * gb, Capabilities: []string{"completion", "thinking"}}
	embedder := ollamatest.Model{Name: "embedder:300m", Size: 8 * gb, Capabilities: []string{"embedding"}, Loaded: true}
	oldEmbedder := ollamatest.Model{Name: "old-embed:latest", Size: 6 * gb, Family: "nomic-bert"}
	old := ollamatest.Model{Name: "old:7b", Size: 4 * gb, Family: "llama"}
	cloud := ollamatest.Model{Name: "grand:480b-cloud", Size: 300, Capabilities: chat, Loaded: true}
	remote := ollamatest.Model{Name: "mine:latest", Size: 400, Capabilities: chat, RemoteHost: "https://ollama.com", Loaded: true}
	gone := ollamatest.Model{Name: "gone:8b", Size: 8 * gb, Broken: true}
	loaded := func(m ollamatest.Model) ollamatest.Model { m.Loaded = true; return m }
	tests := []struct {
		name, wanted string
		models       []ollamatest.Model
		want         string // the model, or
		says         string // a part of the error
	}{
		{"the loaded one first", "auto", []ollamatest.Model{middle, loaded(small)}, "small:1b", ""},
		{"even a large one that is loaded", "auto", []ollamatest.Model{middle, loaded(large)}, "large:70b", ""},
		{"the largest a laptop runs", "auto", []ollamatest.Model{small, large, middle}, "middle:8b", ""},
		{"of too large ones the smallest", "auto", []ollamatest.Model{huge, large}, "large:70b", ""},
		{"no embedding model", "auto", []ollamatest.Model{embedder, small}, "small:1b", ""},
		{"no embedding model of an old server", "auto", []ollamatest.Model{oldEmbedder, old}, "old:7b", ""},
		{"no cloud model", "auto", []ollamatest.Model{cloud, remote, small}, "small:1b", ""},
		{"not one that cannot be looked at", "auto", []ollamatest.Model{gone, small}, "small:1b", ""},
		{"embedding models only", "auto", []ollamatest.Model{embedder}, "", "none of its models can chat"},
		{"cloud models only", "auto", []ollamatest.Model{cloud, remote}, "", "no local model"},
		{"no models", "auto", nil, "", "no local model"},
		{"named", "small:1b", []ollamatest.Model{loaded(middle), small}, "small:1b", ""},
		{"named without its tag", "plain", []ollamatest.Model{middle, latest}, "plain:latest", ""},
		{"named and missing", "nope:1b", []ollamatest.Model{middle}, "", "type: ollama pull nope:1b"},
		{"named and gone", "gone:8b", []ollamatest.Model{gone}, "", "type: ollama pull gone:8b"},
		{"named and in a cloud", "grand:480b-cloud", []ollamatest.Model{small, cloud}, "grand:480b-cloud", ""},
		{"named and an embedder", "embedder:300m", []ollamatest.Model{embedder}, "", "cannot chat"},
		{"thinking", "auto", []ollamatest.Model{thinker}, "thinker:4b", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := ollamatest.New(t)
			s.Models(tt.models...)
			got, err := ollama.New([]string{s.URL}, nil).Detect(t.Context(), tt.wanted)
			if tt.says != "" {
				check(t, err, interview.CodeUnavailable, tt.says)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got.Model != tt.want || got.URL != s.URL {
				t.Errorf("found %s at %s, want %s", got.Model, got.URL, tt.want)
			}
			if isCloud := strings.HasSuffix(tt.want, "cloud"); got.Cloud != isCloud {
				t.Errorf("cloud is %v", got.Cloud)
			}
			if got.Thinking != (tt.want == thinker.Name) {
				t.Errorf("thinking is %v", got.Thinking)
			}
		})
	}
}

// A model that runs elsewhere is never called local where the candidate reads which voice speaks.
func TestDetailSaysWhereItRuns(t *testing.T) {
	t.Parallel()
	s := ollamatest.New(t)
	cloud := ollamatest.Model{Name: "grand:480b-cloud", Capabilities: []string{"completion"}}
	s.Models(ollamatest.Default(), cloud)
	c := ollama.New([]string{s.URL}, nil)
	for name, want := range map[string]string{ollama.Auto: "scripted:1b, local, by Ollama at " + s.URL, cloud.Name: "not local"} {
		m, err := c.Detect(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		info := ollama.NewVoice(c, m, promptSet(t)).Info()
		if !strings.Contains(info.Detail, want) || info.Kind != "ollama" || len(info.Prompt) != 64 {
			t.Errorf("%+v does not say %q", info, want)
		}
	}
}

// A start is quick where nothing answers, and where an address takes a connection and stays silent.
func TestDetectIsQuick(t *testing.T) {
	t.Parallel()
	for _, model := range []string{ollama.Auto, "some:1b"} {
		url := nobody(t)
		began := time.Now()
		_, err := ollama.New([]string{url}, nil).Detect(t.Context(), model)
		if took := time.Since(began); took > 1500*time.Millisecond {
			t.Errorf("it took %s where nothing listens", took)
		}
		check(t, err, interview.CodeUnavailable, "Ollama does not answer at "+url)
	}
	s := ollamatest.New(t)
	s.Set(ollamatest.SlowHeaders)
	s.Everywhere(true)
	began := time.Now()
	_, err := ollama.New([]string{s.URL}, nil).Detect(t.Context(), ollama.Auto)
	if took := time.Since(began); took > bound {
		t.Errorf("it took %s where nothing is said", took)
	}
	check(t, err, interview.CodeUnavailable, "does not answer")
	_, err = ollama.New(nil, nil).Detect(t.Context(), ollama.Auto)
	check(t, err, interview.CodeUnavailable, "no Ollama address")
}

func TestDetectAmongStrangers(t *testing.T) {
	t.Parallel()
	for _, mode := range []ollamatest.Mode{ollamatest.HTML, ollamatest.NotFound, ollamatest.Empty502, ollamatest.Busy} {
		s := ollamatest.New(t)
		s.Set(mode)
		s.Everywhere(true)
		_, err := ollama.New([]string{s.URL}, nil).Detect(t.Context(), ollama.Auto)
		check(t, err, interview.CodeUnavailable, "does not answer")
	}
}

// Several servers are asked together: the first that has the model is taken, and of the errors the one
// that says most is told.
func TestSeveralServers(t *testing.T) {
	t.Parallel()
	dead, mute, s := nobody(t), ollamatest.New(t), ollamatest.New(t)
	mute.Set(ollamatest.SlowHeaders)
	mute.Everywhere(true)
	second := ollamatest.New(t)
	second.Models(ollamatest.Model{Name: "other:2b", Size: 1, Capabilities: []string{"completion"}})
	c := ollama.New([]string{dead, s.URL, second.URL}, nil)
	for wanted, url := range map[string]string{ollama.Auto: s.URL, "other:2b": second.URL} {
		if m, err := c.Detect(t.Context(), wanted); err != nil || m.URL != url {
			t.Errorf("%s: found %v, %v", wanted, m.URL, err)
		}
	}
	for _, urls := range [][]string{{s.URL, dead}, {dead, s.URL}, {mute.URL, s.URL}} {
		_, err := ollama.New(urls, nil).Detect(t.Context(), "nope")
		check(t, err, interview.CodeUnavailable, "ollama pull nope")
	}
}

// What was found is used again for a short while, and what was not found is looked for each time.
func TestDetectRemembers(t *testing.T) {
	t.Parallel()
	s := ollamatest.New(t)
	s.Models()
	c := ollama.New([]string{s.URL}, nil)
	if _, err := c.Detect(t.Context(), ollama.Auto); err == nil {
		t.Fatal("it found a model where none is")
	}
	s.Models(ollamatest.Default())
	for range 3 {
		if _, err := c.Detect(t.Context(), ollama.Auto); err != nil {
			t.Fatal(err)
		}
	}
	shown := 0
	for _, r := range s.Requests() {
		if r.Path == "/api/show" {
			shown++
		}
	}
	if shown != 1 {
		t.Errorf("the model was looked at %d times, want 1", shown)
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	s, dead := ollamatest.New(t), nobody(t)
	s.Models(ollamatest.Default(), ollamatest.Model{Name: "grand:480b-cloud"})
	got, err := ollama.New([]string{dead, s.URL}, nil).List(context.Background(), untried)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	var list struct {
		Models []ollama.Listed
		Note   string
	}
	if err := json.Unmarshal(raw, &list); err != nil {
		t.Fatal(err)
	}
	if len(list.Models) != 2 || list.Models[0].Cloud || !list.Models[1].Cloud || list.Models[0].Host != s.URL || !strings.Contains(list.Note, dead) {
		t.Errorf("the list is %s", raw)
	}
	none, err := ollama.New([]string{dead}, nil).List(t.Context(), untried)
	if err != nil {
		t.Fatal(err)
	}
	if raw, _ := json.Marshal(none); !strings.Contains(string(raw), `"models":[]`) {
		t.Errorf("an empty list is %s", raw)
	}
}

func TestNoModelSaysWhatToType(t *testing.T) {
	info := ollama.NoModel("Ollama does not answer at http://127.0.0.1:11434.")
	if info.Kind != "authored" || len(info.Commands) == 0 || strings.Contains(info.Detail, "..") {
		t.Errorf("%+v", info)
	}
}

// untried knows nothing of any model.
func untried(string) *ollama.Abilities { return nil }
