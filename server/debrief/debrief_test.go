package debrief

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rehearse/server/grading"
	"rehearse/server/interview"
)

func value(v float64) *float64 { return &v }

// dims makes the dimensions of a story: 0 is open. The first, second and fourth are measured.
func dims(vs ...float64) []Value {
	var out []Value
	for i, v := range vs {
		d := Value{ID: fmt.Sprint("B", i+1), Name: fmt.Sprint("B", i+1), Measured: i == 0 || i == 1 || i == 3}
		if v > 0 {
			d.Value = value(v)
		}
		out = append(out, d)
	}
	return out
}

func TestDecide(t *testing.T) {
	for _, tt := range []struct {
		name      string
		values    []Value
		certified bool
		want      string
		basis     string
	}{
		{"all fours", dims(4, 4, 4, 4, 4, 4, 4), true, StrongHire, Judged},
		{"mean 4 with a three", dims(5, 5, 4, 4, 4, 3, 3), true, StrongHire, Judged},
		{"mean over 4 with a two", dims(5, 5, 5, 5, 5, 5, 2), true, Inclined, Judged},
		{"just under 4", dims(4, 4, 4, 4, 4, 4, 3), true, Inclined, Judged},
		{"all threes", dims(3, 3, 3, 3, 3, 3, 3), true, Inclined, Judged},
		{"mean 3 with a two", dims(4, 3, 3, 3, 3, 3, 2), true, Inclined, Judged},
		{"mean over 3 with a one", dims(5, 5, 5, 5, 5, 5, 1), true, NotInclined, Judged},
		{"just under 3", dims(3, 3, 3, 3, 3, 3, 2), true, NotInclined, Judged},
		{"all twos", dims(2, 2, 2, 2, 2, 2, 2), true, NotInclined, Judged},
		{"just under 2", dims(2, 2, 2, 2, 2, 2, 1), true, StrongNo, Judged},
		{"all ones", dims(1, 1, 1, 1, 1, 1, 1), true, StrongNo, Judged},
		{"no model, the measured stand in", dims(4, 4, 0, 4, 0, 0, 0), false, StrongHire, Measured},
		{"no model, measured low", dims(2, 1, 0, 2, 0, 0, 0), false, StrongNo, Measured},
		{"no model, what is not measured does not count", dims(4, 4, 1, 4, 0, 0, 0), false, StrongHire, Measured},
		{"a model left one open", dims(4, 4, 1, 4, 4, 4, 0), true, NotInclined, InPart},
		{"two measured", dims(5, 5, 0, 0, 0, 0, 0), false, NotEnough, ""},
		{"two of a model", dims(5, 5, 0, 0, 0, 0, 0), true, NotEnough, ""},
		{"nothing set", dims(0, 0, 0, 0, 0, 0, 0), false, NotEnough, ""},
		{"nothing asked", nil, false, NotEnough, ""},
		{"three exactly", dims(5, 5, 0, 5, 0, 0, 0), false, StrongHire, Measured},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, mean, basis, why := Decide(tt.values, tt.certified)
			if got != tt.want || basis != tt.basis || (mean == nil) != (got == NotEnough) || why == "" {
				t.Errorf("%q on %q with mean %v (%s), want %q on %q", got, basis, mean, why, tt.want, tt.basis)
			}
			if basis == Measured && !strings.Contains(why, "measured score stands in") {
				t.Errorf("the vote does not say that the measured score stands in: %s", why)
			}
		})
	}
}

func row(id string, points ...float64) Row {
	r := Row{Principle: interview.Label{ID: id, Label: id}, Gap: len(points) == 0}
	sum := 0.0
	for _, v := range points {
		r.Points = append(r.Points, DataPoint{Value: v})
		sum += v
	}
	if len(points) > 0 {
		r.Mean = value(sum / float64(len(points)))
	}
	return r
}

