package index_test

import (
	"archive/zip"
	"bytes"
	"compress/zlib"
	"context"
	"fmt"
	"hash/fnv"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode"

	"rehearse/server/index"
	"rehearse/server/interview"
	"rehearse/server/sqlite"
)

// Roles of the test binary when it is started by a test.
const (
	pdfRole = "REHEARSE_TEST_READ_PDF"
	addRole = "REHEARSE_TEST_INDEX_UNTIL_KILLED"
)

func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == pdfRole {
		if index.Inside(context.Background(), os.Stdin, os.Stdout, os.Exit) != nil {
			os.Exit(1)
		}
		return
	}
	if dir := os.Getenv(addRole); dir != "" {
		indexUntilKilled(dir)
		return
	}
	os.Exit(m.Run())
}

// outside reads PDF files in a process of their own: this one, once more.
var outside = index.Outside(os.Args[0], pdfRole)

// hashing embeds by hashing words into a short vector: the same text gives the same one, and texts that share
// words are near each other.
type hashing struct {
	dim    int
	digest string
	prefix string
	calls  atomic.Int64
	fail   func(texts []string) error
}

func newHashing() *hashing { return &hashing{dim: 64, digest: "d1", prefix: "1"} }

func (h *hashing) Space() interview.Space {
	return interview.Space{Model: "hashing", Digest: h.digest, Prefix: h.prefix, Dim: h.dim}
}

func (h *hashing) Embed(ctx context.Context, texts []string, _ index.Kind) ([][]float32, error) {
	h.calls.Add(1)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if h.fail != nil {
		if err := h.fail(texts); err != nil {
			return nil, err
		}
	}
	out := make([][]float32, len(texts))
	for i, t := range texts {
		v := make([]float32, h.dim)
		for _, w := range strings.FieldsFunc(strings.ToLower(t), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
			f := fnv.New32a()
			_, _ = f.Write([]byte(w + h.digest))
			n := f.Sum32()
			v[n%uint32(h.dim)] += float32(int(n>>16&1)*2 - 1)
		}
		sum := 0.0
		for _, x := range v {
			sum += float64(x * x)
		}
		if sum > 0 {
			for k := range v {
				v[k] /= float32(math.Sqrt(sum))
			}
		}
		out[i] = v
	}
	return out, nil
}

