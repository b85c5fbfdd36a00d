package engine

import (
	"context"
	"errors"
	"time"

	"rehearse/server/guard"
	"rehearse/server/interview"
	"rehearse/server/probing"
)

type anchor = probing.Anchor

// tryAgainAfter is how long a voice that failed is left alone.
const tryAgainAfter = 90 * time.Second

// compose gives a question its final words: a main question is spoken as written; a follow-up by the
// voice, when what it says passes the guard, and otherwise by the authored voice. It releases s.mu while
// a model works. The second result is the reason when a voice has just become unable to speak.
func (s *session) compose(ctx context.Context, q *question) (paced bool, degraded string) {
	q.asked.Voice = "authored"
	if !q.probe {
		return false, ""
	}
	brief := s.brief(q)
	rules := s.rules(q, brief)
	speaks := len(q.anchors) > 0 // without words of the candidate to lead in with, the question stands by itself
	if speaks && s.voice == nil && (!s.down || s.e.Now().After(s.downUntil)) {
		degraded = s.findVoice(ctx)
	}
	if speaks && s.voice != nil && s.info.Kind != "authored" && (!s.down || s.e.Now().After(s.downUntil)) {
		s.publish(modelFrame(interview.ModelReading, s.info.Model))
		voice := s.voice
		s.mu.Unlock()
		ctx := interview.WithTeller(ctx, func(state, detail string) {
			s.mu.Lock()
			s.publish(modelFrame(state, detail))
			s.mu.Unlock()
		})
		u, why, broken := s.tryVoice(ctx, voice, brief, rules)
		if broken && ctx.Err() == nil { // another server may have the model too: the session moves there and goes on
			if other, info := s.e.Voice(ctx); info.Kind != "authored" && info.Host != s.info.Host {
				if u, why, broken = s.tryVoice(ctx, other, brief, rules); !broken {
					s.mu.Lock()
					s.voice, s.info = other, info
					s.mu.Unlock()
				}
			}
		}
		s.mu.Lock()
		s.publish(modelFrame(interview.ModelIdle, s.info.Model))
		if why == "" {
			s.down = false
			s.use(q, u, s.info.Model)
			return true, ""
		}
		q.asked.Fallback = why
		if broken {
			if !s.down {
				degraded = why
			}
			s.down, s.downUntil = true, s.e.Now().Add(tryAgainAfter)
			s.voice = nil // what is found then may be another
		}
	}
	u, err := s.e.Authored.Speak(ctx, brief)
	if err != nil || len(guard.Check(u.Text, rules)) > 0 {
		u = interview.Utterance{Text: q.asked.Wording, Anchor: -1} // an anchor that reads badly is left out
	}
	s.use(q, u, "authored")
	return false, degraded
}

// findVoice looks for a voice; s.mu is released meanwhile. It returns why there is none any more, the first
// time that a session which began with a model finds none.
func (s *session) findVoice(ctx context.Context) (degraded string) {
	s.mu.Unlock()
	voice, info := s.e.Voice(ctx)
	s.mu.Lock()
	if info.Kind != "authored" || s.st.Session.Voice.Kind == "authored" {
		s.voice, s.info = voice, info
		return ""
	}
	if !s.down {
		degraded = info.Detail
	}
	s.down, s.downUntil = true, s.e.Now().Add(tryAgainAfter)
	return degraded
}

func (s *session) use(q *question, u interview.Utterance, voice string) {
	q.asked.Text, q.asked.Voice = u.Text, voice
	if u.Anchor >= 0 && u.Anchor < len(q.anchors) {
		quote := q.anchors[u.Anchor].Quote
		q.asked.Anchor = &quote
	}
}

func modelFrame(state, detail string) interview.Frame {
	return interview.NoteFrame("model", map[string]string{"state": state, "detail": detail})
}

// tryVoice lets the voice speak once: a second try of the same words was fit in 2 of 25 turns of a small model, and the
// candidate would wait for it. why is empty when u may be shown; broken means that the
// voice itself failed, not its words.
func (s *session) tryVoice(ctx context.Context, voice Interviewer, brief interview.Brief, rules guard.Rules) (u interview.Utterance, why string, broken bool) {
	ctx, cancel := context.WithTimeout(ctx, s.e.VoiceTimeout)
	defer cancel()
	heard := make(chan *guard.Heard, 1)
	go func() { heard <- guard.Listen(rules.Transcript) }() // while the model thinks
	u, err := voice.Speak(ctx, brief)
	switch {
	case errors.Is(err, context.Canceled):
		return u, "speech was stopped", false
	case errors.Is(err, context.DeadlineExceeded):
		return u, "the model did not answer in time", true
	case err != nil:
		return u, "the model could not speak: " + interview.AsError(err).Message, true
	}
	rules.Heard = <-heard
	if broke := guard.Check(u.Text, rules); len(broke) > 0 {
		return u, "the model's words were not used (" + broke[0].Rule + ")", false
	}
	return u, "", false
}

// brief is what a voice may know.
func (s *session) brief(q *question) interview.Brief {
	b := s.exchange(s.st.Block(q.asked.Block))
	b.Question, b.Seed = q.asked.Wording, s.seed("voice", q.asked.Block, q.asked.Turn)
	for _, a := range q.anchors {
		b.Anchors = append(b.Anchors, a.Text)
	}
	return b
}

// exchange is who speaks, and what was said in a block so far.
func (s *session) exchange(block *interview.Block) interview.Brief {
	p := s.persona(s.st.RoundIs.Persona)
	b := interview.Brief{Name: p.Name, Role: p.Role, Temperament: p.Temperament}
	for _, n := range block.Turns {
		t := s.st.Turn(n)
		b.Exchange = append(b.Exchange, interview.Line{Text: t.Text})
		var after []interview.Line
		for _, c := range t.Clarified {
			switch {
			case c.Repeat:
			case c.Inside:
				after = append(after, interview.Line{Text: c.Text})
			default:
				b.Exchange = append(b.Exchange, interview.Line{Candidate: true, Text: c.Question}, interview.Line{Text: c.Text})
			}
		}
		if t.Answered {
			b.Exchange = append(b.Exchange, interview.Line{Candidate: true, Text: t.Answer})
		}
		b.Exchange = append(b.Exchange, after...)
	}
	return b
}

// rules are what the utterance is held against; the hidden phrases go to the guard and to nobody else.
func (s *session) rules(q *question, b interview.Brief) guard.Rules {
	r := guard.Rules{Wording: q.asked.Wording}
	for _, l := range b.Exchange {
		r.Transcript = append(r.Transcript, l.Text)
		if l.Candidate {
			r.Candidate = append(r.Candidate, l.Text)
		} else {
			r.Said = append(r.Said, l.Text)
		}
	}
	for _, p := range s.e.Pack.Principles {
		r.Terms = append(r.Terms, p.Name)
	}
	r.Hidden = s.e.hidden(s.st.Block(q.asked.Block).Item)
	return r
}

// hidden are the phrases of an item's rubric, cut once.
func (e *Engine) hidden(item string) *guard.Phrases {
	rub := e.Pack.Rubrics[item]
	if rub == nil {
		return nil
	}
	if known, ok := e.phrases.Load(item); ok {
		return known.(*guard.Phrases)
	}
	known, _ := e.phrases.LoadOrStore(item, guard.Hide(rub.Hidden()))
	return known.(*guard.Phrases)
}
