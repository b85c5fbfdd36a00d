package grading

import (
	"encoding/json"
	"strconv"
	"testing"

	"rehearse/server/interview"
	"rehearse/server/pack/packtest"
	"rehearse/server/reading"
)

// exerciseState is a block of one answered turn with rows beside it.
func exerciseState(t *testing.T, item, answer string, artifacts map[string][]any) (*interview.State, *interview.Block) {
	t.Helper()
	turn := interview.Turn{QuestionAsked: interview.QuestionAsked{Turn: 1, Block: 1, Main: true}, Answered: true, Answer: answer}
	for kind, rows := range artifacts {
		a := interview.ArtifactSaved{Turn: 1, Kind: kind}
		for _, r := range rows {
			raw, err := json.Marshal(r)
			if err != nil {
				t.Fatal(err)
			}
			a.Rows = append(a.Rows, raw)
		}
		turn.Artifacts = append(turn.Artifacts, a)
	}
	st := &interview.State{Turns: []interview.Turn{turn}, Blocks: []interview.Block{{BlockStarted: interview.BlockStarted{Item: item}, Turns: []int{1}}}}
	return st, &st.Blocks[0]
}

func TestBoundaries(t *testing.T) {
	d := packtest.Flagship(t).Items["tm-sign-in"].Assets.Diagram
	for _, tt := range []struct {
		name   string
		answer string
		rows   []any
		want   []string
	}{
		{"nothing said", "I would start with the threats.", nil, nil},
		{"a flow is no boundary", "The browser talks to the edge and the edge to the sign-in service.", nil, nil},
		{"by its label", "The weakest trust boundary is the one round the identity account.", nil, []string{"Identity account"}},
		{"by what it separates", "The boundary I care about lies between the token issuer and the brand services.", nil, []string{"Identity account", "Brand accounts"}},
		{"in a row", "See my rows.", []any{interview.ModelRow{Kind: "boundary", Name: "Public internet to front account"}, interview.ModelRow{Kind: "component", Name: "Identity account"}}, []string{"Public internet", "Front account"}},
	} {
		st, b := exerciseState(t, "tm-sign-in", tt.answer, map[string][]any{"model": tt.rows})
		var got []string
		for _, h := range Boundaries(st, b, d) {
			if h.Named {
				got = append(got, h.Label)
			}
		}
		if len(got) != len(tt.want) {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
			continue
		}
		for i := range got {
			if got[i] != tt.want[i] {
				t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
			}
		}
	}
}

// TestThreatModelIsMeasured: three boundaries are worth more than none, and threats that could stand anywhere cost.
func TestThreatModelIsMeasured(t *testing.T) {
	p := packtest.Flagship(t)
	rubric := p.Rubrics["tm-sign-in"]
	measure := func(answer string, threats ...any) *Exercise {
		st, b := exerciseState(t, "tm-sign-in", answer, map[string][]any{"threats": threats})
		return measureExercise(st, b, p, rubric)
	}
	none := measure("I would list threats.")
	three := measure("Trust boundaries: the public internet to the front account, the front account to the identity account, and the identity account to the brand accounts.")
	if *none.Crossed != 0 || *three.Crossed != 4 || none.adjust(1) >= three.adjust(1) || three.adjust(1) != 1 {
		t.Errorf("boundaries: none %d (%.3f), all %d (%.3f)", *none.Crossed, none.adjust(1), *three.Crossed, three.adjust(1))
	}
	e := measure("", interview.ThreatRow{Source: "attacker", Action: "injects SQL", Impact: "data loss", Component: "the database"},
		interview.ThreatRow{Source: "a thief", Action: "replays the token at the brand services", Impact: "points are spent", Component: "Token issuer"})
	if *e.Threats != 2 || *e.FourSlots != 2 || *e.Generic != 1 {
		t.Errorf("threats %d, complete %d, generic %d; want 2, 2, 1", *e.Threats, *e.FourSlots, *e.Generic)
	}
}

// TestReviewInProse: findings said in prose count, with their lines where those are named.
func TestReviewInProse(t *testing.T) {
	rubric := packtest.Flagship(t).Rubrics["cr-java-orders"]
	first := rubric.Findings[0]
	for _, tt := range []struct {
		name        string
		answer      string
		rows        []any
		said, lines bool
	}{
		{"nothing", "It looks fine to me.", nil, false, false},
		{"lines alone say nothing", "Line " + itoa(first.Lines[0]) + " is long and hard to read.", nil, false, false},
		{"its words", first.Title + ".", nil, len(reading0(first.Title, &first)) > 0, false},
		{"described at its lines", "Line " + itoa(first.Lines[0]) + ": " + first.Exploit, nil, true, true},
		{"described elsewhere", "Line " + itoa(first.Lines[0]+30) + ": " + first.Title, nil, len(reading0(first.Title, &first)) > 0, false},
		{"a row at its lines in other words", "see rows", []any{interview.FindingRow{StartLine: first.Lines[0], EndLine: first.Lines[1], Issue: first.Exploit}}, true, true},
	} {
		st, b := exerciseState(t, "cr-java-orders", tt.answer, map[string][]any{"findings": tt.rows})
		h := Review(st, b, rubric).Findings[0]
		if h.Said != tt.said || h.LineMatch != tt.lines {
			t.Errorf("%s: said %t, lines %t; want %t, %t", tt.name, h.Said, h.LineMatch, tt.said, tt.lines)
		}
	}
}

func TestAtLines(t *testing.T) {
	for text, want := range map[string]bool{
		"Line 31 joins the value":         true,
		"lines 28-33 join the value":      true,
		"Lines 12 and 32 are wrong":       true,
		"L30: injection":                  true,
		"line 12 is wrong":                false,
		"31 customers were hit":           false,
		"lines 10 to 20 and nothing else": false,
		"lines 10, 60":                    false,
	} {
		if got := atLines(text, [2]int{30, 32}); got != want {
			t.Errorf("atLines(%q) = %t", text, got)
		}
	}
}

func itoa(n int) string { return strconv.Itoa(n) }

func reading0(text string, f *interview.Finding) []reading.Span {
	return reading.Find(text, f.Says, nil)
}

func TestRanks(t *testing.T) {
	st, b := exerciseState(t, "rk-01", "see rows", map[string][]any{"ranking": {interview.RankingRow{ID: "appliance"}, interview.RankingRow{ID: "status", Reason: "any account"}, interview.RankingRow{ID: "appliance"}}})
	if got := Ranks(st, b); len(got) != 2 || got["appliance"] != 1 || got["status"] != 2 {
		t.Errorf("%v", got)
	}
}
