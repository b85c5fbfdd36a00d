package index

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strconv"
	"strings"

	"rehearse/server/interview"
)

// Limits of an archive: what a part of it may unpack to, and how many parts it may list.
const (
	partMost  = 64 << 20
	partsMost = 10_000
)

func problemf(format string, args ...any) error {
	return interview.Errorf(interview.CodeInvalid, format, args...)
}

// part unpacks one part of an archive, and not more than its limit, whatever the archive says of its size.
func part(z *zip.Reader, name string) ([]byte, error) {
	for _, f := range z.File {
		if f.Name != name {
			continue
		}
		if f.Flags&1 != 0 {
			return nil, problemf("it is encrypted; save a copy without a password")
		}
		r, err := f.Open()
		if err != nil {
			return nil, problemf("it is damaged: %v", err)
		}
		raw, err := io.ReadAll(io.LimitReader(r, partMost+1))
		_ = r.Close() // it was only read
		if len(raw) > partMost {
			return nil, problemf("it unpacks to more than %d MiB, as an archive bomb does; it was not read further", partMost>>20)
		}
		if err != nil {
			return nil, problemf("it is damaged: %v", err)
		}
		return raw, nil
	}
	return nil, errNoPart
}

var errNoPart = errors.New("the archive has no such part")

// isDOCX reports whether an archive is a text of a word processor.
func isDOCX(data []byte) bool {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return false
	}
	for _, f := range z.File {
		if f.Name == "word/document.xml" {
			return true
		}
	}
	return false
}

// readDOCX reads the text of a document: a paragraph is a line, styles named heading are headings.
func readDOCX(data []byte) (document, error) {
	d := document{kind: "docx"}
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return d, problemf("it is damaged, or not a DOCX file: %v", err)
	}
	if len(z.File) > partsMost {
		return d, problemf("it lists %d parts, as an archive bomb does", len(z.File))
	}
	body, err := part(z, "word/document.xml")
	if errors.Is(err, errNoPart) {
		return d, problemf("it is an archive without a text (word/document.xml)")
	}
	if err != nil {
		return d, err
	}
	levels := map[string]int{}
	if styles, err := part(z, "word/styles.xml"); err == nil { // without styles there are no headings
		levels = headingStyles(styles)
	}
	if core, err := part(z, "docProps/core.xml"); err == nil { // without properties there is no title
		d.title = coreTitle(core)
	}
	return d, d.paragraphs(body, levels)
}

func coreTitle(src []byte) string {
	var props struct {
		Title string `xml:"title"`
	}
	if xml.Unmarshal(src, &props) != nil {
		return ""
	}
	return strings.TrimSpace(props.Title)
}

// headingStyles maps ids of styles to levels: 1 to 9, and 0 for the title.
func headingStyles(src []byte) map[string]int {
	type val struct {
		Val string `xml:"val,attr"`
	}
	var styles struct {
		Style []struct {
			ID      string `xml:"styleId,attr"`
			Name    val    `xml:"name"`
			Outline *val   `xml:"pPr>outlineLvl"`
		} `xml:"style"`
	}
	levels := map[string]int{}
	if xml.Unmarshal(src, &styles) != nil {
		return levels
	}
	for _, s := range styles.Style {
		name := strings.ToLower(s.Name.Val)
		if name == "title" {
			levels[s.ID] = 0
		} else if rest, ok := strings.CutPrefix(name, "heading "); ok {
			if n, err := strconv.Atoi(rest); err == nil && n > 0 && n < 10 {
				levels[s.ID] = n
			}
		} else if s.Outline != nil {
			if n, err := strconv.Atoi(s.Outline.Val); err == nil && n >= 0 && n < 9 {
				levels[s.ID] = n + 1
			}
		}
	}
	return levels
}

// paragraphs goes through the body of a document.
func (d *document) paragraphs(src []byte, levels map[string]int) error {
	dec := xml.NewDecoder(bytes.NewReader(src))
	var path []mark
	var text strings.Builder
	style, outline, line, inText := "", -1, 0, false
	end := func() {
		s := strings.TrimSpace(text.String())
		text.Reset()
		line++
		lv, isHeading := levels[style]
		if !isHeading && outline >= 0 {
			lv, isHeading = outline+1, true
		}
		style, outline = "", -1
		switch {
		case s == "":
		case isHeading && lv == 0:
			if d.title == "" {
				d.title = s
			}
		case isHeading:
			for len(path) > 0 && path[len(path)-1].level >= lv {
				path = path[:len(path)-1]
			}
			path = append(path, mark{level: lv, text: s})
			if d.title == "" {
				d.title = s
			}
		default:
			b := block{start: line, lines: []string{s}}
			for _, m := range path {
				b.heading = append(b.heading, m.text)
			}
			d.blocks = append(d.blocks, b)
		}
	}
	for {
		t, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return problemf("it is damaged: %v", err)
		}
		switch t := t.(type) {
		case xml.StartElement:
			inText = t.Name.Local == "t"
			switch t.Name.Local {
			case "pStyle":
				style = attr(t, "val")
			case "outlineLvl":
				if n, err := strconv.Atoi(attr(t, "val")); err == nil && n < 9 {
					outline = n
				}
			case "tab", "br", "cr":
				text.WriteByte(' ')
			}
		case xml.CharData:
			if inText {
				text.Write(t)
			}
		case xml.EndElement:
			inText = false
			if t.Name.Local == "p" {
				end()
			}
		}
	}
}

func attr(t xml.StartElement, name string) string {
	for _, a := range t.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}
