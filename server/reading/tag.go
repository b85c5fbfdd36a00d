package reading

import (
	_ "embed"
	"encoding/json"
	"math"
	"strings"
)

// order of scores
const (
	iS = iota
	iT
	iA
	iR
	parts
)

var partOf = [parts]Part{Situation, Task, Action, Result}

//go:embed weights.json
var weightsJSON []byte

// weights are the points each feature gives each part, fitted on the corpus of labelled answers under testdata.
var weights = func() map[string][parts]float64 {
	m := map[string][parts]float64{}
	if err := json.Unmarshal(weightsJSON, &m); err != nil {
		panic("reading: weights.json: " + err.Error()) // it is part of the program, and a test reads it
	}
	return m
}()

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
	score    [parts]float64 // logarithms of the odds of each part
	meta     bool
}

var labels = newForm(`^(?:\W{0,3})(situation|context|background|task|actions?|results?|outcome)\s*(?:[:\-–—]|\n|$)`)

var conditional = newForm(`\b(?:i|we|you|one)(?:'d| would| could| might| should| will|'ll| can| try to| always| usually| often| generally| typically| tend| prefer)\b|\b(?:usually|typically|generally|normally|always|in general|whenever|most of the time)\b|\bwhen (?:this|that|it|something|someone|there(?:'s| is)|i (?:see|get|have|find|am))\b`)

var together = newForm(`\b(?:and i|with (?:my|the|a|an|our|two|three)|the two of us|both of us|we agreed|we met|we talked|we discussed|my (?:colleague|manager|teammate|partner|team)|together)\b`)

// look reads the form of one sentence.
func look(text string, s Span) clue {
	c := clue{span: s, low: strings.ReplaceAll(strings.ToLower(text[s.Start:s.End]), "’", "'"), toks: tokens(text, s.Start, s.End)}
	c.question = strings.HasSuffix(strings.TrimRight(c.low, " \"'”)"), "?")
	c.cond = conditional.MatchString(c.low) && !strings.Contains(c.low, "would have")
	c.subjects()
	c.namedWe = c.weActs > 0 && together.MatchString(c.low)
	if c.iActs == 0 && c.weActs == 0 {
		c.countPassives()
	}
	for _, t := range c.toks {
		if t.low[0] >= '0' && t.low[0] <= '9' || t.word && numberWord[t.low] > 1 {
			c.figures++
		}
	}
	if m := labels.FindStringSubmatch(c.low); m != nil {
		c.label = map[byte]Part{'s': Situation, 'c': Situation, 'b': Situation, 't': Task, 'a': Action, 'r': Result, 'o': Result}[m[1][0]]
	}
	c.meta = c.question || len(c.toks) < 3 || isMeta(c.low)
	return c
}

func (c *clue) countPassives() {
	for i := 1; i < len(c.toks); i++ {
		if t := c.toks[i]; t.word && pastVerb(t.low) && !sameForm[t.low] {
			k := i - 1
			if adverbs[c.toks[k].low] || strings.HasSuffix(c.toks[k].low, "ly") {
				k--
			}
			if k >= 0 && (c.toks[k].low == "was" || c.toks[k].low == "were" || c.toks[k].low == "been" || c.toks[k].low == "got" || c.toks[k].low == "being") {
				c.passive++
			}
		}
	}
}

// subjects counts who acts: a pronoun and the verb that follows it, adverbs left out, and further verbs joined to it.
func (c *clue) subjects() {
	for i, t := range c.toks {
		if !t.word {
			continue
		}
		if pastVerb(t.low) {
			c.past++
		}
		switch t.low {
		case "i", "i'd", "i've":
			c.verbsAfter(i+1, "i")
		case "we", "we'd", "we've":
			c.verbsAfter(i+1, "we")
		}
	}
}

// endsClause are the words after which a verb has another subject.
var endsClause = set("i i'd i've we we'd we've he she they it who which that because so when")

// verbsAfter counts the verb after a subject and those coordinated with it ("I pulled, compared and wrote").
func (c *clue) verbsAfter(i int, who string) {
	first := true
	for ; i < len(c.toks); i++ {
		t := c.toks[i]
		switch {
		case endsClause[t.low] || t.low == "to" && !first:
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
		case pastVerb(t.low) && joins(c.toks[i-1].low):
			c.count(who, t.low, i)
		}
	}
}

func joins(w string) bool {
	return w == "and" || w == "," || w == "then" || w == "but" || adverbs[w]
}

func (c *clue) count(who, verb string, i int) {
	if verb == "had" && (i+1 >= len(c.toks) || !pastVerb(c.toks[i+1].low)) || stative[base(verb)] {
		if who == "i" {
			c.iStates++
		}
		return
	}
	if who == "i" {
		c.iActs++
	} else {
		c.weActs++
	}
}

