package engine_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rehearse/server/interview"
)

// grader stands where grading is: it records what it was asked and answers when it is let.
type grader struct {
	gate  chan struct{} // nil: at once
	asked chan string
	fail  bool
}

func (g *grader) grade(ctx context.Context, st *interview.State, block int, model string) interview.Outcome {
	g.asked <- fmt.Sprintf("%d %s", block, model)
	if g.gate != nil {
		select {
		case <-g.gate:
		case <-ctx.Done():
			return interview.Outcome{Failed: "stopped"}
		}
	}
	if g.fail {
		return interview.Outcome{Failed: "the model broke off", Grade: json.RawMessage(`{"graded":false}`)}
	}
	return interview.Outcome{Grade: json.RawMessage(`{"score":0.5}`)}
}

func grading(t *testing.T, g *grader) *bench {
	t.Helper()
	b := newBench(t)
	g.asked = make(chan string, 100)
	b.down()
	b.o.Grade = g.grade
	b.boot()
	return b
}

// drill answers every question of a drill until it is closed.
func (c *client) drill(text string) {
	c.b.t.Helper()
	for i := 0; ; i++ {
		q := c.question()
		if q.Turn == 0 {
			return
		}
		c.must(interview.Command{Type: "answer", ID: fmt.Sprint("a", i), Turn: q.Turn, Text: text})
	}
}

// kinds are the types of the events from the first session.closed or block.closed on, without the rest.
func (c *client) log(types ...string) (out []string) {
	c.b.t.Helper()
	events, err := c.b.store.Events(c.b.t.Context(), c.id, 0)
	if err != nil {
		c.b.t.Fatal(err)
	}
	for _, e := range events {
		if slices.Contains(types, string(e.Type)) {
			out = append(out, string(e.Type))
		}
	}
	return out
}

var about = []string{"block.closed", "grade.ready", "grade.failed", "session.closed", "report.ready"}

func TestAGradeComesBehindTheReport(t *testing.T) {
	g := &grader{gate: make(chan struct{})}
	b := grading(t, g)
	c := b.attach(b.create(interview.NewSession{Format: "story-drill", Mode: interview.ModeDrill}), 0)
	c.drill(complete)
	if d := data[interview.ReportReady](t, c.until("report.ready")); d.Pending != 1 {
		t.Errorf("the report was ready with %d grades pending, not 1", d.Pending)
	}
	g.gate <- struct{}{}
	if d := data[interview.GradeReady](t, c.until("grade.ready", "grade.failed")); d.Block != 1 || string(d.Grade) != `{"score":0.5}` {
		t.Errorf("the grade is %+v", d)
	}
	if d := data[interview.ReportReady](t, c.until("report.ready")); d.Pending != 0 {
		t.Errorf("the last report is ready with %d grades pending", d.Pending)
	}
	if diff := cmp.Diff([]string{"block.closed", "session.closed", "report.ready", "grade.ready", "report.ready"}, c.log(about...)); diff != "" {
		t.Error(diff)
	}
}

func TestAnExamIsGradedAfterItsEnd(t *testing.T) {
	g := &grader{}
	b := grading(t, g)
	c := b.attach(b.create(interview.NewSession{Format: "phone-screen", Mode: interview.ModeExam}), 0)
	for i := 0; ; i++ {
		q := c.question()
		if q.Turn == 0 {
			break
		}
		if len(g.asked) > 0 {
			t.Fatal("a block was graded while the exam was under way")
		}
		c.must(interview.Command{Type: "answer", ID: fmt.Sprint("a", i), Turn: q.Turn, Text: complete})
	}
	for c.log("grade.ready") == nil {
		time.Sleep(5 * time.Millisecond)
	}
	all := c.log(about...)
	if slices.Index(all, "grade.ready") < slices.Index(all, "session.closed") {
		t.Errorf("a grade was ready before the end: %v", all)
	}
}

