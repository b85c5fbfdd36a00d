package reading

import (
	_ "embed" // the weights
	"math"
	"slices"
	"strconv"
	"strings"
)

// The order of parts in scores and weights.
const (
	iS = iota
	iT
	iA
	iR
	iO
	parts
)

var partOf = [parts]Part{Situation, Task, Action, Result, Other}

type vector [parts]float64

// model is a log-linear tagger of sentences with a chain over them. Its figures were fitted on the labelled
// answers of testdata by TestFit (go test -run Fit -update) and are stored in weights.tsv.
type model struct {
	weights map[string]*vector
	bias    vector
	prior   vector // log share of each part
	start   vector // log chance that an ordered story starts with it
	follows [parts]vector
	place   [places]vector // log chance of a part in a tenth of the story, relative to its share
	absent  [iO]vector     // weights of the signs that a part is missing; see signs
	sharp   float64        // how much a sentence's own evidence counts against its neighbours'
}

// places is how many stretches a story is cut into for the chance of a part by place.
const places = 6

//go:embed weights.tsv
var weightRows string

var fitted = parseModel(weightRows)

func parseModel(rows string) *model {
	m := &model{weights: map[string]*vector{}, sharp: 0.6}
	for line := range strings.SplitSeq(rows, "\n") {
		f := strings.Split(line, "\t")
		if len(f) < 1+parts {
			continue
		}
		var v vector
		for k := range parts {
			v[k], _ = strconv.ParseFloat(f[1+k], 64)
		}
		name, rest, ok := strings.Cut(f[0], ":")
		if !ok || len(name) == 0 || name[0] != '!' {
			m.weights[f[0]] = &v
			continue
		}
		n, _ := strconv.Atoi(rest)
		switch name {
		case "!bias":
			m.bias = v
		case "!prior":
			m.prior = v
		case "!start":
			m.start = v
		case "!follows":
			m.follows[n] = v
		case "!absent":
			m.absent[n] = v
		case "!place":
			m.place[n] = v
		}
	}
	return m
}

// emission is the log chance of each part by the sentence alone.
func (m *model) emission(c *clue) vector {
	v := m.bias
	c.features(func(name []byte) {
		if w, ok := m.weights[string(name)]; ok {
			for p := range parts {
				v[p] += w[p]
			}
		}
	})
	return normal(v)
}

func normal(v vector) vector {
	z := logSum(v)
	for p := range parts {
		v[p] -= z
	}
	return v
}

func logSum(v vector) float64 {
	top := v[0]
	for _, x := range v[1:] {
		top = max(top, x)
	}
	if math.IsInf(top, -1) {
		return top
	}
	z := 0.0
	for _, x := range v {
		z += math.Exp(x - top)
	}
	return top + math.Log(z)
}

func placeOf(i, n int) int { return i * places / max(1, n) }

// sequence returns the chance of each part of each sentence. Two readings are weighed against each other:
// that the story goes forward, in which case neighbours and place speak too, and that its parts come in any
// order, in which case each sentence speaks for itself. The weight of each is how well it explains the sentences.
func (m *model) sequence(emit []vector) []vector {
	n := len(emit)
	if n == 0 {
		return nil
	}
	local := make([]vector, n) // evidence relative to the share of each part
	for i := range emit {
		for p := range parts {
			local[i][p] = m.sharp * (emit[i][p] - m.prior[p])
		}
	}
	free := make([]vector, n)
	zFree := 0.0
	for i := range local {
		for p := range parts {
			free[i][p] = emit[i][p]
		}
		zFree += logSum(free[i])
		free[i] = normal(free[i])
	}
	chain, zChain := m.forward(local)
	w := 1 / (1 + math.Exp(orderedGain*(zFree-zChain)-orderedOdds))
	out := make([]vector, n)
	for i := range out {
		for p := range parts {
			out[i][p] = w*math.Exp(chain[i][p]) + (1-w)*math.Exp(free[i][p])
		}
	}
	return out
}

// orderedOdds is the log odds, before reading, that a story is told in order, and orderedGain how fast the
// sentences change them; both were chosen on the labelled answers, in order and shuffled.
const orderedOdds, orderedGain = -1.5, 1.5