var metaForm = newForm(`^(?:(?:yes|sure|ok|okay|well)[,.! ]+)?(?:i(?:'d| would| will|'ll) (?:like to |love to )?(?:talk about|tell you|share|describe)|let me (?:tell|share|describe|give|think)|an example (?:is|of)|one example|thank(?:s| you)|good question|hi\b|hello\b|that(?:'s| is) (?:it|all|my story))`)

func isMeta(low string) bool { return len(low) < 160 && metaForm.MatchString(low) }

func softmax(z [parts]float64) [parts]float64 {
	top := z[0]
	for _, v := range z {
		top = max(top, v)
	}
	sum := 0.0
	for p := range z {
		z[p] = math.Exp(z[p] - top)
		sum += z[p]
	}
	for p := range z {
		z[p] /= sum
	}
	return z
}

// scores gives each sentence the logarithm of the odds of each part, from its form alone.
func scores(clues []clue) {
	var feats []string
	seen := map[string]bool{}
	for i := range clues {
		c := &clues[i]
		if c.label != "" {
			for p := range partOf {
				c.score[p] = -20
				if partOf[p] == c.label {
					c.score[p] = 0
				}
			}
			continue
		}
		feats = features(c, feats[:0])
		clear(seen)
		z, n := weights[""], 1
		for _, f := range feats {
			if w, ok := weights[f]; ok && !seen[f] {
				seen[f] = true
				n++
				for p := range parts {
					z[p] += w[p]
				}
			}
		}
		for p := range parts {
			z[p] /= math.Sqrt(float64(n))
		}
		prob := softmax(z)
		for p := range parts {
			c.score[p] = math.Log(prob[p] + 1e-4)
		}
	}
}

// follows are logarithms of how readily one part follows another in answers told in order, and places of
// how readily an answer begins with each.
var (
	follows = [parts][parts]float64{
		iS: {-0.75, -0.95, -2.0, -3.4},
		iT: {-2.7, -2.2, -0.35, -3.2},
		iA: {-3.2, -3.3, -0.45, -1.35},
		iR: {-3.4, -4.0, -2.0, -0.3},
	}
	begins = [parts]float64{-0.25, -2.4, -3.0, -2.6}
	closes = [parts]float64{-4.0, -4.0, -2.2, -0.15}
)

// ordered reports how far an answer is told in order, -1 to 1: whether what sounds later stands later.
func ordered(clues []clue, idx []int) float64 {
	place := func(k int) float64 { // expected part, 0 for Situation to 3 for Result
		prob := softmax(clues[idx[k]].score)
		return prob[iT] + 2*prob[iA] + 3*prob[iR]
	}
	n := len(idx)
	if n < 3 {
		return 1
	}
	var mean float64
	v := make([]float64, n)
	for k := range v {
		v[k] = place(k)
		mean += v[k] / float64(n)
	}
	var cov, va, vb float64
	for k := range v {
		x := float64(k) - float64(n-1)/2
		cov += x * (v[k] - mean)
		va += x * x
		vb += (v[k] - mean) * (v[k] - mean)
	}
	if vb < 1e-9 {
		return 1
	}
	return cov / math.Sqrt(va*vb)
}

// tag assigns parts so that form and, where the answer is told in order, place agree best.
func tag(clues []clue) []Part {
	out := make([]Part, len(clues))
	var idx []int
	labelled := false
	for i := range clues {
		if clues[i].meta && clues[i].label == "" {
			out[i] = Other
		} else {
			idx = append(idx, i)
			labelled = labelled || clues[i].label != ""
		}
	}
	if len(idx) == 0 {
		return out
	}
	weight := 1.0 // of the order; an answer that is plainly out of order is read sentence by sentence
	switch o := ordered(clues, idx); {
	case labelled:
	case o < 0.25:
		weight = 0.1
	case o < 0.55:
		weight = 0.1 + 0.9*(o-0.25)/0.3
	}
	best := make([][parts]float64, len(idx))
	from := make([][parts]int, len(idx))
	for p := range parts {
		best[0][p] = clues[idx[0]].score[p] + weight*begins[p]
	}
	for k := 1; k < len(idx); k++ {
		for p := range parts {
			best[k][p] = math.Inf(-1)
			for q := range parts {
				w := weight * follows[q][p]
				if labelled && p == q && clues[idx[k]].label == "" {
					w += 8 // under a heading, what follows belongs to it
				}
				if v := best[k-1][q] + w + clues[idx[k]].score[p]; v > best[k][p] {
					best[k][p], from[k][p] = v, q
				}
			}
		}
	}
	last, p := len(idx)-1, 0
	for q := range parts {
		if best[last][q]+weight*closes[q] > best[last][p]+weight*closes[p] {
			p = q
		}
	}
	for k := last; k >= 0; k-- {
		out[idx[k]] = partOf[p]
		p = from[k][p]
	}
	return out
}
