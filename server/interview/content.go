package interview

import "slices"

// This file holds the nouns of a pack: what a role's content is made of. What a
// candidate may see and an interviewer may hold is an Item; what only the chooser of
// probes, the grader and the report may hold is a Rubric. They live in separate files
// on disk and in separate types here, so that the voice cannot hold what it must not know.

// Kind is the kind of an item.
type Kind string

// The kinds of items that the formats know.
const (
	KindBehavioural   Kind = "behavioural"
	KindThreatModel   Kind = "threat-model"
	KindCodeReview    Kind = "code-review"
	KindRemediation   Kind = "remediation"
	KindScriptingTalk Kind = "scripting-talk"
	KindConceptCard   Kind = "concept-card"
	KindSecureDesign  Kind = "secure-design" // requirements and facts, no diagram; must-decisions
	KindScripting     Kind = "scripting"     // written from scratch; input files and a digest of the output
	KindBriefing      Kind = "briefing"      // explained to somebody who is not technical
	KindRanking       Kind = "ranking"       // findings to put in order
	KindTriage        Kind = "triage"        // a scanner's alerts, true or false
	KindChain         Kind = "chain"         // evidence to put in the order of the attack
	KindWarmUp        Kind = "warm-up"       // three cards, a headline, a short snippet; no verdict
	KindBlueprint     Kind = "blueprint"     // who asks what in a long format
)

// Kinds are all kinds of items.
var Kinds = []Kind{KindBehavioural, KindThreatModel, KindCodeReview, KindRemediation, KindScriptingTalk, KindConceptCard, KindSecureDesign,
	KindScripting, KindBriefing, KindRanking, KindTriage, KindChain, KindWarmUp, KindBlueprint}

// Scored reports whether an item of this kind has points of its own. A story has principles instead, a warm-up has no
// verdict, and a blueprint is made of other items.
func (k Kind) Scored() bool {
	return k != KindBehavioural && k != KindWarmUp && k != KindBlueprint
}

// Technical reports whether answers to an item of this kind are read as technical
// explanations, not as stories.
func (k Kind) Technical() bool { return k != KindBehavioural }

// Expect is the form of answer that a question asks for. A reply in the expected form
// is never called hypothetical or vague for having that form.
type Expect string

// The forms that an authored probe may expect.
const (
	ExpectEvent          Expect = "event"          // one occasion in the past
	ExpectNumber         Expect = "number"         // a figure, its baseline or how it was measured
	ExpectName           Expect = "name"           // a person, role, team or system
	ExpectReason         Expect = "reason"         // why
	ExpectCounterfactual Expect = "counterfactual" // what one would do, may be conditional
	ExpectFact           Expect = "fact"           // a plain fact or mechanism
)

// Item is the part of a question or exercise that the candidate may see and the
// interviewer may hold. An item's ID never hints at what is hidden (a principle, say).
type Item struct {
	ID      string   `yaml:"id" json:"id"`
	Version int      `yaml:"version" json:"version"`
	Status  string   `yaml:"status" json:"status" jsonschema:"enum=draft,enum=reviewed,enum=retired"` // draft, reviewed or retired
	Section int      `yaml:"section" json:"section"`
	Kind    Kind     `yaml:"kind" json:"kind"`
	Title   string   `yaml:"title" json:"title"`
	Levels  []string `yaml:"level" json:"level"`
	Skills  []string `yaml:"skill" json:"skill,omitempty"`
	Minutes float64  `yaml:"est_minutes" json:"est_minutes"`
	Prompt  Prompt   `yaml:"prompt" json:"prompt"`
	Context string   `yaml:"context,omitempty" json:"context,omitempty"` // shown as material beside the question
	Facts   []Fact   `yaml:"facts,omitempty" json:"-"`                   // spoken only when asked for
	Hints   []string `yaml:"hints,omitempty" json:"-"`                   // spoken only in coached mode, in this order
	Assets  Assets   `yaml:"assets,omitempty" json:"-"`
	// Steps replaces a format's wording of a step (by step id) for this item.
	Steps map[string]string `yaml:"steps,omitempty" json:"-"`
	// What only some kinds have.
	Card         Card          `yaml:"card,omitempty" json:"card,omitempty" jsonschema:"enum=concept,enum=service,enum=principle"` // concept-card
	Requirements []Requirement `yaml:"requirements,omitempty" json:"-"`                                                            // secure-design
	Options      []Option      `yaml:"options,omitempty" json:"-"`                                                                 // ranking, chain
	Audiences    []string      `yaml:"audiences,omitempty" json:"-"`                                                               // briefing: ids of the pack's audiences it can be given to
	WarmUp       *WarmUp       `yaml:"warm_up,omitempty" json:"-"`                                                                 // warm-up
	Format       string        `yaml:"format,omitempty" json:"format,omitempty"`                                                   // blueprint: the format it fills
}

