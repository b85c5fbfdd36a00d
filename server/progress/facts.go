package progress

import (
	"fmt"
	"slices"
	"strings"

	"rehearse/server/interview"
)

// FactID names one measured fact. docs/criteria.md lists every one.
type FactID string

// fact is one thing that a criterion asks of every attempt. Measure returns what was measured in words, and whether that
// is enough; known is false where it was not measured, and then it is not enough either.
type fact struct {
	id      FactID
	text    string
	need    func(*Attempt) string
	measure func(*Attempt) (got string, met, known bool)
	todo    string // what to do about it when it is missing
}

// The bars of the criteria. Where 2.6 of the handbook takes one away (a shortest length, a figure where an outcome can be
// seen), it is not here.
const (
	barRecall     = 0.70
	barMinutesTM  = 20.0
	barBoundaries = 3
	barTop        = 3 // places of a ranking that count
	barTopFive    = 2
	barSums       = 1
	barMinutesCR  = 10.0
	barAlarms     = 1
	barMinutesSC  = 30.0
	barRubric     = 0.70
	barSpoken     = 4.25
	adviceSpoken  = 2.75
	barFigures    = 2
	barOwn        = 0.80
	barDimension  = 3
	barGrade      = 10.0
	barAsk        = 40
	barJudged     = 0.70
)

func always(need string) func(*Attempt) string { return func(*Attempt) string { return need } }

// atMost is a fact about a figure that must not be larger than a bar.
func minutesFact(id FactID, bar float64, todo string) fact {
	return fact{id: id, text: "Time on the interview clock", need: always(fmt.Sprintf("at most %.0f minutes", bar)), todo: todo,
		measure: func(a *Attempt) (string, bool, bool) {
			return fmt.Sprintf("%.1f minutes", a.Minutes), a.Minutes <= bar, true
		}}
}

func share(part, whole int) float64 {
	if whole == 0 {
		return 1 // nothing had to be found
	}
	return float64(part) / float64(whole)
}

// floored is a share with two places that never rounds up to a bar it misses.
func floored(v float64) string { return fmt.Sprintf("%.2f", float64(int(v*100+1e-9))/100) }

var threatFacts = []fact{
	minutesFact("threat.minutes", barMinutesTM, "Say less about the model and go to the threats sooner."),
	{id: "threat.recall", text: "What must be found, by weight", need: always("at least 0.70"), todo: "Follow one request from end to end and ask at each step who gains what.",
		measure: func(a *Attempt) (string, bool, bool) {
			if a.Points == nil {
				return "", false, false
			}
			v := share(a.Points.MustFound, a.Points.Must)
			return floored(v), v >= barRecall-1e-9, true
		}},
	{id: "threat.boundaries", text: "Trust boundaries of the diagram that were named",
		need: func(a *Attempt) string { return fmt.Sprintf("at least %d", wantedBoundaries(a)) },
		todo: "Name each place where data passes from somebody you trust less to somebody you trust more.",
		measure: onThreats(func(a *Attempt, t *Threats) (string, bool) {
			return fmt.Sprintf("%d of %d", t.Named, t.Boundaries), t.Named >= wantedBoundaries(a)
		})},
	{id: "threat.ranked", text: "Places of the ranking with a reason", need: always("the first 3"), todo: "Put the first three in order in the table and write why each stands where it does.",
		measure: onThreats(func(_ *Attempt, t *Threats) (string, bool) {
			return fmt.Sprintf("%d of 3", t.Ranked), t.Ranked >= barTop
		})},
	{id: "threat.order", text: "Of the first three, those among the authors' first five", need: always("at least 2"), todo: "Rank by how many are hurt, how easily and how surely, before how clever it is.",
		measure: onThreats(func(_ *Attempt, t *Threats) (string, bool) {
			return fmt.Sprintf("%d of 3", t.TopFive), t.TopFive >= barTopFive
		})},
	{id: "threat.treated", text: "Of the first three, those with a mitigation and what stays", need: always("all 3"), todo: "For each of the first three say what you do and which risk is left after it.",
		measure: onThreats(func(_ *Attempt, t *Threats) (string, bool) {
			return fmt.Sprintf("%d of 3", t.Treated), t.Treated >= barTop
		})},
	{id: "threat.sum", text: "Right sums on given figures behind a decision", need: always("at least 1"), todo: "Multiply two figures you were given, write the product, and say what follows from it.",
		measure: onThreats(func(_ *Attempt, t *Threats) (string, bool) {
			return fmt.Sprintf("%d", t.Sums), t.Sums >= barSums
		})},
}

