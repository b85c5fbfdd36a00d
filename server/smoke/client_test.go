package smoke_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// program is the binary under test, built once.
var program = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "rehearse-smoke")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "rehearse")
	cmd := exec.Command("go", "build", "-o", path, "rehearse/cmd/rehearse")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return path, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if path, err := program(); err == nil {
		_ = os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

// server is one running program.
type server struct {
	cmd   *exec.Cmd
	url   string
	token string
}

var link = regexp.MustCompile(`(http://[^/\s]+)/\?token=(\S+)`)

// start runs the program on a free port and waits for its link.
func start(t testing.TB, data string, flags ...string) *server {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	args := append([]string{"serve", "--addr", "127.0.0.1:0", "--data", data, "--open=false"}, flags...)
	cmd := exec.Command(path, args...)
	cmd.Env = []string{"HOME=" + data, "PATH=" + os.Getenv("PATH")}
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s := &server{cmd: cmd}
	t.Cleanup(s.kill)
	found := make(chan []string, 1)
	go func() {
		in := bufio.NewScanner(out)
		for in.Scan() {
			if m := link.FindStringSubmatch(in.Text()); m != nil {
				found <- m
			}
		}
		close(found)
	}()
	select {
	case m, ok := <-found:
		if !ok {
			t.Fatalf("the program ended without a link:\n%s", errs.String())
		}
		s.url, s.token = m[1], m[2]
	case <-time.After(20 * time.Second):
		t.Fatal("no link within 20 seconds")
	}
	return s
}

// kill ends the program at once, as a crash would.
func (s *server) kill() {
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
}

// call makes one API request and returns status and body.
func (s *server) call(t testing.TB, method, path string, body any, header ...string) (int, []byte) {
	t.Helper()
	var in io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		in = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, s.url+"/api/v1"+path, in)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+s.token)
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(header); i += 2 {
		if header[i] == "Host" {
			req.Host = header[i+1]
		} else {
			req.Header.Set(header[i], header[i+1])
		}
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	out, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, out
}

// create makes a session and returns its id.
func (s *server) create(t testing.TB, body map[string]any) string {
	t.Helper()
	status, raw := s.call(t, http.MethodPost, "/sessions", body)
	var out struct {
		ID string `json:"id"`
	}
	if status != http.StatusCreated || json.Unmarshal(raw, &out) != nil || out.ID == "" {
		t.Fatalf("POST /sessions %v = %d %s", body, status, raw)
	}
	return out.ID
}

// frame is a message of the server.
type frame struct {
	V    int             `json:"v"`
	Type string          `json:"type"`
	Seq  int64           `json:"seq"`
	At   string          `json:"at"`
	Data json.RawMessage `json:"data"`
}

func (f frame) field(name string) any {
	var m map[string]any
	_ = json.Unmarshal(f.Data, &m)
	return m[name]
}

func (f frame) num(name string) int {
	n, _ := f.field(name).(float64)
	return int(n)
}

func (f frame) str(name string) string {
	s, _ := f.field(name).(string)
	return s
}

// dial opens the websocket and says hello.
func (s *server) dial(t testing.TB, session string, after int64) *websocket.Conn {
	t.Helper()
	ws, resp, err := websocket.DefaultDialer.DialContext(t.Context(), strings.Replace(s.url, "http", "ws", 1)+"/api/v1/sessions/"+session+"/ws",
		http.Header{"Authorization": {"Bearer " + s.token}, "Origin": {s.url}})
	if err != nil {
		t.Fatalf("dial: %v (%v)", err, resp)
	}
	t.Cleanup(func() { _ = ws.Close() })
	send(t, ws, map[string]any{"type": "hello", "after": after})
	return ws
}

func send(t testing.TB, ws *websocket.Conn, cmd map[string]any) {
	t.Helper()
	cmd["v"] = 1
	if err := ws.WriteJSON(cmd); err != nil {
		t.Fatalf("send %v: %v", cmd["type"], err)
	}
}

// receive reads one frame; ok is false when the connection is gone.
func receive(t testing.TB, ws *websocket.Conn) (frame, bool) {
	t.Helper()
	_ = ws.SetReadDeadline(time.Now().Add(20 * time.Second))
	var f frame
	if err := ws.ReadJSON(&f); err != nil {
		return f, false
	}
	return f, true
}

// await reads until a frame of one of the types comes, and returns it with everything durable before it.
func await(t testing.TB, ws *websocket.Conn, types ...string) (frame, []frame) {
	t.Helper()
	var seen []frame
	for {
		f, ok := receive(t, ws)
		if !ok {
			t.Fatalf("the connection ended while waiting for %v", types)
		}
		if f.Seq > 0 {
			seen = append(seen, f)
		}
		for _, typ := range types {
			if f.Type == typ {
				return f, seen
			}
		}
	}
}

// story is a complete answer, for tests to which its content does not matter.
const story = `In March 2024 our build servers trusted any pull request, and one had read a signing key. I was responsible for the release pipeline. I moved signing to a separate machine, wrote a check that refuses unsigned artefacts and walked two teams through it. I had considered rotating the key every night and rejected it because a thief needs minutes. Unsigned releases went from 5 a week to 0 within a month, counted by the release log.`

// sit answers every question until the report is ready and returns all durable frames of this connection.
func (s *server) sit(ctx context.Context, t testing.TB, session string, answer func(turn int) string) []frame {
	t.Helper()
	ws := s.dial(t, session, 0)
	var all []frame
	caughtUp := int64(-1)
	open := 0
	for ctx.Err() == nil {
		f, ok := receive(t, ws)
		if !ok {
			t.Fatal("the connection ended before the report")
		}
		if f.Seq > 0 {
			all = append(all, f)
		}
		switch f.Type {
		case "welcome":
			caughtUp = int64(f.num("seq"))
		case "question.asked":
			open = f.num("turn")
		case "answer.submitted", "turn.skipped":
			open = 0
		case "error":
			t.Fatalf("error frame: %s", f.Data)
		case "report.ready":
			if f.num("grades_pending") == 0 { // the last grade brings another
				return all
			}
		}
		if open > 0 && (len(all) == 0 || all[len(all)-1].Seq >= caughtUp) {
			send(t, ws, map[string]any{"type": "answer", "id": fmt.Sprintf("%s-%d", session, open), "turn": open, "text": answer(open)})
			open = 0
		}
	}
	t.Fatal(ctx.Err())
	return nil
}
