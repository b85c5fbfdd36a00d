package debrief

import (
	"fmt"
	"slices"
	"strings"
)

// The votes. They are ours and nobody else's.
const (
	StrongHire  = "strong hire"
	Inclined    = "inclined"
	NotInclined = "not inclined"
	StrongNo    = "strong no"
	NotEnough   = "not enough evidence"
)

// What a vote rests on.
const (
	Judged   = "judged"   // every dimension has a value
	InPart   = "part"     // a certified model judged and left some open; the others count
	Measured = "measured" // no certified model: what code alone measures stands in
)

// leastEvidence is how many dimensions a vote needs.
const leastEvidence = 3

// Value is one dimension as one interviewer saw it: the mean over their stories, or an exercise. Nil: nobody decided it.
type Value struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	Value    *float64 `json:"value"` // 1 to 5
	Measured bool     `json:"measured"`
}

// Vote is what one interviewer thinks, by rule.
type Vote struct {
	Interviewer
	Vote   string   `json:"vote"`
	Mean   *float64 `json:"mean"` // of the dimensions that count; nil where there are too few
	Basis  string   `json:"basis,omitempty"`
	Why    string   `json:"why"`
	Values []Value  `json:"dimensions"`
}

// For reports whether the vote speaks for the candidate.
func (v *Vote) For() bool { return v.Vote == StrongHire || v.Vote == Inclined }

// Against reports whether it speaks against them.
func (v *Vote) Against() bool { return v.Vote == NotInclined || v.Vote == StrongNo }

// Decide is the rule of a vote. Certified says that a model with a certificate judged in this round.
func Decide(values []Value, certified bool) (vote string, mean *float64, basis, why string) {
	var counts []Value
	unset := 0
	for _, v := range values {
		if v.Value == nil {
			unset++
		}
	}
	basis = Judged
	switch {
	case unset > 0 && certified:
		basis = InPart
	case unset > 0:
		basis = Measured
	}
	for _, v := range values {
		if v.Value != nil && (basis != Measured || v.Measured) {
			counts = append(counts, v)
		}
	}
	if len(counts) < leastEvidence {
		return NotEnough, nil, "", fmt.Sprintf("%d of the %d dimensions that a vote needs at least have a value", len(counts), leastEvidence)
	}
	sum, low := 0.0, counts[0]
	for _, v := range counts {
		sum += *v.Value
		if *v.Value < *low.Value {
			low = v
		}
	}
	m := round(sum / float64(len(counts)))
	mean = &m
	exact := sum / float64(len(counts))
	switch {
	case exact >= 4 && *low.Value >= 3:
		vote = StrongHire
	case exact >= 3 && *low.Value >= 2:
		vote = Inclined
	case exact < 2:
		vote = StrongNo
	default:
		vote = NotInclined
	}
	why = fmt.Sprintf("mean %.2f over %d dimensions, the lowest %.2f (%s)", m, len(counts), *low.Value, low.Name)
	switch basis {
	case Measured:
		why += fmt.Sprintf("; %d need a reader and no certified model judged them, so the measured score stands in", unset)
	case InPart:
		why += fmt.Sprintf("; the model left %d open", unset)
	}
	return vote, mean, basis, why
}

// vote casts the vote of one interviewer from the grades of their own round alone.
func vote(who Interviewer, blocks []*rated, held bool) Vote {
	out := Vote{Interviewer: who, Values: values(blocks)}
	certified := slices.ContainsFunc(blocks, (*rated).judged)
	out.Vote, out.Mean, out.Basis, out.Why = Decide(out.Values, certified)
	if !held {
		out.Why = "this interview was not held"
	}
	return out
}

// values are the dimensions of a round: those of stories, each the mean over the round's stories and open where
// one of them left it open, and one for each exercise.
func values(blocks []*rated) []Value {
	out := []Value{}
	stories := 0
	for _, r := range blocks {
		if r.ok && r.story() {
			stories++
		}
	}
	for _, d := range dimensions {
		if stories == 0 {
			break
		}
		v := Value{ID: d.id, Name: d.name, Measured: d.id == "B1" || d.id == "B2" || d.id == "B4"}
		sum, n := 0.0, 0
		for _, r := range blocks {
			if x := r.g.Dimensions[d.id]; r.ok && r.story() && x != nil {
				sum, n = sum+float64(*x), n+1
			}
		}
		if n == stories { // a mean over some of them would be an invention
			m := round(sum / float64(n))
			v.Value = &m
		}
		out = append(out, v)
	}
	for _, r := range blocks {
		if r.story() {
			continue
		}
		if x := r.value(); x != nil {
			out = append(out, Value{ID: fmt.Sprintf("T%d", r.b.Block), Name: r.b.Title, Value: x, Measured: true})
		}
	}
	return out
}

