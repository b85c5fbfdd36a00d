package report

import (
	"encoding/json"
	"slices"

	"rehearse/server/interview"
	"rehearse/server/reading"
)

func findingRows(a interview.ArtifactSaved) []interview.FindingRow {
	var out []interview.FindingRow
	for _, raw := range a.Rows {
		var row interview.FindingRow
		if json.Unmarshal(raw, &row) == nil { // rows were checked when they were saved
			out = append(out, row)
		}
	}
	return out
}

// lineSlack is how far a marked range may be off a finding's lines and still point at it.
const lineSlack = 2

func overlaps(row interview.FindingRow, lines [2]int) bool {
	end := max(row.EndLine, row.StartLine)
	return row.StartLine > 0 && row.StartLine-lineSlack <= lines[1] && end+lineSlack >= lines[0]
}

// findings matches what was marked and said against the seeded issues. A row counts for a finding when its
// lines overlap and its words name it, or when its words name it and no lines were given.
func findings(out *Block, st interview.State, b *interview.Block, rubric *interview.Rubric, rows []interview.FindingRow) {
	if len(rubric.Findings) == 0 {
		return
	}
	matched := make([]bool, len(rows))
	for _, f := range rubric.Findings {
		row := Finding{ID: f.ID, Title: f.Title, Lines: f.Lines, CWE: f.CWE, Severity: f.Severity, Exploit: f.Exploit, Fix: f.Fix, Prevent: f.Prevention}
		for i, r := range rows {
			named := len(reading.Find(r.Issue+". "+r.Impact+". "+r.Fix, f.Says, nil)) > 0
			if hit := overlaps(r, f.Lines); hit && named {
				row.Said, row.LineMatch, matched[i] = true, true, true
			} else if named && r.StartLine == 0 {
				row.Said, matched[i] = true, true
			}
		}
		for _, n := range b.Turns {
			if !row.Said && len(reading.Find(st.Turn(n).Answer, f.Says, nil)) > 0 {
				row.Said, row.Turn = true, n
			}
		}
		out.Findings = append(out.Findings, row)
	}
	for _, d := range rubric.Decoys {
		taken := false
		for i, r := range rows {
			if !matched[i] && overlaps(r, d.Lines) {
				taken = true
			}
		}
		out.Decoys = append(out.Decoys, Decoy{Lines: d.Lines, WhySafe: d.WhySafe, Taken: taken})
	}
	for _, m := range matched {
		if !m {
			out.FalseAlarm++
		}
	}
}

// order lists an expert's steps with the place each had in the candidate's answers.
func order(out *Block, st interview.State, b *interview.Block, rubric *interview.Rubric) {
	type place struct{ step, turn, at int }
	var places []place
	for i, o := range rubric.Order {
		for _, n := range b.Turns {
			if spans := reading.Find(st.Turn(n).Answer, o.Says, nil); len(spans) > 0 {
				places = append(places, place{i, n, spans[0].Start})
				break
			}
		}
	}
	slices.SortFunc(places, func(a, b place) int {
		if a.turn != b.turn {
			return a.turn - b.turn
		}
		return a.at - b.at
	})
	for i, o := range rubric.Order {
		row := OrderStep{ID: o.ID, Text: o.Text}
		for at, p := range places {
			if p.step == i {
				row.At = at + 1
			}
		}
		out.Order = append(out.Order, row)
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
func ledger(st interview.State) []Number {
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
		byBlock[t.Block] = append(byBlock[t.Block], told{turn: i + 1, q: r.Quantities, text: t.Answer})
	}
	return out
}
