package grading

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"rehearse/server/interview"
)

// Checker judges one criterion at a time. It returns one result for every point it was given, or an error
// when it could not judge at all; a made-up verdict is never better than none.
type Checker interface {
	Check(ctx context.Context, c interview.Check) ([]interview.CheckResult, error)
	Judge() interview.Judge
}

// Wholer is a checker that can say how much of a correct answer an answer says, 0 to 1.
type Wholer interface {
	Whole(ctx context.Context, c interview.WholeCheck) (float64, error)
}

// ByJudged marks what a model decided.
const ByJudged = "judged"

// sure is the confidence from which a judge's verdict counts; under it the point is unclear.
const sure = 0.7

// errJudge is why a check could not be made.
var errJudge = errors.New("a check could not be made")

// ladder is a judged dimension: its steps in order, each a check and the value it is worth. A step counts
// when it is shown; the value is that of the highest step below which at least half of the others are shown.
type ladder struct {
	dimension string
	about     string // what the criterion means, for the judge
	steps     []step
	none      string // why it is 1
}

type step struct {
	check interview.CheckPoint
	value int
	why   string
}

// ladders are the dimensions that only a reader can decide, as checks of one fact each. Their steps are the
// anchors of docs/grading.md.
var ladders = []ladder{
	{"B3", "How deep the account goes into what was done and why.", []step{
		{interview.CheckPoint{ID: "steps", Text: "The candidate says step by step how something was done", Yes: "I diffed two responses, then replayed the request with the header removed.", No: "I analysed the problem and fixed it."}, 2, "steps"},
		{interview.CheckPoint{ID: "reason", Text: "The candidate gives the reason for something they did", Yes: "I started with the login service because every other one trusts its tokens.", No: "I started with the login service."}, 3, "steps and a reason"},
		{interview.CheckPoint{ID: "rejected", Text: "The candidate names another option and why it was not taken", Yes: "I thought about a rewrite, but it would have taken until spring.", No: "We discussed several options."}, 4, "an option rejected for a reason"},
		{interview.CheckPoint{ID: "price", Text: "The candidate says what the choice cost, or where it would break", Yes: "It cost us two weeks of feature work, and above a thousand tenants it would not have held.", No: "It was worth it."}, 5, "the price of the choice, or its limit"},
	}, "labels only"},
	{"B5", "Whether the behaviour named here was shown by something that was done.", []step{
		{interview.CheckPoint{ID: "shown", Text: "The candidate did something that shows this behaviour", Yes: "I called the three customers myself and stayed on the line until it worked.", No: "Customers are very important to me."}, 3, "visible in an act"},
		{interview.CheckPoint{ID: "cost", Text: "Acting so cost the candidate something, or had to be chosen over something else", Yes: "I moved my own launch by a month to do it.", No: "It was the right thing to do."}, 4, "a decision at a cost"},
		{interview.CheckPoint{ID: "pressure", Text: "Somebody opposed it and the candidate still saw it through", Yes: "The director wanted to ship; I showed her the trace and we held the release.", No: "Everybody agreed at once."}, 5, "held under pressure"},
	}, "not shown"},
	{"B6", "How far the work reached, for the level that is aimed at.", []step{
		{interview.CheckPoint{ID: "own", Text: "The candidate was responsible for a result, not only for a task given to them", Yes: "I owned the migration of the gateway.", No: "I was asked to update a library."}, 2, "a responsibility of one's own"},
		{interview.CheckPoint{ID: "unclear", Text: "What to do was not clear at first, and the candidate made it clear", Yes: "Nobody knew how many services were affected, so I wrote a script that asked them.", No: "I followed the runbook."}, 3, "an open problem made clear"},
		{interview.CheckPoint{ID: "others", Text: "The work changed how people outside the candidate's own team worked", Yes: "The other four teams took the check over.", No: "My team liked it."}, 4, "beyond one's own team"},
		{interview.CheckPoint{ID: "lasting", Text: "Something of it goes on without the candidate", Yes: "It has run every night since, and the platform group keeps it.", No: "Then I moved on to the next project."}, 5, "goes on without you"},
	}, "a task that was given"},
	{"B7", "What the candidate learned and what it changed.", []step{
		{interview.CheckPoint{ID: "said", Text: "The candidate says that they learned something or would do something differently", Yes: "I learned that communication is key.", No: "It was a success."}, 2, "a general lesson"},
		{interview.CheckPoint{ID: "real", Text: "The lesson comes from a concrete thing that went wrong or surprised them here", Yes: "I had trusted the inventory, which was a year old.", No: "I learned that communication is key."}, 3, "a lesson from this story"},
		{interview.CheckPoint{ID: "changed", Text: "The candidate later acted differently because of it", Yes: "In the next campaign I asked the running services first.", No: "Next time I would be more careful."}, 4, "later behaviour changed"},
		{interview.CheckPoint{ID: "spread", Text: "Other people or a rule, tool or process changed because of it", Yes: "The step is in our template now, and two teams start with it.", No: "I remember it to this day."}, 5, "others or a mechanism changed"},
	}, "none"},
}

