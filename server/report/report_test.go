package report_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rehearse/server/grading"
	"rehearse/server/interview"
	"rehearse/server/pack/packtest"
	"rehearse/server/report"
)

var update = flag.Bool("update", false, "rewrite the golden files")

type entry struct {
	at   int // seconds
	typ  interview.EventType
	data any
}

func fold(t testing.TB, entries []entry) interview.State {
	t.Helper()
	start := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	var events []interview.Event
	for i, e := range entries {
		ev := interview.NewEvent(e.typ, e.data)
		ev.Seq, ev.At = int64(i+1), start.Add(time.Duration(e.at)*time.Second)
		events = append(events, ev)
	}
	st, err := interview.Fold("golden", events)
	if err != nil {
		t.Fatal(err)
	}
	return st
}

func answer(turn int, text string) interview.AnswerSubmitted {
	return interview.AnswerSubmitted{Turn: turn, Text: text, Words: interview.CountWords(text)}
}

func created(format, title string, p *interview.Pack) interview.SessionCreated {
	return interview.SessionCreated{Plan: interview.Format{Report: map[string]string{"story-drill": "drill"}[format]}, Format: format, Title: title, Mode: interview.ModeCoached, Level: "L5", Minutes: 14, Seed: 1, Seeded: true,
		Voice: interview.VoiceInfo{Kind: "authored", Detail: "Ollama does not answer.", Commands: []string{"ollama serve", "ollama pull x"}}, Pack: interview.PackRef{ID: p.ID, Version: p.Version}}
}

func story(t *testing.T, p *interview.Pack) interview.State {
	first := "We had invoices leaking between 300 shoppers during a sale in March 2024, so our team looked into the cache layer and we fixed it quickly. Leaks went down to 212 a day."
	second := "I found the cache key by diffing two responses. I considered purging the cache and rejected it, because it cost a day. <script>alert(1)</script> It went from 212 a day to 0."
	return fold(t, []entry{
		{0, interview.EvSessionCreated, created("story-drill", "Story drill", p)},
		{0, interview.EvRoundStarted, interview.RoundStarted{Round: 1, Persona: "drill"}},
		{0, interview.EvBlockStarted, interview.BlockStarted{Block: 1, Round: 1, Phase: "story", Title: "Story", Minutes: 14, Kind: "behavioural", Item: "beh-01"}},
		{1, interview.EvQuestionAsked, interview.QuestionAsked{Turn: 1, Block: 1, Text: "Tell me about an odd signal.", Main: true, Think: 20, Voice: "authored", Expect: interview.ExpectEvent}},
		{90, interview.EvAnswerSubmitted, answer(1, first)},
		{91, interview.EvQuestionAsked, interview.QuestionAsked{Turn: 2, Block: 1, Text: "You said: “we fixed it quickly.” Which part was yours?", Wording: "Which part was yours?", Voice: "authored",
			Probe: &interview.ProbeRef{Type: "Q05", Target: "Q05"}, Anchor: &interview.Quote{Turn: 1, Start: strings.Index(first, "we fixed"), End: strings.Index(first, "we fixed") + 19}, Expect: interview.ExpectName}},
		{150, interview.EvAnswerSubmitted, answer(2, second)},
		{151, interview.EvQuestionAsked, interview.QuestionAsked{Turn: 3, Block: 1, Text: "What went wrong on the way?", Voice: "authored", Probe: &interview.ProbeRef{Type: "Q14", Target: "Q14"}, Expect: interview.ExpectEvent}},
		{160, interview.EvTurnSkipped, interview.TurnSkipped{Turn: 3, Why: "skip"}},
		{161, interview.EvBlockClosed, interview.BlockClosed{Block: 1}},
		{161, interview.EvRoundClosed, interview.RoundClosed{Round: 1}},
		{161, interview.EvSessionClosed, interview.SessionClosed{Why: "complete"}},
		{161, interview.EvReportReady, interview.ReportReady{}},
	})
}

