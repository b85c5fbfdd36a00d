package embed

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// longest is how many characters a word may have; a longer one is no word.
const longest = 100

// pieces cuts text into the pieces of a WordPiece vocabulary with the normaliser of BERT: controls dropped,
// Chinese characters set apart, accents stripped, lower case.
type pieces struct {
	first map[string]int // pieces that begin a word
	rest  map[string]int // pieces that go on, without their ##
	most  int            // bytes of the longest piece
}

// newPieces reads a vocabulary in the order of its ids. Names in brackets are not for text.
func newPieces(vocabulary []string) pieces {
	p := pieces{first: make(map[string]int, len(vocabulary)), rest: make(map[string]int, len(vocabulary)/4)}
	for id, w := range vocabulary {
		p.most = max(p.most, len(w))
		if after, ok := strings.CutPrefix(w, "##"); ok && after != "" {
			p.rest[after] = id
		} else if len(w) < 3 || w[0] != '[' { // [UNK] and its like
			p.first[w] = id
		}
	}
	return p
}

// scratch is what one text needs; it is used again.
type scratch struct{ clean, flat, word []byte }

var pool = sync.Pool{New: func() any { return &scratch{word: make([]byte, 0, 512)} }}

// each calls f with the id of every piece, in order. A word that cannot be put together is left out.
func (p *pieces) each(text string, f func(id int)) {
	s := pool.Get().(*scratch)
	defer pool.Put(s)
	if !ascii(text) {
		s.clean = clean(s.clean[:0], text)
		s.flat = norm.NFD.Append(s.flat[:0], s.clean...)
		p.split(s.flat, s, f)
		return
	}
	s.clean = append(s.clean[:0], text...)
	p.split(s.clean, s, f)
}

func ascii(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// clean drops what cannot be seen, makes every space a space, and sets Chinese characters apart.
func clean(out []byte, text string) []byte {
	for _, r := range text {
		switch {
		case r == '\t' || r == '\n' || r == '\r':
			out = append(out, ' ')
		case r == utf8.RuneError || unseen(r):
		case unicode.IsSpace(r):
			out = append(out, ' ')
		case chinese(r):
			out = append(out, ' ')
			out = utf8.AppendRune(out, r)
			out = append(out, ' ')
		default:
			out = utf8.AppendRune(out, r)
		}
	}
	return out
}

// split finds the words: between spaces, and every mark of punctuation by itself.
func (p *pieces) split(text []byte, s *scratch, f func(id int)) {
	s.word = s.word[:0]
	for i := 0; i < len(text); {
		c := text[i]
		if c < utf8.RuneSelf {
			i++
			switch kinds[c] {
			case kindSpace:
				p.flush(s, f)
			case kindMark:
				p.flush(s, f)
				s.word = append(s.word, c)
				p.flush(s, f)
			case kindLetter:
				s.word = append(s.word, c)
			case kindUpper:
				s.word = append(s.word, c+'a'-'A')
			}
			continue
		}
		r, n := utf8.DecodeRune(text[i:])
		i += n
		switch {
		case unicode.Is(unicode.Mn, r):
		case unicode.IsSpace(r):
			p.flush(s, f)
		case unicode.IsPunct(r):
			p.flush(s, f)
			s.word = utf8.AppendRune(s.word, r)
			p.flush(s, f)
		default:
			s.word = utf8.AppendRune(s.word, unicode.ToLower(r))
		}
	}
	p.flush(s, f)
}

// flush cuts the collected word into the longest pieces from the left.
func (p *pieces) flush(s *scratch, f func(id int)) {
	word := s.word
	s.word = s.word[:0]
	if len(word) == 0 || len(word) > longest && utf8.RuneCount(word) > longest {
		return
	}
	if id, ok := p.first[string(word)]; ok {
		f(id)
		return
	}
	var ids [longest]int
	n := 0
	for at := 0; at < len(word); n++ {
		known := p.rest
		if at == 0 {
			known = p.first
		}
		id, end := p.match(known, word, at)
		if end == at {
			return
		}
		ids[n], at = id, end
	}
	for _, id := range ids[:n] {
		f(id)
	}
}

// match finds the longest piece at a place of a word; its end is the place itself when there is none.
func (p *pieces) match(known map[string]int, word []byte, at int) (id, end int) {
	for end := min(len(word), at+p.most); end > at; end-- {
		if end < len(word) && !utf8.RuneStart(word[end]) {
			continue
		}
		if id, ok := known[string(word[at:end])]; ok {
			return id, end
		}
	}
	return 0, at
}

// What a byte below 128 is.
const (
	kindNothing = iota
	kindSpace
	kindMark
	kindLetter
	kindUpper
)

var kinds = func() (k [utf8.RuneSelf]byte) {
	for c := range k {
		switch {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			k[c] = kindSpace
		case c < ' ' || c == 127:
			k[c] = kindNothing
		case c >= 'A' && c <= 'Z':
			k[c] = kindUpper
		case c >= 'a' && c <= 'z' || c >= '0' && c <= '9':
			k[c] = kindLetter
		default:
			k[c] = kindMark
		}
	}
	return k
}()

// unseen characters are controls, formats, private ones and those that are not assigned.
func unseen(r rune) bool {
	return !unicode.In(r, unicode.L, unicode.M, unicode.N, unicode.P, unicode.S, unicode.Z)
}

func chinese(r rune) bool {
	return r >= 0x4E00 && r <= 0x9FFF || r >= 0x3400 && r <= 0x4DBF || r >= 0x20000 && r <= 0x2A6DF || r >= 0x2A700 && r <= 0x2B73F ||
		r >= 0x2B740 && r <= 0x2B81F || r >= 0x2B920 && r <= 0x2CEAF || r >= 0xF900 && r <= 0xFAFF || r >= 0x2F800 && r <= 0x2FA1F
}
