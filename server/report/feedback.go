package report

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"

	"rehearse/server/grading"
	"rehearse/server/interview"
	"rehearse/server/reading"
)

// Verdict is the line at the top. Score is nil, and the label says so, while any exercise that was answered
// has no number: an average over what happens to be there would be an invention.
type Verdict struct {
	Label    string   `json:"label"`
	Score    *float64 `json:"score"`
	Evidence int      `json:"evidence"` // quotes and rules that the grades rest on
	Unknowns int      `json:"unknowns"` // dimensions and points that nobody could decide
	Pending  int      `json:"grades_pending"`
	Failed   int      `json:"grades_failed"`
	Measured bool     `json:"measured"` // the score rests on what code can measure, in part or whole
	By       string   `json:"by"`
}

// Graded is the grade of a block as a report shows it. Earlier are those it was graded again beside.
type Graded struct {
	Status     string            `json:"status"` // graded, insufficient, failed or pending
	Reason     string            `json:"reason,omitempty"`
	Note       string            `json:"note,omitempty"`
	Unprompted grading.Scores    `json:"unprompted"`
	After      grading.Scores    `json:"after_probes"`
	Dimensions []Pair            `json:"dimensions,omitempty"`
	Exercise   *grading.Exercise `json:"exercise,omitempty"`
	RedFlags   []grading.RedFlag `json:"red_flags,omitempty"`
	Flags      []string          `json:"flags,omitempty"`
	Dropped    int               `json:"quotes_dropped,omitempty"`
	Nearness   string            `json:"nearness,omitempty"` // the embedder whose vectors counted; empty: words alone
	By         string            `json:"by"`
	Judge      *interview.Judge  `json:"judge,omitempty"`
	Earlier    []Graded          `json:"earlier,omitempty"`
	Prose      string            `json:"prose,omitempty"`
}

// Pair is a dimension as it stood after the first answer and after the follow-ups; nil where nobody decided it.
type Pair struct {
	ID         string            `json:"id"`
	Name       string            `json:"name"`
	Unprompted *int              `json:"unprompted"`
	After      *int              `json:"after_probes"`
	Yours      *int              `json:"yours,omitempty"` // the candidate's own rating
	By         string            `json:"by,omitempty"`
	Why        string            `json:"why,omitempty"`
	Quotes     []interview.Quote `json:"quotes"`
	Claimed    []interview.Quote `json:"claimed,omitempty"` // where the candidate says it is shown; not judged
}

// Gain is one thing to change: the words it is about, why it costs, what to say instead.
type Gain struct {
	Block  int              `json:"block"`
	About  string           `json:"about"`
	Quote  *interview.Quote `json:"quote,omitempty"` // nil: it was not said
	Words  string           `json:"words,omitempty"`
	Costs  string           `json:"costs"`
	Change string           `json:"change"`
	Item   string           `json:"item,omitempty"` // to try again
	Read   *Passage         `json:"read,omitempty"` // where the notes of the pack tell of it
	weight float64
}

// Passage is a place in the study notes: file, heading and lines, and what stands there.
type Passage struct {
	Path      string `json:"path"`
	Heading   string `json:"heading"`
	StartLine int    `json:"start_line"`
	EndLine   int    `json:"end_line"`
	Text      string `json:"text"`
}

// Keep is the one thing that was best, in the candidate's words.
type Keep struct {
	Block int             `json:"block"`
	About string          `json:"about"`
	Why   string          `json:"why"`
	Quote interview.Quote `json:"quote"`
	Words string          `json:"words"`
}

// names of the dimensions of a story.
var dimensionNames = map[string]string{"B1": "Structure", "B2": "Ownership", "B3": "Depth", "B4": "Result", "B5": "Principle", "B6": "Level", "B7": "Reflection"}

// costs say why a dimension matters to whoever listens.
var dimensionCosts = map[string]string{
	"B1": "Whoever writes notes has to guess which part is which, and writes less.",
	"B2": "An interviewer can only write down what you did yourself.",
	"B3": "Without the choice and its reason it could have been anybody following steps.",
	"B4": "Without how it came out, and against what, nobody can tell whether it worked.",
	"B5": "What the question was about has to be seen in something you did.",
	"B6": "The reach of the work decides which level it speaks for.",
	"B7": "Without what you changed afterwards the next mistake looks likely.",
}

