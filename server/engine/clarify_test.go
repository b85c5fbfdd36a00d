package engine_test

import (
	"bufio"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"rehearse/server/embed"
	"rehearse/server/engine"
	"rehearse/server/interview"
	"rehearse/server/pack/packtest"
)

// TestFactsInOtherWords asks for facts in words their authors did not write, and for facts that no table holds: by
// words alone, and with the builtin embedder beside them. The questions were used to choose the limits of the search, so
// the figures it logs are no measure of quality.
func TestFactsInOtherWords(t *testing.T) {
	table, err := embed.New()
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name                   string
		near                   func(string) func(string) float64
		right, wrong, invented int
	}{{"words", nil, 50, 4, 3}, {"words and nearness", table.Near, 55, 5, 3}} {
		right, wrong, silent, invented, none := 0, 0, 0, 0, 0
		for _, q := range questions(t, "testdata/questions.jsonl") {
			_, got := engine.AnswerFrom(packtest.Flagship(t).Items[q.Item].Facts, q.Ask, tt.near)
			switch {
			case q.Fact == "":
				none++
				if got != "" {
					invented++
					t.Logf("%s %q: nothing is given, answered with %s", q.Item, q.Ask, got)
				}
			case strings.Contains(got, q.Fact):
				right++
			case got == "":
				silent++
				t.Logf("%s %q: not found, %s", q.Item, q.Ask, q.Fact)
			default:
				wrong++
				t.Logf("%s %q: answered with %s, meant was %s", q.Item, q.Ask, got, q.Fact)
			}
		}
		t.Logf("%s: %d right, %d with another fact, %d not found; %d of %d unanswerable ones answered", tt.name, right, wrong, silent, invented, none)
		if right < tt.right || wrong > tt.wrong || invented > tt.invented {
			t.Errorf("%s: %d right (at least %d), %d wrong (at most %d), %d invented (at most %d)", tt.name, right, tt.right, wrong, tt.wrong, invented, tt.invented)
		}
	}
}

type factQuestion struct{ Item, Ask, Fact string }

func questions(t *testing.T, file string) (out []factQuestion) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	for in := bufio.NewScanner(f); in.Scan(); {
		var q factQuestion
		if err := json.Unmarshal(in.Bytes(), &q); err != nil {
			t.Fatal(err)
		}
		out = append(out, q)
	}
	return out
}

// TestWhatElsePeopleAsk: requests that are no questions about a fact are answered as what they are, and leave the turn open.
func TestWhatElsePeopleAsk(t *testing.T) {
	b := newBench(t)
	lines := b.o.Pack.Lines
	c := b.attach(b.create(interview.NewSession{Format: "story-drill", Item: "beh-01"}), 0)
	q := c.question()
	say := func(id, text string) interview.Clarified {
		t.Helper()
		c.must(interview.Command{Type: "answer", ID: id, Turn: q.Turn, Text: text})
		d := data[interview.Clarified](t, c.until("clarified", "question.asked", "session.closed"))
		if d.Turn != q.Turn || d.Question != text {
			t.Fatalf("%q was not answered in turn %d: %+v", text, q.Turn, d)
		}
		return d
	}
	item := b.o.Pack.Items["beh-01"]
	wordings := append([]string{item.Prompt.Main}, item.Prompt.Variants...)
	heard := map[string]bool{q.Text: true}
	for i, text := range []string{"?", "I don't understand the question."} {
		d := say("again"+string(rune('0'+i)), text)
		w := strings.TrimPrefix(d.Text, lines.Again+" ")
		if !slices.Contains(wordings, w) || heard[w] {
			t.Errorf("%q was answered with %q, want a wording of the question that was not heard", text, d.Text)
		}
		heard[w] = true
	}
	if d := say("stop", "Can we stop here please? I feel sick."); d.Text != lines.Stop {
		t.Errorf("a wish to stop got %q", d.Text)
	}
	if d := say("why", "Why do you ask?"); d.Text != lines.Reason {
		t.Errorf("why got %q", d.Text)
	}
	if d := say("think", "Can I think for a minute?"); d.Fact != "think-first" && d.Text != lines.TakeTime {
		t.Errorf("a wish to think got %+v", d)
	}
	if d := say("open", "Do you mean in the garden?"); !slices.Contains(lines.StoryOpen, d.Text) {
		t.Errorf("a story is told to %q", d.Text)
	}
}

// TestQuestionsInsideAnAnswer: who asks in passing gets the facts before the next question, once.
func TestQuestionsInsideAnAnswer(t *testing.T) {
	b := newBench(t)
	c := b.attach(b.create(interview.NewSession{Format: "remediation", Item: "vr-production-sqli", Mode: interview.ModeDrill}), 0)
	q := c.question()
	c.must(interview.Command{Type: "answer", ID: "1", Turn: q.Turn, Text: "First I want to know: is it being exploited right now? Do we have logs? Then I would bring in the incident team and keep a timeline of every step that we take today."})
	d := data[interview.Clarified](t, c.until("clarified", "question.asked"))
	if d.Turn != q.Turn || !strings.Contains(d.Fact, "f-hits") || !strings.Contains(d.Fact, "f-logs") {
		t.Fatalf("the facts asked for were not given: %+v", d)
	}
	q = c.question()
	c.must(interview.Command{Type: "answer", ID: "2", Turn: q.Turn, Text: "As I said, are there logs? I would read them for the sort parameter and compare the sizes of the answers."})
	f := c.until("clarified", "question.asked", "session.closed")
	if f.Type == "clarified" {
		t.Errorf("a fact was given twice: %+v", data[interview.Clarified](t, f))
	}
}

// TestAnythingElse: an exercise with time left and something unsaid ends with one open question, and only one.
func TestAnythingElse(t *testing.T) {
	b := newBench(t)
	c := b.attach(b.create(interview.NewSession{Format: "code-review", Item: "cr-java-orders", Mode: interview.ModeDrill}), 0)
	sweeps, turns := 0, 0
	for turns < 12 {
		q := c.question()
		if q.Turn == 0 {
			break
		}
		turns++
		if q.Probe != nil && q.Probe.Type == "sweep" {
			sweeps++
			if !slices.Contains(b.o.Pack.Lines.Sweep, q.Text) {
				t.Errorf("the last question is %q", q.Text)
			}
		}
		c.must(interview.Command{Type: "answer", ID: "a" + string(rune('a'+turns)), Turn: q.Turn, Text: "I would look at the names of the variables and at the tests, which seem to be missing here."})
	}
	if sweeps != 1 {
		t.Errorf("anything else was asked %d times in %d turns, want once", sweeps, turns)
	}
}
