package engine

import (
	"time"
	"unicode/utf8"

	"rehearse/server/interview"
)

// Limits of what counts as typing.
const (
	pasteFrom = 200             // characters that appear at once
	pauseFrom = 5 * time.Second // between two saved drafts
)

// effort follows how an answer comes into being, from its saved drafts. It is kept in memory: after a
// restart it begins anew, and what it cannot know it does not say.
type effort struct {
	turn        int
	first, last time.Time
	typing      time.Duration
	pauses      int
	pasted      int
	length      int
}

// note takes in a draft or the answer itself.
func (f *effort) note(turn int, text string, now time.Time) {
	n := utf8.RuneCountInString(text)
	if f.turn != turn {
		*f = effort{turn: turn}
	}
	if n == 0 && f.first.IsZero() {
		return
	}
	if f.first.IsZero() {
		f.first, f.last = now, now
	}
	switch gap := now.Sub(f.last); {
	case gap <= pauseFrom:
		f.typing += gap
	default:
		f.pauses++
	}
	if n-f.length > pasteFrom {
		f.pasted += n - f.length
	}
	f.length, f.last = n, now
}

// of is what is known about the answer to a turn that was asked at a time; nil when nothing is.
func (f *effort) of(turn int, asked time.Time) *interview.Effort {
	if f.turn != turn || f.first.IsZero() {
		return nil
	}
	return &interview.Effort{FirstKeyS: seconds(f.first.Sub(asked)), TypingS: seconds(f.typing), Pauses: f.pauses, Pasted: f.pasted}
}

func seconds(d time.Duration) float64 { return float64(max(0, d).Milliseconds()/100) / 10 }
