package report

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"rehearse/server/interview"
	"rehearse/server/source"
)

// Script is what is told of a scripting task: the outputs that were handed in, what a parser sees in the source, and the
// six parts of the mark. All of it is measured; nothing of the script was run.
type Script struct {
	Tries []Try `json:"tries"`
	// FirstMinutes is how long it took from the task to the first output that matched, in minutes by the wall without
	// pauses; nil where none did.
	FirstMinutes *float64 `json:"first_working_minutes,omitempty"`
	// Twists is what each change of the task cost, in the order they were told.
	Twists []TwistCost `json:"twists"`
	// Source is what was read of the newest source; nil where none was handed in.
	Source *source.Result `json:"source,omitempty"`
	Parts  []ScriptPart   `json:"parts"`
	// Got of Of: the points of the parts that could be measured, and what those are worth together.
	Got float64 `json:"got"`
	Of  int     `json:"of"`
}

// Try is one output that was compared.
type Try struct {
	Stage      int                   `json:"stage"` // 0 for the task, n for its nth change
	Match      bool                  `json:"match"`
	Minutes    float64               `json:"minutes"` // since the task was given, by the wall without pauses
	Difference *interview.Difference `json:"first_difference,omitempty"`
	Message    string                `json:"message"`
}

// TwistCost is a change of the task: how many outputs it took, and how long after the change was told the first one that
// matched came; nil where none did.
type TwistCost struct {
	Twist   int      `json:"twist"`
	Tries   int      `json:"tries"`
	Minutes *float64 `json:"minutes,omitempty"`
}

// ScriptPart is one part of the mark. Got is nil where nothing could be measured, and Why says why.
type ScriptPart struct {
	Name string   `json:"name"`
	Of   int      `json:"of"`
	Got  *float64 `json:"got"`
	Why  string   `json:"why"`
}

// perFinding is what a finding in the source takes from its part.
const perFinding = 1.0 / 3

// What a rubric's owes can name.
var owes = map[string]func(*source.Needs){
	interview.OwesPaging: func(n *source.Needs) { n.Paging = true },
	interview.OwesDryRun: func(n *source.Needs) { n.DryRun = true },
	interview.OwesExit:   func(n *source.Needs) { n.Exit = true },
}

func script(out *Block, st *interview.State, b *interview.Block, rubric *interview.Rubric) *Script {
	if rubric == nil || rubric.Expected == nil { // a task that is talked through
		return nil
	}
	s := &Script{Tries: []Try{}, Twists: []TwistCost{}}
	for _, o := range st.OutputsOf(b.Block) {
		m := round(o.WallS / 60)
		s.Tries = append(s.Tries, Try{Stage: o.Stage, Match: o.Match, Minutes: m, Difference: o.Difference, Message: interview.TellOutput(o.OutputRecorded)})
		if o.Match && s.FirstMinutes == nil {
			s.FirstMinutes = &m
		}
	}
	for _, n := range st.Twists(b) {
		s.Twists = append(s.Twists, twistCost(st, b, n))
	}
	if row, _ := st.Source(b); row != nil {
		var needs source.Needs
		for _, o := range rubric.Owes {
			if set := owes[o]; set != nil {
				set(&needs)
			}
		}
		r := source.Check(row.Language, row.Text, needs)
		s.Source = &r
	}
	s.mark(out.Points)
	return s
}

func twistCost(st *interview.State, b *interview.Block, n int) TwistCost {
	c := TwistCost{Twist: n}
	told := 0.0
	for _, turn := range b.Turns {
		if t := st.Turn(turn); t.Twist == n {
			told = t.AfterS(b)
			break
		}
	}
	for _, o := range st.OutputsOf(b.Block) {
		if o.Stage != n {
			continue
		}
		c.Tries++
		if o.Match && c.Minutes == nil {
			m := round(max(0, o.WallS-told) / 60)
			c.Minutes = &m
		}
	}
	return c
}

