package interview_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"rehearse/server/interview"
)

// log builds a session's log with times in seconds after its beginning.
type log struct {
	events []interview.Event
	start  time.Time
}

func newLog() *log {
	return &log{start: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)}
}

func (l *log) add(at float64, typ interview.EventType, data any) *log {
	e := interview.NewEvent(typ, data)
	e.Seq, e.At = int64(len(l.events)+1), l.start.Add(time.Duration(at*float64(time.Second)))
	l.events = append(l.events, e)
	return l
}

func (l *log) fold(t *testing.T) interview.State {
	t.Helper()
	st, err := interview.Fold("s", l.events)
	if err != nil {
		t.Fatal(err)
	}
	return st
}

func (l *log) now(at float64) time.Time { return l.start.Add(time.Duration(at * float64(time.Second))) }

func begun() *log {
	return newLog().add(0, interview.EvSessionCreated, interview.SessionCreated{Minutes: 60}).
		add(0, interview.EvBlockStarted, interview.BlockStarted{Block: 1})
}

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 0.05 {
		t.Errorf("%s is %.2f, want %.2f", what, got, want)
	}
}

func TestTheInterviewClockGoesByWords(t *testing.T) {
	st := begun().
		add(1, interview.EvQuestionAsked, interview.QuestionAsked{Turn: 1, Block: 1, Text: "", Think: 0}).
		add(1800, interview.EvAnswerSubmitted, interview.AnswerSubmitted{Turn: 1, Text: strings.Repeat("word ", 500), Words: 500}).fold(t)
	near(t, "500 words typed in half an hour", st.InterviewS, 3*60+34.29)
	near(t, "the wall clock", st.WallS(st.Last), 1800)
}

func TestTheInterviewerAndThinkingCount(t *testing.T) {
	st := begun().
		add(1, interview.EvQuestionAsked, interview.QuestionAsked{Turn: 1, Block: 1, Text: strings.Repeat("word ", 150), Think: interview.ThinkTechnical}).
		add(2, interview.EvHintGiven, interview.HintGiven{Turn: 1, Text: strings.Repeat("word ", 75)}).
		add(3, interview.EvClarified, interview.Clarified{Turn: 1, Question: strings.Repeat("word ", 14), Text: strings.Repeat("word ", 15)}).fold(t)
	near(t, "question, thinking, hint and clarification", st.InterviewS, 60+40+30+6+6)
}

func TestReadingAndDrawingAreOnTheWall(t *testing.T) {
	l := begun().add(10, interview.EvQuestionAsked, interview.QuestionAsked{Turn: 1, Block: 1, Clock: "wall"})
	st := l.fold(t)
	near(t, "the open turn after a minute", st.ClockS(l.now(70)), 60)
	st = l.add(40, interview.EvPaused, interview.Paused{Why: "candidate"}).add(100, interview.EvResumed, struct{}{}).
		add(130, interview.EvAnswerSubmitted, interview.AnswerSubmitted{Turn: 1, Text: "many words", Words: 400}).fold(t)
	near(t, "two minutes less a pause of one, whatever was typed", st.InterviewS, 60)
	near(t, "the wall clock without the pause", st.WallS(st.Last), 70)
}

func TestTimeAwayBeginsWhenTheLastOneLeft(t *testing.T) {
	l := begun().add(10, interview.EvQuestionAsked, interview.QuestionAsked{Turn: 1, Block: 1})
	since := l.now(20)
	st := l.add(80, interview.EvPaused, interview.Paused{Why: "away", Since: &since}).fold(t)
	near(t, "the wall clock while away", st.WallS(l.now(500)), 20)
	st = l.add(500, interview.EvResumed, struct{}{}).fold(t)
	near(t, "the wall clock after coming back", st.WallS(l.now(510)), 30)
}

func TestApplyIsPureAndStrict(t *testing.T) {
	l := begun().add(1, interview.EvQuestionAsked, interview.QuestionAsked{Turn: 1, Block: 1})
	st := l.fold(t)
	answer := interview.NewEvent(interview.EvAnswerSubmitted, interview.AnswerSubmitted{Turn: 1, Text: "x", Words: 1})
	answer.Seq, answer.At = 4, l.now(2)
	next, err := interview.Apply(st, answer)
	if err != nil {
		t.Fatal(err)
	}
	if st.Turns[0].Answered || st.Open != 1 || !next.Turns[0].Answered || next.Open != 0 {
		t.Errorf("Apply changed its input, or not its output: %+v, %+v", st.Turns[0], next.Turns[0])
	}
	for name, e := range map[string]interview.Event{
		"a hole":                    {Seq: 6, Type: interview.EvResumed, Data: []byte(`{}`)},
		"a repeated number":         {Seq: 3, Type: interview.EvResumed, Data: []byte(`{}`)},
		"a turn that is not":        {Seq: 4, Type: interview.EvAnswerSubmitted, Data: []byte(`{"turn":9}`)},
		"a block that is not":       {Seq: 4, Type: interview.EvQuestionAsked, Data: []byte(`{"turn":2,"block":9}`)},
		"a payload that is no JSON": {Seq: 4, Type: interview.EvBlockClosed, Data: []byte(`{`)},
	} {
		if _, err := interview.Apply(st, e); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
	unknown := interview.Event{Seq: 4, Type: "something.newer", Data: []byte(`{}`), At: l.now(3)}
	if later, err := interview.Apply(st, unknown); err != nil || later.Seq != 4 {
		t.Errorf("an unknown type stopped the fold: %v", err)
	}
}

func TestCountWords(t *testing.T) {
	for text, want := range map[string]int{"": 0, " - ": 0, "one": 1, "from 212 to 0, at once.": 6, "it's a re-run": 3, "naïve façade — 東京": 3} {
		if got := interview.CountWords(text); got != want {
			t.Errorf("CountWords(%q) = %d, want %d", text, got, want)
		}
	}
}
