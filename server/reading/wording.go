package reading

import (
	"regexp"
	"regexp/syntax"
	"strings"
)

// wording is an expression over lower-case text that is tried only where one of the literals it cannot do
// without occurs: nearly every sentence holds none of them, and looking for a literal is far cheaper.
type wording struct {
	re  *regexp.Regexp
	any []string // nil when there are none to look for
}

func newWording(expr string) *wording {
	f := &wording{re: regexp.MustCompile(expr)}
	if tree, err := syntax.Parse(expr, syntax.Perl); err == nil {
		f.any = needs(tree)
	}
	return f
}

// needs returns literals of which every match of an expression holds at least one, or nil.
func needs(re *syntax.Regexp) []string {
	switch re.Op {
	case syntax.OpLiteral:
		if re.Flags&syntax.FoldCase != 0 {
			return nil
		}
		return []string{string(re.Rune)}
	case syntax.OpCapture, syntax.OpPlus:
		return needs(re.Sub[0])
	case syntax.OpRepeat:
		if re.Min > 0 {
			return needs(re.Sub[0])
		}
	case syntax.OpAlternate:
		var all []string
		for _, sub := range re.Sub {
			n := needs(sub)
			if n == nil {
				return nil
			}
			all = append(all, n...)
		}
		return all
	case syntax.OpConcat:
		var best []string
		for _, sub := range re.Sub {
			if n := needs(sub); n != nil && (best == nil || shortest(n) > shortest(best)) {
				best = n
			}
		}
		return best
	}
	return nil
}

func shortest(list []string) int {
	n := len(list[0])
	for _, l := range list {
		n = min(n, len(l))
	}
	return n
}

func (f *wording) possible(low string) bool {
	if f.any == nil {
		return true
	}
	for _, l := range f.any {
		if strings.Contains(low, l) {
			return true
		}
	}
	return false
}

// MatchString reports whether the wording occurs in low.
func (f *wording) MatchString(low string) bool { return f.possible(low) && f.re.MatchString(low) }

// FindAllStringIndex returns where the wording occurs in low, at most n times.
func (f *wording) FindAllStringIndex(low string, n int) [][]int {
	if !f.possible(low) {
		return nil
	}
	return f.re.FindAllStringIndex(low, n)
}

// FindStringSubmatch returns the first match and its groups.
func (f *wording) FindStringSubmatch(low string) []string {
	if !f.possible(low) {
		return nil
	}
	return f.re.FindStringSubmatch(low)
}
