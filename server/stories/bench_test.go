package stories_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"rehearse/server/interview"
	"rehearse/server/pack/packtest"
	"rehearse/server/stories"
)

// BenchmarkAYear is the bank of a year: 14 stories of 12 cues and 200 tellings.
func BenchmarkAYear(b *testing.B) {
	pack := packtest.Flagship(b)
	year := stories.Bank{Pack: pack, Common: stories.CommonIn(pack)}
	for i := range 14 {
		s := bank[i%len(bank)]
		s.ID = fmt.Sprintf("s-%d", i)
		for len(s.Cues) < 12 {
			s.Cues = append(s.Cues, stories.Cue{Text: fmt.Sprintf("%d times the %dth thing in story %d", len(s.Cues)+i, len(s.Cues), i)})
		}
		year.Stories = append(year.Stories, s)
	}
	at := time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC)
	for i := range 200 {
		st := sat(b, pack, fmt.Sprintf("one%d", i), at.AddDate(0, 0, i), strings.Repeat(pairs[i%len(pairs)].answer+" ", 6))
		year.Tellings = append(year.Tellings, stories.Tellings(st, pack)...)
	}
	if len(year.Tellings) != 200 {
		b.Fatalf("%d tellings", len(year.Tellings))
	}
	b.Run("list", func(b *testing.B) {
		for b.Loop() {
			year.List()
		}
	})
	b.Run("matrix", func(b *testing.B) {
		for b.Loop() {
			year.Matrix()
		}
	})
}

// sat is a closed session in which one story was told.
func sat(tb testing.TB, pack *interview.Pack, id string, at time.Time, answer string) interview.State {
	tb.Helper()
	var events []interview.Event
	add := func(typ interview.EventType, data any) {
		e := interview.NewEvent(typ, data)
		e.Seq, e.At = int64(len(events)+1), at.Add(time.Duration(len(events))*time.Minute)
		events = append(events, e)
	}
	add(interview.EvSessionCreated, interview.SessionCreated{Format: "story-drill", Title: "Story drill", Mode: interview.ModeCoached, Level: "L5", Pack: interview.PackRef{ID: pack.ID, Version: pack.Version}})
	add(interview.EvRoundStarted, interview.RoundStarted{Round: 1})
	add(interview.EvBlockStarted, interview.BlockStarted{Block: 1, Round: 1, Kind: "behavioural", Item: "beh-03"})
	add(interview.EvQuestionAsked, interview.QuestionAsked{Turn: 1, Block: 1, Text: "What happened?", Main: true})
	add(interview.EvAnswerSubmitted, interview.AnswerSubmitted{Turn: 1, Text: answer, Words: interview.CountWords(answer)})
	add(interview.EvBlockClosed, interview.BlockClosed{Block: 1})
	add(interview.EvSessionClosed, interview.SessionClosed{Why: "complete"})
	st, err := interview.Fold(id, events)
	if err != nil {
		tb.Fatal(err)
	}
	return st
}
