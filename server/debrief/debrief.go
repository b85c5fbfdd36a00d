// Package debrief makes of a loop what its interviewers make of it when they meet: the note of each, the votes, what is
// known of each principle, where they differ, and an outcome. All of it is read from the grades in the log by rules that
// stand in the debrief itself; nobody is asked, and no vote is changed by another.
package debrief

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"

	"rehearse/server/grading"
	"rehearse/server/interview"
)

// Debrief is everything that is said of a loop when its votes are opened.
type Debrief struct {
	Session       string         `json:"session"`
	Title         string         `json:"title"`
	Level         string         `json:"level"`
	Blueprint     string         `json:"blueprint,omitempty"`
	Notice        string         `json:"notice"`
	Pending       int            `json:"grades_pending"`
	Opened        bool           `json:"votes_opened"` // false while a grade is being made: votes are opened together
	Notes         []Note         `json:"notes"`
	Votes         []Vote         `json:"votes"` // empty until they are opened
	Matrix        []Row          `json:"matrix"`
	Disagreements []Disagreement `json:"disagreements"`
	Reused        []Reused       `json:"reused_stories"`
	Numbers       []Numbers      `json:"numbers_that_disagree"`
	Outcome       *Outcome       `json:"outcome"`        // nil until the votes are opened
	Next          *Next          `json:"next,omitempty"` // one more interview, where one would settle something
	Rules         []string       `json:"rules"`
	Provenance    []string       `json:"provenance"`
}

// Interviewer is whoever held a round.
type Interviewer struct {
	Round int    `json:"round"`
	Name  string `json:"name"`
	Role  string `json:"role"`
	Area  string `json:"area,omitempty"`
}

// Quote is words of the candidate: bytes [Start,End) of the answer to Turn.
type Quote struct {
	interview.Quote
	Text string `json:"text"`
}

// Line is one thing an interviewer wrote down.
type Line struct {
	Block  int      `json:"block"`
	About  string   `json:"about"`
	Text   string   `json:"text"`
	Value  *float64 `json:"value,omitempty"` // 1 to 5
	By     string   `json:"by,omitempty"`
	Quotes []Quote  `json:"quotes"`
	Absent bool     `json:"absent,omitempty"` // it was not said, so there are no words to quote
}

// Note is what one interviewer wrote before speaking with anybody.
type Note struct {
	Interviewer
	Blocks   []int  `json:"blocks"`
	For      []Line `json:"for"`
	Against  []Line `json:"against"`
	Unknowns []Line `json:"unknowns"`
}

// Row is a principle and what is known of it. Mean is nil where nothing is.
type Row struct {
	Principle interview.Label `json:"principle"`
	Points    []DataPoint     `json:"data_points"`
	Open      []Unanswered    `json:"asked_without_evidence,omitempty"`
	Mean      *float64        `json:"mean"`
	Gap       bool            `json:"gap"` // no data point
}

// DataPoint is one story that shows a principle, on the scale from 1 to 5.
type DataPoint struct {
	Round int     `json:"round"`
	Name  string  `json:"name"`
	Block int     `json:"block"`
	Value float64 `json:"value"`
	By    string  `json:"by"`
}

// Unanswered is a question about a principle whose answer gave no number, and why.
type Unanswered struct {
	Round int    `json:"round"`
	Name  string `json:"name"`
	Block int    `json:"block"`
	Why   string `json:"why"`
}

// Disagreement is something two interviewers saw differently, and what would settle it.
type Disagreement struct {
	About  string `json:"about"`
	Sides  []Side `json:"sides"`
	Settle string `json:"settle"`
}

// Side is what one interviewer holds, and the words it rests on.
type Side struct {
	Round int     `json:"round"`
	Name  string  `json:"name"`
	Holds string  `json:"holds"`
	Quote *Quote  `json:"quote,omitempty"`
	value float64 // where it stands, to find the ends
}

// Next is one more interview that can be started at once: Session is the body of POST /sessions.
type Next struct {
	Principles []interview.Label    `json:"principles"`
	Why        string               `json:"why"`
	Session    interview.NewSession `json:"session"`
}

// names of the dimensions of a story, and what would settle a difference about one.
var dimensions = []struct{ id, name, settle string }{
	{"B1", "Structure", "A story told from its beginning to its result without a question in between."},
	{"B2", "Ownership", "One decision of the candidate's own: who decided, who was against it, and what would have happened without them."},
	{"B3", "Depth", "The option that was not taken, and why, in a system that the candidate built or read."},
	{"B4", "Result", "A figure before and after, over how long, and who counted."},
	{"B5", "The principle itself", "An occasion on which acting so cost something."},
	{"B6", "Level", "Work whose reach is told: who outside the team works differently since, and what nobody knew at the start."},
	{"B7", "Reflection", "What was done differently the next time, with that time."},
}

