package ollama

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/ollama/ollama/api"

	"rehearse/server/interview"
)

// Abilities is what was found out about a model by trying it, not by its name or the server's version: many builds call
// themselves 0.0.0, and a server's behaviour changes with its version.
type Abilities struct {
	Model   string    `json:"model"`
	Digest  string    `json:"digest"`
	Server  string    `json:"server"` // what it says its version is
	Host    string    `json:"host"`
	Cloud   bool      `json:"cloud"`
	Context int       `json:"context"` // tokens it was trained with; 0 when the server does not say
	At      time.Time `json:"at"`
	// SystemRead reports whether the system text is really in the prompt: a model made from a bare file may have a
	// template without it. Nil when the server does not show its prompts.
	SystemRead *bool `json:"system_read,omitempty"`
	Odds       bool  `json:"odds"`   // gives log-probabilities
	Schema     bool  `json:"schema"` // keeps to a JSON schema, with thinking turned off
	// Reuse is how much of a prompt's reading time is saved when the next one begins with it, 0 to 1.
	Reuse        float64 `json:"reuse"`
	ReadsPerSec  float64 `json:"reads_per_second"`     // tokens
	WritesPerSec float64 `json:"writes_per_second"`    // tokens
	Load         float64 `json:"load_seconds"`         // of the first request
	Question     float64 `json:"seconds_per_question"` // expected, from submit to the last word of a lead-in
	Check        float64 `json:"seconds_per_check"`    // one word about one sentence
	VoiceTried   int     `json:"voice_tried"`
	VoiceFit     int     `json:"voice_fit"` // lead-ins that could be shown
	Voice        bool    `json:"voice"`
	Exam         bool    `json:"exam"` // whether the grade exam is worth running
	Verdict      string  `json:"verdict"`
}

// leastReuse is the share of reading time that a cache has to save for warming to be of use. A cache that works saves
// nearly all; one that does not saves nothing.
const leastReuse = 0.5

// leastVoice is the share of lead-ins that have to be fit to be shown.
const leastVoice = 0.85

// passage is text that nobody has typed, long enough to time its reading.
const passage = `The candidate was asked about a release pipeline and said the following. In March the build servers trusted every pull request, and one of them had read a signing key. The candidate looked at the log of the key store for thirty days, found two jobs that had read the key without signing anything, and asked their owners. Both had copied a template that did it. The key was taken out of the build machines and the signing was put on a machine of its own, which takes a hash and a ticket and refuses what has no approval. A colleague was afraid of slower releases. A trial on two services showed nine seconds for each release, and she agreed after the pager was taken over for a month. A rotation every night was thought about and rejected, since a thief needs minutes. After four weeks unsigned releases had gone from five a week to none, counted by the registry.`

// Trial is one lead-in a model is asked for, and Fit whether what it said can be shown.
type Trial struct {
	Brief interview.Brief
	Fit   func(text string) bool
}

// Probe tries a model: about a dozen short requests. Trials are briefs for its voice. It fails only when the model cannot
// be used at all.
func (c *Client) Probe(ctx context.Context, m Choice, voice *Voice, trials []Trial, progress func(what string)) (Abilities, error) {
	a := Abilities{Model: m.Model, Digest: m.Digest, Host: m.URL, Cloud: m.Cloud, At: time.Now().UTC().Truncate(time.Second)}
	for _, h := range c.hosts {
		if h.url != m.URL {
			continue
		}
		a.Server = c.Version(ctx, h.url)
		if show, err := h.api.Show(ctx, &api.ShowRequest{Model: m.Model}); err == nil {
			a.Context = contextOf(show.ModelInfo)
		}
	}
	say := func(what string) {
		if progress != nil {
			progress(what)
		}
	}
	ask := func(messages []api.Message, more call) (Reply, error) {
		more.messages, more.lane = messages, laneGrade
		if more.first == 0 {
			more.first = DefaultLoad
		}
		if more.most == 0 {
			more.most = maxCheckRunes
		}
		return c.chat(ctx, m, more)
	}
	const mark = "zebra-7"
	system := api.Message{Role: "system", Content: "You take notes in an interview. The code word of today is " + mark + "."}
	say("reading and writing")
	tell := func(task string) []api.Message {
		return []api.Message{system, {Role: "user", Content: passage}, {Role: "user", Content: task}}
	}
	first, err := ask(tell("Say in one sentence what was done with the key."), call{options: map[string]any{"temperature": 0, "seed": gradeSeed, "num_predict": 40}})
	if err != nil {
		return a, err
	}
	a.Load = round2(first.Load.Seconds())
	a.ReadsPerSec = perSecond(first.PromptTokens, first.Prefill)
	second, err := ask(tell("Say in one sentence who was afraid of it, and of what."), call{options: map[string]any{"temperature": 0, "seed": gradeSeed, "num_predict": 40}})
	if err != nil {
		return a, err
	}
	a.WritesPerSec = perSecond(second.Tokens, second.Writing)
	if first.Prefill > 0 && second.PromptTokens > 0 {
		a.Reuse = round2(min(1, max(0, 1-second.Prefill.Seconds()/first.Prefill.Seconds())))
	}
	say("one word with its odds")
	began := time.Now()
	odds, err := ask([]api.Message{system, {Role: "user", Content: "Is a door a kind of animal? Answer yes or no."}}, call{odds: true, options: map[string]any{"temperature": 0, "num_predict": 1}})
	if err != nil {
		return a, err
	}
	a.Check = round2(time.Since(began).Seconds())
	_, err = logOdds(odds.First)
	a.Odds = err == nil
	say("a JSON schema")
	a.Schema = c.obeys(ask, system)
	say("the prompt as the server renders it")
	a.SystemRead = m.host.renders(ctx, m, system, mark)
	for _, t := range trials {
		say("its voice")
		a.VoiceTried++
		u, err := voice.Speak(ctx, t.Brief)
		if ctx.Err() != nil {
			return a, ctx.Err()
		}
		if err == nil && t.Fit(u.Text) && u.Text != t.Brief.Question {
			a.VoiceFit++
		}
	}
	a.judge()
	return a, nil
}