// changes are the sentence to change, by dimension and value; %s is the candidate's own words.
var changes = map[string]map[int]string{
	"B1": {1: "Begin with one occasion: when it was, where, and what was at stake.", 2: "Say the part that is missing before you stop: when and where, what you had to reach, what you did, how it ended.",
		3: "Shorten the situation to two sentences and give the room to what you did and what came of it.", 4: "Put the outcome into your first sentence, then tell how you got there."},
	"B2": {1: "Start sentences with “I” and a verb that somebody could have watched.", 2: "Where you say %s, name your own part and the names of the others.", 3: "Say who decided: “I decided … because …”, next to %s.", 4: "Say what you did that nobody had asked for, or what you got wrong and what it cost."},
	"B3": {1: "Say how: take %s and tell the two steps that somebody else could repeat.", 2: "Add to %s the word “because” and finish that sentence.", 3: "Name the option you did not take, and why.", 4: "Say what your choice cost, or at what size it would break."},
	"B4": {1: "End with how it came out, in one sentence.", 2: "Give %s a figure: from what, to what.", 3: "Add to %s what it was before, over how long, and who counted.", 4: "Say how it was measured, and what of it lasts."},
	"B5": {1: "Choose a story in which you did this, and say the act.", 2: "Say what you did, not what you believe.", 3: "Say what it cost you to do it, next to %s.", 4: "Say who wanted it otherwise, and what made it hold."},
	"B6": {1: "Say what you answered for, not what you were given to do.", 2: "Say what nobody knew at the start, and how you found out.", 3: "Say who outside your team works differently now.", 4: "Say what goes on without you."},
	"B7": {1: "End with one thing you would do differently, and the moment that taught you.", 2: "Replace %s with what went wrong in this very story.", 3: "Say when you next acted on it, and what was different.", 4: "Say who else does it this way now."},
}

// structural are the sentences for a structure whose fault is not told by its value alone.
var structural = map[string]string{
	"missing":           changes["B1"][2],
	"in a few words":    "Take two to four minutes: give the steps you took a sentence each.",
	"when asked for":    "Tell before you are asked what the follow-ups had to ask for.",
	"out of proportion": changes["B1"][3],
}

// last is the newest outcome of a block; nil when there is none.
func last(b *interview.Block) *interview.Outcome {
	if len(b.Grades) == 0 {
		return nil
	}
	return &b.Grades[len(b.Grades)-1]
}

func decode(o *interview.Outcome) (g grading.Grade, ok bool) {
	if o == nil || o.Failed != "" || len(o.Grade) == 0 {
		return g, false
	}
	return g, json.Unmarshal(o.Grade, &g) == nil && g.Graded
}

// graded is what a report shows of a block's grades.
func graded(st *interview.State, b *interview.Block) *Graded {
	pending := slices.ContainsFunc(st.Ungraded(), func(d interview.Due) bool { return d.Block == b.Block })
	if len(b.Grades) == 0 {
		if !pending {
			return nil
		}
		return &Graded{Status: "pending", Reason: "the grade is still being made", By: "nobody yet"}
	}
	var all []Graded
	for i := range b.Grades {
		all = append(all, outcome(st, b, &b.Grades[i]))
	}
	out := all[len(all)-1]
	out.Earlier = all[:len(all)-1]
	return &out
}

func outcome(st *interview.State, b *interview.Block, o *interview.Outcome) Graded {
	var g grading.Grade
	_ = json.Unmarshal(o.Grade, &g) // a grade that cannot be read shows as failed below
	out := Graded{Status: g.Status, Reason: g.Reason, Note: g.Note, Judge: g.Judge, By: by(g.Judge)}
	if o.Failed != "" || !g.Graded {
		out.Status, out.Reason = grading.StatusFailed, cmp.Or(o.Failed, g.Reason, "the grade cannot be read")
		return out
	}
	out.Unprompted, out.After, out.Exercise, out.RedFlags, out.Flags, out.Dropped, out.Nearness, out.Prose = g.Unprompted, g.After, g.Exercise, g.RedFlags, g.Flags, g.Dropped, g.Nearness, g.Prose
	if len(g.Dimensions) == 0 {
		return out
	}
	before := map[string]int{}
	for _, d := range g.Before {
		before[d.Dimension] = d.Value
	}
	for _, id := range []string{"B1", "B2", "B3", "B4", "B5", "B6", "B7"} {
		p := Pair{ID: id, Name: dimensionNames[id], After: g.Dimensions[id], Quotes: []interview.Quote{}}
		if v, ok := before[id]; ok {
			p.Unprompted = &v
		} else if len(before) == 0 && g.Unprompted.Score != nil { // the first answer did not pass the gate
			p.Unprompted = new(1)
		}
		for _, d := range g.Decisions {
			if d.Dimension == id {
				p.By, p.Why, p.Quotes = d.By, d.Why, quotes(d.Quotes)
			}
		}
		if p.After == nil {
			p.Why = "needs a reader: no model judged it"
		}
		for _, r := range st.Ratings {
			if v, ok := r.Dimensions[id]; ok && r.Block == b.Block {
				p.Yours = &v
			}
		}
		for _, c := range st.Claims {
			if c.Block == b.Block && c.Dimension == id {
				p.Claimed = append(p.Claimed, interview.Quote{Turn: c.Turn, Start: c.Start, End: c.End})
			}
		}
		out.Dimensions = append(out.Dimensions, p)
	}
	return out
}

