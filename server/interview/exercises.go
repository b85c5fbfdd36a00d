package interview

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// This file holds the nouns of the exercises that are more than a question with a rubric. As everywhere, what the
// candidate may see belongs to an Item, and what only the grader and the report may see belongs to a Rubric.

// Card says what a concept card is about. The zero value is a concept.
type Card string

// The kinds of cards.
const (
	CardConcept   Card = "concept"   // the mechanism in the context of an attack or a failure, the defence, the trap
	CardService   Card = "service"   // what it controls, how it is usually misused, the trade-off to say
	CardPrinciple Card = "principle" // which of your stories, its first line; the principle is named openly
)

// ServicePoints are the ids of the three points that every service card has.
var ServicePoints = []string{"controls", "misuse", "trade-off"}

// Requirement is one thing a design has to meet, as the candidate is told it.
type Requirement struct {
	ID   string `yaml:"id" json:"id"`
	Text string `yaml:"text" json:"text"`
}

// Option is one of the things a candidate sorts: a finding of a ranking set, or a piece of evidence of a chain.
// Its place in the list tells nothing about its place in the key. Text is given, or File names a file beside the
// item whose text the loader fills in.
type Option struct {
	ID    string `yaml:"id" json:"id"`
	Label string `yaml:"label" json:"label"`
	Type  string `yaml:"type,omitempty" json:"type,omitempty" jsonschema:"enum=finding,enum=http,enum=policy,enum=log,enum=code,enum=note"` // empty: finding
	Text  string `yaml:"text,omitempty" json:"text,omitempty"`
	File  string `yaml:"file,omitempty" json:"-"`
}

// DataFile is a file the candidate works with on their own machine. The server never runs anything.
type DataFile struct {
	File  string `yaml:"file" json:"file"` // beside the item
	About string `yaml:"about" json:"about"`
	Role  string `yaml:"role" json:"role" jsonschema:"enum=input,enum=stub,enum=server"` // input: read by the script; stub: imported by it; server: run beside it
	Text  string `yaml:"-" json:"-"`
}

// Alert is one result of a scanner, read from the SARIF file of a triage set. Its ID is the property "id" of the
// result; lines are from 1, inclusive.
type Alert struct {
	ID      string `json:"id"`
	Rule    string `json:"rule"`
	Level   string `json:"level"`
	Message string `json:"message"`
	Item    string `json:"item"` // the code review whose snippet it points into
	File    string `json:"file"`
	Lines   [2]int `json:"lines"`
}

// Scan is the output of a scanner over snippets of code reviews of the same pack.
type Scan struct {
	File     string   `yaml:"file" json:"file"`           // SARIF 2.1.0, beside the item
	Snippets []string `yaml:"snippets" json:"snippets"`   // ids of code-review items
	Tool     string   `yaml:"-" json:"tool"`              // the loader fills in what the file says
	Alerts   []Alert  `yaml:"-" json:"alerts"`            // the same
	Version  string   `yaml:"-" json:"version,omitempty"` // of the tool
}

// Audience is a listener as an authored card: what the candidate is shown of them.
type Audience struct {
	ID      string   `yaml:"id" json:"id"`
	Name    string   `yaml:"name" json:"name"`
	Role    string   `yaml:"role" json:"role"`
	Knows   []string `yaml:"knows" json:"knows"`
	Fears   []string `yaml:"fears" json:"fears"`
	Decides string   `yaml:"decides" json:"decides"`
	// Terms are words this listener knows although they are jargon to others.
	Terms []string `yaml:"terms,omitempty" json:"terms,omitempty"`
}

// WarmUp is the visible part of a ten-minute warm-up. The 15-line snippet is the item's code.
type WarmUp struct {
	Flash    []string `yaml:"flash" json:"flash"`       // ids of three cards of the pack
	Headline string   `yaml:"headline" json:"headline"` // asks for one story's headline and result in ninety seconds
	Worst    string   `yaml:"worst" json:"worst"`       // asks for the worst issue of the snippet only
	Gap      string   `yaml:"gap" json:"gap"`           // asks for yesterday's gap in one sentence
}

