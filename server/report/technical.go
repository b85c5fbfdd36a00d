package report

import (
	"slices"

	"rehearse/server/grading"
	"rehearse/server/interview"
	"rehearse/server/reading"
)

// findings maps what was marked and said against the seeded issues.
func findings(out *Block, st interview.State, b *interview.Block, rubric *interview.Rubric) {
	r := grading.Review(&st, b, rubric)
	for i, f := range rubric.Findings {
		hit := r.Findings[i]
		out.Findings = append(out.Findings, Finding{ID: f.ID, Title: f.Title, Lines: f.Lines, CWE: f.CWE, Severity: f.Severity, Exploit: f.Exploit, Fix: f.Fix, Prevent: f.Prevention,
			Said: hit.Said, Turn: hit.Turn, LineMatch: hit.LineMatch})
	}
	for i, d := range rubric.Decoys {
		out.Decoys = append(out.Decoys, Decoy{Lines: d.Lines, WhySafe: d.WhySafe, Taken: r.Decoys[i]})
	}
	out.FalseAlarm = r.FalseAlarms
}

// order lists an expert's steps with the place each had in the candidate's answers.
func order(out *Block, st interview.State, b *interview.Block, rubric *interview.Rubric) {
	for i, at := range grading.Places(&st, b, rubric.Order) {
		out.Order = append(out.Order, OrderStep{ID: rubric.Order[i].ID, Text: rubric.Order[i].Text, At: at})
	}
}

// Rank is one place of the authors' order of urgency. Yours is the candidate's place for the same, from 1; 0 for none.
type Rank struct {
	ID     string `json:"id"`
	Label  string `json:"label"`
	Reason string `json:"reason"`
	Yours  int    `json:"yours"`
	Apart  bool   `json:"apart,omitempty"` // belongs to no step of the attack
}

// ranking lists the authors' order of urgency with their reasons, beside the candidate's.
func ranking(out *Block, st interview.State, b *interview.Block, item *interview.Item, rubric *interview.Rubric) {
	if item == nil || item.Kind != interview.KindRanking && item.Kind != interview.KindChain {
		return
	}
	places := grading.Ranks(&st, b)
	key := rubric.Ranking
	if item.Kind == interview.KindChain {
		key = slices.Concat(rubric.Chain, rubric.Unrelated)
	}
	for _, r := range key {
		row := Rank{ID: r.ID, Label: r.ID, Reason: r.Reason, Yours: places[r.ID]}
		for _, o := range item.Options {
			if o.ID == r.ID {
				row.Label = o.Label
			}
		}
		row.Apart = item.Kind == interview.KindChain && slices.ContainsFunc(rubric.Unrelated, func(u interview.Ranked) bool { return u.ID == r.ID })
		out.Ranking = append(out.Ranking, row)
	}
}

// Decision is one thing a design has to decide: whether it was, and the ways there are with what each gives and costs.
type Decision struct {
	ID      string                     `json:"id"`
	Topic   string                     `json:"topic"`
	Text    string                     `json:"text"`
	Met     bool                       `json:"met"`
	Options []interview.DecisionOption `json:"options"`
}

// decisions lists what a design has to decide. One is met when any of the points that show it was made.
func decisions(out *Block, rubric *interview.Rubric) {
	made := map[string]bool{}
	for _, p := range out.Points {
		made[p.ID] = p.After
	}
	for _, d := range rubric.Decisions {
		out.Decisions = append(out.Decisions, Decision{ID: d.ID, Topic: d.Topic, Text: d.Text, Options: d.Options,
			Met: slices.ContainsFunc(d.Points, func(p string) bool { return made[p] })})
	}
}

// Alert is one result of a scanner with the key's verdict and reason, and the candidate's verdict, empty for none.
type Alert struct {
	ID     string `json:"id"`
	Rule   string `json:"rule"`
	True   bool   `json:"true_positive"`
	Reason string `json:"reason"`
	Yours  string `json:"yours"`
	Right  bool   `json:"right"`
}

