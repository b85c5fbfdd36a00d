package interview

import "time"

// This file holds the nouns of material: what a person may search in.

// Origin says how a file came into the index. A file may have come in more than one way, so origins are
// bits of a set.
type Origin uint8

// The ways into the index.
const (
	OriginIndex    Origin = 1 << iota // given to the verb index
	OriginMaterial                    // lies in a folder that the server watches
	OriginUpload                      // uploaded
	OriginPack                        // a note or card of the pack
	OriginAny      Origin = OriginIndex | OriginMaterial | OriginUpload | OriginPack
)

// Names are the names of the origins in the set, in order.
func (o Origin) Names() []string {
	names := []string{}
	for i, name := range []string{"index", "material", "upload", "pack"} {
		if o&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return names
}

// File is a file in the index.
type File struct {
	ID      int64
	Path    string // absolute; for the pack's own files it begins with "pack/"
	Title   string
	Kind    string // markdown, text, code, html, pdf, docx or card
	Origins Origin
	Size    int64     // bytes
	ModTime time.Time // when it was last changed, as the file system says
	Checked time.Time // when it was last read
	Hash    []byte    // of its bytes
	Version int       // of the way it was cut into chunks
	Problem string    // why it could not be indexed; empty when it was
	Chunks  int
}

// Chunk is a piece of a file: what a search finds and a citation opens.
type Chunk struct {
	ID        int64
	Title     string // of the file
	Heading   string // the headings above it, outermost first, joined with " > "
	StartLine int    // from 1, inclusive; in a PDF and in DOCX counted over the text
	EndLine   int
	Text      string // as it stands in the file
	Plain     string // without markup; empty when that is the same
	Hash      []byte // of what is embedded of it
}

// Cut is a file with its chunks.
type Cut struct {
	File   File
	Chunks []Chunk
}

// Words is the text of the chunk without markup.
func (c Chunk) Words() string {
	if c.Plain != "" {
		return c.Plain
	}
	return c.Text
}

// Space names the vectors that may be compared with each other: those of one model in one version, made
// with one way to prefix texts.
type Space struct {
	Model  string // "builtin", or the model's name
	Digest string // of the model's or the table's bytes
	Prefix string // the version of the prefixes
	Dim    int    // length of a vector; 0 when it is not known before the first one
}

// BuiltinModel is the name of the embedder in the program, in a Space.
const BuiltinModel = "builtin"

// Passage is a chunk that was found. Score is 0 to 1 and comparable within one search only.
type Passage struct {
	Rank      int      `json:"rank"`
	Score     float64  `json:"score"`
	Path      string   `json:"path"`
	Title     string   `json:"title"`
	Heading   string   `json:"heading"`
	StartLine int      `json:"start_line"`
	EndLine   int      `json:"end_line"`
	Text      string   `json:"text"`
	By        string   `json:"by"` // words, vectors or both: what found it
	Origins   []string `json:"origins"`
	File      int64    `json:"file,string"`
	Chunk     int64    `json:"-"`
}
