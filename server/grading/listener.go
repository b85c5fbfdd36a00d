package grading

import (
	"context"

	"rehearse/server/interview"
	"rehearse/server/reading"
)

// Listener heard an explanation and nothing else, and answers questions about it. Each call is a fresh one.
type Listener interface {
	Heed(ctx context.Context, h interview.Heeding) (string, error)
	Judge() interview.Judge
}

// Listened is what a naive listener could answer after hearing the explanation only. It changes no score: it says what
// was not understood. When Made is false nothing was asked, or not all could be, and there are no numbers.
type Listened struct {
	Made            bool            `json:"made"`
	Why             string          `json:"why,omitempty"` // why not, when it was not made
	Right           int             `json:"right"`         // questions answered by the key, of Asked
	Asked           int             `json:"asked"`
	Answers         []ListenerReply `json:"answers,omitempty"`
	interview.Judge                 // the model that listened
}

// ListenerReply is a comprehension question with what the listener made of it, word for word. Right is decided by the
// authors' key, in code.
type ListenerReply struct {
	ID       string `json:"id"`
	Question string `json:"question"`
	Answer   string `json:"answer"`
	Right    bool   `json:"right"`
}

// noListener is why no listener was asked, where there is no model.
const noListener = "that takes a model"

// heed lets the listener answer what the item's author would ask of somebody who heard text. An answer that cannot be had
// leaves no number.
func (g Grader) heed(ctx context.Context, text string, rubric *interview.Rubric) *Listened {
	if len(rubric.Comprehension) == 0 {
		return nil
	}
	if g.Listener == nil {
		return &Listened{Why: noListener}
	}
	out := &Listened{Made: true, Judge: g.Listener.Judge()}
	for _, c := range rubric.Comprehension {
		said, err := g.Listener.Heed(ctx, interview.Heeding{Explanation: text, Question: c.Q})
		if err != nil {
			return &Listened{Why: reasonOf(err), Judge: out.Judge}
		}
		right := Understood(c, said)
		out.Answers = append(out.Answers, ListenerReply{ID: c.ID, Question: c.Q, Answer: said, Right: right})
		out.Asked++
		if right {
			out.Right++
		}
	}
	return out
}

// Understood reports whether an answer to a comprehension question is right by its key.
func Understood(c interview.Comprehension, answer string) bool {
	return len(reading.Find(answer, c.Key, nil)) > 0 && len(reading.Find(answer, c.Not, nil)) == 0
}
