package smoke_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"rehearse/prompts"
	"rehearse/server/diagram"
	"rehearse/server/engine"
	"rehearse/server/guard"
	"rehearse/server/interview"
	"rehearse/server/ollama"
	"rehearse/server/ollama/ollamatest"
	"rehearse/server/pack/packtest"
	"rehearse/server/prompt"
	"rehearse/server/sqlite"
	"rehearse/server/voice"
)

// sitTime bounds one interview on a slow machine.
const sitTime = 60 * time.Second

// room is an engine with its store and a voice from a scripted endpoint.
type room struct {
	engine *engine.Engine
	store  *sqlite.Store
	pack   *interview.Pack
	fake   *ollamatest.Server
	lost   atomic.Bool // no model is found any more
}

func newRoom(t *testing.T, p *interview.Pack, quiet time.Duration) *room {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "rehearse.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	set, err := prompt.Load(prompts.FS)
	if err != nil {
		t.Fatal(err)
	}
	fake := ollamatest.New(t)
	client := ollama.New([]string{fake.URL}, nil)
	client.FirstToken, client.Idle = quiet, quiet
	r := &room{store: store, pack: p, fake: fake}
	r.engine = engine.New(engine.Options{Store: store, History: store, Pack: p, Authored: voice.Authored{}, Diagram: diagram.SVG,
		WordPause: time.Microsecond, VoiceTimeout: 20 * time.Second,
		Voice: func(ctx context.Context) (engine.Interviewer, interview.VoiceInfo) {
			m, err := client.Detect(ctx, ollama.Auto)
			if r.lost.Load() {
				err = interview.Errorf(interview.CodeUnavailable, "Ollama does not answer at %s", fake.URL)
			}
			if err != nil {
				return voice.Authored{}, ollama.NoModel(interview.AsError(err).Message)
			}
			v := ollama.NewVoice(client, m, set)
			return v, v.Info()
		}})
	t.Cleanup(func() {
		r.engine.Close()
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// The answers of a candidate who leaves things out, so that there is something to follow up on.
var (
	stories = []string{
		"Last year our payment service kept dropping callbacks from one partner bank. We looked at the alerts and the team decided to move the handler to a queue. I wrote the design and reviewed the change with the on-call engineers. It was better afterwards.",
		"Two years ago a migration of our login service was late. I pulled a week of rejected requests and read every one of them by hand. My manager wanted to ship anyway, and I told the team that we should wait for the second review. We shipped later.",
	}
	replies = []string{
		"I checked the gateway logs first and compared the failing requests with the ones that passed.",
		"It went from 40 failures a day to 3 over two weeks, measured on the dashboard of the partner team.",
		"Priya from the platform team disagreed, since she was afraid of the extra latency.",
		"We thought about a cron job that would retry, but it would have hidden the cause.",
		"I would start with the logs of the proxy and then ask the owner of the service.",
	}
	technical = []string{
		"I would start with who can reach the service and what they could gain. The data in the bucket is what matters most to me. Someone could upload a file that is not what it says, so I would check the type and the size on the server.",
		"The boundary between the browser and the API worries me most, because anything that comes over it is chosen by somebody else.",
		"An attacker could read another customer's file by guessing the identifier. Then they could also fill the disk with large uploads.",
		"I would check the owner on every request, and log each refusal. The risk that stays is a stolen session.",
	}
)

// sit goes through a whole interview as a candidate: it answers each question as it is asked, lets one
// technical question go unanswered, and returns the log once the report is ready.
func (r *room) sit(t *testing.T, n interview.NewSession, started func()) []interview.Event {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), sitTime)
	defer cancel()
	sum, err := r.engine.Create(ctx, n)
	if err != nil {
		t.Fatal(err)
	}
	if started != nil {
		started()
	}
	frames := make(chan interview.Frame, 1<<14)
	first, detach, err := r.engine.Attach(ctx, sum.ID, 0, func(f interview.Frame) {
		select {
		case frames <- f:
		default: // the test reads far faster than an interview speaks
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	defer detach()
	for _, f := range first {
		frames <- f
	}
	kind, gaveUp, turns := "", false, 0
	for {
		var f interview.Frame
		select {
		case f = <-frames:
		case <-ctx.Done():
			t.Fatalf("%s was not over after %s and %d turns", n.Format, sitTime, turns)
		}
		switch interview.EventType(f.Type) {
		case interview.EvBlockStarted:
			kind = decode[interview.BlockStarted](t, f.Data).Kind
		case interview.EvQuestionAsked:
			turns++
			q := decode[interview.QuestionAsked](t, f.Data)
			cmd := interview.Command{Type: "answer", ID: fmt.Sprintf("c%d", q.Turn), Turn: q.Turn, Text: answerTo(kind, q)}
			if kind == string(interview.KindRemediation) && !gaveUp {
				cmd.Type, cmd.Text, gaveUp = "dont_know", "", true
			}
			if _, _, err := r.engine.Do(ctx, sum.ID, cmd); err != nil {
				t.Fatalf("turn %d: %v", q.Turn, err)
			}
		case interview.EvReportReady:
			events, err := r.store.Events(ctx, sum.ID, 0)
			if err != nil {
				t.Fatal(err)
			}
			return events
		case "error":
			t.Fatalf("the session could not go on: %s", f.Data)
		}
	}
}

func answerTo(kind string, q interview.QuestionAsked) string {
	switch {
	case kind == string(interview.PhaseQuestions):
		return "How does the team work with product teams?"
	case kind == string(interview.KindBehavioural) && q.Main:
		return stories[q.Block%len(stories)]
	case kind == string(interview.KindBehavioural), kind == string(interview.PhaseIntroduction):
		return replies[q.Turn%len(replies)]
	}
	return technical[q.Turn%len(technical)]
}

func decode[T any](t *testing.T, raw json.RawMessage) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// heard is what the log of a whole interview says.
type heard struct {
	questions []interview.QuestionAsked
	items     []string
	degraded  []string
	voice     interview.VoiceInfo
	said      []string // every line of both sides
	closed    bool
	ready     bool
}

func hear(t *testing.T, events []interview.Event) heard {
	t.Helper()
	var h heard
	for _, e := range events {
		switch e.Type {
		case interview.EvSessionCreated:
			h.voice = decode[interview.SessionCreated](t, e.Data).Voice
		case interview.EvBlockStarted:
			if b := decode[interview.BlockStarted](t, e.Data); b.Item != "" {
				h.items = append(h.items, b.Item)
			}
		case interview.EvQuestionAsked:
			q := decode[interview.QuestionAsked](t, e.Data)
			h.questions, h.said = append(h.questions, q), append(h.said, q.Text)
		case interview.EvAnswerSubmitted:
			h.said = append(h.said, decode[interview.AnswerSubmitted](t, e.Data).Text)
		case interview.EvVoiceDegraded:
			h.degraded = append(h.degraded, decode[interview.VoiceDegraded](t, e.Data).Reason)
		case interview.EvSessionClosed:
			h.closed = decode[interview.SessionClosed](t, e.Data).Why == "complete"
		case interview.EvReportReady:
			h.ready = true
		}
	}
	return h
}

// checkFollowUps holds every follow-up against what may be said, and returns how many there are and how
// many of them a model spoke. A reply to "I don't know" and a last "anything else" are authored whole and not counted.
func (h heard) checkFollowUps(t *testing.T, p *interview.Pack) (all, byModel int) {
	t.Helper()
	var terms []string
	for _, pr := range p.Principles {
		terms = append(terms, pr.Name)
	}
	for _, q := range h.questions {
		if !strings.Contains(q.Text, q.Wording) {
			t.Errorf("turn %d: %q does not hold the authored %q", q.Turn, q.Text, q.Wording)
		}
		if q.Main {
			if q.Voice != "authored" {
				t.Errorf("turn %d is a main question spoken by %s", q.Turn, q.Voice)
			}
			continue
		}
		if n := len(strings.Fields(q.Text)); n > guard.MaxWords {
			t.Errorf("turn %d has %d words: %q", q.Turn, n, q.Text)
		}
		if n := strings.Count(q.Text, "?"); n != 1 {
			t.Errorf("turn %d asks %d questions: %q", q.Turn, n, q.Text)
		}
		if broke := guard.Check(q.Text, guard.Rules{Wording: q.Wording, Transcript: h.said, Terms: terms}); len(broke) > 0 {
			t.Errorf("turn %d must not be said (%v): %q", q.Turn, broke[0], q.Text)
		}
		if q.Probe == nil || q.Probe.Type == "dont_know" || q.Probe.Type == "sweep" {
			continue
		}
		all++
		if q.Voice != "authored" {
			byModel++
		}
	}
	return all, byModel
}

// checkSecrets looks for the rubric in what was sent to the model: nothing of it may be there that the
// two sides have not said.
func (r *room) checkSecrets(t *testing.T, h heard) {
	t.Helper()
	said := strings.ToLower(strings.Join(h.said, "\n"))
	var secrets []string
	for _, p := range r.pack.Principles {
		secrets = append(secrets, p.Name)
	}
	for _, id := range h.items {
		rub := r.pack.Rubrics[id]
		if rub == nil {
			continue
		}
		for _, p := range rub.Points {
			secrets = append(secrets, p.Text, p.Explains, p.YesExample, p.NoExample)
		}
		for _, f := range rub.Findings {
			secrets = append(secrets, f.Title, f.Exploit, f.Fix, f.Prevention)
		}
		for _, a := range rub.Anchors {
			secrets = append(secrets, a.Text)
		}
	}
	for _, chat := range r.fake.Chats() {
		for _, m := range chat.Messages {
			text := strings.ToLower(m.Content)
			for _, s := range secrets {
				if s = strings.ToLower(strings.TrimSpace(s)); s != "" && strings.Contains(text, s) && !strings.Contains(said, s) {
					t.Errorf("the model was told %q: %q", s, m.Content)
				}
			}
		}
	}
}

// Whatever the model does, the interview goes on to its report, and nothing is said that must not be.
func TestInterviewInEveryMode(t *testing.T) {
	t.Parallel()
	p := packtest.Flagship(t)
	for mode, class := range ollamatest.Modes() {
		for _, format := range []string{"story-drill", "phone-screen"} {
			t.Run(string(mode)+"/"+format, func(t *testing.T) {
				t.Parallel()
				quiet := 10 * time.Second
				if slices.Contains([]ollamatest.Mode{ollamatest.SlowHeaders, ollamatest.Stall, ollamatest.ThinkingOn}, mode) {
					quiet = 60 * time.Millisecond
				}
				r := newRoom(t, p, quiet)
				r.fake.Pause = time.Millisecond
				r.fake.Set(mode)
				h := hear(t, r.sit(t, interview.NewSession{Format: format}, nil))
				if !h.closed || !h.ready || h.voice.Kind != "ollama" {
					t.Fatalf("closed %v, report %v, voice %+v", h.closed, h.ready, h.voice)
				}
				all, byModel := h.checkFollowUps(t, p)
				r.checkSecrets(t, h)
				if all == 0 || len(r.fake.Chats()) == 0 {
					t.Fatalf("%d follow-ups and %d requests; the test shows nothing", all, len(r.fake.Chats()))
				}
				switch class {
				case ollamatest.Speaks:
					if len(h.degraded) > 0 {
						t.Errorf("the voice degraded: %q", h.degraded)
					}
					if byModel == 0 {
						t.Errorf("the model spoke none of %d follow-ups: %q", all, h.fallbacks())
					}
				case ollamatest.Refused:
					if byModel > 0 || len(h.degraded) > 0 {
						t.Errorf("%d follow-ups by the model, degraded %q", byModel, h.degraded)
					}
					// It is asked once for each follow-up that has words of the candidate to lead in with.
					if n := r.leadIns(); len(h.fallbacks()) == 0 || n != len(h.fallbacks()) {
						t.Errorf("%d follow-ups say why the model's words were not used, after %d requests", len(h.fallbacks()), n)
					}
				case ollamatest.Fails:
					if byModel > 0 || len(h.degraded) != 1 {
						t.Errorf("%d follow-ups by the model, degraded %q", byModel, h.degraded)
					}
				}
			})
		}
	}
}

// leadIns is how often the model was asked for words of its own.
func (r *room) leadIns() int {
	n := 0
	for _, chat := range r.fake.Chats() {
		if last := len(chat.Messages) - 1; last >= 0 && strings.HasPrefix(chat.Messages[last].Content, leadIn) {
			n++
		}
	}
	return n
}

// fallbacks are the reasons given for authored words where there is a model.
func (h heard) fallbacks() []string {
	var out []string
	for _, q := range h.questions {
		if q.Fallback != "" {
			out = append(out, q.Fallback)
		}
	}
	return out
}

// A server that goes away between the plan and the first follow-up is one that fails.
func TestOllamaGoesAway(t *testing.T) {
	t.Parallel()
	r := newRoom(t, packtest.Flagship(t), 10*time.Second)
	h := hear(t, r.sit(t, interview.NewSession{Format: "story-drill"}, r.fake.Close))
	all, byModel := h.checkFollowUps(t, r.pack)
	if !h.closed || !h.ready || all == 0 || byModel > 0 || len(h.degraded) == 0 {
		t.Errorf("closed %v, report %v, %d follow-ups, %d by the model, degraded %q", h.closed, h.ready, all, byModel, h.degraded)
	}
}

// A model that is not found any more, when the first follow-up is due, is told once.
func TestNoModelAnyMore(t *testing.T) {
	t.Parallel()
	r := newRoom(t, packtest.Flagship(t), 10*time.Second)
	h := hear(t, r.sit(t, interview.NewSession{Format: "story-drill"}, func() { r.lost.Store(true) }))
	all, byModel := h.checkFollowUps(t, r.pack)
	if !h.closed || !h.ready || all < 2 || byModel > 0 || len(h.degraded) != 1 {
		t.Errorf("closed %v, report %v, %d follow-ups, %d by the model, degraded %q", h.closed, h.ready, all, byModel, h.degraded)
	}
}

// A model that is told why its words were refused is not told more of the rubric than it said.
func TestRefusalTellsNothing(t *testing.T) {
	t.Parallel()
	r := newRoom(t, packtest.Flagship(t), 10*time.Second)
	r.fake.Reply(func(string) string { return "You told me about the dive deep principle there." })
	h := hear(t, r.sit(t, interview.NewSession{Format: "story-drill"}, nil))
	if _, byModel := h.checkFollowUps(t, r.pack); byModel > 0 {
		t.Errorf("a principle was named to the candidate")
	}
	r.checkSecrets(t, h)
}

// A voice that works again is used again in the same room, by the next session at the latest.
func TestVoiceComesBack(t *testing.T) {
	t.Parallel()
	r := newRoom(t, packtest.Flagship(t), 10*time.Second)
	r.fake.Set(ollamatest.Busy)
	before := hear(t, r.sit(t, interview.NewSession{Format: "story-drill"}, nil))
	r.fake.Set(ollamatest.OK)
	after := hear(t, r.sit(t, interview.NewSession{Format: "story-drill"}, nil))
	if _, byModel := before.checkFollowUps(t, r.pack); byModel > 0 || len(before.degraded) == 0 {
		t.Errorf("before: %d by the model, degraded %q", byModel, before.degraded)
	}
	if _, byModel := after.checkFollowUps(t, r.pack); byModel == 0 || len(after.degraded) > 0 {
		t.Errorf("after: %d by the model, degraded %q", byModel, after.degraded)
	}
}

// An engine that closes while a model is silent does not wait for it.
func TestCloseWhileTheModelIsSilent(t *testing.T) {
	t.Parallel()
	r := newRoom(t, packtest.Flagship(t), time.Minute)
	r.fake.Set(ollamatest.SlowHeaders)
	ctx := t.Context()
	sum, err := r.engine.Create(ctx, interview.NewSession{Format: "story-drill"})
	if err != nil {
		t.Fatal(err)
	}
	asked := make(chan struct{}, 100)
	_, detach, err := r.engine.Attach(ctx, sum.ID, 0, func(f interview.Frame) {
		if f.Type == string(interview.EvQuestionAsked) {
			asked <- struct{}{}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	defer detach()
	<-asked
	if _, _, err := r.engine.Do(ctx, sum.ID, interview.Command{Type: "answer", ID: "a", Turn: 1, Text: stories[0]}); err != nil {
		t.Fatal(err)
	}
	for began := time.Now(); len(r.fake.Chats()) == 0; time.Sleep(time.Millisecond) {
		if time.Since(began) > sitTime {
			t.Fatal("the model was not asked")
		}
	}
	began := time.Now()
	r.engine.Close()
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("closing took %s", took)
	}
	if _, err := r.engine.State(ctx, sum.ID); err == nil || errors.Is(err, context.Canceled) {
		t.Errorf("a closed engine says %v", err)
	}
}
