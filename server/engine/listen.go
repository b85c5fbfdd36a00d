package engine

import (
	"context"
	"strings"
	"unicode"

	"rehearse/server/interview"
	"rehearse/server/probing"
	"rehearse/server/reading"
)

// Listener is a voice that reads along while an answer is typed. Neither call may block.
type Listener interface {
	// Listen says what the exchange is, what of the open answer stands there in whole sentences, and whether somebody
	// has begun to type.
	// Finished sentences are listened to for the criteria, where it is known to hear them well.
	Listen(session string, b interview.Brief, draft string, typing bool, listenFor []interview.Criterion)
	// Heard is what was heard in answers so far, by criterion.
	Heard(answers []string) map[string]interview.Heard
	// Rest says that nobody types any more: the session is paused or over.
	Rest(session string)
}

// Of the words after the last whole sentence the last few may still change; when there are more than tailWords, all but
// the last openWords are taken.
const (
	tailWords = 10
	openWords = 4
)

// settled is the part of a draft that its writer has most likely left behind.
func settled(draft string) string {
	end := 0
	for _, s := range reading.Sentences(draft) {
		last := rune(draft[s.End-1])
		after := draft[s.End:]
		if strings.ContainsRune(".!?\"')”’…", last) && after != "" || strings.HasPrefix(strings.TrimLeft(after, " "), "\n") {
			end = s.End
		}
	}
	tail := strings.FieldsFunc(draft[end:], unicode.IsSpace)
	if len(tail) <= tailWords {
		return draft[:end]
	}
	cut := len(draft)
	for range openWords {
		cut = strings.LastIndexFunc(strings.TrimRightFunc(draft[:cut], unicode.IsSpace), unicode.IsSpace) + 1
	}
	return strings.TrimRightFunc(draft[:cut], unicode.IsSpace)
}

// listen lets the voice hear what was typed so far. The caller holds s.mu.
func (s *session) listen(draft string, typing bool) {
	b := s.st.OpenBlock()
	if b == nil || s.st.Open == 0 || s.gone {
		return
	}
	if s.voice == nil {
		if !typing && s.st.Session.Voice.Kind != "authored" && !s.down {
			s.lookAhead()
		}
		return
	}
	if ear, ok := s.voice.(Listener); ok {
		ear.Listen(s.st.ID, s.exchange(b), draft, typing, s.criteria(b))
	}
}

// criteria are what the open answer is listened to for: the gaps of a story, or the must-points of an exercise.
func (s *session) criteria(b *interview.Block) []interview.Criterion {
	item := s.e.Pack.Items[b.Item]
	if item == nil {
		return nil
	}
	if !item.Kind.Technical() {
		return probing.Criteria
	}
	rubric := s.e.Pack.Rubrics[b.Item]
	if rubric == nil {
		return nil
	}
	var out []interview.Criterion
	for _, p := range rubric.Points {
		if p.Must {
			out = append(out, interview.Criterion{ID: interview.PointCriterion + p.ID, Text: p.Text})
		}
	}
	return out
}

// lookAhead finds the voice before it is needed, beside everything else.
func (s *session) lookAhead() {
	if !s.e.begin() {
		return
	}
	go func() {
		defer s.e.wg.Done()
		voice, info := s.e.Voice(context.WithoutCancel(s.e.ctx))
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.voice == nil && info.Kind != "authored" && !s.gone {
			s.voice, s.info = voice, info
			s.listen("", false)
		}
	}()
}

// rest tells the voice that nobody types. The caller holds s.mu.
func (s *session) rest() {
	if ear, ok := s.voice.(Listener); ok {
		ear.Rest(s.st.ID)
	}
}
