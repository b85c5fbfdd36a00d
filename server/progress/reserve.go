package progress

import (
	"cmp"
	"hash/fnv"
	"slices"

	"rehearse/server/interview"
)

// What is kept back for checks. A check needs unseen items, so practice must not use all of them up; but practice comes
// first: of no kind is more than half kept back.
const (
	keepItems    = 3 // of threat models, scripting tasks and explanations
	keepLanguage = 2 // of the snippets in each language: six in three languages
	keepStory    = 1 // of the questions on each principle; each has several wordings, and a check hears another one
)

// Reserve says which items are kept back for checks.
type Reserve map[string]bool

// Reserved are the items that practice should not use up: enough for three checks of every criterion, as far as the
// pack has them. It depends on the pack alone, and an item that is added to a pack takes the place of one other at most.
func Reserved(p *interview.Pack) Reserve {
	out, shown := Reserve{}, map[string]bool{}
	for _, it := range p.Items {
		if it.Assets.Scan != nil {
			for _, id := range it.Assets.Scan.Snippets { // seen by the way in a triage set: the last to be kept back
				shown[id] = true
			}
		}
	}
	keep := func(all []*interview.Item, n int) {
		slices.SortFunc(all, func(a, b *interview.Item) int {
			if shown[a.ID] != shown[b.ID] {
				return map[bool]int{false: -1, true: 1}[shown[a.ID]]
			}
			return cmp.Or(cmp.Compare(place(a.ID), place(b.ID)), cmp.Compare(a.ID, b.ID))
		})
		n = min(n, len(all)/2)
		for _, it := range all { // one that is kept for another principle counts for this one too
			if out[it.ID] {
				n--
			}
		}
		for _, it := range all {
			if n > 0 && !out[it.ID] {
				out[it.ID] = true
				n--
			}
		}
	}
	for _, kind := range []interview.Kind{interview.KindThreatModel, interview.KindScripting, interview.KindBriefing} {
		keep(items(p, kind), keepItems)
	}
	snippets := items(p, interview.KindCodeReview)
	for _, l := range languages(p) {
		keep(slices.DeleteFunc(slices.Clone(snippets), func(it *interview.Item) bool { return language(it) != l }), keepLanguage)
	}
	stories := items(p, interview.KindBehavioural)
	for _, pr := range p.Principles {
		keep(slices.DeleteFunc(slices.Clone(stories), func(it *interview.Item) bool {
			r := p.Rubrics[it.ID]
			return r == nil || !slices.Contains(r.Principles, pr.ID)
		}), keepStory)
	}
	return out
}

// Draw leaves of the items that a phase may draw those it should: practice leaves the reserved ones alone, and a check
// takes an unseen reserved one first, then any other unseen one. Minutes are the phase's, on the interview clock; used
// counts how often each item was begun. Where nothing would be left, everything is.
func (r Reserve) Draw(all []*interview.Item, mode interview.Mode, minutes float64, used map[string]int) []*interview.Item {
	without := func(drop func(*interview.Item) bool) []*interview.Item {
		return slices.DeleteFunc(slices.Clone(all), drop)
	}
	check := func(it *interview.Item) bool { return mode == interview.ModeExam && minutes >= shortest(it.Kind) }
	for _, fit := range [][]*interview.Item{
		without(func(it *interview.Item) bool { return !check(it) || !r[it.ID] || used[it.ID] > 0 }),
		without(func(it *interview.Item) bool { return !check(it) || used[it.ID] > 0 }),
		without(func(it *interview.Item) bool { return r[it.ID] && !check(it) }),
	} {
		if len(fit) > 0 {
			return fit
		}
	}
	return all
}

// shortest is how many planned minutes an exercise needs at the least to be a check: a part of a threat model in a phone
// screen, say, shows less than the criterion asks for.
func shortest(k interview.Kind) float64 {
	switch k {
	case interview.KindThreatModel:
		return 15
	case interview.KindScripting:
		return 25
	case interview.KindBriefing:
		return 6
	case interview.KindCodeReview:
		return 5
	}
	return 0
}

// place puts items into an order that has nothing to do with their names.
func place(id string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(id)) // never fails
	x := h.Sum64()             // FNV mixes its last bytes badly; one round of splitmix64 spreads them
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	return (x ^ x>>27) * 0x94d049bb133111eb
}

func language(it *interview.Item) string {
	if it.Assets.Code == nil {
		return ""
	}
	return it.Assets.Code.Language
}

// languages are those of a pack's code reviews, sorted.
func languages(p *interview.Pack) []string {
	var out []string
	for _, it := range items(p, interview.KindCodeReview) {
		if l := language(it); l != "" && !slices.Contains(out, l) {
			out = append(out, l)
		}
	}
	slices.Sort(out)
	return out
}