func openStore(t testing.TB, path string) *sqlite.Index {
	t.Helper()
	s, err := sqlite.OpenIndex(context.Background(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Check(context.Background()); err != nil {
			t.Error(err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func newIndex(t testing.TB, e index.Embedder) (*index.Index, *sqlite.Index) {
	t.Helper()
	s := openStore(t, sqlite.Memory)
	return index.New(index.Options{Store: s, Embedder: e}), s
}

// write writes files under a folder, made some time ago so that they are not taken for ones that still change.
func write(t testing.TB, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		p := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		age(t, p, time.Hour)
	}
}

func age(t testing.TB, path string, by time.Duration) {
	t.Helper()
	at := time.Now().Add(-by).Truncate(time.Microsecond)
	if err := os.Chtimes(path, at, at); err != nil {
		t.Fatal(err)
	}
}

func add(t testing.TB, x *index.Index, paths ...string) index.Summary {
	t.Helper()
	sum, err := x.Add(context.Background(), interview.OriginIndex, paths, nil)
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

func search(t testing.TB, x *index.Index, query string, o index.SearchOptions) []interview.Passage {
	t.Helper()
	found, err := x.Search(context.Background(), query, o)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

const cacheStory = `# Cache story

Some words before.

## What happened

The error rate was 212 a day before the rollout.
We measured it on the gateway.

` + "```go\nfunc warmCache(n int) {\n\n\tfill(n)\n}\n```" + `

## Result

It fell to 4 a day.
`

func TestAPassageKeepsItsPlace(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"stories/cache.md": cacheStory,
		"notes.txt":        "Interview notes\n\nArchive bombs are refused by the unpacked size.\n",
		"page.html":        "<html><head><title>Upload guide</title><script>var ignored = 'quokka'</script></head>\n<body><h1>Uploads</h1>\n<h2>Types</h2>\n<p>Check the magic\nbytes of <b>each</b> file.</p></body></html>",
		"main.go":          "package main\n\nfunc rotateSigningKeys() {\n\tretire(old)\n}\n",
	})
	write(t, dir, map[string]string{"letter.docx": docx(t, "Heading1|Goals", "|I want to lead the token migration.")})
	write(t, dir, map[string]string{"cv.pdf": pdfOf("Curriculum vitae", "Reduced pager noise by half")})
	x, _ := newIndex(t, newHashing())
	sum := add(t, x, dir)
	if sum.Indexed != 6 || len(sum.Problems)+len(sum.Notes) != 0 {
		t.Fatalf("%+v", sum)
	}
	for _, tt := range []struct {
		query, file, title, heading, text string
		start, end                        int
	}{
		{"error rate 212 a day", "stories/cache.md", "Cache story", "Cache story > What happened", "212 a day", 7, 15},
		{"warm cache function", "stories/cache.md", "Cache story", "Cache story > What happened", "func warmCache(n int) {\n\n\tfill(n)", 7, 15},
		{"it fell to four: result 4 a day", "stories/cache.md", "Cache story", "Cache story > Result", "fell to 4", 19, 19},
		{"archive bombs", "notes.txt", "Interview notes", "", "Archive bombs are refused", 1, 3},
		{"magic bytes of a file", "page.html", "Upload guide", "Uploads > Types", "Check the magic bytes of each file.", 4, 4},
		{"rotate signing keys", "main.go", "main", "rotateSigningKeys", "retire(old)", 3, 5},
		{"token migration", "letter.docx", "Goals", "Goals", "I want to lead", 2, 2},
		{"pager noise", "cv.pdf", "cv", "page 1", "Reduced pager noise by half", 1, 3},
	} {
		found := search(t, x, tt.query, index.SearchOptions{K: 3})
		if len(found) == 0 {
			t.Errorf("%s: nothing found", tt.query)
			continue
		}
		p := found[0]
		if p.Path != filepath.Join(dir, filepath.FromSlash(tt.file)) || p.Title != tt.title || p.Heading != tt.heading || p.StartLine != tt.start || p.EndLine != tt.end || !strings.Contains(p.Text, tt.text) {
			t.Errorf("%s: found %+v", tt.query, p)
		}
		if p.Rank != 1 || p.Score <= 0 || p.Score > 1 {
			t.Errorf("%s: rank %d, score %f", tt.query, p.Rank, p.Score)
		}
	}
	if found := search(t, x, "quokka", index.SearchOptions{Way: index.Words}); len(found) != 0 {
		t.Errorf("a script was indexed: %+v", found)
	}
}

// TestLinesAreThoseOfTheFile holds every passage of text against the lines it names.
func TestLinesAreThoseOfTheFile(t *testing.T) {
	dir := t.TempDir()
	var long strings.Builder
	long.WriteString("---\ntitle: Long one\n---\n\nIntro\n=====\n\n")
	for i := range 60 {
		fmt.Fprintf(&long, "## Part %d\r\n\r\nSentence %d about the gateway, with a [link](http://example.com/%d).\nAnd a second line.\n\n", i, i, i)
		if i%7 == 0 {
			fmt.Fprintf(&long, "1. one\n\n       indented code %d\n\n```\ncode %d\n# no heading\n```\n\n", i, i)
		}
		if i%11 == 0 {
			long.WriteString(strings.Repeat("many words on one line of the file. ", 150) + "\n\n")
		}
	}
	write(t, dir, map[string]string{"long.md": long.String()})
	x, _ := newIndex(t, nil)
	add(t, x, dir)
	lines := strings.Split(strings.ReplaceAll(long.String(), "\r", ""), "\n")
	found := search(t, x, "sentence gateway code many words second", index.SearchOptions{K: 1000})
	if len(found) < 60 {
		t.Fatalf("%d passages", len(found))
	}
	for _, p := range found {
		if p.StartLine < 1 || p.EndLine > len(lines) || p.Title != "Long one" {
			t.Fatalf("%+v", p)
		}
		there := strings.Join(lines[p.StartLine-1:p.EndLine], "\n")
		for l := range strings.SplitSeq(p.Text, "\n") {
			if !strings.Contains(there, strings.TrimSpace(l)) {
				t.Errorf("lines %d to %d do not hold %q", p.StartLine, p.EndLine, l)
			}
		}
		if strings.Contains(p.Heading, "no heading") {
			t.Errorf("a comment in code is a heading: %q", p.Heading)
		}
	}
}

func TestUnchangedFilesCostNothing(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"a.md": "# A\n\nalpha words\n", "b.md": "# B\n\nbeta words\n", "sub/c.txt": "gamma words\n"})
	e := newHashing()
	x, _ := newIndex(t, e)
	if sum := add(t, x, dir); sum.Indexed != 3 || sum.Embedded != 3 {
		t.Fatalf("%+v", sum)
	}
	calls := e.calls.Load()
	if sum := add(t, x, dir); sum.Unchanged != 3 || sum.Indexed != 0 || sum.Calls != 0 {
		t.Errorf("again: %+v", sum)
	}
	age(t, filepath.Join(dir, "a.md"), time.Minute) // touched, not changed
	if sum := add(t, x, dir); sum.Unchanged != 3 || sum.Indexed != 0 {
		t.Errorf("touched: %+v", sum)
	}
	if err := os.Rename(filepath.Join(dir, "b.md"), filepath.Join(dir, "moved.md")); err != nil {
		t.Fatal(err)
	}
	if sum := add(t, x, dir); sum.Indexed != 1 || sum.Removed != 1 || sum.Embedded != 0 {
		t.Errorf("moved: %+v", sum)
	}
	if e.calls.Load() > calls {
		t.Errorf("%d calls for nothing new", e.calls.Load()-calls)
	}
	write(t, dir, map[string]string{"a.md": "# A\n\nalpha words\n\n## More\n\nnew words\n"})
	if sum := add(t, x, dir); sum.Indexed != 1 || sum.Embedded != 1 {
		t.Errorf("one new section: %+v", sum)
	}
	// The same size and a time that is not later, shortly after it was read: it is read again.
	p := filepath.Join(dir, "fresh.txt")
	for _, text := range []string{"first", "other"} {
		if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		at := time.Now().Truncate(time.Hour).Add(2 * time.Hour)
		if err := os.Chtimes(p, at, at); err != nil {
			t.Fatal(err)
		}
		add(t, x, dir)
		if found := search(t, x, text, index.SearchOptions{Way: index.Words}); len(found) != 1 {
			t.Errorf("%s: %v", text, found)
		}
	}
	if err := os.RemoveAll(filepath.Join(dir, "sub")); err != nil {
		t.Fatal(err)
	}
	if sum := add(t, x, dir); sum.Removed != 1 {
		t.Errorf("a folder went away: %+v", sum)
	}
	if found := search(t, x, "gamma", index.SearchOptions{}); len(found) > 0 && strings.Contains(found[0].Text, "gamma") {
		t.Errorf("it is still found: %+v", found)
	}
}

func docx(t testing.TB, paragraphs ...string) string {
	t.Helper()
	var body strings.Builder
	for _, p := range paragraphs {
		style, text, _ := strings.Cut(p, "|")
		body.WriteString("<w:p>")
		if style != "" {
			body.WriteString(`<w:pPr><w:pStyle w:val="` + style + `"/></w:pPr>`)
		}
		body.WriteString("<w:r><w:t>" + text + "</w:t></w:r></w:p>")
	}
	return zipOf(t, map[string]string{
		"word/document.xml": `<w:document xmlns:w="w"><w:body>` + body.String() + `</w:body></w:document>`,
		"word/styles.xml":   `<w:styles xmlns:w="w"><w:style w:styleId="Heading1"><w:name w:val="heading 1"/></w:style></w:styles>`,
	})
}

func zipOf(t testing.TB, parts map[string]string) string {
	t.Helper()
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	for name, text := range parts {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.String()
}

// pdfOf makes a PDF of one page with a line for each text.
func pdfOf(lines ...string) string {
	var text strings.Builder
	text.WriteString("BT /F1 12 Tf 72 720 Td 30 TL\n")
	for _, l := range lines {
		text.WriteString("(" + l + ") Tj T*\n")
	}
	text.WriteString("ET")
	return pdfFile("<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
		fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", text.Len(), text.String()),
		"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>")
}

func pdfFile(objects ...string) string { return pdfTrailer("", objects...) }

func pdfTrailer(trailer string, objects ...string) string {
	var b strings.Builder
	b.WriteString("%PDF-1.4\n")
	var at []int
	for i, o := range objects {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	xref := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, a := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", a)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root 1 0 R %s >>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, trailer, xref)
	return b.String()
}

func deflate(t testing.TB, into *bytes.Buffer, head, body []byte, times int) {
	t.Helper()
	w := zlib.NewWriter(into)
	if _, err := w.Write(head); err != nil {
		t.Fatal(err)
	}
	for range times {
		if _, err := w.Write(body); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}
