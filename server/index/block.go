package index

import (
	"crypto/sha256"
	"regexp"
	"strings"
	"unicode"

	"rehearse/server/interview"
)

// Version is that of the way files are read and cut. Another one makes every file be read again.
const Version = 1

// Sizes of a chunk, in words. A passage should say one thing, and the embedding models of a laptop read some
// 250 words at most.
const (
	wordsWanted = 160 // a block that would go past it begins a new chunk
	wordsMost   = 220 // a block longer than this is cut
	wordBytes   = 12  // a "word" of more bytes counts for more than one: code, addresses, languages without blanks
)

// block is a piece of a document that is not cut without need: a paragraph, a list, a piece of code.
type block struct {
	heading []string // the headings above it, outermost first
	start   int      // first line, from 1
	lines   []string // as they stand in the file
	end     int      // last line; 0 when the lines say it
	code    bool
	glued   bool // belongs to the block before it: code to the sentence that announces it
}

// document is what was read in a file.
type document struct {
	title  string
	kind   string
	blocks []block
	plain  func(string) string // takes the markup off; nil when there is none
	note   string              // what a person should know of how it was read
}

// countWords counts words as an embedding model is likely to: long ones for more than one.
func countWords(s string) int {
	n, length := 0, 0
	end := func() {
		if length > 0 {
			n += 1 + (length-1)/wordBytes
		}
		length = 0
	}
	for _, r := range s {
		if unicode.IsSpace(r) {
			end()
			continue
		}
		length++
		if r > 0x2E80 { // scripts written without blanks
			end()
		}
	}
	end()
	return n
}

// last is the number of the last line of a block.
func (b block) last() int {
	if b.end > 0 {
		return b.end
	}
	return b.start + len(b.lines) - 1
}

// headingPath joins the headings above a passage.
func headingPath(h []string) string { return strings.Join(h, " > ") }

// chunks cuts a document: blocks under the same headings are put together up to the wanted size, and a
// block that is too long is cut between lines, then between sentences.
func (d document) chunks() []interview.Chunk {
	var out []interview.Chunk
	var open []block
	words := 0
	flush := func() {
		if c, ok := d.chunk(open); ok {
			out = append(out, c)
		}
		open, words = nil, 0
	}
	for _, whole := range d.blocks {
		for _, b := range cut(whole) {
			n := b.words()
			switch {
			case len(open) == 0:
			case headingPath(open[0].heading) != headingPath(b.heading), words+n > wordsMost, words+n > wordsWanted && !b.glued:
				flush()
			}
			open, words = append(open, b), words+n
		}
	}
	flush()
	return out
}

func (b block) words() int {
	n := 0
	for _, l := range b.lines {
		n += countWords(l)
	}
	return n
}

// chunk makes one chunk of blocks that follow each other.
func (d document) chunk(blocks []block) (interview.Chunk, bool) {
	if len(blocks) == 0 {
		return interview.Chunk{}, false
	}
	first, last := blocks[0], blocks[len(blocks)-1]
	c := interview.Chunk{Title: d.title, Heading: headingPath(first.heading), StartLine: first.start, EndLine: last.last()}
	var text strings.Builder
	line := first.start
	for i, b := range blocks {
		if i > 0 {
			// Two pieces of one line stand beside each other; lines that were left empty stay so, but for one.
			switch {
			case b.start < line:
				text.WriteByte(' ')
			case b.start == line:
				text.WriteByte('\n')
			default:
				text.WriteString("\n\n")
			}
		}
		text.WriteString(strings.Join(b.lines, "\n"))
		line = b.last() + 1
	}
	c.Text = strings.TrimRight(text.String(), " \t\n")
	if strings.TrimSpace(c.Text) == "" {
		return c, false
	}
	if d.plain != nil {
		if p := d.plain(c.Text); p != c.Text {
			c.Plain = p
		}
		if strings.TrimSpace(c.Words()) == "" {
			return c, false
		}
	}
	sum := sha256.Sum256([]byte(embedText(c)))
	c.Hash = sum[:16]
	return c, true
}