// rated is a block with an item, and what was made of it.
type rated struct {
	b          *interview.Block
	it         *interview.Item
	rubric     *interview.Rubric
	principles []string
	about      string // what a note calls it
	g          grading.Grade
	status     string // graded, or why there is no number
	ok         bool   // there is a number
}

func (r *rated) story() bool { return r.b.Kind == string(interview.KindBehavioural) }

// value is what a block counts for on the scale from 1 to 5; nil where there is no number.
func (r *rated) value() *float64 {
	if !r.ok {
		return nil
	}
	v := r.g.Score
	if v == nil {
		v = r.g.Measured
	}
	if v == nil {
		return nil
	}
	out := round(1 + 4**v)
	return &out
}

func (r *rated) by() string {
	switch {
	case r.judged():
		return "measured by code, judged by " + r.g.Model
	case r.story() && r.g.Score == nil:
		return "measured by code; what only a reader can judge is open"
	}
	return "measured by code"
}

func (r *rated) judged() bool { return r.g.Judge != nil && r.g.Model != "" }

func round(v float64) float64 { return math.Round(v*100) / 100 }

// Build makes the debrief of a closed loop. It is a function of the log and the pack.
func Build(st *interview.State, p *interview.Pack) Debrief {
	d := Debrief{Session: st.ID, Title: st.Session.Title, Level: st.Session.Level, Blueprint: st.Session.Blueprint, Notice: p.Notice,
		Pending: len(st.Ungraded()), Notes: []Note{}, Votes: []Vote{}, Matrix: []Row{}, Disagreements: []Disagreement{}, Reused: []Reused{}, Numbers: []Numbers{}, Rules: rules(), Provenance: provenance(st)}
	d.Opened = d.Pending == 0
	people := interviewers(st, p)
	byRound := make([][]*rated, len(people))
	var all []*rated
	for i := range st.Blocks {
		if r := rate(st, &st.Blocks[i], p); r != nil && r.b.Round >= 1 && r.b.Round <= len(people) {
			byRound[r.b.Round-1] = append(byRound[r.b.Round-1], r)
			all = append(all, r)
		}
	}
	var votes []Vote
	for i, who := range people {
		d.Notes = append(d.Notes, note(st, who, byRound[i]))
		votes = append(votes, vote(who, byRound[i], i < st.Round))
	}
	d.Matrix = matrix(p, people, all)
	d.Reused, d.Numbers = consistency(st, people, all)
	if !d.Opened {
		return d
	}
	d.Votes = votes
	d.Disagreements = disagreements(st, votes, d.Matrix, all)
	out := Conclude(votes, d.Matrix, levelFit(all))
	d.Outcome = &out
	d.Next = next(st, &out, d.Matrix, d.Disagreements)
	return d
}

func interviewers(st *interview.State, p *interview.Pack) []Interviewer {
	var out []Interviewer
	for i, r := range st.Session.Plan.Rounds {
		who := Interviewer{Round: i + 1, Name: "Interviewer", Area: r.Area}
		if k := slices.IndexFunc(p.Personas, func(p interview.Persona) bool { return p.ID == r.Persona }); k >= 0 {
			who.Name, who.Role = p.Personas[k].Name, p.Personas[k].Role
		}
		out = append(out, who)
	}
	return out
}

// rate reads the newest grade of a block; nil for one without an item.
func rate(st *interview.State, b *interview.Block, p *interview.Pack) *rated {
	if b.Item == "" {
		return nil
	}
	r := &rated{b: b, it: p.Items[b.Item], rubric: p.Rubrics[b.Item]}
	if r.rubric != nil && r.story() {
		r.principles = r.rubric.Principles
	}
	r.about = b.Title
	for _, pr := range p.Principles {
		if slices.Contains(r.principles, pr.ID) {
			r.about = "the story on " + pr.Name
		}
	}
	answered := slices.ContainsFunc(b.Turns, func(n int) bool { return st.Turn(n).Answered })
	switch {
	case !answered:
		r.status = "the question was not answered"
	case len(b.Grades) == 0:
		r.status = "the grade is still being made"
	default:
		o := b.Grades[len(b.Grades)-1]
		switch {
		case json.Unmarshal(o.Grade, &r.g) != nil && o.Failed == "":
			r.status = "the grade cannot be read"
		case o.Failed != "" || !r.g.Graded:
			r.status = "not graded: " + strings.TrimSpace(o.Failed+" "+r.g.Reason)
			if o.Failed != "" {
				r.status = "not graded: " + o.Failed
			}
		case r.g.Status == grading.StatusInsufficient:
			r.status = r.g.Reason
		default:
			r.status, r.ok = grading.StatusGraded, true
		}
	}
	return r
}

