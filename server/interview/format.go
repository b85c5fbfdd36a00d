package interview

import "slices"

// Mode is how a session treats the candidate.
type Mode string

// The modes of a session.
const (
	ModeExam    Mode = "exam"    // no hints, nothing measured shown before the end, never stops early
	ModeCoached Mode = "coached" // hints, and what was measured after each block
	ModeDrill   Mode = "drill"   // one skill; stops as soon as nothing is missing
)

// Format is a plan of rounds and phases, as data. All minutes are on the interview clock and are ceilings.
type Format struct {
	ID      string  `yaml:"id" json:"id"`
	Title   string  `yaml:"title" json:"title"`
	Summary string  `yaml:"summary" json:"summary"`
	Minutes float64 `yaml:"minutes" json:"minutes"`
	Modes   []Mode  `yaml:"modes" json:"modes"`
	Single  bool    `yaml:"single,omitempty" json:"single,omitempty"` // one exercise: accepts an item, may be a drill and can be retried
	Report  string  `yaml:"report" json:"report"`                     // full or drill
	// Blueprint says that a blueprint names the interviewers and their items. The format then has one round, which every
	// interviewer's round is made from: what comes before and after the items, and a phase for each kind of item there may be.
	Blueprint bool        `yaml:"blueprint,omitempty" json:"blueprint,omitempty"`
	Rounds    []RoundPlan `yaml:"rounds" json:"rounds"`
}

// Phase is the phase of the plan that a block is; nil where the plan has none.
func (f *Format) Phase(b *Block) *Phase {
	if b.Round < 1 || b.Round > len(f.Rounds) || b.PhaseNo < 0 || b.PhaseNo >= len(f.Rounds[b.Round-1].Phases) {
		return nil
	}
	return &f.Rounds[b.Round-1].Phases[b.PhaseNo]
}

// RoundPlan is one interviewer and their phases.
type RoundPlan struct {
	Persona string  `yaml:"persona,omitempty" json:"persona"`
	Area    string  `yaml:"-" json:"area,omitempty"` // the interviewer's technical area in words, from a blueprint
	Phases  []Phase `yaml:"phases" json:"phases"`
}

// PhaseKind says what happens in a phase.
type PhaseKind string

// The kinds of phases.
const (
	PhaseOpening      PhaseKind = "opening"      // the interviewer speaks: name, role, plan
	PhaseIntroduction PhaseKind = "introduction" // the candidate introduces themselves, unscored
	PhaseItem         PhaseKind = "item"         // one item and its probes
	PhaseQuestions    PhaseKind = "questions"    // the candidate asks
	PhaseClosing      PhaseKind = "closing"      // the interviewer closes, no verdict
)

// Phase is one block of a plan.
type Phase struct {
	ID      string    `yaml:"id" json:"id"`
	Title   string    `yaml:"title" json:"title"`
	Kind    PhaseKind `yaml:"kind" json:"kind"`
	Who     string    `yaml:"who" json:"who"` // interviewer, candidate or both
	Minutes float64   `yaml:"minutes" json:"minutes"`
	// Items are the kinds of item this phase may draw.
	Items []Kind `yaml:"items,omitempty" json:"items,omitempty"`
	// Principles limits behavioural items to these principles; empty means any.
	Principles []string `yaml:"principles,omitempty" json:"principles,omitempty"`
	// OtherFamily asks for a principle of another family than the earlier phases' principles.
	OtherFamily bool `yaml:"other_family,omitempty" json:"other_family,omitempty"`
	// Steps are the parts of an exercise; empty means one step, the item's main question.
	Steps []Step `yaml:"steps,omitempty" json:"steps,omitempty"`
	// Probes is how many follow-ups the whole phase may hold, at most.
	Probes int `yaml:"probes,omitempty" json:"probes"`
	// Dig keeps probing through the taxonomy, escalating, until Probes are asked (dive-deep).
	Dig bool `yaml:"dig,omitempty" json:"dig,omitempty"`
	// FollowupSeconds is how long the answer to a follow-up should be at most, in seconds as spoken; 0 sets no limit.
	// Nothing is cut: the page shows the limit while the answer is typed, and the report says which ran over.
	FollowupSeconds int `yaml:"followup_seconds,omitempty" json:"followup_seconds,omitempty"`
	// Count is how many items are drawn one after the other (cards); 0 means 1.
	Count int `yaml:"count,omitempty" json:"count,omitempty"`
	// Item is the one item of this phase, where a blueprint says which; empty draws one.
	Item string `yaml:"-" json:"item,omitempty"`
}

// Pushes reports whether the phase shows repairs that were pushed, which not every item has.
func (p *Phase) Pushes() bool {
	return slices.ContainsFunc(p.Steps, func(st Step) bool { return st.Push > 0 })
}

// Step is one part of an exercise: what the interviewer asks for and how its time is counted.
type Step struct {
	ID      string  `yaml:"id" json:"id"`
	Minutes float64 `yaml:"minutes" json:"minutes"`
	// Ask is the wording; empty means the item's main question. An item may replace it by step id.
	Ask string `yaml:"ask,omitempty" json:"ask,omitempty"`
	// Clock is words, or wall for reading code and drawing, where the two clocks are equal.
	Clock     string   `yaml:"clock,omitempty" json:"clock,omitempty"`
	Artifacts []string `yaml:"artifacts,omitempty" json:"artifacts,omitempty"`
	Probes    int      `yaml:"probes,omitempty" json:"probes,omitempty"`       // follow-ups after this step, at most
	Twist     int      `yaml:"twist,omitempty" json:"twist,omitempty"`         // speaks the item's nth twist (from 1) instead of Ask
	Challenge int      `yaml:"challenge,omitempty" json:"challenge,omitempty"` // speaks the item's nth challenge (from 1)
	Role      int      `yaml:"role,omitempty" json:"role,omitempty"`           // speaks the nth question (from 1) of the item's listener
	Objection int      `yaml:"objection,omitempty" json:"objection,omitempty"` // speaks the nth objection (from 1) of the item's listener
	Push      int      `yaml:"push,omitempty" json:"push,omitempty"`           // shows the nth repair (from 1) that the author of a pull request pushes after the review
	Flash     int      `yaml:"flash,omitempty" json:"flash,omitempty"`         // of a warm-up: asks the nth card (from 1) of the item
	// Covers names the steps of the full exercise whose points belong here, where a cut-down plan has other steps.
	Covers []string `yaml:"covers,omitempty" json:"covers,omitempty"`
}

// Rates of the interview clock. Conversational speech runs at 120 to 150 words a minute
// (virtualspeech.com and other speaking-rate tables); 140 is used for the candidate and 150 for
// the interviewer, who speaks prepared sentences.
const (
	CandidateWordsPerMinute   = 140.0
	InterviewerWordsPerMinute = 150.0
	// ThinkBehavioural and ThinkTechnical are the thinking allowances a main question, in seconds. A probe has none.
	ThinkBehavioural = 20.0
	ThinkTechnical   = 40.0
	// WallCeiling is how many times its planned minutes a session may take on the wall before it counts as abandoned.
	WallCeiling = 3.0
)