func TestConclude(t *testing.T) {
	// A vote is a letter: S strong hire, I inclined, N not inclined, X strong no, - not enough evidence.
	letters := map[rune]Vote{'S': {Vote: StrongHire, Mean: value(4.2), Basis: Judged}, 'I': {Vote: Inclined, Mean: value(3.5), Basis: Judged}, 'i': {Vote: Inclined, Mean: value(3.1), Basis: Measured},
		'N': {Vote: NotInclined, Mean: value(2.5), Basis: Judged}, 'X': {Vote: StrongNo, Mean: value(1.4), Basis: Judged}, '-': {Vote: NotEnough}}
	for _, tt := range []struct {
		votes string
		rows  []Row
		fit   *float64
		want  string
	}{
		{"SSSSS", nil, value(4), Yes},
		{"IIIII", nil, value(3), Yes},
		{"IIIIN", nil, value(3), Yes},                         // mean 3.3
		{"IIIIX", nil, value(3), Mixed},                       // mean 3.08
		{"SSSSX", nil, value(3.5), Yes},                       // mean 3.64
		{"IIINN", nil, value(4), Mixed},                       // three are not four
		{"SSSNN", nil, value(4), Mixed},                       // three are not four
		{"IIII-", nil, value(3), Yes},                         // who has no vote is not in the mean
		{"III--", nil, value(3), Mixed},                       // three are not four
		{"iiiii", nil, value(4), Mixed},                       // mean 3.1
		{"IIIII", nil, value(2.9), Mixed},                     // the level does not fit
		{"IIIII", nil, nil, Yes},                              // nobody judged the level: open, and said
		{"SSSSS", []Row{row("a", 1.5, 2)}, value(5), No},      // a principle under 2 over two
		{"SSSSS", []Row{row("a", 1)}, value(5), Yes},          // over one it is no rule
		{"SSSSS", []Row{row("a", 2, 2)}, value(5), Yes},       // 2 is not under 2
		{"SSSSS", []Row{row("a", 1, 5, 1, 1)}, value(5), Yes}, // averaging
		{"NNNNN", nil, value(3), Mixed},
		{"XXXXX", nil, value(1), Mixed}, // no is said of a principle, not of votes
		{"XXXXX", []Row{row("a", 1, 1)}, value(1), No},
		{"-----", nil, nil, Mixed},
		{"-----", []Row{row("a"), row("b")}, value(3), Mixed},
		{"-----", []Row{row("a", 1, 1)}, nil, No},
		{"I", nil, value(5), Mixed}, // one interview decides nothing
		{"", nil, nil, Mixed},
	} {
		t.Run(tt.votes+" "+tt.want, func(t *testing.T) {
			var votes []Vote
			for _, l := range tt.votes {
				votes = append(votes, letters[l])
			}
			got := Conclude(votes, tt.rows, tt.fit)
			if got.Result != tt.want || got.Text == "" || got.For+got.Against+got.NoVote != len(votes) {
				t.Errorf("%+v, want %s", got, tt.want)
			}
			if tt.votes == "-----" && got.Result == Mixed && (got.Mean != nil || !strings.Contains(got.Text, "nobody had enough evidence")) {
				t.Errorf("nobody voted, and it says %q", got.Text)
			}
			if tt.fit == nil && got.Result != No && len(got.Open) == 0 {
				t.Error("it does not say that nobody judged the level")
			}
		})
	}
}

