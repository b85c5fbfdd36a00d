package ollama

import (
	"context"
	"strings"

	"github.com/ollama/ollama/api"

	"rehearse/server/interview"
	"rehearse/server/prompt"
)

// The prompts of the naive listener.
const (
	listenerSystem   = "listener/system"
	listenerQuestion = "listener/question"
)

// maxHeedRunes is the longest answer of a listener that is read.
const maxHeedRunes = 1200

// Naive is a listener who heard an explanation and nothing else. It judges nothing, so it needs no certificate.
type Naive struct {
	client  *Client
	model   Choice
	prompts *prompt.Set
	judge   interview.Judge
}

// NewNaive returns a listener that m plays.
func NewNaive(c *Client, m Choice, prompts *prompt.Set) (*Naive, error) {
	hash, err := prompts.Hash(listenerSystem, listenerQuestion)
	if err != nil {
		return nil, err
	}
	return &Naive{client: c, model: m, prompts: prompts, judge: interview.Judge{Model: m.Model, Digest: m.Digest, Prompt: hash}}, nil
}

// Judge says which model listens, with its digest and the hash of its prompts.
func (n *Naive) Judge() interview.Judge { return n.judge }

// Heed answers one question from an explanation alone. It waits behind the interview, like a grade.
func (n *Naive) Heed(ctx context.Context, h interview.Heeding) (string, error) {
	head, err := n.prompts.Get(listenerQuestion)
	if err != nil {
		return "", err
	}
	var messages []api.Message
	for _, m := range []struct{ role, id string }{{"system", listenerSystem}, {"user", listenerQuestion}} {
		text, err := n.prompts.Render(m.id, h)
		if err != nil {
			return "", err
		}
		messages = append(messages, api.Message{Role: m.role, Content: text})
	}
	reply, err := n.client.chat(ctx, n.model, call{lane: laneGrade, long: true, messages: messages, first: n.client.FirstToken, most: maxHeedRunes,
		options: map[string]any{"temperature": head.Temperature, "seed": gradeSeed, "num_predict": head.NumPredict}})
	if err != nil {
		return "", err
	}
	text := strings.TrimSpace(reply.Text)
	if text == "" {
		return "", interview.Errorf(interview.CodeUnavailable, "the model that listens said nothing")
	}
	return text, nil
}
