package grading

import (
	"context"
	"errors"
	"testing"

	"rehearse/server/interview"
)

func TestPrune(t *testing.T) {
	s := interview.Summing{Lines: []interview.SummingLine{{About: "result", Why: "one figure, hardly backed", Words: "It went down by 40% in two weeks."}, {About: "depth", Why: "labels only"}}}
	for _, c := range []struct{ text, want string }{
		{"Your result has one figure. Say more.", "Your result has one figure. Say more."},
		{"You said \"It went down by 40%\". Keep it.", "You said \"It went down by 40%\". Keep it."},
		{"It fell by 60%. Keep the 40%.", "Keep the 40%."},
		{"You said \"it fell like a stone\". Fine otherwise.", "Fine otherwise."},
		{"You said \"it fell. And so on.", "And so on."},
		{"You score 4 of 5. Tell it again.", "Tell it again."},
		{"In two weeks is good. In three weeks is not.", "In two weeks is good."},
		{"", ""},
		{"Say it. Tell why. Name it. Show it. End it. Stop there. Go on.", "Say it. Tell why. Name it. Show it. End it."},
	} {
		if got := Prune(c.text, s); got != c.want {
			t.Errorf("%q\n got %q\nwant %q", c.text, got, c.want)
		}
	}
}

type writer struct {
	text string
	err  error
}

func (w writer) Write(context.Context, interview.Summing) (string, error) { return w.text, w.err }

// Sentences are an extra: a writer that fails or invents takes nothing from the grade.
func TestAWriterThatFails(t *testing.T) {
	in := Input{Kind: interview.KindConceptCard, Question: "Why encode?", Answer: "Encoding on output stops the browser from running a comment as a script.", Points: []Point{{ID: "p1", Text: "Output encoding stops a script from running", Weight: 1}}}
	plain := run(in)
	for _, w := range []writer{{err: errors.New("the model broke off")}, {text: "You scored 9 of 10."}, {text: ""}, {text: "You said \"something clever\"."}} {
		g := Grader{Writer: w}.Grade(t.Context(), in)
		if g.Prose != "" || !g.Graded || value(g) != value(plain) {
			t.Errorf("%+v left %q and %.3f, not %.3f", w, g.Prose, value(g), value(plain))
		}
	}
	if g := (Grader{Writer: writer{text: "Say more about the script."}}).Grade(t.Context(), in); g.Prose != "Say more about the script." {
		t.Errorf("a sentence that stands on the table is gone: %q", g.Prose)
	}
}

// Of the answers that are no nonsense nearly every one has a number, and none of the failures above is the reason.
func TestNearlyEveryAnswerHasANumber(t *testing.T) {
	n, numbers := 0, 0
	for _, l := range probeSet(t) {
		if l.Quality != "strong" && l.Quality != "medium" && l.Quality != "weak" {
			continue
		}
		n++
		if g := run(l.input()); g.Score != nil || g.Measured != nil {
			numbers++
		}
	}
	if numbers*10 < n*9 {
		t.Errorf("%d of %d answers have a number", numbers, n)
	}
}