// Prompt is the main question with its other wordings.
type Prompt struct {
	Main     string   `yaml:"main" json:"main"`
	Variants []string `yaml:"variants,omitempty" json:"variants,omitempty"`
}

// Fact answers a clarifying question. Asks are phrases (see Phrase) any of which, found in the
// candidate's question, selects this fact.
type Fact struct {
	ID     string   `yaml:"id" json:"id"`
	Asks   []Phrase `yaml:"asks" json:"asks"`
	Answer string   `yaml:"answer" json:"answer"`
}

// Phrase is a pattern in authored content: plain words, matched by stem and in order with
// up to two other words between them inside one sentence; or, with the prefix "re:",
// a case-insensitive RE2 expression matched inside one sentence.
type Phrase = string

// Assets are the material shown with a question.
type Assets struct {
	Code    *Code    `yaml:"code,omitempty" json:"code,omitempty"`
	Diagram *Diagram `yaml:"diagram,omitempty" json:"diagram,omitempty"`
	// Files are what a script reads; Scan is what a scanner said.
	Files []DataFile `yaml:"files,omitempty" json:"files,omitempty"`
	Scan  *Scan      `yaml:"scan,omitempty" json:"scan,omitempty"`
}

// Code is a file shown with line numbers. File is relative to the item's folder; the loader fills Text.
type Code struct {
	File     string `yaml:"file" json:"file"`
	Language string `yaml:"language" json:"language" jsonschema:"enum=java,enum=python,enum=javascript,enum=go"`
	Text     string `yaml:"-" json:"text"`
}

// Diagram is a data-flow diagram in text: nodes on a grid, trust boundaries round some of them,
// and flows between them. It is drawn as SVG and always has a twin in words.
type Diagram struct {
	Title      string     `yaml:"title" json:"title"`
	Nodes      []Node     `yaml:"nodes" json:"nodes"`
	Boundaries []Boundary `yaml:"boundaries,omitempty" json:"boundaries,omitempty"`
	Flows      []Flow     `yaml:"flows" json:"flows"`
	TextTwin   string     `yaml:"text_twin" json:"text_twin"`
}

// Node is one element of a diagram, in a cell of a grid (column and row from 0).
type Node struct {
	ID    string `yaml:"id" json:"id"`
	Label string `yaml:"label" json:"label"`
	Shape string `yaml:"shape" json:"shape" jsonschema:"enum=actor,enum=process,enum=store,enum=external"` // actor, process, store or external
	Col   int    `yaml:"col" json:"col"`
	Row   int    `yaml:"row" json:"row"`
}

// Boundary is a trust boundary drawn round the named nodes.
type Boundary struct {
	Label string   `yaml:"label" json:"label"`
	Nodes []string `yaml:"nodes" json:"nodes"`
}

// Flow is an arrow from one node to another.
type Flow struct {
	From  string `yaml:"from" json:"from"`
	To    string `yaml:"to" json:"to"`
	Label string `yaml:"label,omitempty" json:"label,omitempty"`
}

