// Package report turns a session's log into a report: JSON for programs and the page, Markdown for people.
//
// It shows what was measured, each line with the words it rests on. It invents nothing: what was not
// measured is absent, and there is no overall score that code alone could not justify.
package report

import (
	"fmt"
	"slices"
	"strings"

	"rehearse/server/interview"
	"rehearse/server/probing"
	"rehearse/server/reading"
)

// Report is everything there is to say about a session.
type Report struct {
	Session    Session  `json:"session"`
	Notice     string   `json:"notice"`
	Verdict    *Verdict `json:"verdict,omitempty"` // nil when nothing was graded
	Gains      []Gain   `json:"gaps,omitempty"`    // what to change, the most first
	Keep       *Keep    `json:"keep,omitempty"`
	Phases     []Phase  `json:"phases"`
	Blocks     []Block  `json:"blocks"`
	Numbers    []Number `json:"numbers"`
	Notes      []string `json:"notes"`
	Panels     []Panel  `json:"panels,omitempty"` // what second raters said
	Called     *Called  `json:"called,omitempty"`
	Again      *Again   `json:"again,omitempty"`     // set by Compare
	Own        []Own    `json:"own_notes,omitempty"` // set by Against
	Provenance []string `json:"provenance"`
}

// Session is the banner: what was sat, with which voice, and whether that voice held.
type Session struct {
	ID         string            `json:"id"`
	Format     string            `json:"format"`
	Title      string            `json:"title"`
	Mode       interview.Mode    `json:"mode"`
	Report     string            `json:"report"` // full, or drill: one thing to change, and all else folded below it
	Level      string            `json:"level"`
	Seed       uint64            `json:"seed"`
	CreatedAt  string            `json:"created_at"`
	ClosedAt   string            `json:"closed_at,omitempty"`
	Why        string            `json:"why"`
	InterviewM float64           `json:"interview_minutes"`
	WallM      float64           `json:"wall_minutes"`
	Voice      Voice             `json:"voice"`
	Pack       interview.PackRef `json:"pack"`
}

// Voice says who spoke.
type Voice struct {
	Kind     string   `json:"kind"`
	Model    string   `json:"model,omitempty"`
	Digest   string   `json:"digest,omitempty"`
	Prompt   string   `json:"prompt_hash,omitempty"`
	Degraded bool     `json:"degraded"`
	Detail   string   `json:"detail"`
	Reasons  []string `json:"reasons,omitempty"`
	Commands []string `json:"commands,omitempty"`
	Authored int      `json:"follow_ups_authored"`
	ByModel  int      `json:"follow_ups_by_model"`
}

// Phase is time planned and used. Minutes are on the interview clock but for WallM.
type Phase struct {
	Block      int     `json:"block"`
	ID         string  `json:"id"`
	Title      string  `json:"title"`
	PlannedM   float64 `json:"planned_minutes"`
	InterviewM float64 `json:"interview_minutes"`
	WallM      float64 `json:"wall_minutes"`
}

// Block is one item and what was made of it.
type Block struct {
	Block      int               `json:"block"`
	Phase      string            `json:"phase"`
	Kind       string            `json:"kind"`
	Title      string            `json:"title"`
	Item       string            `json:"item,omitempty"`
	Principle  *interview.Label  `json:"principle,omitempty"`
	Questions  []Question        `json:"questions"`
	Unprompted *Reading          `json:"unprompted,omitempty"`
	After      *Reading          `json:"after_probes,omitempty"`
	Points     []Point           `json:"points,omitempty"`
	Findings   []Finding         `json:"findings,omitempty"`
	FalseAlarm int               `json:"rows_that_match_no_finding,omitempty"`
	Decoys     []Decoy           `json:"decoys,omitempty"`
	Order      []OrderStep       `json:"order,omitempty"`
	Ranking    []Rank            `json:"ranking,omitempty"`
	Boundaries []Boundary        `json:"boundaries,omitempty"`
	Alerts     []Alert           `json:"alerts,omitempty"`
	Decisions  []Decision        `json:"decisions,omitempty"`
	Facts      []Fact            `json:"decisive_facts,omitempty"`
	Rating     map[string]int    `json:"self_rating,omitempty"`
	Claims     []interview.Quote `json:"claims,omitempty"`
	Grade      *Graded           `json:"grade,omitempty"`
	WarmUp     *WarmUp           `json:"warm_up,omitempty"`
	Script     *Script           `json:"script,omitempty"`
	Pushed     []Pushed          `json:"pushed,omitempty"`
}