// loop is a session of three interviewers with two stories each, whose grades are given, B1 to B7; 0 is open.
func loop(grades [3][2][]int, model string) (*interview.State, *interview.Pack) {
	p := &interview.Pack{ID: "p", Version: "1", Notice: "ours", Items: map[string]*interview.Item{}, Rubrics: map[string]*interview.Rubric{},
		Principles: []interview.Principle{{ID: "own", Name: "Own"}, {ID: "dig", Name: "Dig"}, {ID: "learn", Name: "Learn"}},
		Personas:   []interview.Persona{{ID: "a", Name: "Ada", Role: "one"}, {ID: "b", Name: "Ben", Role: "two"}, {ID: "c", Name: "Cleo", Role: "three"}}}
	st := &interview.State{ID: "s", Closed: true, Round: 3, Session: interview.SessionCreated{Format: "loop", Title: "Loop", Mode: interview.ModeExam, Level: "L5", Blueprint: "bp"}}
	for r, persona := range []string{"a", "b", "c"} {
		st.Session.Plan.Rounds = append(st.Session.Plan.Rounds, interview.RoundPlan{Persona: persona})
		for i, values := range grades[r] {
			n := len(st.Blocks) + 1
			id := fmt.Sprint("i", n)
			p.Items[id] = &interview.Item{ID: id, Kind: interview.KindBehavioural}
			p.Rubrics[id] = &interview.Rubric{Item: id, Principles: []string{[]string{"own", "dig"}[i]}}
			answer := fmt.Sprintf("In the spring of year %d I moved the %s of team %d. It took nine days and nobody noticed.", n, []string{"gateway", "printer", "library", "harbour", "orchard", "theatre"}[n-1], n)
			b := interview.Block{BlockStarted: interview.BlockStarted{Block: n, Round: r + 1, Kind: string(interview.KindBehavioural), Title: "A story", Item: id}, Closed: true, Turns: []int{n}}
			g := grading.Grade{Graded: true, Status: grading.StatusGraded, Dimensions: map[string]*int{}}
			if model != "" {
				g.Judge = &interview.Judge{Model: model}
			}
			sum, all, form := 0.0, true, 0.0
			for k, v := range values {
				d := fmt.Sprint("B", k+1)
				g.Dimensions[d] = nil
				if v == 0 {
					all = false
					continue
				}
				g.Dimensions[d] = &v
				sum += float64(v-1) / 4
				if k == 0 || k == 1 || k == 3 {
					form += float64(v-1) / 4
				}
				g.Decisions = append(g.Decisions, grading.Decision{Dimension: d, Value: v, By: "measured", Why: "because", Quotes: []grading.Quote{{Turn: n, Start: 0, End: 13}}})
			}
			m := form / 3
			g.Measured = &m
			if s := sum / 7; all {
				g.Score = &s
			}
			raw, _ := json.Marshal(g)
			b.Grades = []interview.Outcome{{Grade: raw}}
			if values == nil {
				b.Grades = []interview.Outcome{{Failed: "the model was away"}}
			}
			st.Blocks = append(st.Blocks, b)
			st.Turns = append(st.Turns, interview.Turn{QuestionAsked: interview.QuestionAsked{Turn: n, Block: n, Main: true, Text: "Tell me about a time."}, Answered: true, Answer: answer})
		}
	}
	return st, p
}

var fours, twos = []int{4, 4, 4, 4, 4, 4, 4}, []int{2, 2, 2, 2, 2, 2, 2}

// Each note and vote rests on its own round: whatever the others heard, it stays as it is.
func TestRatersAreSealed(t *testing.T) {
	st, p := loop([3][2][]int{{fours, fours}, {fours, twos}, {twos, twos}}, "m")
	before := Build(st, p)
	st, p = loop([3][2][]int{{fours, fours}, {twos, nil}, {fours, nil}}, "m")
	after := Build(st, p)
	if diff := cmp.Diff(before.Notes[0], after.Notes[0]); diff != "" {
		t.Errorf("the first note changed with the others' rounds:\n%s", diff)
	}
	if diff := cmp.Diff(before.Votes[0], after.Votes[0]); diff != "" {
		t.Errorf("the first vote changed with the others' rounds:\n%s", diff)
	}
	if cmp.Equal(before.Votes[1], after.Votes[1]) {
		t.Error("the second vote did not change with its own round")
	}
}