// Rubric is the hidden part of an item: what a strong answer holds and what to ask when it does not.
type Rubric struct {
	Item       string            `yaml:"item" json:"item"`
	Principles []string          `yaml:"lp,omitempty" json:"lp,omitempty"`
	Points     []Point           `yaml:"points,omitempty" json:"points,omitempty"`
	IfSaid     []IfSaid          `yaml:"if_said,omitempty" json:"if_said,omitempty"`
	Probes     []ProbeType       `yaml:"probes,omitempty" json:"probes,omitempty"` // replace the bank's wordings of the same type
	RedFlags   []RedFlag         `yaml:"red_flags,omitempty" json:"red_flags,omitempty"`
	Decisive   []string          `yaml:"decisive,omitempty" json:"decisive,omitempty"` // ids of facts worth asking for and using
	Findings   []Finding         `yaml:"findings,omitempty" json:"findings,omitempty"`
	Decoys     []Decoy           `yaml:"decoys,omitempty" json:"decoys,omitempty"`
	Order      []OrderStep       `yaml:"order,omitempty" json:"order,omitempty"`
	Ranking    []Ranked          `yaml:"ranking,omitempty" json:"ranking,omitempty"`
	Twists     []Twist           `yaml:"twists,omitempty" json:"twists,omitempty"`
	Challenges []string          `yaml:"challenges,omitempty" json:"challenges,omitempty"` // said against the top-ranked threat
	Anchors    map[int]Anchor    `yaml:"anchors,omitempty" json:"anchors,omitempty"`       // 1..5
	Strong     map[string]string `yaml:"strong_sample,omitempty" json:"strong_sample,omitempty"`
	Wrong      []string          `yaml:"common_wrong,omitempty" json:"common_wrong,omitempty"`
	// What only some kinds have.
	Switches      []Switch        `yaml:"switches,omitempty" json:"switches,omitempty"`                                              // code-review
	Decisions     []Decision      `yaml:"decisions,omitempty" json:"decisions,omitempty"`                                            // secure-design
	Expected      *Expected       `yaml:"expected,omitempty" json:"expected,omitempty"`                                              // scripting
	Solution      *Solution       `yaml:"solution,omitempty" json:"solution,omitempty"`                                              // scripting
	Owes          []string        `yaml:"owes,omitempty" json:"owes,omitempty" jsonschema:"enum=paging,enum=dry_run,enum=exit_code"` // scripting: what this script owes beyond what every script does: paging, dry_run, exit_code
	Alerts        []AlertKey      `yaml:"alerts,omitempty" json:"alerts,omitempty"`                                                  // triage
	Chain         []Ranked        `yaml:"chain,omitempty" json:"chain,omitempty"`                                                    // chain: options in the order of the attack
	Unrelated     []Ranked        `yaml:"unrelated,omitempty" json:"unrelated,omitempty"`                                            // chain: options that belong to no step of it
	MustNot       []Held          `yaml:"must_not_distort,omitempty" json:"must_not_distort,omitempty"`                              // briefing
	Comprehension []Comprehension `yaml:"comprehension,omitempty" json:"comprehension,omitempty"`                                    // briefing
	Questions     []RoleQuestion  `yaml:"questions,omitempty" json:"questions,omitempty"`                                            // briefing
	Briefing      *Briefing       `yaml:"briefing,omitempty" json:"briefing,omitempty"`                                              // briefing
	Rounds        []RoundChoice   `yaml:"rounds,omitempty" json:"rounds,omitempty"`                                                  // blueprint
	Sources       []Source        `yaml:"sources,omitempty" json:"sources,omitempty"`
	Author        string          `yaml:"author" json:"author"`
	Reviewer      string          `yaml:"reviewer" json:"reviewer"`
	ReviewedOn    string          `yaml:"reviewed_on" json:"reviewed_on"`
	Licence       string          `yaml:"licence" json:"licence"`
}

