package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"rehearse/server/interview"
	"rehearse/server/reading"
)

// fork makes the log of a session that goes back to one turn of a closed one: everything up to that question, with a first
// event of its own. Times are moved so that the question is asked now, since the days between count for neither clock.
func (e *Engine) fork(ctx context.Context, n interview.NewSession) ([]interview.Event, error) {
	refuse := func(format string, args ...any) ([]interview.Event, error) {
		return nil, interview.FieldError("fork", format, args...)
	}
	events, err := e.Store.Events(ctx, n.Fork.Session, 0)
	if err != nil {
		return nil, err
	}
	st, err := interview.Fold(n.Fork.Session, events)
	if err != nil {
		return nil, err
	}
	t := st.Turn(n.Fork.Turn)
	switch {
	case len(events) == 0:
		return refuse("there is no session %q", n.Fork.Session)
	case !st.Closed:
		return nil, interview.Errorf(interview.CodeConflict, "session %s is still open; answer the question there, or end it first", n.Fork.Session)
	case st.Session.Pack.ID != e.Pack.ID:
		return refuse("session %s was sat with the pack %s, and this server has %s", n.Fork.Session, st.Session.Pack.ID, e.Pack.ID)
	case t == nil:
		return refuse("session %s has %s, no turn %d", n.Fork.Session, interview.Counted(len(st.Turns), "%d turn", "%d turns"), n.Fork.Turn)
	case n.Format != "" && n.Format != st.Session.Format:
		return nil, interview.FieldError("format", "a fork has the format of its session, %s", st.Session.Format)
	case n.Mode != "" && n.Mode != st.Session.Mode, n.Level != "" && n.Level != st.Session.Level:
		return refuse("a fork keeps the mode and the level of its session: %s, %s", st.Session.Mode, st.Session.Level)
	case n.Item != "" || n.Principle != "" || n.RetryOf != "" || n.Story != "" || n.Part != "" || n.Seconds != 0 || n.Seed != nil:
		return refuse("a fork takes everything from its session; leave the other fields out")
	}
	created := st.Session
	_, created.Voice = e.Voice(ctx)
	created.Fork, created.RetryOf, created.Guess = n.Fork, "", n.Guess
	first := interview.NewEvent(interview.EvSessionCreated, created)
	first.Seq, first.At = 1, events[0].At
	out := []interview.Event{first}
	for _, ev := range events[1:] {
		out = append(out, ev)
		if asked, ok := askedIn(ev); ok && asked == n.Fork.Turn {
			break
		}
	}
	move := e.stamp().Sub(out[len(out)-1].At)
	for i := range out {
		out[i].At = out[i].At.Add(move)
		if out[i], err = moved(out[i], move); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// askedIn is the turn that an event asks.
func askedIn(ev interview.Event) (int, bool) {
	if ev.Type != interview.EvQuestionAsked {
		return 0, false
	}
	var q interview.QuestionAsked
	err := json.Unmarshal(ev.Data, &q)
	return q.Turn, err == nil
}

// moved moves the times inside an event.
func moved(ev interview.Event, by time.Duration) (interview.Event, error) {
	if ev.Type != interview.EvPaused {
		return ev, nil
	}
	var p interview.Paused
	if err := json.Unmarshal(ev.Data, &p); err != nil {
		return ev, fmt.Errorf("event %d: %w", ev.Seq, err)
	}
	if p.Since == nil {
		return ev, nil
	}
	since := p.Since.Add(by)
	out := interview.NewEvent(ev.Type, interview.Paused{Why: p.Why, Since: &since})
	out.Seq, out.At = ev.Seq, ev.At
	return out, nil
}

// The lengths a story may be asked to take, in seconds as spoken.
var lengths = []int{90, 120, 240}

// weakestPart stands for the part of a story that lacked most last time.
const weakestPart = "weakest"

// checkAgain checks what only stories and second attempts have: a part, and a length. Before is the session that is tried
// again, if any.
func (e *Engine) checkAgain(n *interview.NewSession, kinds []interview.Kind, before *interview.State) error {
	stories := slices.Contains(kinds, interview.KindBehavioural)
	if n.Seconds != 0 && (!stories || !slices.Contains(lengths, n.Seconds)) {
		return interview.FieldError("seconds", "seconds is 90, 120 or 240, and for stories only")
	}
	if n.Part == "" {
		return nil
	}
	switch {
	case !slices.Contains([]string{weakestPart, "S", "T", "A", "R"}, n.Part):
		return interview.FieldError("part", "part is weakest, or S, T, A or R, not %q", n.Part)
	case !stories:
		return interview.FieldError("part", "only stories are told again in parts")
	case before == nil || n.Principle != "":
		return interview.FieldError("part", "part goes with retry_of, and with the same question")
	}
	if n.Part != weakestPart {
		return nil
	}
	text, question := "", ""
	for _, b := range before.Blocks {
		if b.Item != n.Item {
			continue
		}
		for _, k := range b.Turns {
			if t := before.Turn(k); t.Answered && text == "" {
				text, question = t.Answer, t.Text
			}
		}
	}
	if text == "" {
		return interview.FieldError("part", "session %s holds no answer to that question", n.RetryOf)
	}
	n.Part = weakest(reading.Read(reading.Input{Question: question, Text: text, Kind: interview.KindBehavioural, Reach: e.Pack.Reaches(n.Level), Names: e.Pack.PrincipleNames()}))
	return nil
}

// weakest is the part of a story to tell again: one that is missing, the result before the others, since without it
// nothing counts; else the one whose gap an interviewer would ask for first.
func weakest(r reading.Reading) string {
	for _, p := range []reading.Part{reading.Result, reading.Action, reading.Task, reading.Situation} {
		if slices.Contains(r.Missing, p) {
			return string(p)
		}
	}
	for _, g := range []struct {
		part  string
		codes []string
	}{{"R", []string{"Q09", "Q10", "Q11"}}, {"A", []string{"Q04", "Q05", "Q06", "Q07", "Q08"}}, {"T", []string{"Q03"}}, {"S", []string{"Q01", "Q02"}}} {
		if slices.ContainsFunc(r.Gaps, func(x reading.Gap) bool { return slices.Contains(g.codes, x.Code) }) {
			return g.part
		}
	}
	return string(reading.Result)
}

// retold words the main question of a second attempt: one part of it, the same story for another principle, or a length.
func (s *session) retold(q *interview.QuestionAsked) {
	c, lines := s.st.Session, s.e.Pack.Lines
	if c.RetryOf != "" && c.Princ != "" && lines.SameStory != "" {
		q.Text = lines.SameStory + " " + q.Text
	}
	if line := lines.Parts[c.Part]; c.Part != "" && line != "" {
		q.Text = q.Text + " " + line
	}
	if line := lines.Lengths[c.Seconds]; c.Seconds > 0 && line != "" {
		q.Text = q.Text + " " + line
	}
}
