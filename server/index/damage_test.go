package index_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"rehearse/server/index"
	"rehearse/server/interview"
	"rehearse/server/sqlite"
)

// TestEveryBadFileIsAMessage puts every kind of bad file into one folder: each is told of in words, and the
// good ones are found.
func TestEveryBadFileIsAMessage(t *testing.T) {
	dir, elsewhere := t.TempDir(), t.TempDir()
	bomb := zipOf(t, map[string]string{"word/document.xml": "<w:document>" + strings.Repeat("<w:p></w:p>", 7<<20) + "</w:document>"})
	if len(bomb) > 1<<20 {
		t.Fatalf("the bomb has %d bytes", len(bomb))
	}
	good := pdfOf("Fine text")
	write(t, elsewhere, map[string]string{"secret.md": "# Secret\n\nnever to be found\n"})
	write(t, dir, map[string]string{
		"good.md": "# Good\n\nthe rest is indexed\n", "bomb.docx": bomb, "cut.pdf": good[:len(good)/2], "noise.pdf": "%PDF-1.4\n" + strings.Repeat("\x00\xff garbage", 300),
		"locked.pdf": pdfTrailer("/Encrypt 6 0 R /ID [<00><00>]", "<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [] /Count 0 >>", "<<>>", "<<>>", "<<>>",
			"<< /Filter /Standard /V 1 /R 2 /Length 40 /P -4 /O <"+strings.Repeat("41", 32)+"> /U <"+strings.Repeat("42", 32)+"> >>"),
		"scan.pdf": pdfOf(), "picture.md": "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "really-a-pdf.txt": good, "text.pdf": "just text", "binary.txt": strings.Repeat("\x00\x01\x02", 100),
		"archive.docx": zipOf(t, map[string]string{"x": "y"}), "old.docx": "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 encrypted", "torn.docx": docx(t, "|one")[:120], "old.doc": "x",
		"latin.txt": "na\xefve caf\xe9 words", "utf16.txt": "\xff\xfew\x00i\x00d\x00e\x00", "empty.md": "", "photo.jpg": "x", ".hidden/a.md": "x", "node_modules/a.md": "x",
		"manypages.pdf": pdfFile("<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [] /Count 2000000000 >>"),
	})
	huge, err := os.Create(filepath.Join(dir, "huge.txt"))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(huge.Truncate(2<<30), huge.Close(), os.Symlink(filepath.Join(elsewhere, "secret.md"), filepath.Join(dir, "link.md")),
		os.Symlink(elsewhere, filepath.Join(dir, "folder.md")), os.Symlink("good.md", filepath.Join(dir, "same.md")), os.Symlink("nowhere", filepath.Join(dir, "dangling.md"))); err != nil {
		t.Fatal(err)
	}
	x := index.New(index.Options{Store: openStore(t, sqlite.Memory), Embedder: newHashing(), PDF: outside})
	begin := time.Now()
	sum := add(t, x, dir, filepath.Join(dir, "no such folder"), filepath.Join(dir, "photo.jpg"))
	t.Logf("%v for all of them", time.Since(begin))
	want := map[string]string{
		"bomb.docx": "archive bomb", "cut.pdf": "damaged", "noise.pdf": "damaged", "locked.pdf": "encrypted", "scan.pdf": "no text", "picture.md": "named .md, but holds a picture",
		"text.pdf": "not a PDF", "binary.txt": "not text", "archive.docx": "holds an archive", "old.docx": "without a password", "torn.docx": "", "old.doc": "save it as DOCX", "huge.txt": "2048 MiB",
		"no such folder": "no such file", "photo.jpg": "not read", "manypages.pdf": "2000000000 pages",
	}
	notes := map[string]string{"link.md": "out of the folder", "folder.md": "out of the folder", "dangling.md": "link to nothing", "really-a-pdf.txt": "is a PDF", "latin.txt": "Windows-1252", "utf16.txt": "UTF-16"}
	check(t, "problems", dir, want, sum.Problems)
	check(t, "notes", dir, notes, sum.Notes)
	for query, file := range map[string]string{"rest is indexed": "good.md", "fine text": "really-a-pdf.txt", "naïve café": "latin.txt", "wide": "utf16.txt"} {
		if found := search(t, x, query, index.SearchOptions{Way: index.Words}); len(found) != 1 || filepath.Base(found[0].Path) != file {
			t.Errorf("%s: %+v", query, found)
		}
	}
	if found := search(t, x, "secret never found", index.SearchOptions{Way: index.Words}); len(found) != 0 {
		t.Errorf("a link was followed out of the folder: %+v", found)
	}
	// They are told of again without being read again.
	again := add(t, x, dir)
	if again.Indexed != 0 || again.Embedded != 0 || len(again.Problems) != len(want)-2 {
		t.Errorf("again: %d indexed, %d problems of %d", again.Indexed, len(again.Problems), len(want)-2)
	}
}