func by(j *interview.Judge) string {
	if j == nil || j.Model == "" {
		return "measured by code"
	}
	return "measured by code, judged by " + j.Model
}

func quotes(in []grading.Quote) []interview.Quote {
	out := []interview.Quote{}
	for _, q := range in {
		out = append(out, interview.Quote{Turn: q.Turn, Start: q.Start, End: q.End})
	}
	return out
}

// words are what a quote shows; nothing when it does not lie in its answer.
func words(st *interview.State, q interview.Quote) string {
	t := st.Turn(q.Turn)
	if t == nil || q.Start < 0 || q.End > len(t.Answer) || q.Start >= q.End {
		return ""
	}
	return t.Answer[q.Start:q.End]
}

// short is a quote for use inside a sentence.
func short(st *interview.State, q interview.Quote) string {
	const most = 12
	text := strings.Fields(words(st, q))
	if len(text) > most {
		text = append(text[:most], "…")
	}
	return "“" + strings.TrimRight(strings.Join(text, " "), ".,;") + "”"
}

// value is what a grade counts for: its score, or what code alone measured where nobody judged the rest.
func value(g grading.Grade) *float64 {
	if g.Score != nil {
		return g.Score
	}
	return g.Measured
}

// Labels of a verdict, by the lowest share they stand for. They are ours and nobody else's.
var labels = []struct {
	from float64
	name string
}{{0.8, "strong"}, {0.6, "solid"}, {0.4, "part of it is there"}, {0, "much is missing"}}

// feedback fills in what rests on grades: the verdict, what to change, what to keep.
func feedback(r *Report, st *interview.State, p *interview.Pack) {
	v := Verdict{By: "code", Pending: len(st.Ungraded())}
	sum, n, due := 0.0, 0, 0
	var gains []Gain
	best := 0.0
	for i := range st.Blocks {
		b := &st.Blocks[i]
		shown := graded(st, b)
		r.Blocks[i].Grade = shown
		if shown == nil {
			continue
		}
		due++
		switch shown.Status {
		case "pending":
			continue
		case grading.StatusFailed:
			v.Failed++
			continue
		}
		g, ok := decode(last(b))
		if !ok {
			v.Failed++
			continue
		}
		if g.Judge != nil && g.Model != "" {
			v.By = "code, and " + g.Model
		}
		if x := value(g); x != nil {
			sum, n = sum+*x, n+1
			v.Measured = v.Measured || g.Score == nil || g.Judge == nil
		}
		rubric := p.Rubrics[b.Item]
		evidence, unknowns := weigh(g)
		v.Evidence, v.Unknowns = v.Evidence+evidence, v.Unknowns+unknowns
		gains = append(gains, storyGains(st, b, g)...)
		gains = append(gains, pointGains(st, b, g, rubric)...)
		gains = append(gains, pushedGains(st, b, rubric)...)
		if k, x := keep(st, b, g, rubric); x > best {
			r.Keep, best = k, x
		}
	}
	if due == 0 {
		return
	}
	switch {
	case n < due:
		v.Label = "not graded as a whole"
	default:
		share := math.Round(sum/float64(n)*100) / 100
		v.Score = &share
		for _, l := range labels {
			if share >= l.from {
				v.Label = l.name
				break
			}
		}
	}
	r.Verdict = &v
	limit := 3
	if st.Session.Plan.Report == "drill" {
		limit = 1
	}
	slices.SortStableFunc(gains, func(a, b Gain) int { return cmp.Compare(b.weight, a.weight) })
	for _, g := range gains {
		same := r.Keep != nil && g.Block == r.Keep.Block && strings.HasPrefix(g.About, r.Keep.About)
		if len(r.Gains) < limit && !same { // what is best is not also what to change
			r.Gains = append(r.Gains, g)
		}
	}
}

func weigh(g grading.Grade) (evidence, unknowns int) {
	for _, d := range g.Decisions {
		evidence += len(d.Quotes)
	}
	for _, d := range g.Dimensions {
		if d == nil {
			unknowns++
		}
	}
	for _, v := range g.Points {
		evidence += len(v.Quotes)
		if v.Verdict == interview.VerdictUnclear {
			unknowns++
		}
	}
	return evidence, unknowns
}