// Question is one turn.
type Question struct {
	Turn      int                   `json:"turn"`
	Main      bool                  `json:"main"`
	Step      string                `json:"step,omitempty"`
	Text      string                `json:"text"`
	Voice     string                `json:"voice"`
	Fallback  string                `json:"fallback,omitempty"`
	Anchor    *interview.Quote      `json:"anchor,omitempty"`
	Probe     *Probe                `json:"probe,omitempty"`
	Skipped   string                `json:"skipped,omitempty"`
	Answer    *Answer               `json:"answer,omitempty"`
	Clarified []interview.Clarified `json:"clarifications,omitempty"`
	Hints     []string              `json:"hints,omitempty"`
}

// Probe says which gap a follow-up was for. Filled is nil where code cannot tell.
type Probe struct {
	Type   string `json:"type"`
	Name   string `json:"name"`
	Gap    string `json:"gap"`
	Filled *bool  `json:"filled"`
}

// Answer is what was said and what was read in it.
type Answer struct {
	Text       string                    `json:"text"`
	Words      int                       `json:"words"`
	Minutes    float64                   `json:"spoken_minutes"`
	Limit      int                       `json:"limit_seconds,omitempty"` // how long it should have been at most, as spoken
	Over       int                       `json:"over_seconds,omitempty"`  // how far it ran over that
	Type       string                    `json:"response_type,omitempty"`
	Sentences  []reading.Sentence        `json:"sentences,omitempty"`
	Missing    []string                  `json:"missing,omitempty"`
	Ownership  *reading.Ownership        `json:"ownership,omitempty"`
	Quantities []reading.Quantity        `json:"quantities,omitempty"`
	Artifacts  []interview.ArtifactSaved `json:"artifacts,omitempty"`
	Effort     *interview.Effort         `json:"effort,omitempty"`
	Aloud      []float64                 `json:"told_aloud,omitempty"` // seconds of each part of an answer told aloud, by the timer; the text was typed afterwards
	Recital    float64                   `json:"recital,omitempty"`    // share of its runs of five words that stand in an earlier attempt or a sample
}

// Reading is one of the two readings of a block.
type Reading struct {
	Parts     []string          `json:"parts"`
	Ownership reading.Ownership `json:"ownership"`
	Numbers   int               `json:"quantities"`
	Gaps      []Gap             `json:"gaps"`
	Open      []string          `json:"answered_undecided,omitempty"` // gaps that a follow-up asked for and an answer took up
}

// Gap is something the reading did not find.
type Gap struct {
	Code string `json:"code"`
	Name string `json:"name"`
	// Ready marks what may be left until it is asked for: no gap in a first answer.
	Ready bool `json:"ready_when_asked,omitempty"`
}

// Point is one thing a strong answer holds, by its synonyms.
type Point struct {
	ID         string            `json:"id"`
	Text       string            `json:"text"`
	Must       bool              `json:"must"`
	Weight     int               `json:"weight"`
	Unprompted bool              `json:"unprompted"`
	After      bool              `json:"after_probes"`
	Quotes     []interview.Quote `json:"quotes"`
	Explains   string            `json:"explains"`
	Contested  bool              `json:"contested,omitempty"`
}

// Finding is one seeded issue of a review.
type Finding struct {
	ID        string `json:"id"`
	Title     string `json:"title"`
	Lines     [2]int `json:"lines"`
	CWE       int    `json:"cwe"`
	Severity  string `json:"severity"`
	Said      bool   `json:"said"`
	Turn      int    `json:"turn,omitempty"`
	LineMatch bool   `json:"line_match"`
	Exploit   string `json:"exploit"`
	Fix       string `json:"fix"`
	Prevent   string `json:"prevention"`
}

// Decoy is code that looks wrong and is not; Taken says that a row pointed at it.
type Decoy struct {
	Lines   [2]int `json:"lines"`
	WhySafe string `json:"why_safe"`
	Taken   bool   `json:"taken"`
}

