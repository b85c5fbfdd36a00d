package report_test

import (
	"slices"
	"testing"

	"rehearse/server/interview"
	"rehearse/server/pack/packtest"
	"rehearse/server/report"
)

const weakEnd = "In March 2024 our build servers trusted any pull request, and one had read a signing key. I was responsible for the release pipeline and had to make it safe before the audit in two weeks. I moved signing to a separate machine because a thief needs minutes only. I wrote a check that refuses unsigned artefacts and walked two teams through it."

const strongEnd = "As a result unsigned releases fell from 5 a week to 0 within a month, and the audit passed."

func oneStory(t *testing.T, c interview.SessionCreated, item, text string) interview.State {
	t.Helper()
	return fold(t, []entry{
		{0, interview.EvSessionCreated, c},
		{0, interview.EvRoundStarted, interview.RoundStarted{Round: 1, Persona: "drill"}},
		{0, interview.EvBlockStarted, interview.BlockStarted{Block: 1, Round: 1, Phase: "story", Title: "Story", Minutes: 14, Kind: "behavioural", Item: item}},
		{1, interview.EvQuestionAsked, interview.QuestionAsked{Turn: 1, Block: 1, Text: "Tell me about a risk you took away.", Main: true, Voice: "authored", Expect: interview.ExpectEvent}},
		{90, interview.EvAnswerSubmitted, answer(1, text)},
		{91, interview.EvBlockClosed, interview.BlockClosed{Block: 1}},
		{91, interview.EvRoundClosed, interview.RoundClosed{Round: 1}},
		{91, interview.EvSessionClosed, interview.SessionClosed{Why: "complete"}},
		{91, interview.EvReportReady, interview.ReportReady{}},
	})
}

// TestAgain: the part that was told again takes its place in the earlier answer; what is new and what is still missing
// follow from both readings, and another question is compared with nothing.
func TestAgain(t *testing.T) {
	p := packtest.Flagship(t)
	before := oneStory(t, created("story-drill", "Story drill", p), "beh-01", weakEnd)
	before.ID = "before"
	retry := created("story-drill", "Story drill", p)
	retry.RetryOf = "before"
	part := retry
	part.Part = "R"
	for _, tt := range []struct {
		name   string
		st     interview.State
		better bool
	}{
		{"a better end", oneStory(t, part, "beh-01", strongEnd), true},
		{"the whole again, better", oneStory(t, retry, "beh-01", weakEnd+" "+strongEnd), true},
		{"the same again", oneStory(t, retry, "beh-01", weakEnd), false},
	} {
		var r report.Report
		r.Compare(tt.st, before, p, 2)
		a := r.Again
		if a == nil || a.Session != "before" || a.Attempt != 2 || a.Before == nil || a.After == nil {
			t.Fatalf("%s: %+v", tt.name, a)
		}
		if better := *a.After > *a.Before; better != tt.better || (len(a.Gained) > 0) != tt.better || len(a.Lost) > 0 {
			t.Errorf("%s: measured %v then %v, gained %q, lost %q", tt.name, *a.Before, *a.After, a.Gained, a.Lost)
		}
		if tt.st.Session.Part != "" && (a.Is != strongEnd || a.Figures[1] <= a.Figures[0]) {
			t.Errorf("%s: was %q, is %q, figures %v", tt.name, a.Was, a.Is, a.Figures)
		}
	}
	var r report.Report
	if r.Compare(oneStory(t, retry, "beh-02", weakEnd), before, p, 2); r.Again != nil {
		t.Errorf("two questions were compared: %+v", r.Again)
	}
	worse := oneStory(t, retry, "beh-01", "We had a problem at work once and we solved it together as a team, which was nice for everybody, and we learned from it for the next time, as one does.")
	if r.Compare(worse, before, p, 3); r.Again == nil || len(r.Again.Lost) == 0 || r.Again.Attempt != 3 {
		t.Errorf("a worse attempt: %+v", r.Again)
	}
	if report.Origin(worse) != "before" || report.Origin(before) != "" || slices.Contains(r.Again.Gained, "") {
		t.Error("origins")
	}
}

// TestForkedAttempts: what was copied from the session before counts once, and the question a fork goes on from was seen.
func TestForkedAttempts(t *testing.T) {
	p := packtest.Flagship(t)
	c := created("story-drill", "Story drill", p)
	if got := report.Attempts(oneStory(t, c, "beh-01", weakEnd), p); len(got) != 1 || got[0].Seen {
		t.Errorf("%+v", got)
	}
	c.Fork = &interview.Fork{Session: "before", Turn: 1}
	if got := report.Attempts(oneStory(t, c, "beh-01", weakEnd), p); len(got) != 1 || !got[0].Seen {
		t.Errorf("a fork counts as unseen: %+v", got)
	}
	c.Fork.Turn = 2
	if got := report.Attempts(oneStory(t, c, "beh-01", weakEnd), p); len(got) != 0 {
		t.Errorf("a copied block counts: %+v", got)
	}
	c.Fork, c.RetryOf, c.Part = nil, "before", "R"
	if got := report.Attempts(oneStory(t, c, "beh-01", strongEnd), p); len(got) != 1 || got[0].Story != nil || !got[0].Seen || got[0].Complete {
		t.Errorf("a part counts as a story: %+v", got)
	}
}
