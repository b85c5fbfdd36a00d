package grading

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"rehearse/server/interview"
	"rehearse/server/pack/packtest"
)

// told is an authored explanation, and which checks of code it fails.
type told struct {
	Name, Item, Audience, Text string
	Fails                      []string
}

func explanations(t *testing.T) []told {
	t.Helper()
	raw, err := os.ReadFile("testdata/briefings.json")
	if err != nil {
		t.Fatal(err)
	}
	var out []told
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// explain is a session in which only an explanation was given.
func (e told) explain() *interview.State {
	return &interview.State{Turns: []interview.Turn{{QuestionAsked: interview.QuestionAsked{Turn: 1, Block: 1, Main: true, Text: "What happens?"}, Answered: true, Answer: e.Text}},
		Blocks: []interview.Block{{BlockStarted: interview.BlockStarted{Block: 1, Kind: string(interview.KindBriefing), Item: e.Item, Audience: e.Audience}, Turns: []int{1}}}}
}

// failed are the checks that a briefing does not pass.
func failed(b *Briefing) []string {
	var out []string
	for _, c := range []struct {
		name string
		bad  bool
	}{{"ask", b.AskAt == 0 || b.AskAt > askWithin}, {"grade", b.Level > plainGrade}, {"jargon", len(b.Jargon) > 0}, {"decision", decisionMissing(b)},
		{"facts", slices.ContainsFunc(b.Held, func(h HeldFact) bool { return h.State != FactKept })}, {"figures", len(b.Invented) > 0}} {
		if c.bad {
			out = append(out, c.name)
		}
	}
	return out
}

// TestBriefingChecks separates authored explanations of one case by the checks of code alone.
func TestBriefingChecks(t *testing.T) {
	p := packtest.Flagship(t)
	all := explanations(t)
	if len(all) < 10 {
		t.Fatalf("%d explanations", len(all))
	}
	for _, tt := range all {
		st := tt.explain()
		b := measureBriefing(st, &st.Blocks[0], p.Items[tt.Item], p.Rubrics[tt.Item], p.Audiences)
		got := failed(b)
		if !slices.Equal(got, tt.Fails) || b.Passed != b.Checks-len(got) {
			t.Errorf("%s: failed %q (want %q), passed %d of %d, ask at %d, grade %.1f", tt.Name, got, tt.Fails, b.Passed, b.Checks, b.AskAt, b.Level)
			for _, q := range append(b.Jargon, b.Invented...) {
				t.Logf("  %q", tt.Text[q.Start:q.End])
			}
			for _, h := range b.Held {
				t.Logf("  %s %s", h.ID, h.State)
			}
		}
	}
}

func decisionMissing(b *Briefing) bool {
	n, nothing := 0, false
	for _, c := range b.Choices {
		if c.Said {
			n++
			nothing = nothing || c.Nothing
		}
	}
	return n < wantedChoice || !nothing
}

// TestInRole: questions of the listener are met, not met, or given way to.
func TestInRole(t *testing.T) {
	p := packtest.Flagship(t)
	rubric := p.Rubrics["br-gift-card-gateway"]
	text := map[string]string{}
	for _, q := range rubric.Questions {
		text[q.ID] = q.Text
	}
	for _, tt := range []struct {
		id, answer   string
		met, yielded bool
	}{
		{"q-wait", "Then the supplier comes back eleven days later and we run through the sale with it open.", true, false},
		{"q-wait", "That would not be good.", false, false},
		{"o-freeze", "I only ask for an exception at night. If you cannot, close it to the internet.", true, false},
		{"o-freeze", "Okay we wait, an exception is too much.", false, true},
	} {
		turns := []interview.Turn{{QuestionAsked: interview.QuestionAsked{Turn: 1, Main: true, Text: "Explain."}, Answered: true, Answer: explanations(t)[0].Text},
			{QuestionAsked: interview.QuestionAsked{Turn: 2, Main: true, Text: text[tt.id], Wording: text[tt.id]}, Answered: true, Answer: tt.answer}}
		st := &interview.State{Turns: turns, Blocks: []interview.Block{{BlockStarted: interview.BlockStarted{Item: "br-gift-card-gateway", Audience: "launch-director"}, Turns: []int{1, 2}}}}
		b := measureBriefing(st, &st.Blocks[0], p.Items["br-gift-card-gateway"], rubric, p.Audiences)
		if len(b.Asked) != 1 || b.Asked[0].Met != tt.met || b.Asked[0].Yielded != tt.yielded {
			t.Errorf("%s %q: %+v", tt.id, tt.answer, b.Asked)
		}
	}
}

// TestStrongBriefings: what the authors call a strong explanation passes every check of code, for the listener it was
// written for.
func TestStrongBriefings(t *testing.T) {
	p := packtest.Flagship(t)
	for id, item := range p.Items {
		if item.Kind != interview.KindBriefing {
			continue
		}
		for level, text := range p.Rubrics[id].Strong {
			least := []string{"none"}
			for _, audience := range item.Audiences {
				st := told{Item: id, Audience: audience, Text: text}.explain()
				b := measureBriefing(st, &st.Blocks[0], item, p.Rubrics[id], p.Audiences)
				if got := failed(b); least == nil || len(least) > len(got) || least[0] == "none" {
					least = got
					if len(got) > 0 {
						for _, q := range append(b.Jargon, b.Invented...) {
							least = append(least, text[q.Start:q.End])
						}
						least = append(least, fmt.Sprint(b.AskAt, b.Level))
					}
				}
			}
			if len(least) > 0 {
				t.Errorf("%s, %s: %q", id, level, least)
			}
		}
	}
}

// heeder records what a listener was asked and answers from a table.
type heeder struct {
	asked []interview.Heeding
	say   func(interview.Heeding) (string, error)
}

func (h *heeder) Judge() interview.Judge {
	return interview.Judge{Model: "listens:1b", Digest: "d", Prompt: "p"}
}

func (h *heeder) Heed(_ context.Context, x interview.Heeding) (string, error) {
	h.asked = append(h.asked, x)
	return h.say(x)
}

// TestNaiveListener: the key decides, a listener that fails leaves no number, and nothing is claimed without one.
func TestNaiveListener(t *testing.T) {
	p := packtest.Flagship(t)
	good := explanations(t)[0]
	answers := map[string]string{
		"What could be taken, and from whom?":                               "The money on customers' gift cards.",
		"What is the listener asked to agree to?":                           "That was not said.",
		"Does the company know whether somebody has used the hole already?": "They found no sign of it, in records of nine days.",
	}
	for _, tt := range []struct {
		name     string
		listener *heeder
		want     Listened
		right    []bool
	}{
		{"nobody", nil, Listened{Why: noListener}, nil},
		{"two of three", &heeder{say: func(h interview.Heeding) (string, error) { return answers[h.Question], nil }},
			Listened{Made: true, Right: 2, Asked: 3, Judge: interview.Judge{Model: "listens:1b", Digest: "d", Prompt: "p"}}, []bool{true, false, true}},
		{"broke off", &heeder{say: func(h interview.Heeding) (string, error) {
			if strings.HasPrefix(h.Question, "What is") {
				return "", errors.New("the model's answer broke off")
			}
			return answers[h.Question], nil
		}}, Listened{Why: "the model's answer broke off", Judge: interview.Judge{Model: "listens:1b", Digest: "d", Prompt: "p"}}, nil},
	} {
		st := good.explain()
		g := Grader{}
		if tt.listener != nil {
			g.Listener = tt.listener
		}
		out := g.Block(t.Context(), st, &st.Blocks[0], p)
		got := *out.Exercise.Briefing.Listener
		var right []bool
		for _, a := range got.Answers {
			right = append(right, a.Right)
		}
		got.Answers = nil
		if !reflect.DeepEqual(got, tt.want) || !slices.Equal(right, tt.right) {
			t.Errorf("%s: %+v %v, want %+v %v", tt.name, got, right, tt.want, tt.right)
		}
		if tt.listener != nil {
			for _, h := range tt.listener.asked {
				if h.Explanation != good.Text {
					t.Errorf("%s: it heard %q", tt.name, h.Explanation)
				}
			}
		}
		plain := Grader{}.Block(t.Context(), st, &st.Blocks[0], p)
		if *plain.Score != *out.Score {
			t.Errorf("%s: the score moved from %v to %v", tt.name, *plain.Score, *out.Score)
		}
	}
}

// TestPressed: who holds only when pressed has held; who gives way first and holds then too; each with the words.
func TestPressed(t *testing.T) {
	p := packtest.Flagship(t)
	rubric := p.Rubrics["br-gift-card-gateway"]
	i := slices.IndexFunc(rubric.Questions, func(q interview.RoleQuestion) bool { return q.ID == "o-freeze" })
	text := rubric.Questions[i].Text
	for _, tt := range []struct {
		name            string
		replies         []string
		met, held, gave bool
		pressed         []int
		quoteTurn       int
	}{
		{"at once", []string{"I only need an exception at night."}, true, true, false, nil, 2},
		{"when pressed", []string{"But it matters.", "Then give me an exception for this one."}, true, false, false, []int{3}, 3},
		{"never", []string{"But it matters.", "It really does.", "Please."}, false, false, false, []int{3, 4}, 0},
		{"gave way", []string{"But it matters.", "Okay we wait."}, false, false, true, []int{3}, 3},
	} {
		st := told{Item: "br-gift-card-gateway", Audience: "launch-director", Text: "x"}.explain()
		for k, r := range tt.replies {
			q := interview.QuestionAsked{Turn: k + 2, Block: 1, Main: k == 0, Text: text, Wording: text}
			if k > 0 {
				q.Text, q.Wording, q.Probe = "Once more?", "Once more?", &interview.ProbeRef{Type: interview.ProbePress}
			}
			st.Turns = append(st.Turns, interview.Turn{QuestionAsked: q, Answered: true, Answer: r})
			st.Blocks[0].Turns = append(st.Blocks[0].Turns, k+2)
		}
		m := measureBriefing(st, &st.Blocks[0], p.Items["br-gift-card-gateway"], rubric, p.Audiences).Asked[0]
		at := 0
		if len(m.Quotes) > 0 {
			at = m.Quotes[0].Turn
		}
		if m.Met != tt.met || m.Held != tt.held || m.Yielded != tt.gave || !slices.Equal(m.Pressed, tt.pressed) || at != tt.quoteTurn || !m.Objection {
			t.Errorf("%s: %+v", tt.name, m)
		}
	}
}