func review(t *testing.T, p *interview.Pack) interview.State {
	item := p.Items["cr-java-orders"]
	f := p.Rubrics[item.ID].Findings[0]
	decoy := p.Rubrics[item.ID].Decoys[0]
	rows := []json.RawMessage{
		mustJSON(t, map[string]any{"start_line": f.Lines[0], "end_line": f.Lines[1], "issue": "SQL injection: the sort order is concatenated into the query", "impact": "reads every order", "fix": "bind parameters", "severity": "critical", "cwe": 89}),
		mustJSON(t, map[string]any{"start_line": decoy.Lines[0], "end_line": decoy.Lines[1], "issue": "looks odd to me", "severity": "low", "cwe": "CWE-20"}),
	}
	return fold(t, []entry{
		{0, interview.EvSessionCreated, created("code-review", "Code review", p)},
		{0, interview.EvRoundStarted, interview.RoundStarted{Round: 1, Persona: "drill"}},
		{0, interview.EvBlockStarted, interview.BlockStarted{Block: 1, Round: 1, Phase: "code-review", Title: "Code review", Minutes: 10, Kind: "code-review", Item: item.ID}},
		{1, interview.EvQuestionAsked, interview.QuestionAsked{Turn: 1, Block: 1, Text: item.Prompt.Main, Main: true, Step: "review", Clock: "wall", Voice: "authored"}},
		{200, interview.EvClarified, interview.Clarified{Turn: 1, Question: "Who calls this?", Text: "The web shop.", Fact: item.Facts[0].ID}},
		{300, interview.EvArtifactSaved, interview.ArtifactSaved{Turn: 1, Kind: "findings", Rows: rows}},
		{301, interview.EvAnswerSubmitted, answer(1, "The query is built by concatenation, so it is SQL injection. I would use bind parameters.")},
		{302, interview.EvBlockClosed, interview.BlockClosed{Block: 1}},
		{302, interview.EvRoundClosed, interview.RoundClosed{Round: 1}},
		{302, interview.EvSessionClosed, interview.SessionClosed{Why: "ended"}},
		{302, interview.EvReportReady, interview.ReportReady{}},
	})
}

// withGrades is a session whose blocks were graded: first in vain, then by code.
func withGrades(t *testing.T, st interview.State, p *interview.Pack) interview.State {
	t.Helper()
	for i := range st.Blocks {
		grade := grading.Grader{}.Block(t.Context(), &st, &st.Blocks[i], p)
		for _, ev := range []interview.Event{
			interview.NewEvent(interview.EvRatingRecorded, interview.RatingRecorded{Block: i + 1, Dimensions: map[string]int{"B1": 4, "B2": 5}}),
			interview.NewEvent(interview.EvGradeFailed, interview.GradeFailed{Block: i + 1, Reason: "the model gave no first word in time"}),
			interview.NewEvent(interview.EvRegradeAsked, interview.RegradeAsked{}),
			interview.NewEvent(interview.EvGradeReady, interview.GradeReady{Block: i + 1, Grade: mustJSON(t, grade)}),
		} {
			ev.Seq, ev.At = st.Seq+1, st.Last
			var err error
			if st, err = interview.Apply(st, ev); err != nil {
				t.Fatal(err)
			}
		}
	}
	return st
}