// Point is one weighted thing a strong answer holds. The weights of an item's points sum to 100.
// ProbeIfMissing asks for it without naming it.
type Point struct {
	ID             string   `yaml:"id" json:"id"`
	Text           string   `yaml:"text" json:"text"`
	Weight         int      `yaml:"weight" json:"weight"`
	Must           bool     `yaml:"must,omitempty" json:"must,omitempty"`
	Step           string   `yaml:"step,omitempty" json:"step,omitempty"` // the step of the exercise it belongs to; empty: any
	Level          string   `yaml:"level,omitempty" json:"level,omitempty"`
	Synonyms       []Phrase `yaml:"synonyms" json:"synonyms"`
	Regex          []string `yaml:"regex,omitempty" json:"regex,omitempty"`
	Negations      []Phrase `yaml:"negations,omitempty" json:"negations,omitempty"` // said like this, the point is contradicted
	YesExample     string   `yaml:"yes_example" json:"yes_example"`
	NoExample      string   `yaml:"no_example" json:"no_example"`
	Explains       string   `yaml:"explains" json:"explains"` // why it matters, for the report
	ProbeIfMissing string   `yaml:"probe_if_missing" json:"probe_if_missing"`
	Expects        Expect   `yaml:"expects,omitempty" json:"expects,omitempty"`
	Contested      bool     `yaml:"contested,omitempty" json:"contested,omitempty"`
}

// IfSaid is a rung of a ladder: what the candidate said, and the next harder case.
type IfSaid struct {
	ID       string   `yaml:"id" json:"id"`
	Patterns []Phrase `yaml:"patterns" json:"patterns"`
	Probe    string   `yaml:"probe" json:"probe"`
	Expects  Expect   `yaml:"expects" json:"expects"`
}

// Misconception is a wrong claim, known over the whole pack, and the question that exposes it.
type Misconception struct {
	ID       string   `yaml:"id" json:"id"`
	Claim    string   `yaml:"claim" json:"claim"`
	Patterns []Phrase `yaml:"patterns" json:"patterns"`
	Unless   []Phrase `yaml:"unless,omitempty" json:"unless,omitempty"` // in the same sentence: not a misconception after all
	Probe    string   `yaml:"probe" json:"probe"`
	Expects  Expect   `yaml:"expects" json:"expects"`
	Why      string   `yaml:"why" json:"why"` // what is true, for the report
	Source   string   `yaml:"source" json:"source"`
}

// ProbeType is one type of follow-up of the bank (Q01 to Q18) with its authored wordings.
type ProbeType struct {
	Type      string   `yaml:"type" json:"type"`
	Name      string   `yaml:"name,omitempty" json:"name,omitempty"`
	Family    string   `yaml:"family,omitempty" json:"family,omitempty"`
	Dimension string   `yaml:"dimension,omitempty" json:"dimension,omitempty"`
	Expects   Expect   `yaml:"expects" json:"expects"`
	MaxUses   int      `yaml:"max_uses" json:"max_uses"` // for one main question
	Wordings  []string `yaml:"wordings" json:"wordings"`
	// Asks groups wordings by what exactly they ask for (for Q11: before, window, source), so that what was said already
	// is not asked for. A wording in no group may always be asked.
	Asks map[string][]string `yaml:"asks,omitempty" json:"asks,omitempty"`
}

// RedFlag is something said that costs, by pattern.
type RedFlag struct {
	ID       string   `yaml:"id" json:"id"`
	Patterns []Phrase `yaml:"patterns" json:"patterns"`
	Cap      float64  `yaml:"cap,omitempty" json:"cap,omitempty"`         // highest share 0..1 of the item's score
	Penalty  float64  `yaml:"penalty,omitempty" json:"penalty,omitempty"` // points taken off, of 100
	Say      string   `yaml:"say" json:"say"`
}

// Finding is one seeded issue of a code review. Lines are from 1, inclusive.
type Finding struct {
	ID         string   `yaml:"id" json:"id"`
	Lines      [2]int   `yaml:"lines,flow" json:"lines"`
	CWE        int      `yaml:"cwe" json:"cwe"`
	Family     []int    `yaml:"family,flow" json:"family,omitempty"`                                                // CWE ids accepted as the same finding
	Severity   string   `yaml:"severity" json:"severity" jsonschema:"enum=critical,enum=high,enum=medium,enum=low"` // critical, high, medium or low
	Title      string   `yaml:"title" json:"title"`
	Exploit    string   `yaml:"exploit" json:"exploit"`
	Fix        string   `yaml:"fix" json:"fix"`
	Prevention string   `yaml:"prevention" json:"prevention"`
	Says       []Phrase `yaml:"says" json:"says"` // how candidates name it in prose
	Probe      string   `yaml:"probe" json:"probe"`
}

