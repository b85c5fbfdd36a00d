package reading

import (
	"regexp"
	"slices"
	"strings"
)

// Decision is what an answer decides about a change that waits for it.
type Decision string

// The decisions about a change.
const (
	Undecided Decision = ""
	Approves  Decision = "approve"
	Blocks    Decision = "block"
)

// deciding are the ways to decide, each with what it decides. "Block" and "approve" are decisions only in the mouth of
// whoever decides: "the proxy blocks that host" and "a try block" are not.
var deciding = []struct {
	is Decision
	re *regexp.Regexp
}{
	// Approving under a condition leaves the change outside until it is met.
	{Blocks, regexp.MustCompile(`\b(approv\w*|merge|accept|sign off|lgtm)\b[^.;!?]{0,40}\b(once|only if|only when|only after|as soon as|after you|when you|if you|provided|unless)\b`)},
	{Blocks, regexp.MustCompile(`\b(not|never|cannot|can't|won't|wouldn't|don't|doesn't|couldn't|shouldn't|isn't|aren't|nobody should|no one should)\b( \w+){0,3} (approv\w*|merge(d|able)?|sign(ing)? off|accept\w*|ship\w*|lgtm|let (it|this) in|go in|hold(s|ing)?|good to merge|ready|enough)\b`)},
	{Blocks, regexp.MustCompile(`\bno (approval|go|merge|lgtm|sign-off)\b`)},
	{Approves, regexp.MustCompile(`\b(not|no|never|won't|wouldn't|don't|cannot|can't|nothing|unblock)\b( \w+){0,4} block\b|\bunblock(ed|ing)?\b`)},
	{Blocks, regexp.MustCompile(`(^|[.;:!?,)\n]|\b(i|i'd|i'll|we|we'd|would|will|must|still|so|then|and|is|it's|that's|a|to|decision|answer|verdict)) ?\W*block(ed|ing)?( (it|this|that|again|until|because|since|for|the (merge|repair|fix|change|push|pr|pull request)))?(\b)`)},
	{Blocks, regexp.MustCompile(`\b(request(ing|ed)?|need(s)?|ask(ing)? for) (more )?changes\b|\b(i|i'd|i'll|would|will|must)( \w+)? (reject|refuse|decline|send it back|push back)\b|^\W*(reject(ed)?|refused?|declined?|denied)\b|\bchanges requested\b`)},
	{Approves, regexp.MustCompile(`\b(approved?|approval|approves|approving it|lgtm|sign off on|ship it|merge it|merge this|good to merge|can merge|may merge|let it in|looks good to me|fine to merge|safe to merge|accept (it|this|the))\b`)},
}

// noDecision stands before or behind a block that is none.
var (
	blockBefore = regexp.MustCompile(`\b(try|catch|code|else|finally|if|except|cipher|text|building|whole|memory|first|second|this|that|the|each|same|entire)\s*$`)
	blockAfter  = regexp.MustCompile(`^\s*(list|lists|size|sizes|cipher|ciphers|of|chain|chains|device|devices|storage|scope|statement|s)\b`)
	supposing   = regexp.MustCompile(`\b(if|suppose|had|before|whoever|should) (i|we|you|they|it|somebody|anybody)?( \w+)?\s*$|\bapproving\b`)
)

// Decides reads whether an answer approves a change or blocks it: the last decision in it, since people think aloud on
// the way. Undecided means that it holds none.
func Decides(text string) Decision {
	low := strings.ToLower(strings.NewReplacer("’", "'", "can not", "cannot").Replace(text))
	type found struct {
		from, to int
		is       Decision
	}
	var all []found
	for _, d := range deciding {
		for _, m := range d.re.FindAllStringIndex(low, -1) {
			// What an earlier, more exact form has read is not read again as its opposite.
			if slices.ContainsFunc(all, func(f found) bool { return m[0] < f.to && f.from < m[1] }) {
				continue
			}
			if at := strings.LastIndex(low[m[0]:m[1]], "block"); at >= 0 && d.is == Blocks {
				if blockBefore.MatchString(low[:m[0]+at]) || blockAfter.MatchString(strings.TrimLeft(low[m[0]+at+len("block"):], " ")) && !strings.HasPrefix(low[m[0]+at+len("block"):], "ed") {
					continue
				}
			}
			if supposing.MatchString(low[max(0, m[0]-20):m[0]]) {
				continue
			}
			all = append(all, found{m[0], m[1], d.is})
		}
	}
	last, at := Undecided, -1
	for _, f := range all {
		if f.from > at {
			last, at = f.is, f.from
		}
	}
	return last
}