func mustJSON(t testing.TB, v any) json.RawMessage {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestGoldens(t *testing.T) {
	p := packtest.Flagship(t)
	for name, st := range map[string]interview.State{"story": story(t, p), "review": review(t, p), "graded": withGrades(t, story(t, p), p), "graded-review": withGrades(t, review(t, p), p), "pushed": withGrades(t, pushedReview(t, p), p)} {
		r := report.Build(st, p, nil)
		raw, err := json.MarshalIndent(r, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		for ext, got := range map[string]string{".json": string(raw) + "\n", ".md": r.Markdown()} {
			file := filepath.Join("testdata", name+ext)
			if *update {
				if err := os.MkdirAll("testdata", 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("%s (-golden +got):\n%s", file, diff)
			}
		}
	}
}

func TestEveryQuoteIsTheCandidates(t *testing.T) {
	p := packtest.Flagship(t)
	for _, st := range []interview.State{story(t, p), review(t, p)} {
		r := report.Build(st, p, nil)
		for _, b := range r.Blocks {
			for _, q := range b.Questions {
				if a := q.Anchor; a != nil && !strings.Contains(q.Text, st.Turns[a.Turn-1].Answer[a.Start:a.End]) {
					t.Errorf("turn %d: the anchor's bytes are not what was said: %q", q.Turn, st.Turns[a.Turn-1].Answer[a.Start:a.End])
				}
			}
			for _, pt := range b.Points {
				for _, s := range pt.Quotes {
					if s.Start >= s.End || s.End > len(st.Turns[s.Turn-1].Answer) {
						t.Errorf("point %s is quoted from %d to %d", pt.ID, s.Start, s.End)
					}
				}
			}
		}
		for _, n := range r.Numbers {
			if st.Turns[n.Turn-1].Answer[n.Start:n.End] != n.Text {
				t.Errorf("the ledger says %q", n.Text)
			}
		}
	}
}

func TestNoNumberBeforeTheGrade(t *testing.T) {
	p := packtest.Flagship(t)
	pending := story(t, p)
	failed := withGrades(t, pending, p)
	failed.Blocks[0].Grades = failed.Blocks[0].Grades[:1]
	half := withGrades(t, pending, p)
	half.Blocks = append(half.Blocks, half.Blocks[0])
	half.Blocks[1].Grades, half.Blocks[1].Block = nil, 2
	for name, st := range map[string]interview.State{"pending": pending, "failed": failed} {
		r := report.Build(st, p, nil)
		if r.Verdict == nil || r.Verdict.Score != nil || r.Verdict.Pending+r.Verdict.Failed == 0 {
			t.Errorf("%s: the verdict is %+v", name, r.Verdict)
		}
		g := r.Blocks[0].Grade
		if g == nil || g.After.Score != nil || g.After.Measured != nil || g.Unprompted.Measured != nil || len(g.Dimensions) > 0 {
			t.Errorf("%s: the grade is %+v", name, g)
		}
	}
	if v := report.Build(half, p, nil).Verdict; v.Score != nil {
		t.Errorf("an average over one of two exercises: %+v", v)
	}
}

// A dive holds answers to follow-ups to its limit; the story itself may take its time.
func TestAnswersOverTheLimitAreNamed(t *testing.T) {
	p := packtest.Flagship(t)
	long := strings.Repeat("I compared the two logs again. ", 40) // 240 words, 102 seconds
	st := fold(t, []entry{
		{0, interview.EvSessionCreated, created("dive-deep", "Dive deep", p)},
		{0, interview.EvRoundStarted, interview.RoundStarted{Round: 1, Persona: "drill"}},
		{0, interview.EvBlockStarted, interview.BlockStarted{Block: 1, Round: 1, Phase: "dive", Title: "Dive", Minutes: 12, Kind: "behavioural", Item: "beh-01", FollowupSeconds: 75}},
		{1, interview.EvQuestionAsked, interview.QuestionAsked{Turn: 1, Block: 1, Text: "Tell me.", Main: true, Voice: "authored"}},
		{2, interview.EvAnswerSubmitted, answer(1, long)},
		{3, interview.EvQuestionAsked, interview.QuestionAsked{Turn: 2, Block: 1, Text: "How?", Voice: "authored", Probe: &interview.ProbeRef{Type: "Q06"}}},
		{4, interview.EvAnswerSubmitted, answer(2, long)},
		{5, interview.EvQuestionAsked, interview.QuestionAsked{Turn: 3, Block: 1, Text: "And then?", Voice: "authored", Probe: &interview.ProbeRef{Type: "Q07"}}},
		{6, interview.EvAnswerSubmitted, answer(3, "I rejected it.")},
	})
	r := report.Build(st, p, nil)
	got := [][2]int{}
	for _, q := range r.Blocks[0].Questions {
		got = append(got, [2]int{q.Answer.Limit, q.Answer.Over})
	}
	if diff := cmp.Diff([][2]int{{0, 0}, {75, 27}, {75, 0}}, got); diff != "" {
		t.Error(diff)
	}
	if text := r.Markdown(); strings.Count(text, "27 seconds over the 75") != 1 {
		t.Errorf("the report does not say once which answer ran over:\n%s", text)
	}
}

func TestARecitalIsNamed(t *testing.T) {
	p := packtest.Flagship(t)
	st := story(t, p)
	said := st.Turns[0].Answer
	r := report.Build(st, p, func(item string) []string {
		if item != "beh-01" {
			t.Errorf("asked for earlier answers to %q", item)
		}
		return []string{"Something else altogether.", said}
	})
	if got := r.Blocks[0].Questions[0].Answer.Recital; got != 1 {
		t.Errorf("the same words again are a recital of %.2f", got)
	}
	if !strings.Contains(r.Markdown(), "100 % of it stands word for word") {
		t.Error("the report does not say so")
	}
}

func TestFiguresOfAnEarlierAttempt(t *testing.T) {
	p := packtest.Flagship(t)
	st := story(t, p)
	st.Turns[1].Answer = "I counted 31 services and 14 teams. We had 240 alerts a day."
	r := report.Build(st, p, func(string) []string {
		return []string{"A story about 12 cats and 3 dogs.", "I counted 31 services and 14 teams. We had 212 alerts a day."}
	})
	var got []string
	for _, n := range r.Numbers {
		if n.Earlier != "" {
			got = append(got, n.Text+" was "+n.Earlier)
		}
	}
	if len(got) != 1 || !strings.HasPrefix(got[0], "240") || !strings.Contains(got[0], "was 212") {
		t.Errorf("figures that changed between attempts: %q", got)
	}
}
