package stories

import (
	"maps"
	"math"
	"slices"

	"rehearse/server/interview"
	"rehearse/server/reading"
)

// Bars of recognising a story. A word that other stories have too counts less, a figure counts more.
const (
	leastShared = 3.2  // weight that an answer has to share with the cues, in words that nobody else uses
	leastShare  = 0.24 // of the weight of all cues of the story, in an answer of shortStems
	shortStems  = 20.0
	leastLead   = 1.4 // times the next story
	figureWorth = 1.6
)

// cue is a cue as it is compared.
type cue struct {
	text    string
	stems   []uint32
	numbers map[uint32]bool // of the stems
	figures []reading.Quantity
}

// said reports whether at least half of what a cue holds was said, all of its figures among it.
func (c *cue) said(stems []uint32) bool {
	n := 0
	for _, h := range c.stems {
		_, ok := slices.BinarySearch(stems, h)
		if ok {
			n++
		} else if c.numbers[h] {
			return false
		}
	}
	return len(c.stems) > 0 && n*2 >= len(c.stems)
}

// Matcher recognises which story an answer tells. It goes by the rare words, names and figures an answer shares with the
// cues of one story and not with those of others.
type Matcher struct {
	ids    []string
	cues   [][]cue
	worth  [][]weight // by story, sorted
	figure map[uint32]bool
}

// weight is what a word of a story's cues counts.
type weight struct {
	stem  uint32
	worth float64
}

// Common is how usual words are in a trade: the share of its texts that hold each.
type Common struct {
	share map[uint32]float64
	texts int
}

// CommonOf reads how usual words are from texts of the trade, the authored sample answers of a pack, say.
func CommonOf(texts []string) *Common {
	c := &Common{share: map[uint32]float64{}, texts: len(texts)}
	for _, t := range texts {
		for _, h := range stems(t, nil) {
			c.share[h] += 1 / float64(len(texts))
		}
	}
	return c
}

// CommonIn is CommonOf the sample answers of a pack.
func CommonIn(pack *interview.Pack) *Common {
	var texts []string
	for _, id := range slices.Sorted(maps.Keys(pack.Rubrics)) {
		r := pack.Rubrics[id]
		for _, level := range slices.Sorted(maps.Keys(r.Strong)) {
			texts = append(texts, r.Strong[level])
		}
	}
	return CommonOf(texts)
}

// rare is 1 for a word that no text of the trade has, and near 0 for one that most have.
func (c *Common) rare(h uint32) float64 {
	if c == nil || c.texts < 2 {
		return 1
	}
	n := float64(c.texts)
	return min(1, math.Log((n+1)/(c.share[h]*n+1))/math.Log(n+1))
}

// NewMatcher prepares the stories of a bank. Without common every word counts alike.
func NewMatcher(stories []Story, common *Common) *Matcher {
	m := &Matcher{figure: map[uint32]bool{}}
	in := map[uint32]int{}
	for i := range stories {
		s := &stories[i]
		m.ids = append(m.ids, s.ID)
		own := map[uint32]bool{}
		var cues []cue
		for _, c := range append([]Cue{{Text: s.Title}}, s.Cues...) {
			r := reading.Read(reading.Input{Text: c.Text, Kind: interview.KindBehavioural})
			x := cue{text: c.Text, stems: stems(c.Text, r.Quantities), figures: r.Quantities, numbers: map[uint32]bool{}}
			for _, q := range r.Quantities {
				if telltale(q.Value) {
					h := figureHash(q.Value)
					x.numbers[h], m.figure[h] = true, true
				}
			}
			for _, h := range x.stems {
				own[h] = true
			}
			cues = append(cues, x)
		}
		m.cues = append(m.cues, cues[1:]) // the title is no cue
		var list []weight
		for _, h := range slices.Sorted(maps.Keys(own)) { // sums in one order are the same sums
			list = append(list, weight{stem: h})
			in[h]++
		}
		m.worth = append(m.worth, list)
	}
	for _, own := range m.worth {
		for i := range own {
			own[i].worth = common.rare(own[i].stem) / math.Sqrt(float64(in[own[i].stem]))
			if m.figure[own[i].stem] {
				own[i].worth *= figureWorth
			}
		}
	}
	return m
}

// Match is the id of the story that a text tells; empty where it tells none of them, or code cannot say which.
func (m *Matcher) Match(text string) string {
	r := reading.Read(reading.Input{Text: text, Kind: interview.KindBehavioural})
	return m.match(stems(text, r.Quantities))
}

func (m *Matcher) match(stems []uint32) string {
	best, next, at := 0.0, 0.0, -1
	// A long answer meets more words of every story by chance.
	least := leastShare * max(1, 1+math.Log2(float64(max(1, len(stems)))/shortStems)/2)
	for i, own := range m.worth {
		got, all := 0.0, 0.0
		for _, w := range own {
			all += w.worth
			if _, ok := slices.BinarySearch(stems, w.stem); ok {
				got += w.worth
			}
		}
		if all == 0 {
			continue
		}
		share := got / all
		if got < leastShared || share < least {
			next = max(next, share) // not enough to be the one, enough to leave it open
			continue
		}
		if share > best {
			best, next, at = share, max(next, best), i
		} else {
			next = max(next, share)
		}
	}
	if at < 0 || best < leastLead*next {
		return ""
	}
	return m.ids[at]
}