// The steps of a warm-up that the item has words for.
const (
	StepHeadline = "headline"
	StepWorst    = "worst"
	StepGap      = "gap"
)

// Says is what a warm-up asks in a step; empty for the others.
func (w *WarmUp) Says(step string) string {
	return map[string]string{StepHeadline: w.Headline, StepWorst: w.Worst, StepGap: w.Gap}[step]
}

// Decision is one thing a design has to decide. The points carry its weight.
type Decision struct {
	ID      string           `yaml:"id" json:"id"`
	Topic   string           `yaml:"topic" json:"topic"` // one of the pack's design topics
	Text    string           `yaml:"text" json:"text"`
	Options []DecisionOption `yaml:"options" json:"options"`
	Points  []string         `yaml:"points" json:"points"` // ids of the points that show it, at least one of them a must
}

// DecisionOption is one way to decide, with what it gives and what it costs: the trade-off to say.
type DecisionOption struct {
	Text  string `yaml:"text" json:"text"`
	Gives string `yaml:"gives" json:"gives"`
	Costs string `yaml:"costs" json:"costs"`
}

// What a rubric's owes can name: what this script owes beyond what every script does.
const (
	OwesPaging = "paging"    // it reads an interface that hands out pages
	OwesDryRun = "dry_run"   // it changes something
	OwesExit   = "exit_code" // a pipeline reads how it ended
)

// Expected is the output of a correct script. The digest is what a pasted output is compared with; the file is there
// to say where the first difference is.
type Expected struct {
	SHA256 string `yaml:"sha256" json:"sha256"` // see OutputSHA256
	File   string `yaml:"file" json:"file"`     // beside the item
	Text   string `yaml:"-" json:"-"`
}

// Solution is a script that makes the expected output, and proves that the digest can be met. It lies beside the item
// and is shown in the report. It runs in a folder that holds the task's files, gets the names of the input files as
// arguments, in their order, and writes the output to standard output. In a twist the input files are the twist's.
type Solution struct {
	File     string `yaml:"file" json:"file"`
	Language string `yaml:"language" json:"language" jsonschema:"enum=python"`
	Text     string `yaml:"-" json:"-"`
}

// AlertKey is the truth about one alert. True means that it has to be repaired.
type AlertKey struct {
	ID      string   `yaml:"id" json:"id"`
	True    bool     `yaml:"true_positive" json:"true_positive"`
	Reason  string   `yaml:"reason" json:"reason"`
	Says    []Phrase `yaml:"says" json:"says"`                           // how candidates give the reason
	Finding string   `yaml:"finding,omitempty" json:"finding,omitempty"` // of the snippet, when it is one
}

// Held is a fact that a briefing may not bend.
type Held struct {
	ID    string   `yaml:"id" json:"id"`
	Text  string   `yaml:"text" json:"text"`
	Says  []Phrase `yaml:"says" json:"says"`   // said like this, it is there
	Bends []Phrase `yaml:"bends" json:"bends"` // said like this, it is distorted
	Why   string   `yaml:"why" json:"why"`     // why the difference matters, for the report
}

// Comprehension is a question a listener who heard only the explanation has to be able to answer.
type Comprehension struct {
	ID  string   `yaml:"id" json:"id"`
	Q   string   `yaml:"q" json:"q"`
	Key []Phrase `yaml:"key" json:"key"` // any of them in the listener's answer is right
	Not []Phrase `yaml:"not,omitempty" json:"not,omitempty"`
}