func wantedBoundaries(a *Attempt) int {
	if a.Threats == nil {
		return barBoundaries
	}
	return min(barBoundaries, a.Threats.Boundaries)
}

func onThreats(f func(*Attempt, *Threats) (string, bool)) func(*Attempt) (string, bool, bool) {
	return func(a *Attempt) (string, bool, bool) {
		if a.Threats == nil {
			return "", false, false
		}
		got, met := f(a, a.Threats)
		return got, met, true
	}
}

// weights of a finding by its severity, for the recall of a review.
var weights = map[string]int{"critical": 8, "high": 4, "medium": 2, "low": 1}

// found are the weights of all findings and of those that were found, and how many criticals there are, were found, and
// were found with exploit and fix.
func (r *Review) found() (all, got, criticals, seen, whole int) {
	for _, f := range r.Findings {
		w := max(1, weights[f.Severity])
		all += w
		if f.Found {
			got += w
		}
		if f.Severity != "critical" {
			continue
		}
		criticals++
		if f.Found {
			seen++
			if f.Exploit && f.Fix {
				whole++
			}
		}
	}
	return all, got, criticals, seen, whole
}

func onReview(f func(*Review) (string, bool)) func(*Attempt) (string, bool, bool) {
	return func(a *Attempt) (string, bool, bool) {
		if a.Review == nil {
			return "", false, false
		}
		got, met := f(a.Review)
		return got, met, true
	}
}

var reviewFacts = []fact{
	minutesFact("review.minutes", barMinutesCR, "Read the entry points first and mark the worst before anything else."),
	{id: "review.criticals", text: "Critical findings", need: always("all of them"), todo: "Go from each entry point to where its data is used before you write about style.",
		measure: onReview(func(r *Review) (string, bool) {
			_, _, criticals, seen, _ := r.found()
			return fmt.Sprintf("%d of %d", seen, criticals), seen == criticals
		})},
	{id: "review.recall", text: "Findings by weight (critical 8, high 4, medium 2, low 1)", need: always("at least 0.70"), todo: "After the worst one, read on: who may call this, and with whose data?",
		measure: onReview(func(r *Review) (string, bool) {
			all, got, _, _, _ := r.found()
			v := share(got, all)
			return floored(v), v >= barRecall-1e-9
		})},
	{id: "review.alarms", text: "Rows that match no finding", need: always("at most 1"), todo: "Leave out what you cannot exploit in one sentence.",
		measure: onReview(func(r *Review) (string, bool) { return fmt.Sprintf("%d", r.FalseAlarm), r.FalseAlarm <= barAlarms })},
	{id: "review.exploit", text: "Critical findings with a way to use them and a repair", need: always("each that was found"), todo: "For each critical write the request that uses it and the line that ends it.",
		measure: onReview(func(r *Review) (string, bool) {
			_, _, _, seen, whole := r.found()
			return fmt.Sprintf("%d of %d", whole, seen), whole == seen
		})},
}

var scriptFacts = []fact{
	minutesFact("script.minutes", barMinutesSC, "Get a small core to run first, then widen it."),
	{id: "script.base", text: "Output of the task, by its digest", need: always("the same"), todo: "Run it on the input file and compare with what was asked for, line by line.",
		measure: onScript(func(s *Script) (string, bool) {
			return map[bool]string{true: "the same", false: "another"}[s.Base], s.Base
		})},
	{id: "script.twist", text: "Outputs of twists, by their digests", need: always("at least 1"), todo: "Keep parsing apart from the work, so that a twist is a small change.",
		measure: onScript(func(s *Script) (string, bool) { return fmt.Sprintf("%d of %d", s.Twist, s.Twists), s.Twist >= 1 })},
	{id: "script.rubric", text: "Points of the task, by weight", need: always("at least 0.70"), todo: "Say what input breaks it, what it does at a thousand times the load, and what harm it could do.",
		measure: func(a *Attempt) (string, bool, bool) {
			if a.Points == nil {
				return "", false, false
			}
			v := share(a.Points.Found, a.Points.All)
			return floored(v), v >= barRubric-1e-9, true
		}},
}

