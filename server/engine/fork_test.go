package engine_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"rehearse/server/interview"
)

// answerAll answers every question with what say returns and waits for the report.
func (c *client) answerAll(say func(q interview.QuestionAsked) string) []interview.QuestionAsked {
	var all []interview.QuestionAsked
	for {
		f := c.until("question.asked", "report.ready")
		if f.Type == "report.ready" {
			return all
		}
		q := data[interview.QuestionAsked](c.b.t, f)
		all = append(all, q)
		c.must(interview.Command{Type: "answer", ID: fmt.Sprint("turn-", q.Turn), Turn: q.Turn, Text: say(q)})
	}
}

// TestFork: a closed session goes on from one of its turns with another answer; what came before is the same, and the
// days between count for no clock.
func TestFork(t *testing.T) {
	b := newBench(t)
	id := b.create(interview.NewSession{Format: "story-drill"})
	open := interview.NewSession{Format: "story-drill", Fork: &interview.Fork{Session: id, Turn: 1}}
	if _, err := b.e.Create(t.Context(), open); code(err) != interview.CodeConflict {
		t.Errorf("an open session was forked: %v", err)
	}
	first := b.attach(id, 0).answerAll(func(interview.QuestionAsked) string { b.pass(time.Minute); return thinStory })
	if len(first) < 2 {
		t.Fatalf("%d questions", len(first))
	}
	b.pass(72 * time.Hour)
	for name, bad := range map[string]interview.NewSession{
		"turn":    {Format: "story-drill", Fork: &interview.Fork{Session: id, Turn: 99}},
		"zero":    {Format: "story-drill", Fork: &interview.Fork{Session: id}},
		"session": {Format: "story-drill", Fork: &interview.Fork{Session: "nobody", Turn: 1}},
		"format":  {Format: "code-review", Fork: &interview.Fork{Session: id, Turn: 1}},
		"item":    {Format: "story-drill", Item: "beh-01", Fork: &interview.Fork{Session: id, Turn: 1}},
	} {
		if _, err := b.e.Create(t.Context(), bad); err == nil {
			t.Errorf("%s: forked all the same", name)
		}
	}
	sum, err := b.e.Create(t.Context(), interview.NewSession{Format: "story-drill", Fork: &interview.Fork{Session: id, Turn: 2}})
	if err != nil {
		t.Fatal(err)
	}
	c := b.attach(sum.ID, 0)
	c.question()
	if q := c.question(); q.Turn != 2 || q.Text != first[1].Text {
		t.Fatalf("it goes on with %+v", q)
	}
	st, err := b.e.State(t.Context(), sum.ID)
	if err != nil {
		t.Fatal(err)
	}
	if st.Turns[0].Answer != thinStory || st.Open != 2 || st.Session.Fork == nil || st.Session.Fork.Turn != 2 || st.WallS(b.now()) > 120 {
		t.Errorf("forked: open %d, answer %q, wall %v", st.Open, st.Turns[0].Answer, st.WallS(b.now()))
	}
	c.must(interview.Command{Type: "answer", ID: "other", Turn: 2, Text: "I found it myself by reading the logs of the gateway, and I rolled the change back."})
	b.restart()
	if st, err := b.e.State(t.Context(), sum.ID); err != nil || !strings.HasPrefix(st.Turns[1].Answer, "I found it myself") {
		t.Errorf("after a restart: %v", err)
	}
	if old, err := b.e.State(t.Context(), id); err != nil || old.Turns[1].Answer != thinStory {
		t.Errorf("the session it came from changed: %v", err)
	}
}

// TestAPartAgain: the weakest part is told again by itself, without follow-ups and without a grade; a length and another
// principle change the question's words.
func TestAPartAgain(t *testing.T) {
	b := newBench(t)
	id := b.create(interview.NewSession{Format: "story-drill"})
	first := b.attach(id, 0).answerAll(func(interview.QuestionAsked) string {
		return "In March 2024 our build servers trusted any pull request, and I was responsible for the release pipeline. I had to make it safe before the audit. I moved signing to a separate machine because a thief needs minutes only, and I wrote a check that refuses unsigned artefacts."
	})
	lines := b.o.Pack.Lines
	ask := func(n interview.NewSession) (interview.State, []interview.QuestionAsked) {
		t.Helper()
		sum, err := b.e.Create(t.Context(), n)
		if err != nil {
			t.Fatal(err)
		}
		all := b.attach(sum.ID, 0).answerAll(func(interview.QuestionAsked) string {
			return "Unsigned releases went from 5 a week to 0 within a month, counted by the release log."
		})
		st, err := b.e.State(t.Context(), sum.ID)
		if err != nil {
			t.Fatal(err)
		}
		return st, all
	}
	st, all := ask(interview.NewSession{Format: "story-drill", RetryOf: id, Part: "weakest"})
	if st.Session.Part != "R" || len(all) != 1 || !strings.HasSuffix(all[0].Text, lines.Parts["R"]) || len(st.Ungraded()) != 0 || st.Blocks[0].Item == "" {
		t.Errorf("part %q, %d questions, %q", st.Session.Part, len(all), all[0].Text)
	}
	if st, all := ask(interview.NewSession{Format: "story-drill", Seconds: 90}); !strings.HasSuffix(all[0].Text, lines.Lengths[90]) || st.Session.Seconds != 90 {
		t.Errorf("ninety seconds: %q", all[0].Text)
	}
	old, err := b.e.State(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	other := ""
	for _, p := range b.o.Pack.Principles {
		if p.ID != b.o.Pack.Rubrics[old.Blocks[0].Item].Principles[0] {
			other = p.ID
		}
	}
	st, all = ask(interview.NewSession{Format: "story-drill", RetryOf: id, Principle: other})
	if !strings.HasPrefix(all[0].Text, lines.SameStory) || all[0].Text == first[0].Text || b.o.Pack.Rubrics[st.Blocks[0].Item].Principles[0] != other {
		t.Errorf("the same story for %s: %q", other, all[0].Text)
	}
	for name, bad := range map[string]interview.NewSession{
		"no session":   {Format: "story-drill", Part: "R"},
		"no such part": {Format: "story-drill", RetryOf: id, Part: "X"},
		"no length":    {Format: "story-drill", Seconds: 33},
		"no story":     {Format: "code-review", Seconds: 90},
	} {
		if _, err := b.e.Create(t.Context(), bad); code(err) != interview.CodeInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}
