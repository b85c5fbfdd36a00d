package reading

import (
	"math"
	"regexp"
	"strings"
)

var compiledCues = func() []*regexp.Regexp {
	out := make([]*regexp.Regexp, len(cues))
	for i, c := range cues {
		out[i] = regexp.MustCompile("(?i)" + c.re)
	}
	return out
}()

// order of scores
const (
	iS = iota
	iT
	iA
	iR
	parts
)

var partOf = [parts]Part{Situation, Task, Action, Result}

// clue is what the form of a sentence says, before its neighbours are looked at.
type clue struct {
	span     Span
	low      string
	toks     []token
	iActs    int // "I" with an act in the past
	iStates  int
	weActs   int
	passive  int
	namedWe  bool // "we" is told apart: two of us, Ana and I
	past     int
	cond     bool // conditional or habitual
	figures  int
	question bool
	label    Part
	score    [parts]float64
	meta     bool
}

var labels = regexp.MustCompile(`(?i)^(?:\W{0,3})(situation|context|background|task|action|actions|result|results|outcome|star)\s*(?:[:\-–—]|\n|$)`)

var conditional = regexp.MustCompile(`(?i)\b(?:i|we|you|one)(?:'d| would| could| might| should| will|'ll| can| try to| always| usually| often| generally| typically| tend| prefer)\b|\b(?:usually|typically|generally|normally|always|in general|whenever|most of the time)\b|\bwhen (?:this|that|it|something|someone|there(?:'s| is)|i (?:see|get|have|find|am))\b`)

var together = regexp.MustCompile(`(?i)\b(?:and i|with (?:my|the|a|an|our|two|three)\b|the two of us|both of us|we agreed|we met|we talked|we discussed|my (?:colleague|manager|teammate|partner|team)|together)\b`)

var passiveForm = regexp.MustCompile(`(?i)\b(?:was|were|been|got|is|are|being) (?:\w+ly )?(\w+(?:ed|en|wn|lt|pt|ne|un|ut|de|id|ght|ade|set|ought))\b`)

// look reads the form of one sentence.
func look(text string, s Span) clue {
	c := clue{span: s, low: strings.ReplaceAll(strings.ToLower(text[s.Start:s.End]), "’", "'"), toks: tokens(text, s.Start, s.End)}
	c.question = strings.HasSuffix(strings.TrimRight(c.low, " \"'”)"), "?")
	c.cond = conditional.MatchString(c.low) && !strings.Contains(c.low, "would have")
	c.subjects()
	c.namedWe = together.MatchString(c.low)
	if c.iActs == 0 && c.weActs == 0 {
		c.passive = len(passiveForm.FindAllString(c.low, 4))
	}
	for _, t := range c.toks {
		if t.low[0] >= '0' && t.low[0] <= '9' {
			c.figures++
		}
	}
	if m := labels.FindStringSubmatch(c.low); m != nil {
		c.label = map[byte]Part{'s': Situation, 'c': Situation, 'b': Situation, 't': Task, 'a': Action, 'r': Result, 'o': Result}[m[1][0]]
		if m[1] == "star" {
			c.label = ""
		}
	}
	return c
}

// subjects counts who acts: a pronoun and the verb that follows it, adverbs left out, and further verbs joined to it.
func (c *clue) subjects() {
	who := ""
	for i := 0; i < len(c.toks); i++ {
		t := c.toks[i]
		if !t.word {
			continue
		}
		if pastVerb(t.low) {
			c.past++
		}
		switch t.low {
		case "i", "i'd", "i've":
			who = "i"
		case "we", "we'd", "we've":
			who = "we"
		case "he", "she", "they", "it", "who", "which", "that", "you":
			who = "other"
			continue
		case "and", "then", "but", ",", "or":
			continue
		default:
			continue
		}
		c.verbsAfter(i+1, who)
	}
}

// verbsAfter counts the verb after a subject and those coordinated with it ("I pulled, compared and wrote").
func (c *clue) verbsAfter(i int, who string) {
	first := true
	for ; i < len(c.toks); i++ {
		t := c.toks[i]
		switch {
		case t.low == "i" || t.low == "we" || t.low == "he" || t.low == "she" || t.low == "they" || t.low == "it" || t.low == "who" || t.low == "which" || t.low == "that" || t.low == "because" || t.low == "so" || t.low == "when" || t.low == "to" && !first:
			return
		case adverbs[t.low] || !t.word:
			continue
		case first && auxiliaries[t.low] && t.low != "had" && t.low != "did":
			if who == "i" {
				c.iStates++
			}
			return
		case first && (pastVerb(t.low) || t.low == "had" || t.low == "did"):
			c.count(who, t.low, i)
			first = false
		case first:
			return
		case pastVerb(t.low) && i > 0 && (c.toks[i-1].low == "and" || c.toks[i-1].low == "," || adverbs[c.toks[i-1].low] || c.toks[i-1].low == "then" || c.toks[i-1].low == "but"):
			c.count(who, t.low, i)
		}
	}
}