// judged is what a judge says of one point, its quote found in the answer.
type judged struct {
	verdict    string
	confidence float64
	quotes     []Quote
	share      float64 // of the point that was made
}

// verdictShare is what a verdict without odds is worth.
var verdictShare = map[string]float64{interview.VerdictYes: 1, interview.VerdictUnclear: 0.5}

// ask makes one call, finds the quotes and asks once more for those it cannot find. What is still not the
// candidate's words then counts as no, and its quote is dropped.
func (g Grader) ask(ctx context.Context, c interview.Check, dropped *int) (map[string]judged, error) {
	out, lost, err := g.once(ctx, c)
	if err != nil || len(lost) == 0 {
		return out, err
	}
	c.Points, c.Again = lost, true
	more, lost, err := g.once(ctx, c)
	if err != nil {
		return nil, err
	}
	for id, v := range more {
		out[id] = v
	}
	for _, p := range lost {
		*dropped++
		out[p.ID] = judged{verdict: interview.VerdictNo}
	}
	return out, nil
}

// once is one call; lost are the points whose quote does not stand in the answer.
func (g Grader) once(ctx context.Context, c interview.Check) (out map[string]judged, lost []interview.CheckPoint, err error) {
	results, err := g.Checker.Check(ctx, c)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", errJudge, err)
	}
	answers := make([]string, len(c.Turns))
	for i, t := range c.Turns {
		answers[i] = t.Answer
	}
	out = map[string]judged{}
	for _, p := range c.Points {
		var r *interview.CheckResult
		for i := range results {
			if results[i].ID == p.ID {
				r = &results[i]
			}
		}
		if r == nil || len(results) != len(c.Points) {
			return nil, nil, fmt.Errorf("%w: the judge left a point out", errJudge)
		}
		if r.Share != nil && (r.At != nil || r.Verdict == interview.VerdictNo) { // weighed: the sentence is the answer's own
			j := judged{verdict: r.Verdict, confidence: r.Confidence, share: *r.Share}
			if r.At != nil && r.Verdict != interview.VerdictNo {
				j.quotes = []Quote{{r.At.Turn, r.At.Start, r.At.End}}
			}
			out[p.ID] = j
			continue
		}
		switch r.Verdict {
		case interview.VerdictYes:
			q, ok := find(r.Quote, answers)
			if !ok {
				lost = append(lost, p)
				continue
			}
			j := judged{verdict: interview.VerdictYes, confidence: r.Confidence, quotes: []Quote{q}}
			if r.Confidence < sure {
				j.verdict = interview.VerdictUnclear
			}
			j.share = verdictShare[j.verdict]
			out[p.ID] = j
		case interview.VerdictNo, interview.VerdictUnclear: // nothing was shown, so nothing is quoted
			out[p.ID] = judged{verdict: r.Verdict, confidence: r.Confidence, share: verdictShare[r.Verdict]}
		default:
			return nil, nil, fmt.Errorf("%w: the judge said %q", errJudge, clipWord(r.Verdict))
		}
	}
	return out, lost, nil
}