// OrderStep is one step of a remediation in the expert's order; At is where the candidate had it, from 1, 0 for never.
type OrderStep struct {
	ID   string `json:"id"`
	Text string `json:"text"`
	At   int    `json:"at"`
}

// Fact is a decisive fact of the table, and whether the candidate asked for it.
type Fact struct {
	ID     string `json:"id"`
	Asked  bool   `json:"asked"`
	Answer string `json:"answer"`
}

// Number is one figure of the ledger. Conflict names the turn it disagrees with.
type Number struct {
	Turn int `json:"turn"`
	reading.Quantity
	Text     string `json:"text"`
	Conflict int    `json:"conflict,omitempty"`
	Earlier  string `json:"earlier,omitempty"` // what was said instead in an earlier attempt at the same story
}

const stamp = "2006-01-02T15:04:05Z07:00"

// Earlier returns what was answered to an item in earlier sessions; nil knows of none.
type Earlier func(item string) []string

// Build makes the report of a closed session.
func Build(st interview.State, p *interview.Pack, earlier Earlier) Report {
	r := Report{Notice: p.Notice, Session: session(st), Numbers: []Number{}, Notes: []string{}}
	for i := range st.Blocks {
		b := &st.Blocks[i]
		end, at := b.EndS, b.EndedAt
		if !b.Closed {
			end, at = st.InterviewS, st.ClosedAt
		}
		r.Phases = append(r.Phases, Phase{Block: b.Block, ID: b.Phase, Title: b.Title, PlannedM: b.Minutes, InterviewM: round((end - b.StartS) / 60), WallM: round(b.WallS(&st, at) / 60)})
		r.Blocks = append(r.Blocks, block(st, b, p))
	}
	recitals(&r, p, earlier)
	feedback(&r, &st, p)
	warmUps(&r, &st, p, earlier)
	r.Numbers = ledger(st, earlier)
	r.Notes = notes(st, p)
	r.Called = called(&st, p)
	panels(&r, &st)
	r.Provenance = provenance(st)
	return r
}

// recitals measures how much of each story is word for word an earlier attempt or a sample.
func recitals(r *Report, p *interview.Pack, earlier Earlier) {
	for i := range r.Blocks {
		b := &r.Blocks[i]
		if b.Kind != string(interview.KindBehavioural) || b.Item == "" {
			continue
		}
		var known []string
		if rubric := p.Rubrics[b.Item]; rubric != nil {
			for _, a := range rubric.Anchors {
				known = append(known, a.Text)
			}
			for _, s := range rubric.Strong {
				known = append(known, s)
			}
		}
		if earlier != nil {
			known = append(known, earlier(b.Item)...)
		}
		for k := range b.Questions {
			if a := b.Questions[k].Answer; a != nil {
				a.Recital = reading.Recital(a.Text, known)
			}
		}
	}
}

func round(f float64) float64 { return float64(int(f*100+0.5)) / 100 }

func session(st interview.State) Session {
	c := st.Session
	s := Session{ID: st.ID, Format: c.Format, Title: c.Title, Mode: c.Mode, Report: c.Plan.Report, Level: c.Level, Seed: c.Seed, CreatedAt: st.Created.UTC().Format(stamp), Why: st.Why,
		InterviewM: round(st.InterviewS / 60), WallM: round(st.WallS(st.ClosedAt) / 60), Pack: c.Pack}
	if st.Closed {
		s.ClosedAt = st.ClosedAt.UTC().Format(stamp)
	}
	v := Voice{Kind: c.Voice.Kind, Model: c.Voice.Model, Digest: c.Voice.Digest, Prompt: c.Voice.Prompt, Detail: c.Voice.Detail, Commands: c.Voice.Commands, Degraded: len(st.Degraded) > 0, Reasons: st.Degraded}
	for _, t := range st.Turns {
		switch {
		case t.Main:
		case t.Voice == "authored":
			v.Authored++
		default:
			v.ByModel++
		}
	}
	s.Voice = v
	return s
}