// Decoy is code that looks wrong and is not.
type Decoy struct {
	Lines   [2]int `yaml:"lines,flow" json:"lines"`
	WhySafe string `yaml:"why_safe" json:"why_safe"`
}

// OrderStep is one step of an expert's order for a remediation (contain, scope, fix, ...).
type OrderStep struct {
	ID   string   `yaml:"id" json:"id"`
	Text string   `yaml:"text" json:"text"`
	Says []Phrase `yaml:"says" json:"says"`
}

// Ranked is one place of an expert's ranking, first is worst, with the reason.
type Ranked struct {
	ID     string `yaml:"id" json:"id"`
	Reason string `yaml:"reason" json:"reason"`
}

// Twist is what the interviewer changes during the exercise. One of a scripting task brings its own files, which
// nobody sees before, and its own output.
type Twist struct {
	Step     string     `yaml:"step,omitempty" json:"step,omitempty"`
	AtMin    float64    `yaml:"at_min,omitempty" json:"at_min,omitempty"` // minutes on the interview clock after which it may come
	Text     string     `yaml:"text" json:"text"`
	Files    []DataFile `yaml:"files,omitempty" json:"files,omitempty"`
	Expected *Expected  `yaml:"expected,omitempty" json:"expected,omitempty"`
	Solution *Solution  `yaml:"solution,omitempty" json:"solution,omitempty"` // empty: the item's own solution copes with it
}

// Anchor is a written example of an answer at one level of the scale.
type Anchor struct {
	Text string         `yaml:"text" json:"text"`
	Dims map[string]int `yaml:"dims,omitempty" json:"dims,omitempty"`
}

// Source backs a factual claim of an item.
type Source struct {
	Title string `yaml:"title" json:"title"`
	URL   string `yaml:"url,omitempty" json:"url,omitempty"`
	Claim string `yaml:"claim" json:"claim"`
}

// Persona is an interviewer as an authored card: what the candidate hears and sees of them.
type Persona struct {
	ID          string   `yaml:"id" json:"id"`
	Name        string   `yaml:"name" json:"name"`
	Role        string   `yaml:"role" json:"role"`
	Temperament string   `yaml:"temperament" json:"temperament"`
	Greeting    string   `yaml:"greeting" json:"greeting"` // said first: name, role, plan, notes
	Closing     string   `yaml:"closing" json:"closing"`   // said last: no verdict
	Answers     []Fact   `yaml:"answers" json:"answers"`   // to the candidate's own questions
	NoAnswer    string   `yaml:"no_answer" json:"no_answer"`
	Style       []string `yaml:"style,omitempty" json:"style,omitempty"`
}

// Principle is one behavioural principle of the role's employer.
type Principle struct {
	ID     string `yaml:"id" json:"id"`
	Name   string `yaml:"name" json:"name"`
	Gloss  string `yaml:"gloss" json:"gloss"`
	Family string `yaml:"family" json:"family"`
	// Observable says that an outcome someone could observe counts as a result without a number.
	Observable bool `yaml:"observable,omitempty" json:"observable,omitempty"`
}

// MiningPrompt is an authored question that helps to remember a story for the bank. Families are those of the principles
// that such a story may serve; without any it may serve all.
type MiningPrompt struct {
	ID       string   `yaml:"id" json:"id"`
	Text     string   `yaml:"text" json:"text"`
	Families []string `yaml:"families,omitempty,flow" json:"families,omitempty"`
}

