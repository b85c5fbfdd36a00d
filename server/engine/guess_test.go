package engine_test

import (
	"testing"
	"time"

	"rehearse/server/interview"
)

const thinStory = "We had an outage in March 2024 and we fixed it together. It was a lot of work for us and then it was better than before, which everybody was happy about in the end, and we learned a lot from it as a team."

// TestCallTheFollowUp: a follow-up waits until it is called or its time is over, survives a restart, and ends with the
// session.
func TestCallTheFollowUp(t *testing.T) {
	b := newBench(t)
	b.o.GuessTime = time.Minute
	b.restart()
	id := b.create(interview.NewSession{Format: "story-drill", Guess: true})
	c := b.attach(id, 0)
	q := c.question()
	if _, err := c.do(interview.Command{Type: "guess", ID: "early", Turn: q.Turn, Guess: "Q09"}); code(err) != interview.CodeConflict {
		t.Errorf("a guess before anything waits: %v", err)
	}
	c.must(interview.Command{Type: "answer", ID: "a1", Turn: q.Turn, Text: thinStory})
	f := c.until("guess", "question.asked")
	if f.Type != "guess" {
		t.Fatalf("%s came before the guess: %s", f.Type, f.Data)
	}
	asks := data[struct {
		Turn  int               `json:"turn"`
		Types []interview.Label `json:"types"`
	}](t, f)
	if asks.Turn != q.Turn || len(asks.Types) != 18 || asks.Types[0].Label == "" {
		t.Errorf("asked for a guess with %+v", asks)
	}
	for _, wrong := range []interview.Command{{Type: "guess", ID: "w1", Turn: q.Turn, Guess: "Q99"}, {Type: "guess", ID: "w2", Turn: q.Turn + 5, Guess: "Q09"}} {
		if _, err := c.do(wrong); err == nil {
			t.Errorf("%+v was taken", wrong)
		}
	}
	b.restart() // in the middle of the wait
	c = b.attach(id, 0)
	c.until("guess")
	c.must(interview.Command{Type: "guess", ID: "g1", Turn: q.Turn, Guess: "Q09"})
	rec := data[interview.GuessRecorded](t, c.until("guess.recorded"))
	probe := c.question()
	if rec.Turn != probe.Turn || rec.Type != "Q09" || probe.Probe == nil {
		t.Errorf("recorded %+v, asked %+v", rec, probe.Probe)
	}
	if seq := c.must(interview.Command{Type: "guess", ID: "g1", Turn: q.Turn, Guess: "Q09"}); seq == 0 {
		t.Error("a repeated guess was not acknowledged the same")
	}
	c.must(interview.Command{Type: "answer", ID: "a2", Turn: probe.Turn, Text: "It was fine."})
	c.until("guess")
	c.must(interview.Command{Type: "end", ID: "e"}) // must not wait for the minute
	c.until("report.ready")
}

// TestNobodyCalls: when the time is over the follow-up is asked, and that nobody called it is on record.
func TestNobodyCalls(t *testing.T) {
	b := newBench(t)
	b.o.GuessTime = time.Millisecond
	b.restart()
	c := b.attach(b.create(interview.NewSession{Format: "story-drill", Guess: true}), 0)
	q := c.question()
	c.must(interview.Command{Type: "answer", ID: "a1", Turn: q.Turn, Text: thinStory})
	rec := data[interview.GuessRecorded](t, c.until("guess.recorded"))
	if probe := c.question(); rec.Type != "" || probe.Turn != rec.Turn {
		t.Errorf("recorded %+v before turn %d", rec, probe.Turn)
	}
}
