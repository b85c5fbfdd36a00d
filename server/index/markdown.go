package index

import (
	"bytes"
	"regexp"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/text"
)

// mark is where a heading stands.
type mark struct {
	from, to int // lines from 1: of the heading, and the first after it
	level    int
	text     string
}

// readMarkdown reads Markdown: headings, pieces of code and paragraphs, each with its lines.
func readMarkdown(src []byte) document {
	d := document{kind: "markdown", plain: plainMarkdown}
	lines := splitLines(string(src))
	skip, title := frontMatter(lines)
	body := blank(src, skip)
	marks, code := structure(body)
	d.title = title
	var path []mark
	at := skip + 1
	section := func(to int) {
		var heading []string
		for _, m := range path {
			heading = append(heading, m.text)
		}
		if at < to {
			d.blocks = append(d.blocks, paragraphs(lines[at-1:to-1], at, heading, func(l int) bool { return code[l] })...)
		}
	}
	for _, m := range marks {
		section(m.from)
		for len(path) > 0 && path[len(path)-1].level >= m.level {
			path = path[:len(path)-1]
		}
		path = append(path, m)
		if d.title == "" && m.level == 1 {
			d.title = m.text
		}
		at = m.to
	}
	section(len(lines) + 1)
	if d.title == "" && len(marks) > 0 {
		d.title = marks[0].text
	}
	return d
}

var frontTitle = regexp.MustCompile(`^title:\s*["']?(.*?)["']?\s*$`)

// frontMatter returns how many lines of settings stand before the text, and the title among them.
func frontMatter(lines []string) (n int, title string) {
	if len(lines) == 0 || strings.TrimSpace(lines[0]) != "---" {
		return 0, ""
	}
	for i := 1; i < len(lines) && i < 100; i++ {
		if m := frontTitle.FindStringSubmatch(lines[i]); m != nil {
			title = m[1]
		}
		if l := strings.TrimSpace(lines[i]); l == "---" || l == "..." {
			return i + 1, title
		}
	}
	return 0, ""
}

// blank is the text with its first n lines empty, so that numbers of lines stay true.
func blank(src []byte, n int) []byte {
	rest := src
	for range n {
		_, rest, _ = bytes.Cut(rest, []byte("\n"))
	}
	return append(bytes.Repeat([]byte("\n"), n), rest...)
}

// structure finds the headings of a text and the lines that are code.
func structure(src []byte) (marks []mark, code map[int]bool) {
	code = map[int]bool{}
	line := counter(src)
	root := goldmark.DefaultParser().Parse(text.NewReader(src))
	_ = ast.Walk(root, func(n ast.Node, entering bool) (ast.WalkStatus, error) { // the function returns no error
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Heading:
			if n.Parent() != root || n.Lines().Len() == 0 {
				return ast.WalkSkipChildren, nil
			}
			m := mark{level: n.Level, from: line(n.Lines().At(0).Start), text: headingText(n, src)}
			m.to = line(n.Lines().At(n.Lines().Len()-1).Start) + 1
			if underlined(src, n.Lines().At(0).Start) {
				m.to++
			}
			if m.text != "" {
				marks = append(marks, m)
			}
			return ast.WalkSkipChildren, nil
		case *ast.FencedCodeBlock:
			if n.Lines().Len() > 0 {
				for l := line(n.Lines().At(0).Start) - 1; l <= line(n.Lines().At(n.Lines().Len()-1).Start)+1; l++ {
					code[l] = true
				}
			}
		case *ast.CodeBlock:
			for i := range n.Lines().Len() {
				code[line(n.Lines().At(i).Start)] = true
			}
		}
		if n.Type() == ast.TypeInline {
			return ast.WalkSkipChildren, nil
		}
		return ast.WalkContinue, nil
	})
	return marks, code
}

// counter returns a function from offsets, which must not go back far, to numbers of lines.
func counter(src []byte) func(int) int {
	var starts []int
	starts = append(starts, 0)
	for i, b := range src {
		if b == '\n' {
			starts = append(starts, i+1)
		}
	}
	return func(offset int) int {
		lo, hi := 0, len(starts)
		for lo < hi {
			if mid := (lo + hi) / 2; starts[mid] <= offset {
				lo = mid + 1
			} else {
				hi = mid
			}
		}
		return lo
	}
}

// underlined reports whether the heading with text at offset is one that is underlined, not one behind "#".
func underlined(src []byte, offset int) bool {
	begin := bytes.LastIndexByte(src[:offset], '\n') + 1
	return !bytes.HasPrefix(bytes.TrimLeft(src[begin:], " "), []byte("#"))
}

// headingText is what a heading says, without markup.
func headingText(n ast.Node, src []byte) string {
	var b strings.Builder
	_ = ast.Walk(n, func(c ast.Node, entering bool) (ast.WalkStatus, error) { // the function returns no error
		if entering {
			switch c := c.(type) {
			case *ast.Text:
				b.Write(c.Segment.Value(src))
				if c.SoftLineBreak() {
					b.WriteByte(' ')
				}
			case *ast.String:
				b.Write(c.Value)
			}
		}
		return ast.WalkContinue, nil
	})
	return strings.TrimSpace(b.String())
}

// What is not words in Markdown: where links lead, tags, and marks of emphasis and tables.
var (
	mdLink  = regexp.MustCompile(`!?\[([^\]\n]*)\]\([^)\n]*\)|\[([^\]\n]+)\]\[[^\]\n]*\]`)
	mdRef   = regexp.MustCompile(`(?m)^ {0,3}\[[^\]\n]+\]:\s+\S+.*$`)
	mdTag   = regexp.MustCompile(`</?[A-Za-z][^<>\n]*>|<!--[^>]*-->`)
	mdURL   = regexp.MustCompile(`\bhttps?://[^\s)>\]]+`)
	mdMarks = regexp.MustCompile("(?m)[*`|]+|^\\s*(?:#+|>+|-{3,}|={3,}|~{3,}\\w*)\\s?|(?:\\b|^)_{1,2}|_{1,2}(?:\\b|$)|:?-{3,}:?")
	spaces  = regexp.MustCompile(`[ \t]{2,}`)
)

// plainMarkdown takes the markup off.
func plainMarkdown(s string) string {
	s = mdRef.ReplaceAllString(s, "")
	s = mdLink.ReplaceAllString(s, "$1$2")
	s = mdTag.ReplaceAllString(s, " ")
	s = mdURL.ReplaceAllString(s, " ")
	s = mdMarks.ReplaceAllString(s, " ")
	return strings.TrimSpace(spaces.ReplaceAllString(apart(lowCamel, s), " "))
}