func block(st interview.State, b *interview.Block, p *interview.Pack) Block {
	out := Block{Block: b.Block, Phase: b.Phase, Kind: b.Kind, Title: b.Title, Item: b.Item, Questions: []Question{}}
	rubric := p.Rubrics[b.Item]
	kind := interview.Kind(b.Kind)
	observable := false
	if rubric != nil && len(rubric.Principles) > 0 {
		for _, pr := range p.Principles {
			if slices.Contains(rubric.Principles, pr.ID) {
				out.Principle = &interview.Label{ID: pr.ID, Label: pr.Name}
				observable = observable || pr.Observable
			}
		}
	}
	read := func(t *interview.Turn) reading.Reading {
		return reading.Read(reading.Input{Question: t.Text, Text: t.Answer, Kind: kind, Expect: t.Expect, Reach: p.Reaches(st.Session.Level), Names: p.PrincipleNames(), Observable: observable, Followup: !t.Main})
	}
	var first *interview.Turn
	var all []string
	for _, n := range b.Turns {
		t := st.Turn(n)
		out.Questions = append(out.Questions, question(t, b, p, read, strings.Join(all, "\n\n"), p.Reaches(st.Session.Level), rubric))
		if t.Answered && t.Push == nil {
			all = append(all, t.Answer)
			if first == nil {
				first = t
			}
		}
	}
	for _, r := range st.Ratings {
		if r.Block == b.Block {
			out.Rating = r.Dimensions
		}
	}
	for _, c := range st.Claims {
		if c.Block == b.Block {
			out.Claims = append(out.Claims, interview.Quote{Turn: c.Turn, Start: c.Start, End: c.End})
		}
	}
	if first == nil || b.Item == "" {
		return out
	}
	if kind == interview.KindBehavioural {
		out.Unprompted = twoReadings(read(first), p)
		whole := reading.Read(reading.Input{Question: first.Text, Text: strings.Join(all, "\n\n"), Kind: kind, Reach: p.Reaches(st.Session.Level), Names: p.PrincipleNames(), Observable: observable})
		out.After = twoReadings(whole, p)
		out.After.since(out.Unprompted, st, b)
		return out
	}
	if rubric != nil && kind != interview.KindWarmUp {
		technical(&out, st, b, p.Items[b.Item], rubric)
	}
	if kind == interview.KindScripting {
		out.Script = script(&out, &st, b, rubric)
	}
	return out
}

// aloud are the lengths of the parts that end at the given times, in seconds.
func aloud(ends []float64) []float64 {
	var out []float64
	before := 0.0
	for _, at := range ends {
		out = append(out, round(at-before))
		before = at
	}
	return out
}

func question(t *interview.Turn, b *interview.Block, p *interview.Pack, read func(*interview.Turn) reading.Reading, before string, reach bool, rubric *interview.Rubric) Question {
	q := Question{Turn: t.Turn, Main: t.Main, Step: t.Step, Text: t.Text, Voice: t.Voice, Fallback: t.Fallback, Anchor: t.Anchor, Skipped: t.Skipped, Clarified: t.Clarified, Hints: t.Hints}
	if t.Answered {
		q.Answer = &Answer{Text: t.Answer, Words: t.Words, Minutes: round(t.SpokenS() / 60), Artifacts: t.Artifacts, Effort: t.Effort, Aloud: aloud(t.Spoken)}
		if !t.Main {
			q.Answer.Limit = b.FollowupSeconds
		}
		if took := int(t.SpokenS()); q.Answer.Limit > 0 {
			q.Answer.Over = max(0, took-q.Answer.Limit)
		}
		if b.Kind == string(interview.KindBehavioural) {
			r := read(t)
			own := r.Ownership
			q.Answer.Sentences, q.Answer.Ownership, q.Answer.Quantities = r.Sentences, &own, r.Quantities
			if t.Main {
				q.Answer.Type = string(r.ResponseType)
				for _, m := range r.Missing {
					q.Answer.Missing = append(q.Answer.Missing, string(m))
				}
			}
		} else {
			q.Answer.Quantities = read(t).Quantities
		}
	}
	if t.Probe != nil {
		q.Probe = &Probe{Type: t.Probe.Type, Name: probeName(p, t.Probe.Type), Gap: probeGap(p, t.Probe.Type), Filled: filled(t, before, reach, rubric)}
	}
	return q
}

