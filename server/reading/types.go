// Package reading measures an answer: its parts, who acted, its figures, what kind of reply it is, and what
// is missing from it. It is pure and fast, uses no model, and keeps the byte offsets of everything it finds.
//
// It goes by form (tense, person, position, figures, connectives), because words like "situation" or
// "result" prove nothing either way. What it does not find is not thereby absent: a gap leads to a follow-up.
package reading

import "rehearse/server/interview"

// Part is the part a sentence plays in a story.
type Part string

// The parts of a story; Other belongs to none.
const (
	Situation Part = "S"
	Task      Part = "T"
	Action    Part = "A"
	Result    Part = "R"
	Other     Part = "O"
)

// ResponseType says what kind of reply an answer to a question about the past is. The types are those of
// Bangerter, Corvalan and Cavin (J Bus Psychol 29, 2014), who found that only about a quarter of replies are stories.
type ResponseType string

// The response types.
const (
	Story           ResponseType = "story"
	PseudoStory     ResponseType = "pseudo-story"
	Exemplification ResponseType = "exemplification"
	Opinion         ResponseType = "opinion"
	SelfDescription ResponseType = "self-description"
	NonAnswer       ResponseType = "non-answer"
)

// Span is bytes [Start,End) of the text.
type Span struct {
	Start int `json:"start"`
	End   int `json:"end"`
}

// Sentence is a sentence with its part.
type Sentence struct {
	Start  int     `json:"start"`
	End    int     `json:"end"`
	Part   Part    `json:"part"`
	Chance float64 `json:"chance"` // how sure the tagger is of the part, 0..1
}

// Ownership counts who acts in Action sentences: I, an ambiguous we, or nobody named.
type Ownership struct {
	I       int `json:"i"`
	We      int `json:"we"`
	Passive int `json:"passive"`
}

// The roles of a figure.
const (
	RoleBaseline   = "baseline"
	RoleAfter      = "after"
	RoleWindow     = "window"
	RolePopulation = "population"
	RoleMoney      = "money"
	RoleOther      = "other"
)

// Quantity is a figure. Role is baseline, after, window, population, money or other.
type Quantity struct {
	Start int     `json:"start"`
	End   int     `json:"end"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit,omitempty"`
	Noun  string  `json:"noun,omitempty"`
	Role  string  `json:"role"`
	// Narrow are the words between figure and noun that say which of them are counted: "two shared accounts".
	Narrow string `json:"-"`
}

// Backing is what was said about the figures of an outcome.
type Backing struct {
	Before bool // what it was before
	Window bool // over how long
	Source bool // how it was measured
	Noun   bool // what was counted
}

// Gap is something that was not found. Start and End are the words it rests on, 0 and 0 when there are none.
type Gap struct {
	Code  string `json:"code"`
	Start int    `json:"start"`
	End   int    `json:"end"`
	Why   string `json:"why"`
}

// Measures are counts and cues of an answer.
type Measures struct {
	Sentences    int     `json:"sentences"`
	Longest      int     `json:"longest_sentence_words"`
	Headline     int     `json:"headline_words"` // words before the first action or outcome
	Questions    int     `json:"questions"`
	Hypothetical int     `json:"hypothetical"` // sentences in the conditional or about what usually happens
	Event        int     `json:"event"`        // sentences in the past with a person acting
	PastRatio    float64 `json:"i_past_ratio"` // events over events and conditionals (D6)
	Specific     float64 `json:"specific_per_100_words"`
	Alternatives []Span  `json:"alternatives,omitempty"`
	Costs        []Span  `json:"costs,omitempty"`
	Opposition   []Span  `json:"opposition,omitempty"`
	Failures     []Span  `json:"failures,omitempty"`
	Reflection   []Span  `json:"reflection,omitempty"`
	Customer     []Span  `json:"customer,omitempty"`
	Provenance   []Span  `json:"provenance,omitempty"`
	How          []Span  `json:"how,omitempty"`
	Hedges       []Span  `json:"hedges,omitempty"`
	Boosters     []Span  `json:"boosters,omitempty"`
	Stock        []Span  `json:"stock_phrases,omitempty"`
	Principles   []Span  `json:"principle_names,omitempty"`
	MeanWords    float64 `json:"mean_sentence_words"`
	GradeLevel   float64 `json:"reading_grade"` // Flesch-Kincaid; counts for explanations, not for stories
	Jargon       []Term  `json:"jargon,omitempty"`
	JargonPer100 float64 `json:"jargon_per_100_words"`
}

// Reading is everything measured in one answer.
type Reading struct {
	ResponseType  ResponseType `json:"response_type"`
	Sentences     []Sentence   `json:"sentences"`
	Missing       []Part       `json:"missing"`
	Words         int          `json:"words"`
	SpokenMinutes float64      `json:"spoken_minutes"` // at 140 words a minute, the middle of 130 to 150
	Ownership     Ownership    `json:"ownership"`
	Quantities    []Quantity   `json:"quantities"`
	Codes         []string     `json:"gaps"` // the codes of Gaps, in the order they are probed
	Gaps          []Gap        `json:"-"`
	Backed        Backing      `json:"-"`
	Measures      Measures     `json:"measures"`
}

// Input is an answer and what is known about it.
type Input struct {
	Question   string
	Text       string
	Kind       interview.Kind
	Expect     interview.Expect
	Reach      bool     // the level is above the pack's lowest: what happens at a larger scale is asked for
	Names      []string // of the pack's principles, found where an answer drops them
	Observable bool     // the principle is about people: an outcome one could observe needs no figure
	Followup   bool     // the answer to a follow-up, whose form is Expect
	// Plain asks for how plainly it is put as well: jargon and readability, which no follow-up needs.
	Plain bool
}
