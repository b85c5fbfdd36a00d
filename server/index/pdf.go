package index

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"strings"
	"time"

	"github.com/ledongthuc/pdf"
)

// Limits of one PDF. Its streams unpack to many times their size, so time and memory are watched, not size.
const (
	pdfTime   = 30 * time.Second
	pdfHeap   = 512 << 20 // bytes that the heap may grow by
	pdfText   = 20 << 20  // bytes of text
	pagesMost = 5_000
)

// errBudget ends the reading of a PDF that takes too much.
var errBudget = errors.New("it takes too much time or memory to unpack, as a file made to do harm does")

// budget reads the bytes of a PDF and stops a reading that takes too much of anything: every piece that is
// unpacked is first asked for here.
type budget struct {
	*bytes.Reader
	ctx   context.Context
	end   time.Time
	heap  uint64
	asked int
}

func heapNow() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func (b *budget) ReadAt(p []byte, off int64) (int, error) {
	if b.asked++; b.asked%64 == 0 && heapNow() > b.heap+pdfHeap || time.Now().After(b.end) || b.ctx.Err() != nil {
		panic(errBudget) // the library takes an error for the end of a stream
	}
	return b.Reader.ReadAt(p, off)
}

// Pages returns the text of each page of a PDF. The library behind it panics on files that are damaged;
// that is an error here.
func Pages(ctx context.Context, data []byte) (pages []string, err error) {
	defer func() {
		if p := recover(); p != nil {
			pages = nil
			if e, ok := p.(error); ok && errors.Is(e, errBudget) {
				err = problemf("%v", errBudget)
				return
			}
			err = problemf("it is damaged: %s", strings.TrimPrefix(fmt.Sprint(p), "malformed PDF: "))
		}
	}()
	r, err := pdf.NewReader(&budget{Reader: bytes.NewReader(data), ctx: ctx, end: time.Now().Add(pdfTime), heap: heapNow()}, int64(len(data)))
	switch {
	case errors.Is(err, errBudget):
		return nil, problemf("%v", err)
	case errors.Is(err, pdf.ErrInvalidPassword) || err != nil && strings.Contains(err.Error(), "encrypt"):
		return nil, problemf("it is encrypted; save a copy without a password")
	case err != nil:
		return nil, problemf("it is damaged: %s", strings.TrimPrefix(err.Error(), "malformed PDF: "))
	}
	n := r.NumPage()
	if n > pagesMost {
		return nil, problemf("it says it has %d pages; at most %d are read", n, pagesMost)
	}
	size := 0
	for i := 1; i <= n; i++ {
		p := r.Page(i)
		if p.V.IsNull() {
			pages = append(pages, "")
			continue
		}
		text := pageText(p.Content().Text)
		if size += len(text); size > pdfText {
			return nil, problemf("it holds more than %d MiB of text", pdfText>>20)
		}
		pages = append(pages, text)
	}
	return pages, nil
}

// pageText puts the characters of a page together: another height is another line, a gap is a blank.
func pageText(chars []pdf.Text) string {
	var b strings.Builder
	var last pdf.Text
	for i, c := range chars {
		size := math.Max(1, math.Max(math.Abs(c.FontSize), math.Abs(last.FontSize)))
		if i > 0 {
			gap := c.X - (last.X + last.W)
			switch {
			case math.Abs(c.Y-last.Y) > 1.9*size:
				b.WriteString("\n\n")
			case math.Abs(c.Y-last.Y) > 0.5*size:
				b.WriteByte('\n')
			case (gap > 0.15*size || gap < -2*size) && !strings.HasSuffix(last.S, " ") && c.S != " ":
				b.WriteByte(' ')
			}
		}
		b.WriteString(c.S)
		last = c
	}
	return b.String()
}

// readPDF makes a document of pages: lines are counted through, a page is a heading.
func readPDF(pages []string) (document, error) {
	d := document{kind: "pdf"}
	line := 1
	for i, p := range pages {
		lines := splitLines(cleanText(p))
		d.blocks = append(d.blocks, paragraphs(lines, line, []string{fmt.Sprintf("page %d", i+1)}, nil)...)
		line += len(lines)
	}
	if len(d.blocks) == 0 {
		return d, problemf("it holds no text, only pictures perhaps; a copy that went through text recognition can be read")
	}
	return d, nil
}
