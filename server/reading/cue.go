package reading

import (
	"fmt"
	"slices"
	"strings"
)

// A cue is a general expression that speaks for a part or a measure, as a pattern over the tokens of a
// sentence. The words of a pattern are separated by spaces; a word is a list of alternatives:
//
//	word    the word itself          ~word   any form of it
//	@XYZ    a token of one of forms  _       any word
//	^       the start of the sentence (after and, but, so, then)
//
// and a trailing ? makes it optional.
type element struct {
	words    []string
	stems    []string
	forms    string
	any      bool
	optional bool
}

type pattern struct {
	group  int
	anchor bool // at the start of the sentence only
	elems  []element
}

// hit is a match of a cue: tokens [from, to) of a sentence.
type hit struct {
	group    int
	from, to int
}

// cueIndex finds all patterns in one pass over the tokens.
type cueIndex struct {
	names  []string
	byWord map[string][]pattern
	byStem map[string][]pattern
	byForm [256][]pattern // patterns that begin with a form or any word, by the form of their first token
}

var cueTable = newCueIndex(cueRows)

// group is the number of a group of cues by its name; an unknown name is a mistake of the table.
func (x *cueIndex) group(name string) int {
	i := slices.Index(x.names, name)
	if i < 0 {
		panic("reading: no cues are called " + name)
	}
	return i
}

func newCueIndex(rows string) *cueIndex {
	x := &cueIndex{byWord: map[string][]pattern{}, byStem: map[string][]pattern{}}
	for line := range strings.SplitSeq(rows, "\n") {
		name, list, ok := strings.Cut(strings.TrimSpace(line), ":")
		if !ok {
			continue
		}
		g := slices.Index(x.names, name)
		if g < 0 {
			g = len(x.names)
			x.names = append(x.names, name)
		}
		for p := range strings.SplitSeq(list, ";") {
			if p = strings.TrimSpace(p); p != "" {
				x.add(parsePattern(g, p))
			}
		}
	}
	return x
}

func parsePattern(group int, src string) pattern {
	p := pattern{group: group}
	for f := range strings.FieldsSeq(src) {
		if f == "^" {
			p.anchor = true
			continue
		}
		var e element
		if f, e.optional = strings.CutSuffix(f, "?"); f == "_" {
			e.any = true
		} else {
			for alt := range strings.SplitSeq(f, "|") {
				switch {
				case strings.HasPrefix(alt, "~"):
					e.stems = append(e.stems, stem(alt[1:]))
				case strings.HasPrefix(alt, "@"):
					e.forms += alt[1:]
				default:
					e.words = append(e.words, alt)
				}
			}
		}
		p.elems = append(p.elems, e)
	}
	if len(p.elems) == 0 || p.elems[0].optional {
		panic(fmt.Sprintf("reading: the cue %q begins with nothing", src))
	}
	return p
}

func (x *cueIndex) add(p pattern) {
	first := p.elems[0]
	if first.any || first.forms != "" {
		for f := range x.byForm {
			if first.any || len(first.words)+len(first.stems) > 0 || strings.IndexByte(first.forms, byte(f)) >= 0 {
				x.byForm[f] = append(x.byForm[f], p)
			}
		}
		return
	}
	for _, w := range first.words {
		x.byWord[w] = append(x.byWord[w], p)
	}
	for _, s := range first.stems {
		x.byStem[s] = append(x.byStem[s], p)
	}
}

func (e *element) fits(t *token) bool {
	if e.any {
		return t.word
	}
	if e.forms != "" && strings.IndexByte(e.forms, byte(t.form)) >= 0 {
		return true
	}
	return slices.Contains(e.words, t.low) || t.stem != "" && slices.Contains(e.stems, t.stem)
}

// match matches elements from token i on and returns the token after the match, or -1.
func match(elems []element, toks []token, i int) int {
	for k := range elems {
		e := &elems[k]
		if e.optional {
			if i < len(toks) && e.fits(&toks[i]) {
				if end := match(elems[k+1:], toks, i+1); end >= 0 {
					return end
				}
			}
			continue
		}
		if i >= len(toks) || !e.fits(&toks[i]) {
			return -1
		}
		i++
	}
	return i
}

// find returns the hits in a parsed sentence, in order of their first token.
func (x *cueIndex) find(toks []token) []hit {
	var out []hit
	head := headOf(toks)
	try := func(list []pattern, i int) {
		for k := range list {
			p := &list[k]
			if p.anchor && i != head && i != 0 {
				continue
			}
			if end := match(p.elems, toks, i); end >= 0 {
				out = append(out, hit{p.group, i, end})
			}
		}
	}
	for i := range toks {
		if list, ok := x.byWord[toks[i].low]; ok {
			try(list, i)
		}
		if s := toks[i].stem; s != "" {
			if list, ok := x.byStem[s]; ok {
				try(list, i)
			}
		}
		try(x.byForm[toks[i].form], i)
	}
	return out
}

// headOf is the first token that is neither a mark nor an opening conjunction or particle.
func headOf(toks []token) int {
	for i := range toks {
		switch toks[i].low {
		case "and", "but", "so", "then", "well", "also", "now", "or", "basically", "actually", "honestly", "anyway", "luckily", "fortunately", "unfortunately":
			continue
		}
		if toks[i].word {
			return i
		}
	}
	return 0
}
