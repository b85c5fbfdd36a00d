// Package embed turns a text into a vector by adding up the rows of a table of word pieces: no model, no
// network, microseconds a text. The table was fitted so that the sum points where a sentence model would
// point; knowledge/embed tells how.
package embed

import (
	"encoding/hex"
	"fmt"
	"math"
	"strings"

	"rehearse/knowledge"
)

// Table is the word table with its tokenizer. It never changes and may be used by many at once.
type Table struct {
	pieces pieces
	codes  string    // a row of dim signed bytes for each piece
	scale  []float32 // what a row's bytes are multiplied with
	dim    int
	id     string
}

// New returns the table that is part of the program. An error means that the program was built with a
// damaged one.
func New() (*Table, error) { return parse(knowledge.Words()) }

// The head of the file: a mark, three sizes, and the SHA-256 of all that follows.
const (
	mark     = "RWT1"
	headSize = len(mark) + 3*4 + 32
)

// parse reads a table: head, the pieces a line each, a scale a row, the rows. Numbers are little endian.
func parse(raw string) (*Table, error) {
	if len(raw) < headSize || raw[:len(mark)] != mark {
		return nil, fmt.Errorf("the word table has no head")
	}
	words, dim, size := uint64(u32(raw[4:])), uint64(u32(raw[8:])), uint64(u32(raw[12:]))
	body := raw[headSize:]
	if words == 0 || words > 1<<20 || dim == 0 || dim > 1<<12 || size%4 != 0 || uint64(len(body)) != size+4*words+words*dim {
		return nil, fmt.Errorf("the word table says %d pieces of %d numbers and has %d bytes", words, dim, len(raw))
	}
	t := &Table{dim: int(dim), scale: make([]float32, words), codes: body[size+4*words:]}
	t.id = fmt.Sprintf("builtin-%s-%d", hex.EncodeToString([]byte(raw[16:22])), dim)
	for i := range t.scale {
		t.scale[i] = math.Float32frombits(u32(body[int(size)+4*i:]))
		if s := t.scale[i]; !(s >= 0 && s <= 1) {
			return nil, fmt.Errorf("row %d of the word table is scaled by %v", i, s)
		}
	}
	lines := strings.SplitN(body[:size], "\n", int(words)+1)
	if len(lines) != int(words)+1 {
		return nil, fmt.Errorf("the word table names %d pieces of %d", len(lines)-1, words)
	}
	t.pieces = newPieces(lines[:words])
	return t, nil
}

func u32(s string) uint32 {
	return uint32(s[0]) | uint32(s[1])<<8 | uint32(s[2])<<16 | uint32(s[3])<<24
}

// Dim is how many numbers a vector has.
func (t *Table) Dim() int { return t.dim }

// ID names the table and the number of dimensions; vectors of different ids must not be compared.
func (t *Table) ID() string { return t.id }

// Embed returns the vector of a text, of length 1, so that the product of two is their cosine. The order
// of words does not count. A text without a known piece gives zeros. The same text gives the same bits on
// every machine.
func (t *Table) Embed(text string) []float32 {
	v := make([]float32, t.dim)
	t.pieces.each(text, func(id int) {
		s := t.scale[id]
		row := t.codes[id*t.dim : (id+1)*t.dim]
		for k := range v {
			v[k] += float32(s * float32(int8(row[k]))) // the conversion forbids fused steps, which round otherwise
		}
	})
	norm := 0.0
	for _, x := range v {
		norm += float64(float64(x) * float64(x))
	}
	if norm == 0 {
		return v
	}
	norm = 1 / math.Sqrt(norm)
	for k := range v {
		v[k] = float32(float64(v[k]) * norm)
	}
	return v
}

// Near returns the cosine of one text to others, from -1 to 1; 0 for a text without a known piece.
func (t *Table) Near(text string) func(other string) float64 {
	v := t.Embed(text)
	return func(other string) float64 {
		sum := 0.0
		for k, x := range t.Embed(other) {
			sum += float64(v[k]) * float64(x)
		}
		return sum
	}
}
