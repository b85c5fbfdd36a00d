package ollama

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/ollama/ollama/api"

	"rehearse/server/interview"
	"rehearse/server/prompt"
)

// The prompts of the grader.
const (
	graderSystem   = "grader/system"
	graderExchange = "grader/exchange"
	graderCheck    = "grader/check"
	graderProse    = "grader/prose"
)

// gradeSeed is the seed of every check: the same question about the same answer is the same request.
const gradeSeed = 1

// maxCheckRunes is the longest answer to a check that is read.
const maxCheckRunes = 8000

// Checker judges with a model, one criterion a call, in JSON that a schema holds. Whether its quotes are
// the candidate's words is for the caller to find out.
type Checker struct {
	client  *Client
	model   Choice
	prompts *prompt.Set
	judge   interview.Judge
}

// NewChecker returns a checker that judges with m.
func NewChecker(c *Client, m Choice, prompts *prompt.Set) (*Checker, error) {
	hash, err := prompts.Hash(graderSystem, graderExchange, graderCheck)
	if err != nil {
		return nil, err
	}
	return &Checker{client: c, model: m, prompts: prompts, judge: interview.Judge{Model: m.Model, Digest: m.Digest, Prompt: hash}}, nil
}

// Judge says which model judges, with its digest and the hash of its prompts.
func (k *Checker) Judge() interview.Judge { return k.judge }

// Check asks the model about one criterion. An answer that is not what the schema says is asked for once
// more, with the schema in words; a second one is an error.
func (k *Checker) Check(ctx context.Context, c interview.Check) ([]interview.CheckResult, error) {
	messages, err := k.messages(c)
	if err != nil {
		return nil, err
	}
	head, err := k.prompts.Get(graderCheck)
	if err != nil {
		return nil, err
	}
	ask := call{lane: laneGrade, long: true, messages: messages, format: schema(c.Points), first: k.client.FirstToken, most: maxCheckRunes,
		options: map[string]any{"temperature": head.Temperature, "seed": gradeSeed, "num_predict": head.NumPredict}}
	var bad error
	for range 2 {
		reply, err := k.client.chat(ctx, k.model, ask)
		if err != nil {
			return nil, err
		}
		results, err := parseChecks(reply, c.Points)
		if err == nil {
			return results, nil
		}
		bad = err
		again := append([]api.Message{}, messages...)
		again[len(again)-1].Content += "\nYour last answer was not that JSON: every id once, and nothing else."
		ask.messages = again
	}
	return nil, &interview.Error{Code: interview.CodeUnavailable, Message: "the model did not answer in the form it was asked for", Err: bad}
}

func (k *Checker) messages(c interview.Check) ([]api.Message, error) {
	var out []api.Message
	for _, m := range []struct{ role, id string }{{"system", graderSystem}, {"user", graderExchange}, {"user", graderCheck}} {
		text, err := k.prompts.Render(m.id, c)
		if err != nil {
			return nil, err
		}
		out = append(out, api.Message{Role: m.role, Content: text})
	}
	return out, nil
}

// schema is what an answer to a check looks like. Its keys are in the order a server that sorts them would
// put them in, so that the quote comes before the verdict that rests on it.
func schema(points []interview.CheckPoint) json.RawMessage {
	var ids []string
	for _, p := range points {
		id, err := json.Marshal(p.ID)
		if err != nil {
			continue // a string is always JSON
		}
		ids = append(ids, string(id))
	}
	return json.RawMessage(fmt.Sprintf(`{"type":"object","properties":{"checks":{"type":"array","minItems":%d,"maxItems":%d,"items":{"type":"object","properties":{`+
		`"id":{"type":"string","enum":[%s]},"quote":{"type":"string","maxLength":400},"sure":{"type":"integer","minimum":0,"maximum":100},"verdict":{"type":"string","enum":["yes","no","unclear"]}`+
		`},"required":["id","quote","sure","verdict"]}}},"required":["checks"]}`, len(points), len(points), strings.Join(ids, ",")))
}

// parseChecks reads an answer strictly: a server may ignore the schema without saying so.
func parseChecks(r Reply, points []interview.CheckPoint) ([]interview.CheckResult, error) {
	if r.Cut {
		return nil, fmt.Errorf("it was cut off by the limit on its length")
	}
	text := strings.TrimSpace(r.Text)
	if text == "" { // some servers leave the answer where thinking goes
		text = strings.TrimSpace(r.Thought)
	}
	var body struct {
		Checks []struct {
			ID      *string `json:"id"`
			Quote   *string `json:"quote"`
			Sure    *int    `json:"sure"`
			Verdict *string `json:"verdict"`
		} `json:"checks"`
	}
	dec := json.NewDecoder(bytes.NewReader([]byte(text)))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&body); err != nil {
		return nil, err
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, fmt.Errorf("something follows the JSON")
	}
	want := map[string]bool{}
	for _, p := range points {
		want[p.ID] = true
	}
	var out []interview.CheckResult
	for _, c := range body.Checks {
		switch {
		case c.ID == nil || c.Quote == nil || c.Sure == nil || c.Verdict == nil:
			return nil, fmt.Errorf("a field is missing")
		case !want[*c.ID]:
			return nil, fmt.Errorf("an id is unknown or stands twice")
		case *c.Sure < 0 || *c.Sure > 100:
			return nil, fmt.Errorf("it is %d of 100 sure", *c.Sure)
		case *c.Verdict != interview.VerdictYes && *c.Verdict != interview.VerdictNo && *c.Verdict != interview.VerdictUnclear:
			return nil, fmt.Errorf("a verdict is none of the three")
		}
		delete(want, *c.ID)
		out = append(out, interview.CheckResult{ID: *c.ID, Verdict: *c.Verdict, Quote: *c.Quote, Confidence: float64(*c.Sure) / 100})
	}
	if len(want) > 0 {
		return nil, fmt.Errorf("%d checks are missing", len(want))
	}
	return out, nil
}

// Write puts a grade into a few sentences. What it says is for the caller to hold against the table.
func (k *Checker) Write(ctx context.Context, s interview.Summing) (string, error) {
	head, err := k.prompts.Get(graderProse)
	if err != nil {
		return "", err
	}
	system, err := k.prompts.Render(graderSystem, interview.Check{})
	if err != nil {
		return "", err
	}
	task, err := k.prompts.Render(graderProse, s)
	if err != nil {
		return "", err
	}
	reply, err := k.client.chat(ctx, k.model, call{lane: laneGrade, long: true, messages: []api.Message{{Role: "system", Content: system}, {Role: "user", Content: task}},
		first: k.client.FirstToken, most: maxCheckRunes, options: map[string]any{"temperature": head.Temperature, "seed": gradeSeed, "num_predict": head.NumPredict}})
	return strings.NewReplacer("<<<", "\"", ">>>", "\"").Replace(reply.Text), err
}
