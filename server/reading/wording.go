package reading

import (
	"regexp"
	"regexp/syntax"
	"strings"
	"sync"
)

// wording is an expression over lower-case text. Nearly all of them begin at the beginning of a word; of such
// a one only the alternatives that begin as a word does are tried there, which is what makes reading fast.
type wording struct {
	re    *regexp.Regexp
	quick bool         // every match begins at the beginning of a word, and how is known
	at    [256]section // by the first byte of a match
}

// section is the alternatives of a wording that begin with one byte. Each is a small expression of its own:
// the whole would be tried with all its alternatives at every word.
type section struct {
	heads []string // how a match begins
	expr  []string
	once  *sync.Once
	re    *regexp.Regexp // anchored; compiled when it is first needed
}

func (s *section) find(low string) []int {
	s.once.Do(func() { s.re = regexp.MustCompile(`\A(?:` + strings.Join(s.expr, "|") + `)`) })
	return s.re.FindStringIndex(low)
}

// headLen is how much of a beginning is compared.
const headLen = 5

func newWording(expr string) *wording {
	f := &wording{re: regexp.MustCompile(expr)}
	tree, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		return f
	}
	ways := []*syntax.Regexp{tree}
	if tree.Op == syntax.OpAlternate {
		ways = tree.Sub
	}
	var pieces []*syntax.Regexp
	for _, w := range ways {
		if w.Op != syntax.OpConcat || w.Sub[0].Op != syntax.OpWordBoundary {
			return f
		}
		pieces = append(pieces, spread(w)...)
	}
	for _, w := range pieces {
		heads, _ := headsOf(w)
		seen := map[byte]bool{}
		for _, h := range heads {
			if h == "" || !isWordByte(h[0]) {
				return f
			}
			s := &f.at[h[0]]
			if s.once == nil {
				s.once = &sync.Once{}
			}
			s.heads = append(s.heads, h)
			if !seen[h[0]] {
				seen[h[0]] = true
				s.expr = append(s.expr, w.String())
			}
		}
	}
	f.quick = true
	return f
}

// spread makes one expression of each alternative that follows the beginning of a word.
func spread(w *syntax.Regexp) []*syntax.Regexp {
	if len(w.Sub) < 2 {
		return []*syntax.Regexp{w}
	}
	choice := w.Sub[1]
	for choice.Op == syntax.OpCapture {
		choice = choice.Sub[0]
	}
	if choice.Op != syntax.OpAlternate {
		return []*syntax.Regexp{w}
	}
	var out []*syntax.Regexp
	for _, c := range choice.Sub {
		sub := append([]*syntax.Regexp{w.Sub[0], c}, w.Sub[2:]...)
		out = append(out, &syntax.Regexp{Op: syntax.OpConcat, Sub: sub, Flags: w.Flags})
	}
	return out
}

// headsOf returns how every match of an expression begins; whole means that each is a whole match, so that
// what follows may be added to it.
func headsOf(re *syntax.Regexp) (heads []string, whole bool) {
	switch re.Op {
	case syntax.OpEmptyMatch, syntax.OpWordBoundary, syntax.OpNoWordBoundary, syntax.OpBeginText, syntax.OpEndText, syntax.OpBeginLine, syntax.OpEndLine:
		return []string{""}, true
	case syntax.OpLiteral:
		if re.Flags&syntax.FoldCase == 0 {
			return []string{string(re.Rune)}, true
		}
	case syntax.OpCharClass:
		var out []string
		for i := 0; i < len(re.Rune); i += 2 {
			if re.Rune[i+1]-re.Rune[i] > 10 {
				return []string{""}, false
			}
			for r := re.Rune[i]; r <= re.Rune[i+1]; r++ {
				out = append(out, string(r))
			}
		}
		return out, true
	case syntax.OpCapture:
		return headsOf(re.Sub[0])
	case syntax.OpPlus:
		h, _ := headsOf(re.Sub[0])
		return h, false
	case syntax.OpQuest:
		h, whole := headsOf(re.Sub[0])
		return append([]string{""}, h...), whole
	case syntax.OpAlternate:
		whole = true
		for _, sub := range re.Sub {
			h, w := headsOf(sub)
			heads, whole = append(heads, h...), whole && w
		}
		return heads, whole
	case syntax.OpConcat:
		heads = []string{""}
		for _, sub := range re.Sub {
			h, w := headsOf(sub)
			var next []string
			for _, a := range heads {
				for _, b := range h {
					next = append(next, a+b)
				}
			}
			heads = next
			if !w || len(heads) > 4096 {
				return heads, false
			}
			long := true
			for _, a := range heads {
				long = long && len(a) >= headLen
			}
			if long {
				return heads, false
			}
		}
		return heads, true
	}
	return []string{""}, false
}

func isWordByte(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= '0' && b <= '9' || b == '_' || b >= 'A' && b <= 'Z'
}

// next returns the first match at or after from.
func (f *wording) next(low string, from int) (start, end int, ok bool) {
	for i := from; i < len(low); i++ {
		if !isWordByte(low[i]) || i > 0 && isWordByte(low[i-1]) {
			continue
		}
		section := &f.at[low[i]]
		for _, h := range section.heads {
			if strings.HasPrefix(low[i:], h) {
				if m := section.find(low[i:]); m != nil {
					return i, i + m[1], true
				}
				break
			}
		}
	}
	return 0, 0, false
}

// MatchString reports whether the wording occurs in low.
func (f *wording) MatchString(low string) bool { return len(f.FindAllStringIndex(low, 1)) > 0 }

// FindAllStringIndex returns where the wording occurs in low, at most n times, or everywhere when n is negative.
func (f *wording) FindAllStringIndex(low string, n int) [][]int {
	if !f.quick {
		return f.re.FindAllStringIndex(low, n)
	}
	var out [][]int
	for at := 0; n < 0 || len(out) < n; {
		start, end, ok := f.next(low, at)
		if !ok {
			break
		}
		out = append(out, []int{start, end})
		at = max(end, start+1)
	}
	return out
}

// FindStringSubmatch returns the first match and its groups.
func (f *wording) FindStringSubmatch(low string) []string { return f.re.FindStringSubmatch(low) }