// RoleQuestion is asked by a listener after a briefing. An objection is one that wants the candidate to give way.
type RoleQuestion struct {
	ID        string   `yaml:"id" json:"id"`
	Audience  string   `yaml:"audience,omitempty" json:"audience,omitempty"` // empty: any of the item's
	Text      string   `yaml:"text" json:"text"`
	Objection bool     `yaml:"objection,omitempty" json:"objection,omitempty"`
	Met       []Phrase `yaml:"met" json:"met"`                           // said like this, it was answered
	Why       string   `yaml:"why" json:"why"`                           // what a good answer does, for the report
	Yields    []Phrase `yaml:"yields,omitempty" json:"yields,omitempty"` // said like this, the candidate gave way where they should not
}

// ProbePress is the type of the follow-up in which a listener whose objection was not met says so and asks once more.
const ProbePress = "press"

// Follow-ups about a repair that was pushed: for a decision where none was given, and for what it rests on.
const (
	ProbeDecide = "decide"
	ProbeDefend = "defend"
)

// Choice is one option of the decision that a briefing puts to its listener.
type Choice struct {
	ID      string   `yaml:"id" json:"id"`
	Text    string   `yaml:"text" json:"text"`
	Says    []Phrase `yaml:"says" json:"says"`
	Nothing bool     `yaml:"nothing,omitempty" json:"nothing,omitempty"` // this is "do nothing", which every decision has
}

// Briefing is the hidden part of an explanation to somebody who is not technical.
type Briefing struct {
	Ask     []Phrase `yaml:"ask" json:"ask"`                           // the request, looked for in the first words
	Choices []Choice `yaml:"choices" json:"choices"`                   // the options a decision offers, "do nothing" among them
	Jargon  []string `yaml:"jargon,omitempty" json:"jargon,omitempty"` // words of this case a listener would not know, beside the common list
}

// RoundChoice is what a blueprint fixes for one round: who asks, and what.
type RoundChoice struct {
	Persona    string   `yaml:"persona" json:"persona"`
	Area       string   `yaml:"area,omitempty" json:"area,omitempty"` // the technical area, in words; empty: none
	Items      []string `yaml:"items" json:"items"`                   // in the order they are asked
	Principles []string `yaml:"lp,omitempty" json:"lp,omitempty"`     // the principles this interviewer is to cover
}

// OutputSHA256 is the digest of a script's output as the pack holds it: UTF-8, line ends are \n, white space at the
// end of the whole text is left out but for one \n.
func OutputSHA256(text string) string { return sumOf(NormalOutput(text)) }

func sumOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// NormalOutput is a script's output as it is compared.
func NormalOutput(text string) string {
	return strings.TrimRight(strings.ReplaceAll(text, "\r\n", "\n"), " \t\n") + "\n"
}

// Hidden are the words of a rubric that an interviewer must not say before the candidate does: points, findings and
// keys. Patterns that are expressions are left out.
func (r *Rubric) Hidden() []string {
	var all []string
	says := func(phrases []Phrase) {
		for _, p := range phrases {
			if !strings.HasPrefix(p, "re:") {
				all = append(all, p)
			}
		}
	}
	for _, p := range r.Points {
		all = append(all, p.Text)
		says(p.Synonyms)
	}
	for _, f := range r.Findings {
		all = append(all, f.Title, f.Fix, f.Exploit)
	}
	for _, s := range r.Switches {
		all = append(all, s.WhySafe)
		for _, f := range s.Fixes {
			all = append(all, f.Why)
		}
	}
	for _, d := range r.Decisions {
		for _, o := range d.Options {
			all = append(all, o.Text, o.Gives, o.Costs)
		}
	}
	for _, list := range [][]Ranked{r.Ranking, r.Chain, r.Unrelated} {
		for _, k := range list {
			all = append(all, k.Reason)
		}
	}
	for _, a := range r.Alerts {
		all = append(all, a.Reason)
		says(a.Says)
	}
	for _, c := range r.Comprehension {
		says(c.Key)
	}
	for _, q := range r.Questions {
		all = append(all, q.Why)
		says(q.Met)
	}
	return all
}