// obeys reports whether a model keeps to a schema it has a reason to leave.
func (c *Client) obeys(ask func([]api.Message, call) (Reply, error), system api.Message) bool {
	schema := json.RawMessage(`{"type":"object","properties":{"animal":{"type":"string","enum":["door","window"]},"count":{"type":"integer","minimum":3,"maximum":5}},"required":["animal","count"]}`)
	reply, err := ask([]api.Message{system, {Role: "user", Content: "Name an animal and a number under three, in JSON."}}, call{format: schema, options: map[string]any{"temperature": 0, "seed": gradeSeed, "num_predict": 60}})
	if err != nil || reply.Cut {
		return false
	}
	var got struct {
		Animal string `json:"animal"`
		Count  int    `json:"count"`
	}
	text := strings.TrimSpace(reply.Text)
	if text == "" {
		text = strings.TrimSpace(reply.Thought)
	}
	return json.Unmarshal([]byte(text), &got) == nil && (got.Animal == "door" || got.Animal == "window") && got.Count >= 3 && got.Count <= 5
}

// judge puts what was measured into a verdict.
func (a *Abilities) judge() {
	const (
		taskTokens = 150 // the task of a lead-in with what of an answer was not read along
		saidTokens = 16
		allTokens  = 900 // an exchange that has to be read anew
	)
	read := float64(taskTokens)
	if a.Reuse < leastReuse {
		read = allTokens
	}
	if a.ReadsPerSec > 0 && a.WritesPerSec > 0 {
		a.Question = round2(read/a.ReadsPerSec + saidTokens/a.WritesPerSec)
	}
	system := a.SystemRead == nil || *a.SystemRead
	a.Voice = system && a.VoiceTried > 0 && float64(a.VoiceFit) >= leastVoice*float64(a.VoiceTried)
	a.Exam = system && (a.Odds || a.Schema)
	var parts []string
	switch {
	case a.Voice:
		parts = append(parts, fmt.Sprintf("voice: yes, %d of %d lead-ins were fit to be shown, about %.1f s for each follow-up", a.VoiceFit, a.VoiceTried, a.Question))
	case !system:
		parts = append(parts, "voice: no, the system text does not reach the model; its template lacks it")
	default:
		parts = append(parts, fmt.Sprintf("voice: no, only %d of %d lead-ins were fit to be shown; follow-ups would mostly be authored words", a.VoiceFit, a.VoiceTried))
	}
	switch {
	case a.Exam && a.Odds:
		parts = append(parts, fmt.Sprintf("grading: the exam is worth running, about %.1f s a check", a.Check))
	case a.Exam:
		parts = append(parts, "grading: the exam is worth running, in JSON, since the server gives no log-probabilities")
	default:
		parts = append(parts, "grading: no, it neither gives log-probabilities nor keeps to a JSON schema")
	}
	if a.Reuse < leastReuse {
		parts = append(parts, "it reads the whole exchange again for each follow-up; another model would be quicker here")
	}
	if a.Cloud {
		parts = append(parts, "it runs on another company's machines")
	}
	a.Verdict = strings.Join(parts, "; ")
}

// renders asks the server for the prompt it would give the model.
func (h *chatter) renders(ctx context.Context, m Choice, system api.Message, mark string) *bool {
	var seen *bool
	no := false
	req := &api.ChatRequest{Model: m.Model, Messages: []api.Message{system, {Role: "user", Content: "Hello."}}, Stream: &no, Truncate: &no, Shift: &no, DebugRenderOnly: true,
		KeepAlive: &api.Duration{Duration: keepAlive}, Options: map[string]any{"num_ctx": numCtx, "num_predict": 1}}
	err := h.raw(ctx, req, func(line []byte) error {
		var r struct {
			Debug *api.DebugInfo `json:"_debug_info"`
		}
		if json.Unmarshal(line, &r) == nil && r.Debug != nil {
			found := strings.Contains(r.Debug.RenderedTemplate, mark)
			seen = &found
		}
		return errDone
	})
	if err != nil && !errors.Is(err, errDone) {
		return nil
	}
	return seen
}

// contextOf is the trained context of a model, from what a server tells about its file.
func contextOf(info map[string]any) int {
	for k, v := range info {
		if n, ok := v.(float64); ok && strings.HasSuffix(k, ".context_length") {
			return int(n)
		}
	}
	return 0
}

func perSecond(n int, d time.Duration) float64 {
	if d <= 0 {
		return 0
	}
	return math.Round(float64(n)/d.Seconds()*10) / 10
}

func round2(v float64) float64 { return math.Round(v*100) / 100 }
