package ollama

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/ollama/ollama/api"

	"rehearse/server/interview"
	"rehearse/server/prompt"
)

// sliceTokens is how much new text one request of warming holds at most. A prefill cannot be cancelled on older
// servers, so this is also the longest that anybody waits for it.
const sliceTokens = 96

// listening lets a model read along while an answer is typed, so that at its end only the last words and the task are
// new to it. Wants replace each other: only the newest is read.
type listening struct {
	mu        sync.Mutex
	target    []api.Message // what the model is to have read, nil for nothing
	goal      string        // the same as one text
	questions []hearing     // to be asked when the target is read
	edited    bool          // the text was changed before what was read: it is left alone until it settles
	running   bool
	heard     map[[2]string]float64 // log-odds by criterion and sentence: nothing is asked twice
}

// Listen tells the voice what the exchange is, what of the open answer stands there in whole sentences, and whether
// somebody has begun to type: checks behind the interview wait from then on until the next question was asked. It
// returns at once.
//
// Finished sentences are then listened to for the criteria that this model is trusted with, inside the same prefix: the
// answers are kept and nothing waits for them.
func (v *Voice) Listen(session string, b interview.Brief, draft string, typing bool, listenFor []interview.Criterion) {
	v.model.line.hold(session, typing)
	if draft != "" {
		b.Exchange = append(b.Exchange[:len(b.Exchange):len(b.Exchange)], interview.Line{Candidate: true, Text: draft})
	}
	messages, fits, err := v.exchange(b)
	if err != nil || !fits {
		return
	}
	if draft != "" {
		messages = open(messages)
	}
	goal := canon(messages)
	l := &v.ear
	l.mu.Lock()
	defer l.mu.Unlock()
	l.edited = l.goal != "" && draft != "" && !strings.HasPrefix(goal, l.goal) && common(goal, l.goal) < v.model.line.known(v.model.Model, l.goal)
	l.target, l.goal, l.questions = messages, goal, v.questions(draft, listenFor)
	if !l.running && !l.edited {
		l.running = true
		go v.readAlong()
	}
}

// Rest tells the voice that nobody is typing in a session: it is paused, over, or its candidate went away.
func (v *Voice) Rest(session string) {
	v.model.line.hold(session, false)
	v.ear.mu.Lock()
	v.ear.target, v.ear.goal = nil, ""
	v.ear.mu.Unlock()
}

// readAlong reads the target in slices until it is read, replaced by nothing, or a request fails. A slice is sent only
// when nobody else waits for the model.
func (v *Voice) readAlong() {
	for {
		l := &v.ear
		l.mu.Lock()
		target, goal := l.target, l.goal
		known := v.model.line.known(v.model.Model, goal)
		var ask *hearing
		if target != nil && !l.edited && known >= len(goal) {
			ask = v.unheard(l.questions)
		}
		if target == nil || l.edited || known >= len(goal) && ask == nil {
			l.running = false
			l.mu.Unlock()
			return
		}
		l.mu.Unlock()
		if ask != nil {
			if err := v.hear(target, *ask); errors.Is(err, errStale) {
				continue
			} else if err != nil {
				v.client.log.Debug("listening stopped", "model", v.model.Model, "err", err)
				l.mu.Lock()
				l.running, l.questions = false, nil
				l.mu.Unlock()
				return
			}
			continue
		}
		var from, end int
		ctx, cancel := context.WithTimeout(context.Background(), v.client.FirstToken)
		began := time.Now()
		_, err := v.client.chat(ctx, v.model, call{now: func() []api.Message {
			// While it waited the model may have read all of this and more: a shorter prompt would make it forget the rest.
			if from = v.model.line.known(v.model.Model, goal); from >= len(goal) || !v.wanted(goal) {
				return nil
			}
			end = v.sliceEnd(goal, from)
			return upTo(target, end)
		}, lane: laneWarm, first: v.client.FirstToken, most: maxReplyRunes,
			options: map[string]any{"temperature": 0, "num_predict": 1}})
		cancel()
		if errors.Is(err, errStale) {
			continue
		}
		if err != nil {
			v.client.log.Debug("reading along stopped", "model", v.model.Model, "err", err)
			l.mu.Lock()
			l.running, l.target, l.goal = false, nil, ""
			l.mu.Unlock()
			return
		}
		v.client.log.Debug("read along", "model", v.model.Model, "bytes", end-from, "of", len(goal), "took", time.Since(began))
	}
}

// wanted reports whether a text is still what the model is to read.
func (v *Voice) wanted(goal string) bool {
	v.ear.mu.Lock()
	defer v.ear.mu.Unlock()
	return v.ear.target != nil && !v.ear.edited && v.ear.goal == goal
}

// sliceEnd is where a slice that begins after known bytes ends: after as many tokens as a slice has, at a word.
func (v *Voice) sliceEnd(goal string, known int) int {
	end := known + int(sliceTokens*v.model.line.perToken(v.model.Model))
	if end >= len(goal) {
		return len(goal)
	}
	if i := strings.LastIndexAny(goal[known:end], " \n"); i > 0 {
		return known + i
	}
	for end > known+1 && !utf8.RuneStart(goal[end]) {
		end--
	}
	return end
}

// upTo is the beginning of a prompt: as much of its messages as makes n bytes of its text.
func upTo(messages []api.Message, n int) []api.Message {
	var out []api.Message
	for _, m := range messages {
		head := len(m.Role) + 2
		if n <= head && len(out) > 0 {
			break
		}
		rest := n - head
		if rest >= len(m.Content) {
			out, n = append(out, m), rest-len(m.Content)
			continue
		}
		m.Content = m.Content[:max(0, rest)]
		return append(out, m)
	}
	return out
}

// exchange is what every prompt of an exchange begins with: the fixed system text and what was said, growing only at
// its end. fits is false when it is longer than a prompt may be.
func (v *Voice) exchange(b interview.Brief) (out []api.Message, fits bool, err error) {
	system, err := v.prompts.Render(systemPrompt, interview.Brief{Name: b.Name, Role: b.Role})
	if err != nil {
		return nil, false, err
	}
	out = append(out, api.Message{Role: "system", Content: system})
	size := len(system)
	for _, l := range b.Exchange {
		// The interviewer's lines hold quotations, so a candidate's text stands in both.
		m := api.Message{Role: "assistant", Content: prompt.Data(l.Text)}
		if l.Candidate {
			m = api.Message{Role: "user", Content: prompt.Quote(l.Text)}
		}
		out, size = append(out, m), size+len(m.Content)
	}
	return out, float64(size) <= maxShare*numCtx*v.model.line.perToken(v.model.Model)-taskBytes, nil
}