func TestBuild(t *testing.T) {
	st, p := loop([3][2][]int{{fours, fours}, {fours, twos}, {twos, nil}}, "m")
	d := Build(st, p)
	var votes []string
	for _, v := range d.Votes {
		votes = append(votes, v.Vote)
	}
	if diff := cmp.Diff([]string{StrongHire, Inclined, NotInclined}, votes); diff != "" {
		t.Error(diff)
	}
	if own := d.Matrix[0]; len(own.Points) != 3 || own.Gap || *own.Mean != 3.33 {
		t.Errorf("own: %+v", own)
	}
	if dig := d.Matrix[1]; len(dig.Points) != 2 || len(dig.Open) != 1 || !strings.Contains(dig.Open[0].Why, "the model was away") {
		t.Errorf("dig: %+v", dig)
	}
	if learn := d.Matrix[2]; !learn.Gap || learn.Mean != nil {
		t.Errorf("learn: %+v", learn)
	}
	var about []string
	for _, x := range d.Disagreements {
		about = append(about, x.About)
		if x.Settle == "" || len(x.Sides) < 2 {
			t.Errorf("%+v", x)
		}
	}
	for _, want := range []string{"The vote", "Structure", "Own", "Dig"} {
		if !slices.Contains(about, want) {
			t.Errorf("no disagreement about %s: %v", want, about)
		}
	}
	if d.Outcome.Result != Mixed || d.Next == nil {
		t.Fatalf("%+v", d.Outcome)
	}
	want := interview.NewSession{Format: "loop", Mode: interview.ModeExam, Level: "L5", Principles: []string{"own", "dig", "learn"}}
	if diff := cmp.Diff(want, d.Next.Session); diff != "" {
		t.Error(diff)
	}
	for _, n := range d.Notes {
		for _, l := range slices.Concat(n.For, n.Against, n.Unknowns) {
			if len(l.Quotes) == 0 {
				t.Errorf("%s: %q has no quote", n.Name, l.Text)
			}
		}
	}
	if l := d.Notes[2].Unknowns; len(l) != 1 || !strings.Contains(l[0].Text, "the model was away") {
		t.Errorf("what failed is no unknown: %+v", l)
	}
	text := d.Markdown()
	for _, want := range []string{"# Debrief: Loop", "| Ada, one | strong hire | 4.00 |", "## Where they disagree", "| Learn | (not asked) | none |", "## One more interview"} {
		if !strings.Contains(text, want) {
			t.Errorf("the Markdown has no %q", want)
		}
	}
	// One more of the same, without a model: the measured ones stand in.
	open := []int{4, 4, 0, 4, 0, 0, 0}
	st, p = loop([3][2][]int{{open, open}, {open, open}, {open, open}}, "")
	d = Build(st, p)
	if d.Votes[0].Basis != Measured || d.Votes[0].Vote != StrongHire || d.Outcome.LevelFit != nil || !d.Outcome.Measured {
		t.Errorf("without a model: %+v, %+v", d.Votes[0], d.Outcome)
	}
	if n := d.Notes[0].Unknowns; len(n) != 2 || len(n[0].Quotes) == 0 {
		t.Errorf("what nobody judged: %+v", n)
	}
	// A gate that set everything to 1 is no judgement of the level, and no mean over half of the stories.
	st, p = loop([3][2][]int{{open, {1, 1, 1, 1, 1, 1, 1}}, {open, open}, {open, open}}, "")
	d = Build(st, p)
	if v := d.Votes[0]; v.Basis != Measured || *v.Mean != 2.5 || d.Outcome.LevelFit != nil {
		t.Errorf("with a story that told nothing: %+v, level %v", v, d.Outcome.LevelFit)
	}
}

// Votes are opened together: while one grade is missing there is no vote and no outcome.
func TestVotesAreSealedUntilTheLastGrade(t *testing.T) {
	st, p := loop([3][2][]int{{fours, fours}, {fours, twos}, {twos, twos}}, "m")
	st.Blocks[5].Grades = nil
	d := Build(st, p)
	if d.Opened || d.Pending != 1 || len(d.Votes) != 0 || d.Outcome != nil || d.Next != nil || len(d.Disagreements) != 0 {
		t.Errorf("opened %v with %d pending: %d votes, outcome %+v", d.Opened, d.Pending, len(d.Votes), d.Outcome)
	}
	if !strings.Contains(d.Markdown(), "The votes are sealed") {
		t.Error("the Markdown does not say that the votes are sealed")
	}
}

// The same story told to two interviewers, with another figure.
func TestConsistency(t *testing.T) {
	st, p := loop([3][2][]int{{fours, fours}, {fours, fours}, {fours, fours}}, "m")
	const told = "In March our release pipeline had 12 servers that trusted any pull request. I moved signing to a separate machine and refused unsigned artefacts for both departments. Afterwards nothing unsigned was published."
	st.Turns[0].Answer, st.Turns[5].Answer = told, strings.Replace(told, "12 servers", "40 servers", 1)
	d := Build(st, p)
	if len(d.Reused) != 1 || d.Reused[0].First.Name != "Ada" || d.Reused[0].Second.Name != "Cleo" || d.Reused[0].Second.Block != 6 {
		t.Fatalf("reused: %+v", d.Reused)
	}
	if len(d.Numbers) != 1 || d.Numbers[0].Said != [2]string{"12", "40"} {
		t.Fatalf("numbers: %+v", d.Numbers)
	}
	for _, x := range []Telling{d.Numbers[0].First, d.Numbers[0].Second} {
		if answer := st.Turns[x.Quote.Turn-1].Answer; answer[x.Quote.Start:x.Quote.End] != x.Quote.Text || !strings.Contains(x.Quote.Text, "servers") {
			t.Errorf("the quote %+v is not in %q", x.Quote, answer)
		}
	}
}