// alerts lists a scanner's results with what each is, beside what the candidate called it.
func alerts(out *Block, st interview.State, b *interview.Block, item *interview.Item, rubric *interview.Rubric) {
	if item == nil || item.Assets.Scan == nil {
		return
	}
	given := grading.Verdicts(&st, b)
	for _, k := range rubric.Alerts {
		row := Alert{ID: k.ID, True: k.True, Reason: k.Reason, Yours: given[k.ID]}
		said, ok := grading.Called(row.Yours)
		row.Right = ok && said == k.True
		for _, a := range item.Assets.Scan.Alerts {
			if a.ID == k.ID {
				row.Rule = a.Rule
			}
		}
		out.Alerts = append(out.Alerts, row)
	}
}

// Boundary is a trust boundary of the diagram. Turn is where it was named in prose, 0 for a row of the model.
type Boundary struct {
	Label string `json:"label"`
	Named bool   `json:"named"`
	Turn  int    `json:"turn,omitempty"`
}

// boundaries lists the trust boundaries of a threat model's diagram, and which of them were named.
func boundaries(out *Block, st interview.State, b *interview.Block, item *interview.Item) {
	if item == nil || item.Kind != interview.KindThreatModel {
		return
	}
	for _, h := range grading.Boundaries(&st, b, item.Assets.Diagram) {
		out.Boundaries = append(out.Boundaries, Boundary{h.Label, h.Named, h.Turn})
	}
}

// decisive lists the facts that change an answer, and whether the candidate asked for each.
func decisive(out *Block, st interview.State, b *interview.Block, item *interview.Item, rubric *interview.Rubric) {
	if item == nil {
		return
	}
	for _, id := range rubric.Decisive {
		for _, f := range item.Facts {
			if f.ID != id {
				continue
			}
			row := Fact{ID: id, Answer: f.Answer}
			for _, n := range b.Turns {
				for _, c := range st.Turn(n).Clarified {
					row.Asked = row.Asked || slices.Contains(splitIDs(c.Fact), id)
				}
			}
			out.Facts = append(out.Facts, row)
		}
	}
}

func splitIDs(s string) []string {
	var out []string
	start := 0
	for i := 0; i <= len(s); i++ {
		if i == len(s) || s[i] == ',' {
			out = append(out, s[start:i])
			start = i + 1
		}
	}
	return out
}

// ledger lists every figure of the behavioural answers and marks those that disagree with an earlier one.
func ledger(st interview.State, earlier Earlier) []Number {
	out := []Number{}
	type told struct {
		turn int
		q    []reading.Quantity
		text string
	}
	byBlock := map[int][]told{}
	for i := range st.Turns {
		t := &st.Turns[i]
		b := st.Block(t.Block)
		if !t.Answered || b.Kind != string(interview.KindBehavioural) {
			continue
		}
		r := reading.Read(reading.Input{Question: t.Text, Text: t.Answer, Kind: interview.KindBehavioural, Expect: t.Expect, Followup: !t.Main})
		start := len(out)
		for _, q := range r.Quantities {
			out = append(out, Number{Turn: i + 1, Quantity: q, Text: t.Answer[q.Start:q.End]})
		}
		for _, before := range byBlock[t.Block] {
			for _, k := range reading.Conflicts(before.q, r.Quantities) {
				for j := start; j < len(out); j++ {
					if out[j].Start == k.After.Start {
						out[j].Conflict = before.turn
					}
				}
			}
		}
		if earlier != nil && b.Item != "" {
			attempts(out[start:], r.Quantities, earlier(b.Item))
		}
		byBlock[t.Block] = append(byBlock[t.Block], told{turn: i + 1, q: r.Quantities, text: t.Answer})
	}
	return out
}

// sameStory is how many figures two answers share at least when they tell the same story.
const sameStory = 2

// attempts marks the figures of an answer that were others in an earlier attempt at the same story.
func attempts(out []Number, now []reading.Quantity, earlier []string) {
	for _, text := range earlier {
		before := reading.Read(reading.Input{Text: text, Kind: interview.KindBehavioural}).Quantities
		same := 0
		for _, q := range now {
			if slices.ContainsFunc(before, func(b reading.Quantity) bool {
				return b.Noun == q.Noun && q.Noun != "" && b.Unit == q.Unit && b.Value == q.Value
			}) {
				same++
			}
		}
		if same < sameStory {
			continue
		}
		for _, k := range reading.Conflicts(before, now) {
			for i := range out {
				if out[i].Start == k.After.Start && out[i].Earlier == "" {
					out[i].Earlier = text[k.Before.Start:k.Before.End]
				}
			}
		}
	}
}