// embedText is what is embedded of a chunk: its headings, then its words. A passage alone often does not
// say what it is about.
func embedText(c interview.Chunk) string {
	head := c.Title
	if c.Heading != "" && !strings.HasPrefix(c.Heading, c.Title) {
		head = strings.TrimPrefix(head+" > "+c.Heading, " > ")
	} else if c.Heading != "" {
		head = c.Heading
	}
	return head + "\n" + c.Words()
}

// cut returns a block in pieces that are not too long.
func cut(b block) []block {
	if b.words() <= wordsMost {
		return []block{b}
	}
	var out []block
	piece := block{heading: b.heading, start: b.start, end: b.end, code: b.code, glued: b.glued}
	words := 0
	flush := func(next int) {
		if len(piece.lines) > 0 {
			out = append(out, piece)
		}
		piece, words = block{heading: b.heading, start: next, end: b.end, code: b.code}, 0
	}
	for i, l := range b.lines {
		n := countWords(l)
		if words > 0 && words+n > wordsWanted {
			flush(b.start + i)
		}
		if n <= wordsMost {
			piece.lines, words = append(piece.lines, l), words+n
			continue
		}
		flush(b.start + i)
		for _, s := range sentences(l) {
			out = append(out, block{heading: b.heading, start: b.start + i, end: b.end, lines: []string{s}, code: b.code})
		}
		piece.start = b.start + i + 1
	}
	flush(0)
	return out
}

var sentenceEnd = regexp.MustCompile(`[.!?…。！？]["'”’)\]]*\s+|[。！？]`)

// sentences cuts one long line into pieces of at most the wanted size, between sentences where there are
// any, else between words, else anywhere.
func sentences(line string) []string {
	var pieces []string
	from := 0
	for _, at := range sentenceEnd.FindAllStringIndex(line, -1) {
		pieces = append(pieces, line[from:at[1]])
		from = at[1]
	}
	pieces = append(pieces, line[from:])
	var out []string
	var open strings.Builder
	words := 0
	flush := func() {
		if s := strings.TrimSpace(open.String()); s != "" {
			out = append(out, s)
		}
		open.Reset()
		words = 0
	}
	add := func(s string) {
		n := countWords(s)
		if words > 0 && words+n > wordsWanted {
			flush()
		}
		open.WriteString(s)
		words += n
	}
	for _, p := range pieces {
		if countWords(p) <= wordsWanted {
			add(p)
			continue
		}
		for _, w := range strings.SplitAfter(p, " ") {
			for len(w) > wordsWanted*wordBytes/2 { // no blanks at all
				n := cutRune(w, wordsWanted*wordBytes/2)
				add(w[:n])
				flush()
				w = w[n:]
			}
			add(w)
		}
	}
	flush()
	return out
}

// cutRune is the largest length of at most n bytes that does not cut a character.
func cutRune(s string, n int) int {
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return n
}

// paragraphs makes blocks of lines: they end at empty lines, but for lines that are kept together. The
// first line has number start.
func paragraphs(lines []string, start int, heading []string, together func(line int) bool) []block {
	var out []block
	var open block
	flush := func() {
		if len(open.lines) > 0 {
			out = append(out, open)
		}
		open = block{}
	}
	for i, l := range lines {
		keep := together != nil && together(start+i)
		if strings.TrimSpace(l) == "" && !keep {
			flush()
			continue
		}
		if len(open.lines) > 0 && open.code != keep {
			flush()
		}
		if len(open.lines) == 0 {
			open = block{heading: heading, start: start + i, code: keep, glued: keep && len(out) > 0}
		}
		open.lines = append(open.lines, l)
	}
	flush()
	return out
}

// splitLines cuts text into lines without their ends.
func splitLines(text string) []string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = strings.TrimSuffix(lines[i], "\r")
	}
	return lines
}
