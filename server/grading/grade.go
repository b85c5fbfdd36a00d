// Package grading says what an answer is worth and on which of its words that rests, as far as code alone
// can tell: a gate for what is no answer, the dimensions of a story that its form decides, and the points of
// a technical answer by the words they share. It is deterministic, uses no model, and gives no number that
// it has not measured; what only a reader could judge stays open.
package grading

import (
	"context"
	"errors"
	"math"
	"slices"

	"rehearse/server/interview"
	"rehearse/server/reading"
)

// Statuses of a grade.
const (
	StatusGraded       = "graded"
	StatusInsufficient = "insufficient"
	StatusFailed       = "failed"
)

// Who decided a point or a dimension.
const (
	ByMeasured = "measured" // code, from the words
	ByAuthored = "authored" // a rule of the item
)

// Embedder turns texts into vectors, one for each, in order.
type Embedder func(ctx context.Context, texts []string) ([][]float32, error)

// Exchange is a follow-up and its answer.
type Exchange struct {
	Probe  string `json:"probe"`
	Answer string `json:"answer"`
	// Part says that this was a part of the exercise itself, asked of everybody: what was said in it was said
	// unprompted.
	Part bool `json:"part,omitempty"`
}

// Point is one thing a strong answer holds. Synonyms, Regex and Negations are the author's rules, where
// there are any (see interview.Phrase).
type Point struct {
	ID        string
	Text      string
	Weight    float64 // 0 means 1
	Must      bool
	Synonyms  []interview.Phrase
	Regex     []string
	Negations []interview.Phrase
	Yes, No   string // an example that makes it and one that does not, for a judge
}

// PointsOf are the points of an item's rubric.
func PointsOf(r *interview.Rubric) []Point {
	var out []Point
	for _, p := range r.Points {
		out = append(out, Point{ID: p.ID, Text: p.Text, Weight: float64(p.Weight), Must: p.Must, Synonyms: p.Synonyms, Regex: p.Regex, Negations: p.Negations, Yes: p.YesExample, No: p.NoExample})
	}
	return out
}

// Input is an answer with all that is known about it.
type Input struct {
	Kind       interview.Kind
	Question   string
	Answer     string
	History    []Exchange
	Level      string
	Reach      bool     // the level is above the pack's lowest
	Names      []string // of the pack's principles: strung together they are no answer
	Principle  string   // what the principle asks for, for a judge
	Observable bool     // the principle is about people: an outcome one could observe needs no figure
	Reference  string
	Points     []Point
	RedFlags   []interview.RedFlag
}

// Quote is bytes [Start,End) of an answer: turn 0 is the first answer, i the answer to follow-up i.
type Quote struct {
	Turn  int `json:"turn"`
	Start int `json:"start"`
	End   int `json:"end"`
}

// Scores are one reading of an answer; null where there is no number.
type Scores struct {
	Score    *float64 `json:"score"`
	Measured *float64 `json:"measured_score"`
}

// Decision is why a dimension has its value, with the words it rests on.
type Decision struct {
	Dimension string  `json:"dimension"`
	Value     int     `json:"value"`
	By        string  `json:"by"`
	Why       string  `json:"why"`
	Quotes    []Quote `json:"quotes"`
}

// Verdict is whether a point was made.
type Verdict struct {
	ID         string  `json:"id"`
	Text       string  `json:"text,omitempty"` // of points split from a reference, which have no other name
	Verdict    string  `json:"verdict"`        // yes, no or unclear
	Confidence float64 `json:"confidence"`
	Quotes     []Quote `json:"quotes"`
	By         string  `json:"by"`
}

// RedFlag is something said that costs.
type RedFlag struct {
	ID     string  `json:"id"`
	Say    string  `json:"say"`
	Quotes []Quote `json:"quotes"`
}