func onScript(f func(*Script) (string, bool)) func(*Attempt) (string, bool, bool) {
	return func(a *Attempt) (string, bool, bool) {
		if a.Script == nil || !a.Script.Digests {
			return "", false, false
		}
		got, met := f(a.Script)
		return got, met, true
	}
}

func onStory(f func(*Story) (string, bool)) func(*Attempt) (string, bool, bool) {
	return func(a *Attempt) (string, bool, bool) {
		if a.Story == nil {
			return "", false, false
		}
		got, met := f(a.Story)
		return got, met, true
	}
}

// measuredB are the dimensions that code decides, judgedB those that need a reader.
var (
	measuredB = []string{"B1", "B2", "B4"}
	judgedB   = []string{"B3", "B5", "B6", "B7"}
)

var storyFacts = []fact{
	{id: "story.event", text: "One occasion in the past, told at once", need: always("yes"), todo: "Begin with when and where it was.",
		measure: onStory(func(s *Story) (string, bool) { return map[bool]string{true: "yes", false: "no"}[s.Told], s.Told })},
	{id: "story.minutes", text: "Length of the first answer as spoken", need: always("at most 4:15; under 2:45 is advice only"), todo: "Cut the situation to two sentences and stop after the result.",
		measure: onStory(func(s *Story) (string, bool) {
			got := clock(s.Minutes)
			if s.Minutes < adviceSpoken {
				got += " (short: fine where it is complete)"
			}
			return got, s.Minutes <= barSpoken+1e-9
		})},
	{id: "story.parts", text: "Situation, task, action and result, before anything was asked for", need: always("all four"), todo: "Say the missing part in one sentence of its own.",
		measure: onStory(func(s *Story) (string, bool) {
			if len(s.Missing) == 0 {
				return "all four", true
			}
			return "without " + strings.Join(s.Missing, ", "), false
		})},
	{id: "story.figures", text: "Figures, the outcome's with what it was before",
		need: func(a *Attempt) string {
			if a.Story != nil && a.Story.Observable {
				return "how it ended; this principle is about people and needs no figure"
			}
			return "at least 2, one from before to after"
		},
		todo: "Say what it was before, what it is now, and over how long. Use only figures you can stand by.",
		measure: onStory(func(s *Story) (string, bool) {
			got := fmt.Sprintf("%d", s.Figures)
			if s.Before {
				got += ", from before to after"
			}
			if s.Observable {
				if s.Outcome {
					return got + ", an outcome", true
				}
				return got + ", no outcome", false
			}
			return got, s.Figures >= barFigures && s.Before
		})},
	{id: "story.own", text: "Share of I against an ambiguous we where something was done", need: always("at least 0.80"), todo: "Name who did the other parts; keep we for nobody in particular out of the action.",
		measure: onStory(func(s *Story) (string, bool) {
			if s.I+s.We == 0 {
				return "nobody acted", false
			}
			v := share(s.I, s.I+s.We)
			return floored(v), v >= barOwn-1e-9
		})},
	{id: "story.dimensions", text: "Structure (B1), ownership (B2) and result (B4) of the first answer", need: always("each at least 3"), todo: "Try the weakest of the three again, that part only.",
		measure: func(a *Attempt) (string, bool, bool) {
			if a.Story == nil {
				return "", false, false
			}
			return dimensions(a.Story.B, measuredB)
		}},
}