func clipWord(s string) string {
	if len(s) > 30 {
		s = strings.ToValidUTF8(s[:30], "") + "…"
	}
	return s
}

// exchange is what a judge is shown: the answers with nothing in them that speaks to it.
func exchange(in Input, cleaned []cleaned) []interview.CheckTurn {
	var out []interview.CheckTurn
	for i, c := range cleaned {
		t := interview.CheckTurn{Answer: c.text}
		if i > 0 {
			t.Probe = in.History[i-1].Probe
		}
		out = append(out, t)
	}
	return out
}

// readers decides the dimensions that need a reader: over the first answer alone, and over the whole
// block, where only what the first did not show is asked again. What was shown at once is shown.
func (g Grader) readers(ctx context.Context, in Input, cleaned []cleaned, told, after bool, dropped *int) (un, all []Decision, err error) {
	turns := exchange(in, cleaned)
	spoken, err := g.stepSentences(ctx, cleaned)
	if err != nil {
		return nil, nil, err
	}
	first := spoken
	for i := range spoken {
		if spoken[i].q.Turn > 0 {
			first = spoken[:i]
			break
		}
	}
	for _, l := range ladders {
		c := interview.Check{Criterion: l.dimension, Question: in.Question, About: l.about, Turns: turns[:1]}
		switch {
		case l.dimension == "B5" && in.Principle != "":
			c.About += " The behaviour: " + in.Principle
		case l.dimension == "B6" && in.Level != "":
			c.About += " The level: " + in.Level + "."
		}
		for _, s := range l.steps {
			p := s.check
			if p.Where, err = g.where(ctx, p, first); err != nil {
				return nil, nil, err
			}
			c.Points = append(c.Points, p)
		}
		shown := map[string]judged{}
		if told {
			if shown, err = g.ask(ctx, c, dropped); err != nil {
				return nil, nil, err
			}
			un = append(un, l.decide(shown))
		}
		if !after {
			continue
		}
		if len(turns) > 1 {
			c.Turns, c.Points = turns, nil
			for _, s := range l.steps {
				if shown[s.check.ID].verdict != interview.VerdictYes {
					p := s.check
					if p.Where, err = g.where(ctx, p, spoken[len(first):]); err != nil {
						return nil, nil, err
					}
					c.Points = append(c.Points, p)
				}
			}
			if len(c.Points) > 0 {
				more, err := g.ask(ctx, c, dropped)
				if err != nil {
					return nil, nil, err
				}
				for id, v := range more {
					shown[id] = v
				}
			}
		}
		all = append(all, l.decide(shown))
	}
	return un, all, nil
}

// decide is the arithmetic of a ladder: the highest step that is shown together with at least half of those
// below it, so that one lucky quote does not carry an answer to the top.
func (l ladder) decide(shown map[string]judged) Decision {
	d := Decision{Dimension: l.dimension, By: ByJudged, Value: 1, Why: l.none, Quotes: []Quote{}}
	below := 0
	for i, s := range l.steps {
		j := shown[s.check.ID]
		if j.verdict != interview.VerdictYes {
			continue
		}
		if below*2 >= i {
			d.Value, d.Why = s.value, s.why
		}
		d.Quotes = append(d.Quotes, j.quotes...)
		below++
	}
	return d
}

// Steps are the checks of all ladders, with the example sentences that a judge's odds are read by.
func Steps() []interview.CheckPoint {
	var out []interview.CheckPoint
	for _, l := range ladders {
		for _, s := range l.steps {
			out = append(out, s.check)
		}
	}
	return out
}
