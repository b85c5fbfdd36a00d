package smoke_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"mime/multipart"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// traces names the files below a folder whose bytes hold a text, in any case.
func traces(t *testing.T, dir, text string) (found []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if strings.Contains(strings.ToLower(file), text) {
			found = append(found, file)
		}
		raw, err := os.ReadFile(file)
		if bytes.Contains(bytes.ToLower(raw), []byte(text)) {
			found = append(found, filepath.Base(file))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// form is a request's body with one file in it.
func (s *server) form(t *testing.T, path, name string, data []byte) (int, []byte) {
	t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	part, err := w.CreateFormFile("file", name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := part.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return s.send(t, path, w.FormDataContentType(), body.Bytes())
}

func (s *server) send(t *testing.T, path, kind string, data []byte) (int, []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/api/v1"+path, bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+s.token)
	req.Header.Set("Content-Type", kind)
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

// Everything leaves a running server in one archive, while a session goes on and by the command line too; what is deleted
// is in no byte of the data folder; and the archive brings it back, reports byte for byte.
func TestKeeping(t *testing.T) {
	const said, drafted, uploaded = "quixotrymble", "zanflorpine", "vexipondrale"
	data := t.TempDir()
	s := start(t, data, "--model", "none", "--embed", "builtin")
	first := s.create(t, map[string]any{"format": "story-drill", "mode": "exam"})
	s.sit(t.Context(), t, first, func(turn int) string { return fmt.Sprintf("%s In the end %s took %d days.", story, said, turn) })
	second := s.create(t, map[string]any{"format": "story-drill", "mode": "exam"})
	ws := s.dial(t, second, 0)
	send(t, ws, map[string]any{"type": "hello", "after": 0})
	asked, _ := await(t, ws, "question.asked")
	send(t, ws, map[string]any{"type": "draft", "turn": asked.num("turn"), "text": "I was about to say " + drafted})
	await(t, ws, "draft.saved")
	if status, raw := s.form(t, "/material", "notes-"+uploaded+".md", []byte("# Notes\n\nAbout "+uploaded+" and the signing key that was moved.\n")); status != http.StatusCreated {
		t.Fatalf("upload: %d %s", status, raw)
	}
	date := time.Now().UTC().AddDate(0, 0, 21).Format(time.DateOnly)
	s.call(t, http.MethodPut, "/plan", map[string]any{"date": date, "minutes_a_day": 45, "time_zone": "UTC"})
	_, report := s.call(t, http.MethodGet, "/sessions/"+first+"/report.md", nil)
	for _, marker := range []string{said, drafted, uploaded} {
		if len(traces(t, data, marker)) == 0 {
			t.Fatalf("%s was never in the folder", marker)
		}
	}

	status, archive := s.call(t, http.MethodGet, "/export", nil)
	if status != http.StatusOK || !bytes.HasPrefix(archive, []byte("PK")) {
		t.Fatalf("GET /export: %d, %d bytes", status, len(archive))
	}
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	byHand := filepath.Join(t.TempDir(), "all.zip")
	if out, err := exec.CommandContext(t.Context(), path, "export", "--all", byHand, "--data", data).CombinedOutput(); err != nil || !bytes.Contains(out, []byte("2 sessions")) {
		t.Errorf("export --all beside the server: %v %s", err, out)
	}

	if status, raw := s.call(t, http.MethodDelete, "/sessions/"+first, nil); status != http.StatusNoContent {
		t.Fatalf("DELETE: %d %s", status, raw)
	}
	if found := traces(t, data, said); len(found) > 0 {
		t.Errorf("after its session was deleted, what was said is in %v", found)
	}
	for _, body := range []any{nil, map[string]any{}, map[string]any{"confirm": "yes"}} {
		if status, raw := s.call(t, http.MethodDelete, "/everything", body); status != http.StatusBadRequest {
			t.Errorf("DELETE /everything %v: %d %s", body, status, raw)
		}
	}
	if status, raw := s.call(t, http.MethodDelete, "/everything", map[string]any{"confirm": "delete everything"}, "Origin", "https://evil.example"); status != http.StatusForbidden {
		t.Errorf("from another origin: %d %s", status, raw)
	}
	if len(traces(t, data, drafted)) == 0 {
		t.Error("a refused request deleted something")
	}
	status, raw := s.call(t, http.MethodDelete, "/everything", map[string]any{"confirm": "delete everything"})
	var gone struct {
		Deleted struct {
			Sessions, Material int
			Plan               bool
		}
		Kept []string
	}
	if err := json.Unmarshal(raw, &gone); status != http.StatusOK || err != nil || gone.Deleted.Sessions != 1 || gone.Deleted.Material != 1 || !gone.Deleted.Plan || len(gone.Kept) == 0 {
		t.Errorf("DELETE /everything: %d %s", status, raw)
	}
	for _, marker := range []string{said, drafted, uploaded, date} {
		if found := traces(t, data, marker); len(found) > 0 {
			t.Errorf("after everything was deleted, %s is in %v", marker, found)
		}
	}
	if _, raw := s.call(t, http.MethodGet, "/search?q="+uploaded, nil); bytes.Contains(raw, []byte("notes-")) {
		t.Errorf("the upload is still found: %s", raw)
	}

	if status, raw := s.send(t, "/import", "application/zip", archive[:len(archive)/2]); status != http.StatusBadRequest || !bytes.Contains(raw, []byte("nothing was changed")) {
		t.Errorf("half an archive: %d %s", status, raw)
	}
	if _, raw := s.call(t, http.MethodGet, "/sessions", nil); !bytes.Contains(raw, []byte(`"sessions":[]`)) {
		t.Errorf("half an archive changed something: %s", raw)
	}
	var done struct {
		Sessions struct{ Added, Here int }
		Material int
		Plan     bool
		Message  string
	}
	for i, send := range []func() (int, []byte){
		func() (int, []byte) { return s.send(t, "/import", "application/zip", archive) },
		func() (int, []byte) { return s.form(t, "/import", "all.zip", archive) },
	} {
		done.Sessions.Added, done.Sessions.Here = 0, 0
		status, raw := send()
		if err := json.Unmarshal(raw, &done); status != http.StatusOK || err != nil || done.Sessions.Added != 2-2*i || done.Sessions.Here != 2*i || done.Material != 1-i || done.Plan != (i == 0) {
			t.Errorf("import %d: %d %s", i+1, status, raw)
		}
	}
	if _, again := s.call(t, http.MethodGet, "/sessions/"+first+"/report.md", nil); !bytes.Equal(again, report) {
		t.Errorf("the report is another one:\n%s\n---\n%s", report, again)
	}
	if _, raw := s.call(t, http.MethodGet, "/search?q="+uploaded, nil); !bytes.Contains(raw, []byte("notes-")) {
		t.Errorf("the upload is not found again: %s", raw)
	}
	if found, err := filepath.Glob(filepath.Join(data, ".import-*")); err != nil || len(found) > 0 {
		t.Errorf("left behind: %v, %v", found, err)
	}
}

// An archive that is taken while a session goes on shows one moment of it: a log without a hole that can be imported.
func TestBackupWhileSitting(t *testing.T) {
	data := t.TempDir()
	s := start(t, data, "--model", "none")
	stop, sat := make(chan struct{}), make(chan int, 1)
	go func() {
		n := 0
		defer func() { sat <- n }()
		for {
			select {
			case <-stop:
				return
			default:
			}
			id := s.create(t, map[string]any{"format": "story-drill", "mode": "exam"})
			s.sit(t.Context(), t, id, func(int) string { return story })
			n++
		}
	}()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		file, to := filepath.Join(t.TempDir(), "all.zip"), filepath.Join(t.TempDir(), fmt.Sprint(i))
		if out, err := exec.CommandContext(t.Context(), path, "export", "--all", file, "--data", data).CombinedOutput(); err != nil {
			t.Errorf("export %d: %v %s", i, err, out)
		}
		if out, err := exec.CommandContext(t.Context(), path, "import", file, "--data", to).CombinedOutput(); err != nil {
			t.Errorf("import %d: %v %s", i, err, out)
		}
	}
	close(stop)
	if n := <-sat; n == 0 {
		t.Error("nobody sat a session meanwhile")
	}
}