func matrix(p *interview.Pack, people []Interviewer, all []*rated) []Row {
	out := []Row{}
	for _, pr := range p.Principles {
		row := Row{Principle: interview.Label{ID: pr.ID, Label: pr.Name}, Points: []DataPoint{}}
		sum := 0.0
		for _, r := range all {
			if !slices.Contains(r.principles, pr.ID) {
				continue
			}
			who := people[r.b.Round-1]
			v := r.value()
			if v == nil {
				row.Open = append(row.Open, Unanswered{Round: who.Round, Name: who.Name, Block: r.b.Block, Why: r.status})
				continue
			}
			row.Points = append(row.Points, DataPoint{Round: who.Round, Name: who.Name, Block: r.b.Block, Value: *v, By: r.by()})
			sum += *v
		}
		row.Gap = len(row.Points) == 0
		if !row.Gap {
			m := round(sum / float64(len(row.Points)))
			row.Mean = &m
		}
		out = append(out, row)
	}
	return out
}

// levelFit is the mean of the level dimension over all stories; nil where nobody judged it.
func levelFit(all []*rated) *float64 {
	sum, n := 0.0, 0
	for _, r := range all {
		if v := r.g.Dimensions["B6"]; r.ok && r.judged() && v != nil {
			sum, n = sum+float64(*v), n+1
		}
	}
	if n == 0 {
		return nil
	}
	m := round(sum / float64(n))
	return &m
}

// mostAgain is how many principles one more interview is about.
const mostAgain = 3

// next is one more interview, on what would change the outcome most: what was asked without evidence first, then where
// interviewers differ, then what is low, then what nobody asked.
func next(st *interview.State, out *Outcome, rows []Row, differ []Disagreement) *Next {
	if out.Result == Yes {
		return nil
	}
	var picked []interview.Label
	take := func(from []Row, want func(Row) bool) {
		for _, row := range from {
			if len(picked) < mostAgain && want(row) && !slices.Contains(picked, row.Principle) {
				picked = append(picked, row.Principle)
			}
		}
	}
	known := slices.DeleteFunc(slices.Clone(rows), func(r Row) bool { return r.Mean == nil })
	slices.SortStableFunc(known, func(a, b Row) int { return cmp.Compare(*a.Mean, *b.Mean) })
	take(known, func(r Row) bool { return len(r.Points) >= floorTimes && *r.Mean < floorRow })
	take(rows, func(r Row) bool { return r.Gap && len(r.Open) > 0 })
	take(rows, func(r Row) bool {
		return slices.ContainsFunc(differ, func(d Disagreement) bool { return d.About == r.Principle.Label })
	})
	take(known, func(r Row) bool { return *r.Mean < 3 })
	take(known, func(r Row) bool { return len(r.Points) < floorTimes })
	take(rows, func(r Row) bool { return r.Gap })
	if len(picked) == 0 {
		return nil
	}
	n := &Next{Principles: picked, Session: interview.NewSession{Format: st.Session.Format, Mode: st.Session.Mode, Level: st.Session.Level}}
	var names []string
	for _, l := range picked {
		n.Session.Principles = append(n.Session.Principles, l.ID)
		names = append(names, l.Label)
	}
	n.Why = fmt.Sprintf("One more interview, a story each, on %s: that is where evidence is missing, low or divided.", listed(names))
	return n
}

// listed puts names into a sentence.
func listed(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}

func provenance(st *interview.State) []string {
	out := []string{
		"authored rule: votes, matrix, disagreements and outcome follow from the grades in the log; no model was asked for any of them",
		"measured: quotes are the candidate's own bytes; the same story is known by its rarer words and figures",
		fmt.Sprintf("pack %s %s, seed %d", st.Session.Pack.ID, st.Session.Pack.Version, st.Session.Seed),
	}
	if st.Session.Blueprint != "" {
		out[2] += ", blueprint " + st.Session.Blueprint
	}
	return out
}
