package reading

import (
	"regexp"
	"regexp/syntax"
	"strings"
)

// wording is an expression over lower-case text. Nearly all of them begin at the beginning of a word; such a
// one is tried only at words that begin as one of its alternatives does, which is what makes reading fast.
type wording struct {
	re    *regexp.Regexp
	at    *regexp.Regexp // re, anchored; nil when it may begin anywhere
	heads [256][]string  // by first byte, how a match begins
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
	var heads []string
	for _, w := range ways {
		if w.Op != syntax.OpConcat || w.Sub[0].Op != syntax.OpWordBoundary {
			return f
		}
		h, _ := headsOf(w)
		heads = append(heads, h...)
	}
	for _, h := range heads {
		if h == "" || !isWordByte(h[0]) {
			return f
		}
	}
	for _, h := range heads {
		f.heads[h[0]] = append(f.heads[h[0]], h)
	}
	f.at = regexp.MustCompile(`\A(?:` + expr + `)`)
	return f
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
		for _, h := range f.heads[low[i]] {
			if strings.HasPrefix(low[i:], h) {
				if m := f.at.FindStringIndex(low[i:]); m != nil {
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
	if f.at == nil {
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