// forward runs the chain both ways: log chances of parts, and the log chance of all the sentences.
func (m *model) forward(local []vector) ([]vector, float64) {
	n := len(local)
	f, b := make([]vector, n), make([]vector, n)
	own := func(i, p int) float64 { return local[i][p] + m.place[placeOf(i, n)][p] }
	for p := range parts {
		f[0][p] = m.start[p] + own(0, p)
	}
	for i := 1; i < n; i++ {
		for p := range parts {
			var v vector
			for q := range parts {
				v[q] = f[i-1][q] + m.follows[q][p]
			}
			f[i][p] = logSum(v) + own(i, p)
		}
	}
	for i := n - 2; i >= 0; i-- {
		for q := range parts {
			var v vector
			for p := range parts {
				v[p] = m.follows[q][p] + own(i+1, p) + b[i+1][p]
			}
			b[i][q] = logSum(v)
		}
	}
	z := logSum(f[n-1])
	for i := range f {
		for p := range parts {
			f[i][p] += b[i][p]
		}
		f[i] = normal(f[i])
	}
	return f, z
}

// signs are what speaks for a part being there: a constant, the best sentence for it with and without its
// neighbours (as log odds), and how many sentences of it are expected, with and without.
func signs(p int, chances, emit []vector) vector {
	inMix, inFree, sumMix, sumFree := 0.0, 0.0, 0.0, 0.0
	for i := range emit {
		free := math.Exp(emit[i][p])
		inMix, inFree = max(inMix, chances[i][p]), max(inFree, free)
		sumMix, sumFree = sumMix+chances[i][p], sumFree+free
	}
	return vector{1, logit(inMix), logit(inFree), math.Log(sumMix + 0.05), math.Log(sumFree + 0.05)}
}

func logit(x float64) float64 {
	x = min(max(x, 1e-4), 1-1e-4)
	return math.Log(x / (1 - x))
}

// absentFrom is the log odds from which a part is said to be missing. A lower bound finds more of what is missing and
// asks more whole stories for what they have: at -0.8 nine of ten missing parts against one in five asked in vain.
const absentFrom = 0.25

// lacks returns the log odds that a story lacks a part.
func (m *model) lacks(p int, chances, emit []vector) float64 {
	z := 0.0
	x := signs(p, chances, emit)
	for k := range x {
		z += m.absent[p][k] * x[k]
	}
	if p != iA && x[1] > plainlyThere {
		return min(z, -0.1)
	}
	return z
}

// plainlyThere are the log odds of one sentence that settle that its part is there. Actions take more than one
// sentence, so theirs is not settled by one.
const plainlyThere = 3

// read gives the parts of sentences and the parts that are missing. What is surely missing is no sentence's part,
// and what is there is at least its likeliest sentence's.
func (m *model) read(emit []vector) (tags []int, chances []vector, lacking [iO]bool) {
	chances = m.sequence(emit)
	masked := slices.Clone(emit)
	again, left := false, 0
	for p := range iO {
		if len(emit) < shortStory {
			left++
			continue
		}
		z := m.lacks(p, chances, emit)
		lacking[p] = z > absentFrom
		if z <= surelyAbsent {
			left++
			continue
		}
		again = true
		for i := range masked {
			masked[i][p] = absentScore
		}
	}
	if again && left > 0 {
		for i := range masked {
			masked[i] = normal(masked[i])
		}
		chances = m.sequence(masked)
	}
	tags = make([]int, len(emit))
	for i, v := range chances {
		tags[i] = best(v)
	}
	for p := range iO {
		if lacking[p] || slices.Contains(tags, p) {
			continue
		}
		if lacking[p] = len(emit) < shortStory; !lacking[p] {
			claim(p, tags, chances)
		}
	}
	return tags, chances, lacking
}

// shortStory is how many sentences the signs of a missing part need; in fewer, what no sentence is, is missing.
const shortStory = 4

// surelyAbsent are the log odds from which a missing part is taken from its sentences too, and absentScore is
// the log chance it then has.
const surelyAbsent, absentScore = 1, -25

// claim gives part p the sentence likeliest to be it, unless that is the only one of its present part.
func claim(p int, tags []int, chances []vector) {
	at := -1
	for i := range tags {
		alone := !slices.Contains(tags[:i], tags[i]) && !slices.Contains(tags[i+1:], tags[i])
		if !alone && (at < 0 || chances[i][p] > chances[at][p]) {
			at = i
		}
	}
	if at >= 0 {
		tags[at] = p
	}
}

func best(v vector) int {
	b := 0
	for p := range parts {
		if v[p] > v[b] {
			b = p
		}
	}
	return b
}