// Results of a loop.
const (
	Yes   = "yes"
	No    = "no"
	Mixed = "mixed"
)

// Outcome is what the loop comes to, by rule.
type Outcome struct {
	Result   string   `json:"result"`
	Text     string   `json:"text"`
	For      int      `json:"for"` // votes of inclined or better
	Against  int      `json:"against"`
	NoVote   int      `json:"not_enough_evidence"`
	Mean     *float64 `json:"mean"`      // of the votes' means
	LevelFit *float64 `json:"level_fit"` // mean of the level dimension over all stories
	Measured bool     `json:"measured"`  // some vote rests on what code alone measures
	Open     []string `json:"open"`      // conditions of the rule that nobody could check
}

// The bars of the outcome.
const (
	enoughFor  = 4
	barMean    = 3.3
	barLevel   = 3.0
	floorRow   = 2.0
	floorTimes = 2
)

// Conclude is the rule of the outcome.
func Conclude(votes []Vote, rows []Row, fit *float64) Outcome {
	out := Outcome{Result: Mixed, LevelFit: fit, Open: []string{}}
	sum, n := 0.0, 0
	for i := range votes {
		v := &votes[i]
		switch {
		case v.For():
			out.For++
		case v.Against():
			out.Against++
		default:
			out.NoVote++
		}
		if v.Mean != nil {
			sum, n = sum+*v.Mean, n+1
		}
		out.Measured = out.Measured || v.Basis == Measured
	}
	if n > 0 {
		m := round(sum / float64(n))
		out.Mean = &m
	}
	var low []string
	for _, r := range rows {
		if len(r.Points) >= floorTimes && r.Mean != nil && *r.Mean < floorRow {
			low = append(low, fmt.Sprintf("%s (%.2f over %d stories)", r.Principle.Label, *r.Mean, len(r.Points)))
		}
	}
	if len(low) > 0 {
		out.Result = No
		out.Text = "No: " + listed(low) + " averages under 2 over two stories or more."
		if len(low) > 1 {
			out.Text = "No: " + listed(low) + " average under 2 over two stories or more."
		}
		return out
	}
	if out.For >= enoughFor && sum/float64(n) >= barMean && (fit == nil || *fit >= barLevel) {
		out.Result = Yes
		out.Text = fmt.Sprintf("Yes: %d of %d are inclined or better, their mean is %.2f", out.For, len(votes), *out.Mean)
		if fit == nil {
			out.Open = append(out.Open, "level fit of 3 or more: no certified model judged it")
			out.Text += ", as far as it could be measured: whether the stories fit the level nobody judged."
		} else {
			out.Text += fmt.Sprintf(" and the level fits with %.2f.", *fit)
		}
		return out
	}
	var why []string
	if out.NoVote == len(votes) {
		why = append(why, "nobody had enough evidence to vote")
	} else {
		if out.For < enoughFor {
			why = append(why, fmt.Sprintf("%d of %d are inclined or better, and %d are needed", out.For, len(votes), enoughFor))
		}
		if n > 0 && sum/float64(n) < barMean {
			why = append(why, fmt.Sprintf("the mean is %.2f, and %.1f is needed", *out.Mean, barMean))
		}
		if fit != nil && *fit < barLevel {
			why = append(why, fmt.Sprintf("the level fits with %.2f, and %.0f is needed", *fit, barLevel))
		}
	}
	if fit == nil {
		out.Open = append(out.Open, "level fit of 3 or more: no certified model judged it")
	}
	out.Text = "Mixed: " + strings.Join(why, "; ") + ". One more interview would help."
	if len(votes) == 1 {
		out.Text = "Mixed: one interview alone decides nothing. Read it beside the loop it follows."
	}
	return out
}

// rules are what is said of how all this comes about.
func rules() []string {
	return []string{
		"A vote follows from the grades of that interviewer's own round: the mean of each dimension over the round's stories, and each exercise as one dimension, from 1 to 5.",
		"Strong hire: mean 4 or more and nothing under 3. Inclined: mean 3 or more and nothing under 2. Strong no: mean under 2. Otherwise not inclined.",
		"A dimension that needs a reader stays open without a certified model; the measured ones then stand in, and the vote says so. With fewer than three dimensions there is not enough evidence to vote.",
		"Outcome: no, when a principle averages under 2 over two stories or more. Yes, when four or more are inclined or better, the mean of the votes is 3.3 or more and the level fit is 3 or more. Otherwise mixed: one more interview.",
		"Where nobody judged the level, that part of the rule stays open and the outcome says so.",
		"Votes are opened together, when the last grade is there.",
	}
}
