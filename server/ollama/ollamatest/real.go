package ollamatest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ollama/ollama/api"
)

// The models that bench/model/setup.py makes.
const (
	Chat      = "qwen2.5-coder:1.5b-instruct" // follows a short instruction
	Small     = "smollm2:135m-instruct"       // fast, and must fail every exam
	Base      = "gemma3:270m-base"            // not tuned to instructions
	Embedding = "all-minilm:l6-v2"
)

// Folder is where bench/model/setup.py keeps a real server and its models.
func Folder() string {
	if dir := os.Getenv("REHEARSE_MODELS"); dir != "" { //nolint:forbidigo // tests only: the folder is named as setup.py names it
		return dir
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	return filepath.Join(home, ".cache", "rehearse-models")
}

// Real is a real Ollama server with a proxy in front of it that records what passes.
type Real struct {
	URL    string // of the proxy
	Direct string // of the server itself
	tb     testing.TB
	addr   string
	cmd    *exec.Cmd
	mu     sync.Mutex
	passed []*Passed
}

// Passed is one request that went through the proxy. Times are zero until they came.
type Passed struct {
	Path               string
	Body               []byte
	Began, First, Gone time.Time // when it came, when its first byte came back, and when it was over
	Cancelled          bool      // the client went away before its end
}

// Chat is the request as Ollama reads it.
func (p *Passed) Chat() (api.ChatRequest, bool) {
	var req api.ChatRequest
	ok := p.Path == "/api/chat" && json.Unmarshal(p.Body, &req) == nil
	return req, ok
}

// StartReal starts the server of Folder and a recording proxy, and stops both with the test. It returns nil, with the
// reason, where there is none.
func StartReal(tb testing.TB) (*Real, string) {
	tb.Helper()
	binary := filepath.Join(Folder(), "bin", "ollama")
	if _, err := os.Stat(binary); err != nil {
		return nil, fmt.Sprintf("there is no server at %s; make models builds one", binary)
	}
	l, err := (&net.ListenConfig{}).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err.Error()
	}
	r := &Real{tb: tb, addr: l.Addr().String()}
	r.Direct = "http://" + r.addr
	_ = l.Close()
	r.Start()
	target, err := url.Parse(r.Direct)
	if err != nil {
		tb.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.FlushInterval = -1
	proxy.ErrorLog = nil
	proxy.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) }
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, err := io.ReadAll(q.Body)
		if err != nil {
			return
		}
		p := &Passed{Path: q.URL.Path, Body: body, Began: time.Now()}
		r.mu.Lock()
		r.passed = append(r.passed, p)
		r.mu.Unlock()
		stop := context.AfterFunc(q.Context(), func() {
			r.mu.Lock()
			defer r.mu.Unlock()
			if p.Gone.IsZero() {
				p.Gone, p.Cancelled = time.Now(), true
			}
		})
		defer stop()
		q.Body = io.NopCloser(bytes.NewReader(body))
		defer func() { _ = recover() }() // the proxy panics to close a connection that was cut
		proxy.ServeHTTP(&noting{ResponseWriter: w, first: func() {
			r.mu.Lock()
			defer r.mu.Unlock()
			if p.First.IsZero() {
				p.First = time.Now()
			}
		}}, q)
		r.mu.Lock()
		defer r.mu.Unlock()
		if p.Gone.IsZero() {
			p.Gone = time.Now()
		}
	}))
	r.URL = front.URL
	tb.Cleanup(func() {
		front.CloseClientConnections()
		front.Close()
		r.Kill()
	})
	return r, ""
}

// noting is a writer that says when its first byte was written.
type noting struct {
	http.ResponseWriter
	first func()
}

func (n *noting) Write(b []byte) (int, error) { n.first(); return n.ResponseWriter.Write(b) }

// Unwrap lets the proxy flush.
func (n *noting) Unwrap() http.ResponseWriter { return n.ResponseWriter }

// Start starts the server, again at the same address after Kill, and waits until it answers.
func (r *Real) Start() {
	r.tb.Helper()
	root := Folder()
	cmd := exec.Command(filepath.Join(root, "bin", "ollama"), "serve") //nolint:gosec,noctx // the path is the test's own, and Kill ends it
	cmd.Env = append(os.Environ(), "OLLAMA_HOST="+r.addr, "OLLAMA_MODELS="+filepath.Join(root, "models"), "HOME="+filepath.Join(root, "home"), "OLLAMA_NUM_PARALLEL=1")
	ownGroup(cmd)
	if err := cmd.Start(); err != nil {
		r.tb.Fatal(err)
	}
	r.cmd = cmd
	for range 200 {
		if resp, err := http.Get(r.Direct + "/api/version"); err == nil { //nolint:noctx // a loopback address, asked a few times
			_ = resp.Body.Close()
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	r.tb.Fatal("the server did not start")
}

// Kill ends the server at once, with its runners and what they were doing.
func (r *Real) Kill() {
	if r.cmd == nil {
		return
	}
	killGroup(r.cmd)
	_ = r.cmd.Wait() // it was killed
	r.cmd = nil
}

// Passed are the requests so far, copied.
func (r *Real) Passed() []Passed {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make([]Passed, len(r.passed))
	for i, p := range r.passed {
		out[i] = *p
	}
	return out
}

// TinyName is the name that Tiny gives the generated model.
const TinyName = "tiny:latest"

// Tiny puts the generated model on the server.
func (r *Real) Tiny(endless bool) {
	r.tb.Helper()
	file := TinyModel(endless)
	sum := fmt.Sprintf("sha256:%x", sha256.Sum256(file))
	for _, q := range []struct {
		path string
		body io.Reader
	}{
		{"/api/blobs/" + sum, bytes.NewReader(file)},
		{"/api/create", strings.NewReader(`{"model":"` + TinyName + `","files":{"tiny.gguf":"` + sum + `"},"stream":false,"template":"{{- range .Messages }}<|im_start|>{{ .Role }}\n{{ .Content }}<|im_end|>\n{{ end }}<|im_start|>assistant\n"}`)},
	} {
		resp, err := http.Post(r.Direct+q.path, "application/json", q.body) //nolint:noctx // a loopback address
		if err != nil {
			r.tb.Fatal(err)
		}
		said, _ := io.ReadAll(resp.Body) // for the message only
		_ = resp.Body.Close()
		if resp.StatusCode >= 300 {
			r.tb.Fatalf("%s: %d %s", q.path, resp.StatusCode, said)
		}
	}
	r.tb.Cleanup(func() {
		q, err := http.NewRequest(http.MethodDelete, r.Direct+"/api/delete", strings.NewReader(`{"model":"`+TinyName+`"}`)) //nolint:noctx // a loopback address
		if err != nil {
			return
		}
		if resp, err := http.DefaultClient.Do(q); err == nil { // the server may have been killed
			_ = resp.Body.Close()
		}
	})
}
