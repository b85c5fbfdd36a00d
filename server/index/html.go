package index

import (
	"bytes"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// What a page does not say: it is for programs, or stands on every page.
var unsaid = map[atom.Atom]bool{atom.Script: true, atom.Style: true, atom.Template: true, atom.Noscript: true, atom.Svg: true, atom.Nav: true, atom.Iframe: true, atom.Object: true}

// Elements that stand within a line; all others end one.
var inline = map[atom.Atom]bool{atom.A: true, atom.Abbr: true, atom.B: true, atom.Bdi: true, atom.Bdo: true, atom.Cite: true, atom.Code: true, atom.Del: true, atom.Dfn: true, atom.Em: true,
	atom.Font: true, atom.I: true, atom.Ins: true, atom.Kbd: true, atom.Label: true, atom.Mark: true, atom.Q: true, atom.S: true, atom.Samp: true, atom.Small: true, atom.Span: true,
	atom.Strong: true, atom.Sub: true, atom.Sup: true, atom.Time: true, atom.Tt: true, atom.U: true, atom.Var: true, atom.Wbr: true, atom.Img: true}

// htmlReader gathers the text of a page with the lines it stands on.
type htmlReader struct {
	doc     document
	path    []mark
	line    int // of the source
	text    strings.Builder
	start   int // first line of text
	heading int // level of the heading that is open, or 0
	title   bool
	pre     int
	skipped []atom.Atom
}

// readHTML reads a page. It goes through the tokens once and builds no tree, so that depth costs nothing.
func readHTML(src []byte) document {
	r := &htmlReader{doc: document{kind: "html"}, line: 1}
	z := html.NewTokenizer(bytes.NewReader(src))
	for {
		typ := z.Next()
		if typ == html.ErrorToken {
			break
		}
		lines := bytes.Count(z.Raw(), []byte("\n"))
		switch typ {
		case html.TextToken:
			r.words(string(z.Text()))
		case html.StartTagToken, html.SelfClosingTagToken:
			name, _ := z.TagName()
			r.begin(atom.Lookup(name), typ == html.SelfClosingTagToken)
		case html.EndTagToken:
			name, _ := z.TagName()
			r.end(atom.Lookup(name))
		}
		r.line += lines
	}
	r.flush()
	return r.doc
}

func (r *htmlReader) words(s string) {
	if len(r.skipped) > 0 {
		return
	}
	if strings.TrimSpace(s) == "" {
		if r.text.Len() > 0 {
			r.text.WriteByte(' ')
		}
		return
	}
	if r.text.Len() == 0 {
		lead := s[:len(s)-len(strings.TrimLeft(s, " \t\r\n"))]
		r.start = r.line + strings.Count(lead, "\n")
	}
	r.text.WriteString(s)
}

func level(a atom.Atom) int {
	switch a {
	case atom.H1:
		return 1
	case atom.H2:
		return 2
	case atom.H3:
		return 3
	case atom.H4:
		return 4
	case atom.H5:
		return 5
	case atom.H6:
		return 6
	}
	return 0
}

func (r *htmlReader) begin(a atom.Atom, closed bool) {
	if unsaid[a] && !closed {
		r.skipped = append(r.skipped, a)
	}
	if inline[a] || len(r.skipped) > 0 {
		return
	}
	if (a == atom.Td || a == atom.Th) && r.text.Len() > 0 {
		r.text.WriteString(" | ") // a row of a table is one line
		return
	}
	if a == atom.Br && r.pre == 0 {
		r.text.WriteByte(' ')
		return
	}
	r.flush()
	switch {
	case a == atom.Title:
		r.title = true
	case a == atom.Pre:
		r.pre++
	case level(a) > 0:
		r.heading = level(a)
	}
}

func (r *htmlReader) end(a atom.Atom) {
	if n := len(r.skipped); n > 0 {
		if r.skipped[n-1] == a {
			r.skipped = r.skipped[:n-1]
		}
		return
	}
	if inline[a] || a == atom.Td || a == atom.Th {
		return
	}
	r.flush()
	switch {
	case a == atom.Title:
		r.title = false
	case a == atom.Pre && r.pre > 0:
		r.pre--
	case level(a) > 0:
		r.heading = 0
	}
}

// flush ends a line of text.
func (r *htmlReader) flush() {
	s := r.text.String()
	r.text.Reset()
	if strings.TrimSpace(s) == "" {
		return
	}
	b := block{start: r.start, code: r.pre > 0}
	if r.pre > 0 {
		b.lines = strings.Split(strings.Trim(strings.ReplaceAll(s, "\r", ""), "\n"), "\n")
	} else {
		s = strings.Join(strings.Fields(s), " ")
		b.lines = []string{s}
	}
	switch {
	case r.title:
		if r.doc.title == "" {
			r.doc.title = s
		}
		return
	case r.heading > 0:
		for len(r.path) > 0 && r.path[len(r.path)-1].level >= r.heading {
			r.path = r.path[:len(r.path)-1]
		}
		r.path = append(r.path, mark{level: r.heading, text: s})
		if r.doc.title == "" && r.heading == 1 {
			r.doc.title = s
		}
		return
	}
	for _, m := range r.path {
		b.heading = append(b.heading, m.text)
	}
	b.glued = b.code && len(r.doc.blocks) > 0
	r.doc.blocks = append(r.doc.blocks, b)
}
