package smoke_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"rehearse/server/interview"
	"rehearse/server/pack/packtest"
	"rehearse/server/report"
)

// A warm-up is sat twice: its steps in their order, the snippet only when it is asked about, no grade and no verdict, one
// thing to take away, and what was kept or slipped since the first time.
func TestWarmUps(t *testing.T) {
	t.Parallel()
	p := packtest.Flagship(t)
	item := p.Items["wu-05"]
	srv := start(t, t.TempDir(), "--model", "none")
	known := map[string]string{}
	for _, id := range item.WarmUp.Flash {
		for _, pt := range p.Rubrics[id].Points {
			known[id] += pt.YesExample + " "
		}
	}
	sit := func(say func(q interview.QuestionAsked) string) (report.Report, []frame) {
		id := srv.create(t, map[string]any{"format": "warm-up", "item": item.ID})
		ws := srv.dial(t, id, 0)
		var all []frame
		for {
			f, seen := await(t, ws, "question.asked", "report.ready")
			all = append(all, seen...)
			if f.Type == "report.ready" {
				break
			}
			q := decode[interview.QuestionAsked](t, f.Data)
			send(t, ws, map[string]any{"type": "answer", "id": id + q.Step, "turn": q.Turn, "text": say(q)})
		}
		status, raw := srv.call(t, "GET", "/sessions/"+id+"/report", nil)
		var r report.Report
		if err := json.Unmarshal(raw, &r); err != nil || status != 200 {
			t.Fatalf("%d %s: %v", status, raw, err)
		}
		return r, all
	}
	first, frames := sit(func(q interview.QuestionAsked) string {
		switch {
		case q.Card == item.WarmUp.Flash[2]:
			return "I do not remember much about this one today."
		case q.Card != "":
			return known[q.Card]
		case q.Step == interview.StepWorst:
			return "Line 8: a personal answer is marked with Cache-Control public, so a shared cache gives one donor's date to the next."
		case q.Step == interview.StepHeadline:
			return "I cut the signing key rotation from 12 days to 2 hours, and I wrote the check that made it safe."
		}
		return "Say the number first, and stop after the result."
	})
	var steps []string
	for _, f := range frames {
		if f.Type == "grade.ready" || f.Type == "grade.failed" {
			t.Errorf("a warm-up was graded: %s", f.Data)
		}
		if f.Type != "question.asked" {
			continue
		}
		q := decode[interview.QuestionAsked](t, f.Data)
		steps = append(steps, q.Step)
		if code := q.Material != nil && q.Material.Code != nil; code != (q.Step == interview.StepWorst) {
			t.Errorf("step %s shows the snippet: %v", q.Step, code)
		}
		if q.Probe != nil {
			t.Errorf("a warm-up asks %+v", q.Probe)
		}
	}
	if want := []string{"focus", "flash-1", "flash-2", "flash-3", "headline", "worst", "gap"}; !slices.Equal(steps, want) {
		t.Errorf("the steps are %v", steps)
	}
	w := first.Blocks[0].WarmUp
	if w == nil || w.Line != "new 3" || w.Worst == nil || !w.Worst.Said || w.HeadlineFigures == 0 || first.Verdict != nil || first.Blocks[0].Grade != nil {
		t.Fatalf("the first warm-up: %+v", w)
	}
	if len(first.Gains) != 1 || first.Gains[0].Item != item.WarmUp.Flash[2] {
		t.Errorf("one thing to take away: %+v", first.Gains)
	}
	second, _ := sit(func(q interview.QuestionAsked) string {
		switch q.Card {
		case item.WarmUp.Flash[0], item.WarmUp.Flash[2]:
			return known[q.Card]
		}
		return "I do not remember much about this one today."
	})
	if w := second.Blocks[0].WarmUp; w.Line != "kept 1, slipped 1, gained 1" || w.Worst.Said {
		t.Errorf("the second warm-up: %+v", w)
	}
	if g := second.Gains; len(g) != 1 || g[0].Item != item.WarmUp.Flash[1] {
		t.Errorf("what slipped comes first: %+v", g)
	}
	_, md := srv.call(t, "GET", "/sessions/"+second.Session.ID+"/report.md", nil)
	if !strings.Contains(string(md), "kept 1, slipped 1, gained 1") || strings.Contains(string(md), "Not graded") {
		t.Errorf("the report:\n%s", md)
	}
}

// Every warm-up of the pack has its seven steps.
func TestEveryWarmUpIsWhole(t *testing.T) {
	p := packtest.Flagship(t)
	n := 0
	for _, it := range p.Items {
		if it.Kind != interview.KindWarmUp {
			continue
		}
		n++
		for _, step := range []string{interview.StepHeadline, interview.StepWorst, interview.StepGap} {
			if it.WarmUp.Says(step) == "" {
				t.Errorf("%s asks nothing in %s", it.ID, step)
			}
		}
	}
	if n < 7 {
		t.Errorf("%d warm-ups", n)
	}
}