func (c *clue) count(who, verb string, i int) {
	if verb == "had" {
		if i+1 < len(c.toks) && c.toks[i+1].low == "to" || i+1 < len(c.toks) && !pastVerb(c.toks[i+1].low) {
			c.state(who)
			return
		}
	}
	if stative[base(verb)] {
		c.state(who)
		return
	}
	if who == "i" {
		c.iActs++
	} else if who == "we" {
		c.weActs++
	}
}

func (c *clue) state(who string) {
	if who == "i" {
		c.iStates++
	}
}

// scores gives each sentence its points for each part, from form and a little from place.
func scores(clues []clue) {
	n := len(clues)
	for i := range clues {
		c := &clues[i]
		if c.label != "" {
			for p := range partOf {
				if partOf[p] == c.label {
					c.score[p] = 20
				}
			}
			continue
		}
		for k, re := range compiledCues {
			if re.MatchString(c.low) {
				q := cues[k]
				c.score[iS] += q.s
				c.score[iT] += q.t
				c.score[iA] += q.a
				c.score[iR] += q.r
			}
		}
		if c.iActs > 0 {
			c.score[iA] += 1.3 + 0.3*float64(min(c.iActs, 3))
			c.score[iS] -= 0.8
			c.score[iR] -= 0.3
		}
		if c.weActs > 0 {
			c.score[iA] += 0.8
		}
		if c.iActs == 0 && c.weActs == 0 {
			c.score[iS] += 0.5
			c.score[iR] += 0.4
			c.score[iA] -= 0.7
		}
		if c.iStates > 0 && c.iActs == 0 {
			c.score[iT] += 0.4
			c.score[iS] += 0.4
		}
		if c.figures > 0 {
			c.score[iR] += 0.35
			c.score[iS] += 0.1
		}
		if n > 1 {
			pos := float64(i) / float64(n-1)
			c.score[iS] += 1.1 * (1 - pos) * (1 - pos)
			c.score[iT] += 0.5 * math.Exp(-8*(pos-0.22)*(pos-0.22))
			c.score[iA] += 0.5 * math.Exp(-5*(pos-0.55)*(pos-0.55))
			c.score[iR] += 1.0 * pos * pos * pos
			if i == 0 {
				c.score[iS] += 0.6
				c.score[iR] -= 0.5
			}
			if i == n-1 {
				c.score[iR] += 0.5
			}
		}
		c.meta = c.question || len(c.toks) < 3 || isMeta(c.low)
	}
}

var metaForm = regexp.MustCompile(`(?i)^(?:(?:yes|sure|ok|okay|well)[,.! ]+)?(?:i(?:'d| would| will|'ll) (?:like to |love to )?(?:talk about|tell you|share|describe)|let me (?:tell|share|describe|give|think)|an example (?:is|of)|one example|thank(?:s| you)|good question|hi\b|hello\b|that(?:'s| is) (?:it|all|my story))`)

func isMeta(low string) bool { return metaForm.MatchString(low) && len(strings.Fields(low)) < 22 }

// follows is how readily one part follows another: stories go forward, but not always, so that the order
// only breaks ties and a story told from its end is read as it is told.
var follows = [parts][parts]float64{
	iS: {0.5, 0.4, 0.2, -0.3},
	iT: {-0.2, 0.3, 0.5, -0.3},
	iA: {-0.5, -0.3, 0.5, 0.3},
	iR: {-0.3, -0.4, -0.2, 0.6},
}

// tag assigns parts so that the sum of points and of transitions is largest.
func tag(clues []clue) []Part {
	out := make([]Part, len(clues))
	var idx []int
	for i := range clues {
		if clues[i].meta && clues[i].label == "" {
			out[i] = Other
		} else {
			idx = append(idx, i)
		}
	}
	if len(idx) == 0 {
		return out
	}
	best := make([][parts]float64, len(idx))
	from := make([][parts]int, len(idx))
	best[0] = clues[idx[0]].score
	labelled := false
	for k := range idx {
		labelled = labelled || clues[idx[k]].label != ""
	}
	for k := 1; k < len(idx); k++ {
		for p := range parts {
			best[k][p] = math.Inf(-1)
			for q := range parts {
				w := follows[q][p]
				if labelled && p == q && clues[idx[k]].label == "" {
					w += 6 // under a heading, what follows belongs to it
				}
				if v := best[k-1][q] + w + clues[idx[k]].score[p]; v > best[k][p] {
					best[k][p], from[k][p] = v, q
				}
			}
		}
	}
	last := len(idx) - 1
	p := 0
	for q := range parts {
		if best[last][q] > best[last][p] {
			p = q
		}
	}
	for k := last; k >= 0; k-- {
		out[idx[k]] = partOf[p]
		p = from[k][p]
	}
	return out
}