func check(t *testing.T, what, dir string, want map[string]string, got []index.Problem) {
	t.Helper()
	seen := map[string]bool{}
	for _, p := range got {
		name := strings.TrimPrefix(p.Path, dir+string(filepath.Separator))
		part, ok := want[name]
		if !ok || !strings.Contains(p.Problem, part) || p.Problem == "" || seen[name] {
			t.Errorf("%s: %s: %q, want %q", what, name, p.Problem, part)
		}
		seen[name] = true
	}
	for name := range want {
		if !seen[name] {
			t.Errorf("%s: nothing about %s", what, name)
		}
	}
}

// TestAPDFBombIsStopped reads a PDF whose one page unpacks to far more than it may.
func TestAPDFBombIsStopped(t *testing.T) {
	var packed bytes.Buffer
	deflate(t, &packed, []byte("BT /F1 12 Tf\n"), bytes.Repeat([]byte("(aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa) Tj\n"), 1000), 1500)
	data := pdfFile("<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
		fmt.Sprintf("<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream", packed.Len(), packed.String()),
		"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>")
	if len(data) > 1<<20 {
		t.Fatalf("the file has %d bytes", len(data))
	}
	if _, err := outside(t.Context(), []byte(data)); err == nil || !strings.Contains(err.Error(), "too much time or memory") {
		t.Errorf("%v", err)
	}
	if pages, err := outside(t.Context(), []byte(pdfOf("Fine"))); err != nil || len(pages) != 1 {
		t.Errorf("the next one: %q, %v", pages, err)
	}
}

// TestAPDFThatLeadsInACircle ends when its time is over, at the latest.
func TestAPDFThatLeadsInACircle(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	data := pdfFile("<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [2 0 R] /Count 3 >>")
	if pages, err := outside(ctx, []byte(data)); err == nil {
		t.Errorf("%q", pages)
	}
}

// all wants every file.
func all(string) (title string, ok bool) { return "", true }

// restless is a file system with one file that is another one each time it is looked at.
type restless struct {
	fs.FS
	n     *int
	until int
}

type restlessFile struct {
	fs.File
	r restless
}

type laterInfo struct {
	fs.FileInfo
	at time.Time
}

func (i laterInfo) ModTime() time.Time { return i.at }

func (f restlessFile) Stat() (fs.FileInfo, error) {
	if *f.r.n < f.r.until {
		*f.r.n++
	}
	info, err := f.File.Stat()
	return laterInfo{info, time.Unix(int64(*f.r.n), 0)}, err
}

func (r restless) Open(name string) (fs.File, error) {
	f, err := r.FS.Open(name)
	if err != nil || name == "." {
		return f, err
	}
	return restlessFile{f, r}, nil
}

