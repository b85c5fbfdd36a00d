package index

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os/exec"
	"runtime/metrics"
	"strings"
	"sync"
	"time"

	"github.com/ledongthuc/pdf"

	"rehearse/server/interview"
)

// Limits of one PDF. Its streams unpack to many times their size, so time and memory are watched, not size.
const (
	pdfTime   = 15 * time.Second
	pdfHeap   = 512 << 20 // bytes in use
	pdfText   = 20 << 20  // bytes of text
	pagesMost = 5_000
	watchTime = 5 * time.Millisecond
)

// errBudget is the error for a PDF that takes too much.
var errBudget = problemf("it takes too much time or memory to unpack, as a file made to do harm does; it was not read further")

// budget reads the bytes of a PDF until its time is over.
type budget struct {
	*bytes.Reader
	over func() bool
}

func (b budget) ReadAt(p []byte, off int64) (int, error) {
	if b.over() {
		panic(errBudget) // the library takes an error for the end of a stream
	}
	return b.Reader.ReadAt(p, off)
}

// Outside reads each PDF in a process of its own, which the command starts and which calls Inside. What no
// recover catches (a file that fills the memory, or leads in a circle) then ends that process and not this one.
func Outside(name string, args ...string) PDFReader {
	return func(ctx context.Context, data []byte) ([]string, error) {
		late, cancel := context.WithTimeout(ctx, pdfTime)
		defer cancel()
		cmd := exec.CommandContext(late, name, args...)
		cmd.Stdin = bytes.NewReader(data)
		out, err := cmd.Output()
		var reply pdfReply
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case late.Err() != nil:
			return nil, errBudget
		case json.Unmarshal(out, &reply) == nil && reply.Error != "":
			return nil, problemf("%s", reply.Error)
		case err != nil || reply.Pages == nil:
			var exit *exec.ExitError
			if errors.As(err, &exit) {
				return nil, problemf("it is damaged in a way that breaks its reader")
			}
			return nil, &interview.Error{Code: interview.CodeInternal, Message: "the reader of PDF files could not be started", Err: err}
		}
		return reply.Pages, nil
	}
}

// pdfReply is what the process that reads a PDF says.
type pdfReply struct {
	Pages []string `json:"pages"`
	Error string   `json:"error,omitempty"`
}

// Inside reads a PDF from in and answers Outside on out. It calls exit when the file takes too much memory.
func Inside(ctx context.Context, in io.Reader, out io.Writer, exit func(code int)) error {
	var mu sync.Mutex
	say := func(r pdfReply) error {
		mu.Lock() // and keeps it: there is one answer
		return json.NewEncoder(out).Encode(r)
	}
	done := make(chan struct{})
	defer close(done)
	go func() {
		sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		for {
			select {
			case <-done:
				return
			case <-time.After(watchTime):
			}
			if metrics.Read(sample); sample[0].Value.Uint64() > pdfHeap {
				_ = say(pdfReply{Error: errBudget.Error()}) // whoever asked sees the end of the process
				exit(1)
			}
		}
	}()
	data, err := io.ReadAll(io.LimitReader(in, BinaryMost+1))
	if err != nil {
		return err
	}
	pages, err := Pages(ctx, data)
	if err != nil {
		return say(pdfReply{Error: interview.AsError(err).Message})
	}
	if pages == nil {
		pages = []string{}
	}
	return say(pdfReply{Pages: pages})
}

// Pages returns the text of each page of a PDF. The library behind it panics on files that are damaged;
// that is an error here. Files from elsewhere are better read Outside.
func Pages(ctx context.Context, data []byte) (pages []string, err error) {
	defer func() {
		if p := recover(); p != nil {
			pages = nil
			if p == errBudget { //nolint:errorlint // this very value was thrown
				err = errBudget
				return
			}
			err = problemf("it is damaged: %s", strings.TrimPrefix(fmt.Sprint(p), "malformed PDF: "))
		}
	}()
	r, err := pdf.NewReader(budget{bytes.NewReader(data), func() bool { return ctx.Err() != nil }}, int64(len(data)))
	switch {
	case errors.Is(err, errBudget):
		return nil, errBudget
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
			gap, wide := c.X-(last.X+last.W), 0.15*size
			if last.W == 0 { // the width is not known: that of the widest letter
				wide = 1.1 * size
			}
			switch {
			case math.Abs(c.Y-last.Y) > 1.9*size:
				b.WriteString("\n\n")
			case math.Abs(c.Y-last.Y) > 0.5*size:
				b.WriteByte('\n')
			case (gap > wide || gap < -2*size) && !strings.HasSuffix(last.S, " ") && c.S != " ":
				b.WriteByte(' ')
			}
		}
		b.WriteString(c.S)
		last = c
	}
	return ligatures.Replace(b.String())
}

// ligatures are letters that a font draws as one; the last two are where fonts keep them that do not say so.
var ligatures = strings.NewReplacer("\uFB00", "ff", "\uFB01", "fi", "\uFB02", "fl", "\uFB03", "ffi", "\uFB04", "ffl", "\uF001", "fi", "\uF002", "fl")

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