// names of the follow-ups that are not types of the bank.
var otherProbes = map[string][2]string{
	probing.TypeIfSaid:        {"harder case", "what was said has a harder case"},
	probing.TypeMisconception: {"claim that does not hold", "something was claimed that does not hold"},
	probing.TypePoint:         {"missing point", "something a strong answer holds was not said"},
	interview.ProbePress:      {"pressed on an objection", "the objection was not met at once"},
	interview.ProbeDecide:     {"asked for a decision", "neither approved nor blocked"},
	interview.ProbeDefend:     {"asked what the decision rests on", "whether the decision stands when it is questioned"},
	probing.TypeSweep:         {"anything else", "time was left and something was not said"},
	probing.TypeDontKnow:      {"how would you go about it", "the answer was not known"},
}

func probeName(p *interview.Pack, typ string) string {
	if o, ok := otherProbes[typ]; ok {
		return o[0]
	}
	for _, b := range p.Bank {
		if b.Type == typ {
			return b.Name
		}
	}
	return typ
}

func probeGap(p *interview.Pack, typ string) string {
	if o, ok := otherProbes[typ]; ok {
		return o[1]
	}
	return "nothing on: " + probeName(p, typ)
}

// filled says whether the answer to a follow-up brought what was missing.
func filled(t *interview.Turn, before string, reach bool, rubric *interview.Rubric) *bool {
	yes, no := true, false
	if t.Skipped != "" {
		return &no
	}
	if !t.Answered {
		return nil
	}
	if t.Probe.Type == probing.TypePoint && rubric != nil {
		for _, pt := range rubric.Points {
			if probing.Opaque("point", rubric.Item, pt.ID) == t.Probe.Target {
				if len(probing.Said(before+"\n\n"+t.Answer, pt)) > 0 {
					return &yes
				}
				return &no
			}
		}
	}
	if t.Expect == "" || t.Probe.Type == probing.TypeIfSaid || t.Probe.Type == probing.TypeMisconception {
		return nil // whether a harder case was met is a judgement
	}
	if !reading.Answers(t.Answer, t.Expect) {
		return &no
	}
	if lacks(before, t.Probe.Type, reach) && !lacks(before+"\n\n"+t.Answer, t.Probe.Type, reach) {
		return &yes
	}
	return nil // an answer of the right form; whether it says what was missing, code cannot tell
}

// lacks reports whether a reading of the text still has a gap of this type.
func lacks(text, typ string, reach bool) bool {
	r := reading.Read(reading.Input{Text: text, Kind: interview.KindBehavioural, Reach: reach})
	return slices.ContainsFunc(r.Gaps, func(g reading.Gap) bool { return g.Code == typ })
}

// readyWhenAsked are the gaps that cost nothing in a first answer.
var readyWhenAsked = []string{"Q06", "Q07", "Q08", "Q11", "Q12", "Q13", "Q14", "Q15", "Q16"}

func twoReadings(r reading.Reading, p *interview.Pack) *Reading {
	out := &Reading{Ownership: r.Ownership, Numbers: len(r.Quantities), Parts: []string{}, Gaps: []Gap{}}
	for _, part := range []string{"S", "T", "A", "R"} {
		if slices.ContainsFunc(r.Sentences, func(s reading.Sentence) bool { return string(s.Part) == part }) {
			out.Parts = append(out.Parts, part)
		}
	}
	for _, g := range r.Gaps {
		out.Gaps = append(out.Gaps, Gap{Code: g.Code, Name: probeName(p, g.Code), Ready: slices.Contains(readyWhenAsked, g.Code)})
	}
	return out
}

// since holds the reading of everything against that of the first answer. More words take nothing away, so a part that
// was there stays, and a gap that was not there does not open. What was asked for and answered in the form it was asked
// in is not called missing: whether it says what was meant, code cannot tell.
func (r *Reading) since(first *Reading, st interview.State, b *interview.Block) {
	for _, part := range []string{"S", "T", "A", "R"} {
		if slices.Contains(first.Parts, part) && !slices.Contains(r.Parts, part) {
			r.Parts = append(r.Parts, part)
		}
	}
	slices.SortFunc(r.Parts, func(a, b string) int { return strings.Index("STAR", a) - strings.Index("STAR", b) })
	answered := func(code string) bool {
		return slices.ContainsFunc(b.Turns, func(n int) bool {
			t := st.Turn(n)
			return t.Probe != nil && t.Probe.Type == code && t.Answered && reading.Answers(t.Answer, t.Expect)
		})
	}
	r.Gaps = slices.DeleteFunc(r.Gaps, func(g Gap) bool {
		switch {
		case !slices.ContainsFunc(first.Gaps, func(f Gap) bool { return f.Code == g.Code }):
			return true
		case answered(g.Code):
			r.Open = append(r.Open, g.Name)
			return true
		}
		return false
	})
}