// Grade is what an answer is worth. Score and Measured are those of the whole block, as in After.
type Grade struct {
	Graded     bool            `json:"graded"`
	Status     string          `json:"status"`
	Reason     string          `json:"reason,omitempty"`
	Note       string          `json:"note,omitempty"` // why no model judged, where one could have
	Score      *float64        `json:"score"`
	Measured   *float64        `json:"measured_score"`
	Unprompted Scores          `json:"unprompted"`
	After      Scores          `json:"after_probes"`
	Dimensions map[string]*int `json:"dimensions,omitempty"`
	Decisions  []Decision      `json:"decisions,omitempty"`
	Points     []Verdict       `json:"points,omitempty"`
	Flags      []string        `json:"flags"`
	// Prose is a few sentences about the grade; every figure and quotation in them stands in the grade.
	Prose string `json:"prose,omitempty"`
	// Exercise is what was measured beside the points; it is set for the blocks of a session.
	Exercise *Exercise `json:"exercise,omitempty"`
	// RedFlags are the item's, by the author's patterns.
	RedFlags []RedFlag `json:"red_flags,omitempty"`
	// PointsBefore are the points as they stood after the first answer.
	PointsBefore []Verdict `json:"points_unprompted,omitempty"`
	// Before are the decisions over the first answer alone.
	Before []Decision `json:"decisions_unprompted,omitempty"`
	// Nearness names the embedder whose vectors counted; empty where words alone did.
	Nearness string `json:"nearness,omitempty"`
	// Dropped is how many of the judge's quotes were not the candidate's words; none of them is shown.
	Dropped          int `json:"quotes_dropped,omitempty"`
	*interview.Judge     // nil when no model judged
}

// Near says how the cosines of one embedder count for a point.
type Near struct {
	ID       string  // names the embedder in the grade
	From, To float64 // the cosine that is nothing, and the one that is the whole point; From < To
	Share    float64 // of a point's value, 0 to 1; the rest is what words share
	Apart    bool    // take the question's direction out of points and sentences first
}

// ForModels are the bounds for sentence models.
func ForModels(id string) Near { return Near{ID: id, From: 0.25, To: 0.8, Share: 0.5} }

// ForTable are the bounds for the builtin embedder, fitted on the example sentences of the shipped pack and
// on testdata/short.jsonl. A vector that is a sum of words has much of the question in it.
func ForTable(id string) Near {
	return Near{ID: id, From: 0.05, To: 0.5, Share: 0.35, Apart: true}
}

// Grader grades answers. The zero value goes by words alone.
type Grader struct {
	Embed   Embedder // nearness in meaning; may be nil
	Near    Near     // how much it counts; the zero value is ForModels
	Checker Checker  // judges what only a reader can; may be nil
	Writer  Writer   // puts a grade into sentences; may be nil
	// Listener hears an explanation and nothing else; may be nil.
	Listener Listener
}

// failed is a grade that could not be made: a reason, and no number anywhere.
func (g Grader) failed(err error, so Grade) Grade {
	return Grade{Status: StatusFailed, Reason: reasonOf(err), Flags: so.Flags, Judge: so.Judge}
}

// reasonOf is what a person reads about a failure.
func reasonOf(err error) string {
	var e *interview.Error
	if errors.As(err, &e) {
		return e.Message
	}
	return err.Error()
}

// Grade grades an answer. It returns the same grade for the same input.
func (g Grader) Grade(ctx context.Context, in Input) Grade {
	grade := g.behavioural
	if in.Kind.Technical() && in.Kind != "" {
		grade = g.technical
	}
	out := grade(ctx, in)
	g.prose(ctx, in, &out)
	return out
}

// turns cleans the answers of a block, each against what was said before it.
func turns(in Input, about map[string]bool) (out []cleaned, flags []string) {
	var earlier []string
	for i := range len(in.History) + 1 {
		text := in.Answer
		if i > 0 {
			text = in.History[i-1].Answer
		}
		c := clean(text, about, earlier)
		out = append(out, c)
		earlier = append(earlier, c.text)
		for _, f := range c.flags {
			flags = flag(flags, f)
		}
	}
	return out, flags
}

func flag(flags []string, f string) []string {
	if f == "" || slices.Contains(flags, f) {
		return flags
	}
	return append(flags, f)
}

// number is a score rounded to four places.
func number(v float64) *float64 {
	v = math.Round(min(1, max(0, v))*1e4) / 1e4
	return &v
}

func quotesOf(turn int, spans []reading.Span, limit int) []Quote {
	out := []Quote{}
	for _, s := range spans {
		if len(out) == limit {
			break
		}
		if s.End > s.Start {
			out = append(out, Quote{Turn: turn, Start: s.Start, End: s.End})
		}
	}
	return out
}