// storyGains are the dimensions that could be higher. What has to be said unprompted weighs more.
func storyGains(st *interview.State, b *interview.Block, g grading.Grade) []Gain {
	var out []Gain
	for _, d := range g.Decisions {
		if d.Value >= 5 {
			continue
		}
		gain := Gain{Block: b.Block, About: dimensionNames[d.Dimension] + ": " + d.Why, Costs: dimensionCosts[d.Dimension], Item: b.Item, weight: float64(5 - d.Value)}
		if slices.Contains([]string{"B1", "B2", "B4"}, d.Dimension) {
			gain.weight *= 1.3
		}
		own := "your first step"
		if q := quotes(d.Quotes); len(q) > 0 {
			gain.Quote, gain.Words, own = &q[0], words(st, q[0]), short(st, q[0])
		}
		gain.Change = changes[d.Dimension][d.Value]
		for why, change := range structural {
			if d.Dimension == "B1" && strings.Contains(d.Why, why) {
				gain.Change = change
			}
		}
		if strings.Contains(gain.Change, "%s") {
			gain.Change = fmt.Sprintf(gain.Change, own)
		}
		out = append(out, gain)
	}
	if len(out) == 0 && g.Status != grading.StatusGraded || len(g.Decisions) == 0 && len(g.Dimensions) > 0 {
		out = append(out, Gain{Block: b.Block, About: "An occasion: " + cmp.Or(g.Reason, "none was told"), Costs: "Nothing of what you would do can be written down as something you did.", Change: changes["B1"][1], Item: b.Item, weight: 6})
	}
	return out
}

// pointGains are the points of a technical exercise that were not made, the weightiest first.
func pointGains(st *interview.State, b *interview.Block, g grading.Grade, rubric *interview.Rubric) []Gain {
	if rubric == nil {
		return nil
	}
	var out []Gain
	for _, v := range g.Points {
		i := slices.IndexFunc(rubric.Points, func(p interview.Point) bool { return p.ID == v.ID })
		if i < 0 || v.Verdict == interview.VerdictYes {
			continue
		}
		p := rubric.Points[i]
		gain := Gain{Block: b.Block, About: p.Text, Costs: p.Explains, Change: "Say it in a sentence of your own: " + lower(p.Text) + ".", Item: b.Item, weight: float64(p.Weight) / 8}
		if p.Must {
			gain.weight *= 1.5
		}
		if q := quotes(v.Quotes); len(q) > 0 && words(st, q[0]) != "" {
			gain.Quote, gain.Words = &q[0], words(st, q[0])
			gain.Change = "You came near it with " + short(st, q[0]) + ". Say it outright: " + lower(p.Text) + "."
		}
		out = append(out, gain)
	}
	return out
}

func lower(s string) string {
	s = strings.TrimRight(s, ". ")
	if len(s) > 1 && s[1] >= 'a' && s[1] <= 'z' {
		return strings.ToLower(s[:1]) + s[1:]
	}
	return s
}

// keep is the best thing of a block that has words of the candidate behind it, and how good it is.
func keep(st *interview.State, b *interview.Block, g grading.Grade, rubric *interview.Rubric) (*Keep, float64) {
	var out *Keep
	best := 0.0
	for _, d := range g.Decisions {
		q := quotes(d.Quotes)
		if x := float64(d.Value) / 5; x > best && d.Value >= 3 && (d.Dimension != "B1" || d.Value >= 4) && len(q) > 0 {
			out, best = &Keep{Block: b.Block, About: dimensionNames[d.Dimension], Why: d.Why, Quote: q[0], Words: words(st, q[0])}, x
		}
	}
	for _, v := range g.Points {
		if rubric == nil || v.Verdict != interview.VerdictYes || len(v.Quotes) == 0 {
			continue
		}
		i := slices.IndexFunc(rubric.Points, func(p interview.Point) bool { return p.ID == v.ID })
		if i < 0 {
			continue
		}
		if x := 0.55 + float64(rubric.Points[i].Weight)/100; x > best {
			q := quotes(v.Quotes)[0]
			from, to := reading.SentenceAt(st.Turn(q.Turn).Answer, q.Start)
			if from <= q.Start && q.End <= to {
				q.Start, q.End = from, to
			}
			out, best = &Keep{Block: b.Block, About: rubric.Points[i].Text, Why: rubric.Points[i].Explains, Quote: q, Words: words(st, q)}, x
		}
	}
	return out, best
}