func TestAFileThatChangesWhileItIsRead(t *testing.T) {
	x, _ := newIndex(t, nil)
	read := func(text string, until int) index.Summary {
		t.Helper()
		n := 0
		files := restless{fstest.MapFS{"a.md": {Data: []byte(text)}}, &n, until}
		sum, err := x.ReadFS(context.Background(), interview.OriginPack, "pack/x", files, all)
		if err != nil {
			t.Fatal(err)
		}
		return sum
	}
	if sum := read("earlier words", 0); sum.Indexed != 1 {
		t.Fatalf("%+v", sum)
	}
	if sum := read("later words", 1000); sum.Indexed != 0 || len(sum.Problems) != 1 || !strings.Contains(sum.Problems[0].Problem, "changed while it was read") {
		t.Errorf("%+v", sum)
	}
	if found := search(t, x, "earlier", index.SearchOptions{}); len(found) != 1 {
		t.Errorf("what was known of it went away: %v", found)
	}
	if sum := read("later words", 3); sum.Indexed != 1 || len(sum.Problems) != 0 {
		t.Errorf("after two tries it held still: %+v", sum)
	}
	if found := search(t, x, "later", index.SearchOptions{}); len(found) != 1 || found[0].Path != "pack/x/a.md" {
		t.Errorf("%v", found)
	}
}

// TestAFolderThatCannotBeReadLosesNothing takes the rights from a folder that was indexed.
func TestAFolderThatCannotBeReadLosesNothing(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("everything can be read by root")
	}
	dir := t.TempDir()
	write(t, dir, map[string]string{"sub/a.md": "kept words"})
	x, _ := newIndex(t, nil)
	add(t, x, dir)
	sub := filepath.Join(dir, "sub")
	if err := os.Chmod(sub, 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(sub, 0o755) })
	if sum := add(t, x, dir); sum.Removed != 0 || len(sum.Problems) != 1 {
		t.Errorf("%+v", sum)
	}
}

func FuzzReadable(f *testing.F) {
	for _, name := range []string{"a.md", "a.html", "a.txt", "a.go", "a.docx", "a.pdf"} {
		f.Add(name, []byte(cacheStory))
	}
	f.Add("a.pdf", []byte(pdfOf("one", "two")))
	f.Add("a.docx", []byte(docx(f, "Heading1|a", "|b")))
	f.Add("a.html", []byte("<h1>a<table><tr><td>b<td>c</table><pre>\n\nd</pre><svg><title>e"))
	f.Add("a.md", []byte("---\ntitle: x\n---\n# a\n\n> # b\n\n- c\n\n      d\n\n``` \n"))
	x := index.New(index.Options{Store: openStore(f, ":memory:")})
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		if index.KindOf(name) == "" || len(data) > 1<<16 {
			return
		}
		chunks, err := x.Cut(t.Context(), name, data)
		if err != nil {
			if err.Error() == "" {
				t.Error("an error without words")
			}
			return
		}
		last := 0
		for _, c := range chunks {
			if c.StartLine < 1 || c.EndLine < c.StartLine || c.StartLine < last || strings.TrimSpace(c.Text) == "" || len(c.Hash) == 0 {
				t.Errorf("%+v", c)
			}
			last = c.StartLine
		}
	})
}

func FuzzSearch(f *testing.F) {
	for _, q := range []string{"cache", `"`, "a OR b", "NEAR(x y)", "heading: x", "*", "col^2", "ünïcödé", "\x00", "日本語", "-x", "the of"} {
		f.Add(q)
	}
	x, _ := newIndex(f, newHashing())
	if _, err := x.ReadFS(context.Background(), interview.OriginPack, "pack/x", fstest.MapFS{"a.md": {Data: []byte(cacheStory)}}, all); err != nil {
		f.Fatal(err)
	}
	if _, err := x.Embed(context.Background(), nil); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, q string) {
		for _, each := range []index.Each{index.EachPassage, index.EachFile} {
			if _, err := x.Search(t.Context(), q, index.SearchOptions{Each: each}); err != nil && interview.AsError(err).Code != interview.CodeInvalid {
				t.Errorf("%q: %v", q, err)
			}
		}
	})
}