// Lines are the interviewer's stock sentences, several wordings each.
type Lines struct {
	Introduction      []string          `yaml:"introduction"`        // asks for the candidate's introduction
	Transitions       map[string]string `yaml:"transitions"`         // by phase id, said when the phase begins
	DontKnow          []string          `yaml:"dont_know"`           // technical: how would you reason about it
	DontKnowStory     []string          `yaml:"dont_know_story"`     // behavioural: the nearest occasion
	MakeAssumption    []string          `yaml:"make_assumption"`     // a fact that is not in the table
	StoryOpen         []string          `yaml:"story_open"`          // the same of a question about the past: there is nothing to assume
	Sweep             []string          `yaml:"sweep"`               // before an exercise with time left ends: anything else
	Press             []string          `yaml:"press"`               // of a listener whose objection was not met
	PushDecide        []string          `yaml:"push_decide"`         // of a repair that was neither approved nor blocked
	PushApproved      []string          `yaml:"push_approved"`       // of one that was approved: what that rests on
	PushBlocked       []string          `yaml:"push_blocked"`        // of one that was blocked: what gets through
	Parts             map[string]string `yaml:"parts"`               // by part of a story (S, T, A, R): tell only that again
	Lengths           map[int]string    `yaml:"lengths"`             // by seconds: how long it may take
	SameStory         string            `yaml:"same_story"`          // before another principle's question: tell the same story
	Again             string            `yaml:"again"`               // before the question in other words
	TakeTime          string            `yaml:"take_time"`           // a moment to think was asked for
	Stop              string            `yaml:"stop"`                // to stop was asked for: how to pause and to end
	Reason            string            `yaml:"reason"`              // why this is asked
	StoryFacts        []Fact            `yaml:"story_facts"`         // clarifying questions about any behavioural question
	CandidateQuestion []string          `yaml:"candidate_questions"` // what would you like to ask, first and second
	NoHint            string            `yaml:"no_hint"`
}

// Reaches reports whether a level is above the pack's lowest, so that an answer is asked what happens at a larger scale.
func (p *Pack) Reaches(level string) bool {
	return slices.Index(p.Levels, level) > 0
}

// PrincipleNames are the names of the pack's principles.
func (p *Pack) PrincipleNames() []string {
	out := make([]string, len(p.Principles))
	for i, pr := range p.Principles {
		out[i] = pr.Name
	}
	return out
}

// Pack is a role's whole content, checked and ready to use. Levels are in order, the lowest first.
type Pack struct {
	ID           string      `yaml:"id" json:"id"`
	Version      string      `yaml:"version" json:"version"`
	Title        string      `yaml:"title" json:"title"`
	Role         string      `yaml:"role" json:"role"`
	Notice       string      `yaml:"notice" json:"notice"` // shown on the first screen (not affiliated, ...)
	Licence      string      `yaml:"licence" json:"licence"`
	Sections     []string    `yaml:"sections" json:"sections"`
	Levels       []string    `yaml:"levels" json:"levels"`
	DefaultLevel string      `yaml:"default_level" json:"default_level"`
	Principles   []Principle `yaml:"principles" json:"principles"`
	// Offers are the ids of the formats this pack can run; empty means every one there is.
	Offers []string `yaml:"formats,omitempty" json:"formats,omitempty"`
	// Draws limits the stories of a format, by its id, to these principles. Without it any may come.
	Draws map[string][]string `yaml:"draws,omitempty" json:"-"`
	// DesignTopics are what every secure-design item has to decide.
	DesignTopics []string `yaml:"design_topics,omitempty" json:"-"`
	// Invented are names of people and companies in the content that nobody has in the real world, beside the personas
	// and audiences.
	Invented       []string           `yaml:"invented,omitempty" json:"-"`
	Audiences      []Audience         `yaml:"-" json:"-"`
	Items          map[string]*Item   `yaml:"-" json:"-"`
	Rubrics        map[string]*Rubric `yaml:"-" json:"-"`
	Bank           []ProbeType        `yaml:"-" json:"-"`
	Misconceptions []Misconception    `yaml:"-" json:"-"`
	Mining         []MiningPrompt     `yaml:"-" json:"-"`
	Personas       []Persona          `yaml:"-" json:"-"`
	Lines          Lines              `yaml:"-" json:"-"`
	Formats        []Format           `yaml:"-" json:"-"`
}
