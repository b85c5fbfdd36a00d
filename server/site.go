package server

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"

	"rehearse/server/httpapi"
	"rehearse/server/interview"
)

// hashed is the folder whose file names carry a hash of their content and may be kept for ever.
const hashed = "assets/"

// types are the content types of what a built page holds; the machine's own table may lack or bend them.
var types = map[string]string{
	".html":        "text/html; charset=utf-8",
	".js":          "text/javascript; charset=utf-8",
	".mjs":         "text/javascript; charset=utf-8",
	".css":         "text/css; charset=utf-8",
	".json":        "application/json; charset=utf-8",
	".map":         "application/json; charset=utf-8",
	".webmanifest": "application/manifest+json; charset=utf-8",
	".svg":         "image/svg+xml",
	".png":         "image/png",
	".ico":         "image/x-icon",
	".woff2":       "font/woff2",
	".txt":         "text/plain; charset=utf-8",
}

// site serves the built page.
type site struct{ files fs.FS }

// ServeHTTP answers with a file, or with index.html for an address that looks like a place in the page.
func (s site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.files == nil {
		httpapi.WriteError(w, interview.Errorf(interview.CodeNotFound, "this program was built without its web page; the API is there"))
		return
	}
	name := strings.TrimPrefix(path.Clean("/"+r.URL.Path), "/")
	if name == "" {
		name = "index.html"
	}
	err := s.file(w, r, name)
	if errors.Is(err, fs.ErrNotExist) && path.Ext(name) == "" {
		err = s.file(w, r, "index.html")
	}
	switch {
	case err == nil:
	case errors.Is(err, fs.ErrNotExist):
		httpapi.WriteError(w, interview.Errorf(interview.CodeNotFound, "there is nothing at this address"))
	default:
		httpapi.WriteError(w, err)
	}
}

func (s site) file(w http.ResponseWriter, r *http.Request, name string) error {
	f, err := s.files.Open(name)
	if err != nil {
		return fs.ErrNotExist // a name that is not valid is one that does not exist
	}
	defer func() { _ = f.Close() }() // only read
	info, err := f.Stat()
	if err != nil || info.IsDir() {
		return fs.ErrNotExist
	}
	content, err := io.ReadAll(f)
	if err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	h := w.Header()
	if typ, ok := types[path.Ext(name)]; ok {
		h.Set("Content-Type", typ)
	}
	if strings.HasPrefix(name, hashed) {
		h.Set("Cache-Control", "private, max-age=31536000, immutable")
	}
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(content))
	return nil
}
