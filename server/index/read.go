package index

import (
	"bytes"
	"context"
	"encoding/binary"
	"net/http"
	"path"
	"regexp"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// kinds are the extensions that are read, and as what.
var kinds = map[string]string{
	".md": "markdown", ".markdown": "markdown", ".mdown": "markdown", ".mdx": "markdown",
	".txt": "text", ".text": "text", ".rst": "text", ".adoc": "text", ".asciidoc": "text", ".org": "text", ".tex": "text", ".log": "text", ".csv": "text", ".tsv": "text",
	".html": "html", ".htm": "html", ".xhtml": "html",
	".pdf": "pdf", ".docx": "docx", ".doc": "doc", ".odt": "doc", ".rtf": "doc", ".pages": "doc",
	".go": "code", ".java": "code", ".kt": "code", ".scala": "code", ".py": "code", ".js": "code", ".mjs": "code", ".jsx": "code", ".ts": "code", ".tsx": "code", ".svelte": "code", ".vue": "code",
	".c": "code", ".h": "code", ".cc": "code", ".cpp": "code", ".hpp": "code", ".cs": "code", ".rs": "code", ".rb": "code", ".php": "code", ".swift": "code", ".m": "code", ".pl": "code",
	".lua": "code", ".sh": "code", ".bash": "code", ".zsh": "code", ".ps1": "code", ".sql": "code", ".tf": "code", ".proto": "code", ".graphql": "code", ".css": "code", ".scss": "code",
	".json": "code", ".yaml": "code", ".yml": "code", ".toml": "code", ".ini": "code", ".cfg": "code", ".conf": "code", ".xml": "code", ".gradle": "code", ".ex": "code", ".exs": "code",
	".erl": "code", ".hs": "code", ".clj": "code", ".dart": "code", ".r": "code", ".jl": "code", ".zig": "code", ".rego": "code", ".bicep": "code",
}

// names are files that are read though they have no extension.
var names = map[string]string{"readme": "text", "license": "text", "notes": "text", "todo": "text", "dockerfile": "code", "makefile": "code", "jenkinsfile": "code"}

// KindOf is how a file of this name is read; empty for one that is none of the index's business.
func KindOf(name string) string {
	base := strings.ToLower(path.Base(name))
	if k, ok := kinds[path.Ext(base)]; ok {
		return k
	}
	return names[base]
}

// PDFReader returns the text of each page of a PDF.
type PDFReader func(ctx context.Context, data []byte) (pages []string, err error)

// readFile reads a file by its name and what it holds. An error says what is wrong with the file in words
// that can follow its name.
func readFile(ctx context.Context, name string, data []byte, pdfs PDFReader) (document, error) {
	kind := KindOf(name)
	d, err := readAs(ctx, kind, name, data, pdfs)
	if err != nil {
		return d, err
	}
	if d.title == "" {
		d.title = strings.TrimSuffix(path.Base(name), path.Ext(name))
	}
	if d.title = strings.Join(strings.Fields(d.title), " "); len(d.title) > titleMost {
		d.title = d.title[:cutRune(d.title, titleMost)]
	}
	return d, nil
}

const titleMost = 200 // bytes

func readAs(ctx context.Context, kind, name string, data []byte, pdfs PDFReader) (document, error) {
	ext := path.Ext(name)
	named := "it is named " + ext
	var note string
	if found := sniff(data); found != "" && found != kind {
		switch found {
		case "pdf", "docx":
			note = named + ", but is a " + strings.ToUpper(found) + " file; it was read as one"
			kind = found
		case "old office":
			return document{}, problemf("it is an encrypted or an old Office file (.doc, .xls); save it as DOCX or PDF without a password")
		default:
			return document{}, problemf("%s, but holds %s; rename it", named, found)
		}
	}
	var d document
	var err error
	switch kind {
	case "pdf":
		if !bytes.Contains(data[:min(len(data), 1024)], []byte("%PDF-")) {
			return d, problemf("%s, but is not a PDF file; rename it", named)
		}
		var pages []string
		if pages, err = pdfs(ctx, data); err == nil {
			d, err = readPDF(pages)
		}
	case "docx":
		d, err = readDOCX(data)
	case "doc":
		return d, problemf("files of this kind are not read; save it as DOCX, PDF or text")
	default:
		text, decoded, e := decodeText(data)
		if e != nil {
			return d, problemf("%s, but is not text; it may be damaged", named)
		}
		if decoded != "" {
			note = "it is not UTF-8 and was read as " + decoded
		}
		switch kind {
		case "markdown":
			d = readMarkdown([]byte(text))
		case "html":
			d = readHTML([]byte(text))
		case "code":
			var card bool
			if base := path.Base(name); base == "item.yaml" || base == "rubric.yaml" {
				d, card = readCard([]byte(text))
			}
			if !card {
				d = readCode(text)
			}
		default:
			d = readText(text)
		}
	}
	d.note = note
	return d, err
}

// sniff says what a file holds by its first bytes; empty for what may be text.
func sniff(data []byte) string {
	head := data[:min(len(data), 512)]
	switch {
	case bytes.HasPrefix(head, []byte("%PDF-")):
		return "pdf"
	case bytes.HasPrefix(head, []byte{0xD0, 0xCF, 0x11, 0xE0}):
		return "old office"
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		if isDOCX(data) {
			return "docx"
		}
		return "an archive"
	}
	switch typ, _, _ := strings.Cut(http.DetectContentType(head), "/"); typ {
	case "image":
		return "a picture"
	case "audio", "video", "font":
		return "no text but " + typ
	}
	if bytes.HasPrefix(head, []byte("\x7fELF")) || bytes.HasPrefix(head, []byte{0x1F, 0x8B}) {
		return "a program or packed data"
	}
	return ""
}

// decodeText returns text as UTF-8, and from what it was decoded when it was something else. Bytes that are
// no text are an error.
func decodeText(data []byte) (text, from string, err error) {
	switch {
	case bytes.HasPrefix(data, []byte{0xEF, 0xBB, 0xBF}):
		data = data[3:]
	case bytes.HasPrefix(data, []byte{0xFF, 0xFE}):
		return fromUTF16(data[2:], binary.LittleEndian), "UTF-16", nil
	case bytes.HasPrefix(data, []byte{0xFE, 0xFF}):
		return fromUTF16(data[2:], binary.BigEndian), "UTF-16", nil
	}
	if control(data) {
		return "", "", problemf("not text")
	}
	if utf8.Valid(data) {
		return cleanText(string(data)), "", nil
	}
	out, err := charmap.Windows1252.NewDecoder().Bytes(data)
	if err != nil {
		return "", "", err
	}
	return cleanText(string(out)), "Windows-1252", nil
}

// control reports whether bytes that no text has are more than a rare accident.
func control(data []byte) bool {
	n := 0
	for _, b := range data {
		if b < 0x20 && b != '\t' && b != '\n' && b != '\r' && b != '\f' && b != 0x1B {
			n++
		}
	}
	return n > 2+len(data)/1000
}

func fromUTF16(data []byte, order binary.ByteOrder) string {
	units := make([]uint16, len(data)/2)
	for i := range units {
		units[i] = order.Uint16(data[2*i:])
	}
	return cleanText(string(utf16.Decode(units)))
}

// cleanText makes ends of lines alike and drops what cannot be shown or stored as text.
func cleanText(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = strings.ReplaceAll(s, "\r\n", "\n")
	s = strings.ReplaceAll(s, "\r", "\n")
	return strings.Map(func(r rune) rune {
		if r < 0x20 && r != '\n' && r != '\t' || r == 0x7F || r == 0xFEFF {
			return ' '
		}
		return r
	}, s)
}

// readText reads plain text: paragraphs, and headings that are underlined.
func readText(text string) document {
	d := document{kind: "text"}
	lines := splitLines(text)
	for _, l := range lines {
		if l = strings.TrimSpace(l); l != "" {
			if len(l) <= 100 && !strings.HasSuffix(l, ".") {
				d.title = l
			}
			break
		}
	}
	var heading []string
	at := 0
	for i := 1; i < len(lines); i++ {
		if !underline(lines[i]) || strings.TrimSpace(lines[i-1]) == "" || len(lines[i-1]) > 100 || i > 1 && strings.TrimSpace(lines[i-2]) != "" && !underline(lines[i-2]) {
			continue
		}
		d.blocks = append(d.blocks, paragraphs(lines[at:max(at, i-1)], at+1, heading, nil)...)
		heading, at = []string{strings.TrimSpace(lines[i-1])}, i+1
	}
	d.blocks = append(d.blocks, paragraphs(lines[min(at, len(lines)):], at+1, heading, nil)...)
	return d
}

var rule = regexp.MustCompile(`^(={3,}|-{3,}|~{3,}|\^{3,}|\*{3,})\s*$`)

func underline(l string) bool { return rule.MatchString(l) }

// definition is a line that names what follows it, in most languages.
var definition = regexp.MustCompile(`^\s{0,8}(?:(?:export|default|public|private|protected|internal|static|final|abstract|async|override|pub|unsafe|extern|inline|virtual|sealed|data|open|suspend)(?:\([a-z]+\))?\s+)*` +
	`(?:func(?:tion)?\s*\*?|def|class|interface|struct|enum|trait|impl|type|module|namespace|fn|resource|package|object|record|(?i:create\s+(?:table|view|function|procedure|index)))\s+(?:\([^)]*\)\s*)?["']?([A-Za-z_$][\w$.:"\- ]{0,80})`)

// codeLines is how many lines of code make a chunk at most.
const codeLines = 60

// readCode reads source code: pieces end at empty lines, and what was defined last is the heading.
func readCode(text string) document {
	d := document{kind: "code", plain: plainCode}
	var heading []string
	for _, b := range paragraphs(splitLines(text), 1, nil, nil) {
		for from := 0; from < len(b.lines); from += codeLines {
			piece := block{start: b.start + from, lines: b.lines[from:min(len(b.lines), from+codeLines)], code: true}
			for _, l := range piece.lines {
				if m := definition.FindStringSubmatch(l); m != nil {
					name := strings.TrimRight(m[1], " :\"'-.")
					if l[0] != ' ' && l[0] != '\t' || len(heading) == 0 {
						heading = []string{name}
					} else {
						heading = []string{heading[0], name}
					}
					break
				}
			}
			piece.heading = heading
			d.blocks = append(d.blocks, piece)
		}
	}
	return d
}

var (
	camel     = regexp.MustCompile(`([a-z0-9])([A-Z])`)
	camelName = regexp.MustCompile(`[A-Za-z_$][\w$]*[a-z0-9][A-Z][\w$]*`)
	lowCamel  = regexp.MustCompile(`\b[a-z]+[A-Z][\w$]*`)
)

// apart sets the words of names beside the names, so that a search for either finds them.
func apart(names *regexp.Regexp, s string) string {
	return names.ReplaceAllStringFunc(s, func(name string) string { return name + " " + camel.ReplaceAllString(name, "$1 $2") })
}

func plainCode(s string) string { return apart(camelName, s) }