func (s *Script) mark(points []Point) {
	add := func(name string, of int, share float64, why string) {
		got := math.Round(share*float64(of)*10) / 10
		s.Parts = append(s.Parts, ScriptPart{Name: name, Of: of, Got: &got, Why: why})
		s.Got, s.Of = math.Round((s.Got+got)*10)/10, s.Of+of
	}
	open := func(name string, of int, why string) {
		s.Parts = append(s.Parts, ScriptPart{Name: name, Of: of, Why: why})
	}

	worked := slices.ContainsFunc(s.Tries, func(t Try) bool { return t.Match })
	switch {
	case worked:
		add("works", 35, 1, fmt.Sprintf("an output matched after %.1f minutes", *s.FirstMinutes))
	case len(s.Tries) > 0:
		add("works", 35, 0, "no output matched. "+s.Tries[len(s.Tries)-1].Message)
	default:
		add("works", 35, 0, "no output was handed in")
	}
	met := 0
	for _, t := range s.Twists {
		if t.Minutes != nil {
			met++
		}
	}
	if n := len(s.Twists); n == 0 {
		open("twist", 15, "the task was not changed in this session")
	} else {
		add("twist", 15, float64(met)/float64(n), fmt.Sprintf("%d of %d changes have an output that matches", met, n))
	}
	for _, p := range []struct {
		area source.Area
		of   int
	}{{source.Robustness, 15}, {source.Safety, 15}, {source.Readable, 10}} {
		if s.Source == nil {
			open(string(p.area), p.of, "no source was handed in")
			continue
		}
		if s.Source.Read == source.Unread {
			open(string(p.area), p.of, "the language of the source was not recognised; Python, Go, JavaScript and shell are read")
			continue
		}
		n := 0
		for _, f := range s.Source.Findings {
			if f.Area == p.area {
				n++
			}
		}
		add(string(p.area), p.of, max(0, 1-perFinding*float64(n)), interview.Counted(n, "%d thing stands against it", "%d things stand against it"))
	}
	weight, said := 0, 0
	for _, p := range points {
		weight += p.Weight
		if p.After {
			said += p.Weight
		}
	}
	if weight == 0 {
		open("explained", 10, "this task has no points to explain")
	} else {
		add("explained", 10, float64(said)/float64(weight), fmt.Sprintf("%d of %d of what matters was said, by weight", said, weight))
	}
}

// scriptMarkdown writes a scripting task.
func scriptMarkdown(p printer, s *Script) {
	if s == nil {
		return
	}
	p("**Script:** %g of %d, measured. The script was read and never run.", s.Got, s.Of)
	p("")
	for _, part := range s.Parts {
		if part.Got == nil {
			p("- %s: not measured, %s.", part.Name, strings.TrimSuffix(part.Why, "."))
		} else {
			p("- %s: %g of %d, %s.", part.Name, *part.Got, part.Of, strings.TrimSuffix(part.Why, "."))
		}
	}
	for i, t := range s.Tries {
		p("- Output %d, after %.1f minutes: %s", i+1, t.Minutes, plainLine(t.Message))
	}
	for _, t := range s.Twists {
		if t.Minutes == nil {
			p("- Change %d: %s, none matched.", t.Twist, interview.Counted(t.Tries, "%d output", "%d outputs"))
		} else {
			p("- Change %d: %s, matched %.1f minutes after it was told.", t.Twist, interview.Counted(t.Tries, "%d output", "%d outputs"), *t.Minutes)
		}
	}
	if s.Source != nil {
		p("- Source: %s, read %s.", map[bool]string{true: "of no known language", false: s.Source.Language}[s.Source.Language == ""], s.Source.Read)
		for _, f := range s.Source.Findings {
			where := "The whole file"
			if f.Line > 0 {
				where = fmt.Sprintf("Line %d", f.Line)
			}
			p("  - %s, %s: %s %s", where, f.Area, plainLine(f.What), f.Why)
		}
	}
	p("")
}
