package ollama_test

import (
	"encoding/json"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rehearse/server/interview"
	"rehearse/server/ollama"
	"rehearse/server/ollama/ollamatest"
)

// reader is an embedding model that reads at most so many bytes at a time. Its vectors say how many letters a
// and b are in a text.
func reader(t *testing.T, name string, most int) (url string, asked *[]string) {
	t.Helper()
	asked = &[]string{}
	answer := func(w http.ResponseWriter, status int, body any) {
		w.WriteHeader(status)
		if err := json.NewEncoder(w).Encode(body); err != nil {
			t.Error(err)
		}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/tags", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, 200, map[string]any{"models": []any{map[string]any{"name": name, "model": name, "digest": "d1", "size": 1}}})
	})
	mux.HandleFunc("POST /api/show", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, 200, map[string]any{"capabilities": []string{"embedding"}, "model_info": map[string]any{"bert.embedding_length": 2, "bert.context_length": 512}})
	})
	mux.HandleFunc("POST /api/embed", func(w http.ResponseWriter, r *http.Request) {
		var req struct{ Input []string }
		if err := json.NewDecoder(r.Body).Decode(&req); err != nil {
			t.Error(err)
		}
		var out [][]float32
		for _, in := range req.Input {
			if len(in) > most {
				answer(w, 400, map[string]string{"error": "the input length exceeds the context length"})
				return
			}
			a, b := float64(strings.Count(in, "a")), float64(strings.Count(in, "b"))
			n := math.Max(math.Hypot(a, b), 1)
			out = append(out, []float32{float32(a / n), float32(b / n)})
		}
		*asked = append(*asked, req.Input...)
		answer(w, 200, map[string]any{"embeddings": out})
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s.URL, asked
}

func TestPrefixesOfASearch(t *testing.T) {
	for name, want := range map[string][]string{
		"nomic-embed-text:v1.5":     {"search_query: x", "search_document: x"},
		"me/embeddinggemma:latest":  {"task: search result | query: x", "title: none | text: x"},
		"mxbai-embed-large:latest":  {"Represent this sentence for searching relevant passages: x", "x"},
		"snowflake-arctic-embed2:1": {"query: x", "x"},
		"snowflake-arctic-embed:1":  {"Represent this sentence for searching relevant passages: x", "x"},
		"bge-m3:latest":             {"x", "x"},
		"all-minilm:latest":         {"x", "x"},
	} {
		url, asked := reader(t, name, 1000)
		e, err := ollama.New([]string{url}, nil).DetectEmbedder(t.Context(), ollama.Auto)
		if err != nil || e.Dim() != 2 || e.Model().Digest != "d1" {
			t.Fatalf("%s: %v, %v", name, e, err)
		}
		if _, err := e.Questions(t.Context(), []string{"x"}); err != nil {
			t.Error(err)
		}
		if _, err := e.Passages(t.Context(), []string{"x"}); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff(want, *asked); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestALongTextIsReadWhole gives a model more than it reads at a time: no word of it is dropped.
func TestALongTextIsReadWhole(t *testing.T) {
	url, asked := reader(t, "all-minilm:latest", 60)
	e, err := ollama.New([]string{url}, nil).DetectEmbedder(t.Context(), "all-minilm")
	if err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("a word ", 20) + strings.Repeat("b verb ", 20) + "é end"
	got, err := e.Passages(t.Context(), []string{"a", long, "b"})
	if err != nil || len(got) != 3 {
		t.Fatal(got, err)
	}
	if got[0][0] != 1 || got[2][1] != 1 || got[1][0] < 0.2 || got[1][1] < 0.2 {
		t.Errorf("%v", got)
	}
	words := strings.Fields(strings.Join(*asked, " "))
	if want := len(strings.Fields(long)) + 2; len(words) != want {
		t.Errorf("%d words were read of %d", len(words), want)
	}
	if _, err := e.Passages(t.Context(), []string{strings.Repeat("x", 100)}); err != nil {
		t.Errorf("a word that is too long: %v", err)
	}
	url, _ = reader(t, "all-minilm:latest", 3)
	if e, err = ollama.New([]string{url}, nil).DetectEmbedder(t.Context(), "all-minilm"); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Passages(t.Context(), []string{long}); err == nil {
		t.Error("a model that reads nothing gave a vector")
	}
}

// TestPassagesWaitForWhoSpeaks embeds passages behind an interview: none is begun while somebody types, and a request
// that is under way when words are wanted is broken off and made again, with nothing lost.
func TestPassagesWaitForWhoSpeaks(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var order []string
	note := func(what string) { mu.Lock(); order = append(order, what); mu.Unlock() }
	begun := make(chan struct{}, 9)
	speaker := ollamatest.New(t)
	speaker.Reply(func(string) string { return "You moved the key." })
	target, _ := url.Parse(speaker.URL)
	proxy := httputil.NewSingleHostReverseProxy(target)
	slow := true
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/api/embed":
			note("passages")
			begun <- struct{}{}
			mu.Lock()
			wait := slow
			slow = false
			mu.Unlock()
			_, _ = io.Copy(io.Discard, r.Body) // so that the server sees who goes away
			if wait {
				<-r.Context().Done() // as long as it takes
				note("broken off")
				return
			}
			_ = json.NewEncoder(w).Encode(map[string]any{"embeddings": [][]float32{{1, 0}}})
			return
		case "/api/chat":
			note("words")
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(front.Close)
	c := ollama.New([]string{front.URL}, nil)
	speaker.Models(ollamatest.Default(), ollamatest.Model{Name: "all-minilm:latest", Digest: "d1", Family: "bert", Capabilities: []string{"embedding"}})
	m, err := c.Detect(t.Context(), "scripted:1b")
	if err != nil {
		t.Fatal(err)
	}
	e, err := c.DetectEmbedder(t.Context(), ollama.Auto)
	if err != nil {
		t.Fatal(err)
	}
	v := ollama.NewVoice(c, m, promptSet(t))
	b := exchangeOf()
	v.Listen("one", b, "", true, nil)
	done := make(chan error, 1)
	go func() {
		_, err := e.Passages(t.Context(), []string{"a passage"})
		done <- err
	}()
	select {
	case <-begun:
		t.Fatal("passages were embedded while somebody typed")
	case <-time.After(100 * time.Millisecond):
	}
	v.Listen("one", b, "", false, nil)
	<-begun
	b.Exchange = append(b.Exchange, interview.Line{Candidate: true, Text: typed(2)})
	b.Question = "What did it cost you?"
	if _, err := v.Speak(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	mu.Lock()
	defer mu.Unlock()
	first := slices.Index(order, "passages")
	got := slices.DeleteFunc(slices.Clone(order[first:]), func(s string) bool { return s == "broken off" }) // when the server notices is its own affair
	if len(got) < 3 || got[1] != "words" || got[len(got)-1] != "passages" {
		t.Errorf("%v", order)
	}
}