func TestACoachedBlockIsGradedBehindTheNextQuestion(t *testing.T) {
	g := &grader{gate: make(chan struct{}, 100)}
	b := grading(t, g)
	c := b.attach(b.create(interview.NewSession{Format: "phone-screen"}), 0)
	for i := 0; len(g.asked) == 0; i++ {
		q := c.question()
		c.must(interview.Command{Type: "answer", ID: fmt.Sprint("a", i), Turn: q.Turn, Text: complete})
		time.Sleep(2 * time.Millisecond)
	}
	q := c.question() // is asked although nothing of the grade is there
	if q.Turn == 0 {
		t.Fatal("the session ended")
	}
	g.gate <- struct{}{}
	c.until("grade.ready")
	if st, err := b.e.State(t.Context(), c.id); err != nil || st.Open == 0 && st.Closed {
		t.Errorf("the grade changed what is open: %d, %v", st.Open, err)
	}
}

func TestAGradeSurvivesARestart(t *testing.T) {
	g := &grader{gate: make(chan struct{})}
	b := grading(t, g)
	c := b.attach(b.create(interview.NewSession{Format: "story-drill", Mode: interview.ModeDrill}), 0)
	c.drill(complete)
	c.until("report.ready")
	<-g.asked
	b.restart() // while it was being made
	if got := c.log("grade.ready", "grade.failed"); got != nil {
		t.Fatalf("a grade that was broken off left %v", got)
	}
	close(g.gate)
	if _, err := b.e.State(t.Context(), c.id); err != nil {
		t.Fatal(err)
	}
	for i := 0; c.log("grade.ready") == nil; i++ {
		if i == 1000 {
			t.Fatal("the grade was not made after the restart")
		}
		time.Sleep(5 * time.Millisecond)
	}
	if diff := cmp.Diff([]string{"block.closed", "session.closed", "report.ready", "grade.ready", "report.ready"}, c.log(about...)); diff != "" {
		t.Error(diff)
	}
}

func TestAFailedGradeIsKeptForAnother(t *testing.T) {
	g := &grader{fail: true}
	b := grading(t, g)
	c := b.attach(b.create(interview.NewSession{Format: "story-drill", Mode: interview.ModeDrill}), 0)
	if _, err := b.e.Regrade(t.Context(), c.id, ""); code(err) != interview.CodeConflict {
		t.Errorf("an open session was graded again: %v", err)
	}
	c.drill(complete)
	if d := data[interview.GradeFailed](t, c.until("grade.failed")); d.Reason != "the model broke off" {
		t.Errorf("it failed because %q", d.Reason)
	}
	c.until("report.ready")
	for {
		g.fail = false
		n, err := b.e.Regrade(t.Context(), c.id, "other:4b")
		if err == nil && n == 1 {
			break
		}
		if code(err) != interview.CodeConflict {
			t.Fatalf("%d, %v", n, err)
		}
		time.Sleep(time.Millisecond)
	}
	c.until("grade.ready")
	st, err := b.e.State(t.Context(), c.id)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]interview.Outcome{{Failed: "the model broke off", Grade: json.RawMessage(`{"graded":false}`)}, {Grade: json.RawMessage(`{"score":0.5}`)}}, st.Blocks[0].Grades); diff != "" {
		t.Errorf("the grades of the block:\n%s", diff)
	}
	<-g.asked
	if got := <-g.asked; got != "1 other:4b" {
		t.Errorf("the second grade was asked as %q", got)
	}
}

func TestASkippedBlockHasNoGrade(t *testing.T) {
	g := &grader{}
	b := grading(t, g)
	c := b.attach(b.create(interview.NewSession{Format: "story-drill", Mode: interview.ModeDrill}), 0)
	for i := 0; ; i++ {
		q := c.question()
		if q.Turn == 0 {
			break
		}
		c.must(interview.Command{Type: "skip", ID: fmt.Sprint("s", i), Turn: q.Turn})
	}
	if d := data[interview.ReportReady](t, c.until("report.ready")); d.Pending != 0 || len(g.asked) > 0 {
		t.Errorf("%d grades are pending for a block nobody answered", d.Pending)
	}
}