// technical fills in points, findings, order and decisive facts.
func technical(out *Block, st interview.State, b *interview.Block, item *interview.Item, rubric *interview.Rubric) {
	out.Pushed = pushed(&st, b, rubric)
	b = st.Reviewed(b)
	for _, pt := range rubric.Points {
		row := Point{ID: pt.ID, Text: pt.Text, Must: pt.Must, Weight: pt.Weight, Explains: pt.Explains, Contested: pt.Contested, Quotes: []interview.Quote{}}
		for _, n := range b.Turns {
			t := st.Turn(n)
			for _, s := range probing.Said(t.Answer, pt) {
				row.Quotes = append(row.Quotes, interview.Quote{Turn: n, Start: s.Start, End: s.End})
				row.After = true
				row.Unprompted = row.Unprompted || t.Main
			}
			for _, a := range t.Artifacts {
				for _, raw := range a.Rows {
					if len(probing.Said(interview.RowText(raw), pt)) > 0 {
						row.After = true
						row.Unprompted = row.Unprompted || t.Main
					}
				}
			}
		}
		out.Points = append(out.Points, row)
	}
	findings(out, st, b, rubric)
	order(out, st, b, rubric)
	ranking(out, st, b, item, rubric)
	boundaries(out, st, b, item)
	decisions(out, rubric)
	alerts(out, st, b, item, rubric)
	decisive(out, st, b, item, rubric)
}

func notes(st interview.State, p *interview.Pack) []string {
	out := []string{}
	if st.Session.Voice.Kind == "authored" {
		out = append(out, "The interviewer spoke in authored words: "+st.Session.Voice.Detail)
	} else if len(st.Degraded) > 0 {
		out = append(out, fmt.Sprintf("The model voice failed %s and authored words were spoken instead: %s. Nothing was lost.", interview.Counted(len(st.Degraded), "%d time", "%d times"), strings.Join(st.Degraded, "; ")))
	}
	if st.Why == "ended" {
		out = append(out, "You ended the session early; what was not reached is not held against you.")
	}
	if st.Why == "abandoned" {
		out = append(out, "The session took more than three times its minutes on the wall clock and was closed.")
	}
	if st.Pauses > 0 {
		out = append(out, interview.Counted(st.Pauses, "The session was paused %d time; pauses are not in the wall time.", "The session was paused %d times; pauses are not in the wall time."))
	}
	if v := st.Session.Pack.Version; v != p.Version || st.Session.Pack.ID != p.ID {
		out = append(out, fmt.Sprintf("The session was sat with pack %s %s; this report reads it with %s %s.", st.Session.Pack.ID, v, p.ID, p.Version))
	}
	if !slices.ContainsFunc(st.Blocks, func(b interview.Block) bool { return len(b.Grades) > 0 }) {
		return append(out, "Nothing was graded: this report holds what code measured and what authored rules found. Missed wording is not proof that something was not meant.")
	}
	return append(out, "Marks go by our own scale and predict no offer. What code measured it measured by form: wording that it missed is not proof that something was not meant.")
}

func provenance(st interview.State) []string {
	out := []string{
		"measured: words, spoken minutes (140 words a minute), sentence parts, ownership in Action sentences, quantities, gaps",
		"authored rule: which points count as said (synonyms outside a negation), findings by line and wording, order of steps",
		fmt.Sprintf("pack %s %s, seed %d", st.Session.Pack.ID, st.Session.Pack.Version, st.Session.Seed),
	}
	if v := st.Session.Voice; v.Kind != "authored" {
		out = append(out, fmt.Sprintf("voice: %s (digest %s, prompt %s); it chose lead-ins only and judged nothing", v.Model, v.Digest, v.Prompt))
	}
	return out
}