// dimensions compares dimensions with the bar. One that has no value is not known.
func dimensions(b map[string]int, which []string) (got string, met, known bool) {
	met, known = true, true
	var out []string
	for _, d := range which {
		v, ok := b[d]
		if !ok {
			known = false
			continue
		}
		out = append(out, fmt.Sprintf("%s %d", d, v))
		met = met && v >= barDimension
	}
	return strings.Join(out, ", "), met && known, known
}

// clock is minutes as people write them.
func clock(m float64) string {
	s := int(m*60 + 0.5)
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

func onBrief(f func(*Brief) (string, bool)) func(*Attempt) (string, bool, bool) {
	return func(a *Attempt) (string, bool, bool) {
		if a.Brief == nil {
			return "", false, false
		}
		got, met := f(a.Brief)
		return got, met, true
	}
}

var briefFacts = []fact{
	{id: "explain.grade", text: "Reading grade (Flesch-Kincaid)", need: always("at most 10"), todo: "Cut each sentence over twenty words into two.",
		measure: onBrief(func(b *Brief) (string, bool) { return fmt.Sprintf("%.1f", b.Level), b.Level <= barGrade })},
	{id: "explain.jargon", text: "Words this listener does not know, left unexplained", need: always("none"), todo: "Say what it does instead of its name, or explain it in the same sentence.",
		measure: onBrief(func(b *Brief) (string, bool) { return fmt.Sprintf("%d", b.Jargon), b.Jargon == 0 })},
	{id: "explain.ask", text: "Where the request begins", need: always("within the first 40 words"), todo: "Begin with what you need decided, then say why.",
		measure: onBrief(func(b *Brief) (string, bool) {
			if b.AskAt == 0 {
				return "there is none", false
			}
			return fmt.Sprintf("word %d", b.AskAt), b.AskAt <= barAsk
		})},
	{id: "explain.facts", text: "Facts that must not be bent", need: always("all kept, no figure invented"), todo: "Keep the facts of the card as they are, also where they are unwelcome.",
		measure: onBrief(func(b *Brief) (string, bool) {
			got := fmt.Sprintf("%d of %d kept", b.Kept, b.Facts)
			if b.Invented > 0 {
				got += interview.Counted(b.Invented, ", %d figure that nobody gave", ", %d figures that nobody gave")
			}
			return got, b.Kept == b.Facts && b.Invented == 0
		})},
}

// judged facts stand beside the measured ones and are asked for where a certified model is in reach.
var (
	judgedStory = fact{id: "judged.dimensions", text: "Depth (B3), principle (B5), level (B6) and reflection (B7), with the follow-ups", need: always("each at least 3"), todo: "Try the story again and say what you rejected, who was against it and what you do differently since.",
		measure: func(a *Attempt) (string, bool, bool) {
			if a.Judged == nil {
				return "", false, false
			}
			return dimensions(a.Judged.B, judgedB)
		}}
	judgedScore = fact{id: "judged.score", text: "Score by a certified model, 0 to 1", need: always("at least 0.70"), todo: "Read in the report which points it did not find.",
		measure: func(a *Attempt) (string, bool, bool) {
			if a.Judged == nil || a.Judged.Score == nil {
				return "", false, false
			}
			return floored(*a.Judged.Score), *a.Judged.Score >= barJudged-1e-9, true
		}}
	judgedListener = fact{id: "judged.listener", text: "Questions that a listener who heard only this could answer", need: always("at least 2 of 3"), todo: "Say again what happens if nothing is done, in one plain sentence.",
		measure: func(a *Attempt) (string, bool, bool) {
			if a.Brief == nil || a.Brief.Asked == 0 {
				return "", false, false
			}
			return fmt.Sprintf("%d of %d", a.Brief.Listener, a.Brief.Asked), a.Brief.Listener*3 >= a.Brief.Asked*2, true
		}}
)

// FactIDs are all facts there are, sorted: those of single attempts, those that make an attempt count, and those over
// several.
func FactIDs() []FactID {
	out := slices.Clone(overall)
	for _, c := range criteria {
		for _, f := range slices.Concat(c.facts, c.judged) {
			if !slices.Contains(out, f.id) {
				out = append(out, f.id)
			}
		}
	}
	slices.Sort(out)
	return out
}
