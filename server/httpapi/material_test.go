package httpapi_test

import (
	"bytes"
	"context"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"rehearse/server/httpapi"
	"rehearse/server/interview"
)

// shelf keeps what was asked of it.
type shelf struct{ asked []string }

func (s *shelf) Search(_ context.Context, query string, k int, each string) (any, error) {
	return map[string]any{"passages": []string{query, each}, "k": k}, nil
}

func (s *shelf) List(context.Context) (any, error) {
	return map[string]any{"material": []string{}}, nil
}

func (s *shelf) Upload(_ context.Context, name string, data io.Reader) (any, error) {
	raw, err := io.ReadAll(data)
	if err != nil {
		return nil, err
	}
	if name == "bad.pdf" {
		return nil, interview.FieldError("file", "bad.pdf was not kept: it is damaged")
	}
	s.asked = append(s.asked, name+"="+string(raw))
	return map[string]string{"id": name}, nil
}

func (s *shelf) Delete(_ context.Context, id string) error {
	if id != "7" {
		return interview.Errorf(interview.CodeNotFound, "there is no material %q", id)
	}
	return nil
}

// form is a request body of files, each a name of a part, a name of a file and its text.
func form(t *testing.T, files ...[3]string) (body, contentType string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, f := range files {
		var part io.Writer
		var err error
		if f[1] == "" {
			part, err = w.CreateFormField(f[0])
		} else {
			part, err = w.CreateFormFile(f[0], f[1])
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(part, f[2]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String(), w.FormDataContentType()
}

func TestMaterial(t *testing.T) {
	b := start(t)
	ask := func(method, path, contentType, body string) (int, string) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, b.srv.URL+httpapi.Prefix+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", contentType)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		raw, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(raw)
	}
	if status, body := ask("GET", "/search?q=x", "", ""); status != http.StatusServiceUnavailable {
		t.Errorf("without an index: %d %s", status, body)
	}
	s := &shelf{}
	b.api.Material = s
	one, oneType := form(t, [3]string{"file", "a.md", "text"}, [3]string{"file", "b.md", "more"})
	wrong, wrongType := form(t, [3]string{"cv", "a.md", "text"})
	noFile, noFileType := form(t, [3]string{"file", "", "text"})
	empty, emptyType := form(t)
	bad, badType := form(t, [3]string{"file", "first.md", "kept"}, [3]string{"file", "bad.pdf", "x"})
	large, largeType := form(t, [3]string{"file", "large.md", strings.Repeat("x", httpapi.MaterialMost+2<<20)})
	for _, tt := range []struct {
		method, path, contentType, body string
		status                          int
		part                            string
	}{
		{"GET", "/search?q=archive+bombs", "", "", 200, `{"k":10,"passages":["archive bombs",""]}`},
		{"GET", "/search?q=x&k=3&each=file", "", "", 200, `{"k":3,"passages":["x","file"]}`},
		{"GET", "/search", "", "", 400, `"field":"q"`},
		{"GET", "/search?q=x&k=0", "", "", 400, `"field":"k"`},
		{"GET", "/search?q=x&k=ten", "", "", 400, `"field":"k"`},
		{"GET", "/search?q=x&each=line", "", "", 400, `"field":"each"`},
		{"GET", "/material", "", "", 200, `{"material":[]}`},
		{"POST", "/material", oneType, one, 201, `{"material":[{"id":"a.md"},{"id":"b.md"}]}`},
		{"POST", "/material", wrongType, wrong, 400, `"field":"cv"`},
		{"POST", "/material", noFileType, noFile, 400, `"field":"file"`},
		{"POST", "/material", emptyType, empty, 400, "no file"},
		{"POST", "/material", "application/json", "{}", 400, "multipart"},
		{"POST", "/material", oneType, one[:len(one)/2], 400, "read to its end"},
		{"POST", "/material", badType, bad, 400, "bad.pdf was not kept: it is damaged"},
		{"POST", "/material", largeType, large, 413, "MiB"},
		{"DELETE", "/material/7", "", "", 204, ""},
		{"DELETE", "/material/8", "", "", 404, "no material"},
	} {
		if status, body := ask(tt.method, tt.path, tt.contentType, tt.body); status != tt.status || !strings.Contains(body, tt.part) {
			t.Errorf("%s %s: %d %s, want %d with %q", tt.method, tt.path, status, body, tt.status, tt.part)
		}
	}
	if got := strings.Join(s.asked, " "); !strings.Contains(got, "a.md=text b.md=more") || !strings.Contains(got, "first.md=kept") || strings.Contains(got, "large") {
		t.Errorf("uploads: %s", got)
	}
}
