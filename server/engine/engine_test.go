package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rehearse/server/diagram"
	"rehearse/server/engine"
	"rehearse/server/interview"
	"rehearse/server/pack/packtest"
	"rehearse/server/sqlite"
	"rehearse/server/voice"
)

// bench is an engine over the real store and the shipped pack, with a clock of its own.
type bench struct {
	t     *testing.T
	e     *engine.Engine
	store *sqlite.Store
	mu    sync.Mutex
	at    time.Time
	path  string
	o     engine.Options
}

func newBench(t *testing.T) *bench {
	b := &bench{t: t, at: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC), path: filepath.Join(t.TempDir(), "r.db")}
	b.o = engine.Options{Pack: packtest.Flagship(t), Authored: voice.Authored{}, Diagram: diagram.SVG, Now: b.now, Log: slog.New(slog.DiscardHandler),
		Voice: func(context.Context) (engine.Interviewer, interview.VoiceInfo) {
			return voice.Authored{}, interview.VoiceInfo{Kind: "authored"}
		}}
	b.boot()
	t.Cleanup(b.down)
	return b
}

func (b *bench) boot() {
	store, err := sqlite.Open(b.t.Context(), b.path, sqlite.Options{})
	if err != nil {
		b.t.Fatal(err)
	}
	b.store, b.o.Store, b.o.History = store, store, store
	b.e = engine.New(b.o)
}

func (b *bench) down() {
	b.e.Close()
	if err := b.store.Close(); err != nil {
		b.t.Error(err)
	}
}

func (b *bench) restart() { b.down(); b.boot() }

func (b *bench) now() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.at
}

func (b *bench) pass(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.at = b.at.Add(d)
}

// client is one connection to a session.
type client struct {
	b      *bench
	id     string
	frames chan interview.Frame
	seen   []interview.Frame
	n      int
	detach func()
}

func (b *bench) create(n interview.NewSession) string {
	b.t.Helper()
	if n.Seed == nil {
		seed := uint64(5)
		n.Seed = &seed
	}
	sum, err := b.e.Create(b.t.Context(), n)
	if err != nil {
		b.t.Fatal(err)
	}
	return sum.ID
}

func (b *bench) attach(id string, after int64) *client {
	b.t.Helper()
	c := &client{b: b, id: id, frames: make(chan interview.Frame, 1000)}
	first, detach, err := b.e.Attach(b.t.Context(), id, after, func(f interview.Frame) { c.frames <- f })
	if err != nil {
		b.t.Fatal(err)
	}
	c.detach = detach
	c.seen = append(c.seen, first...)
	return c
}

// until returns the first frame of a type that has not been returned before.
func (c *client) until(typ ...string) interview.Frame {
	c.b.t.Helper()
	for {
		for ; c.n < len(c.seen); c.n++ {
			if slices.Contains(typ, c.seen[c.n].Type) {
				c.n++
				return c.seen[c.n-1]
			}
		}
		select {
		case f := <-c.frames:
			c.seen = append(c.seen, f)
		case <-time.After(5 * time.Second):
			c.b.t.Fatalf("no %v came", typ)
		}
	}
}

func (c *client) do(cmd interview.Command) (int64, error) {
	c.n = len(c.seen)
	seq, _, err := c.b.e.Do(c.b.t.Context(), c.id, cmd)
	return seq, err
}

func (c *client) must(cmd interview.Command) int64 {
	c.b.t.Helper()
	seq, err := c.do(cmd)
	if err != nil {
		c.b.t.Fatalf("%s: %v", cmd.Type, err)
	}
	return seq
}

func data[T any](t *testing.T, f interview.Frame) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(f.Data, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func (c *client) question() interview.QuestionAsked {
	c.b.t.Helper()
	f := c.until("question.asked", "session.closed")
	if f.Type == "session.closed" {
		return interview.QuestionAsked{}
	}
	return data[interview.QuestionAsked](c.b.t, f)
}

func code(err error) interview.ErrCode {
	var e *interview.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

const complete = `In March 2024 our build servers trusted any pull request, and one had read a signing key that 40,000 customers relied on. I was responsible for the release pipeline and had to close the hole before the June audit. I first traced every job that could read the key by searching three months of build logs. I considered rotating the key every night, and rejected that because a thief needs only minutes; a separate signing machine cost us two weeks of delay. The build team lead objected that it would slow every release, so I measured it with him: eleven seconds. I moved signing to that machine and wrote a check which refuses unsigned artefacts. My first version broke the nightly build because I had forgotten the documentation site, and I rolled it back the same evening. Unsigned releases went from 5 a week to 0 within a month, counted by the release log, and no customer had to reinstall anything. The check is now the default template for all teams. I learned to list every consumer of a key before I move it, and I have done so since.`

func TestClarifyHintRepeatKeepTheTurn(t *testing.T) {
	b := newBench(t)
	c := b.attach(b.create(interview.NewSession{Format: "threat-model", Item: "tm-file-upload"}), 0)
	q := c.question()
	if q.Material == nil || q.Material.Kind != "diagram" || !strings.HasPrefix(q.Material.Diagram.SVG, "<svg") || q.Material.Diagram.Text == "" {
		t.Fatalf("the first question has no diagram with a twin in words: %+v", q.Material)
	}
	c.must(interview.Command{Type: "answer", ID: "1", Turn: q.Turn, Text: "How many members are there?"})
	if d := data[interview.Clarified](t, c.until("clarified")); d.Text == "" || d.Turn != q.Turn {
		t.Errorf("a question typed as an answer was not clarified: %+v", d)
	}
	c.must(interview.Command{Type: "clarify", ID: "2", Turn: q.Turn, Text: "What is the colour of the office carpet?"})
	d := data[interview.Clarified](t, c.until("clarified"))
	if !slices.Contains(b.o.Pack.Lines.MakeAssumption, d.Text) || d.Fact != "" {
		t.Errorf("a fact that is not in the table was answered with %+v", d)
	}
	c.must(interview.Command{Type: "hint", ID: "3", Turn: q.Turn})
	c.must(interview.Command{Type: "hint", ID: "4", Turn: q.Turn})
	if _, err := c.do(interview.Command{Type: "hint", ID: "5", Turn: q.Turn}); code(err) != interview.CodeConflict {
		t.Errorf("a third hint: %v, want a conflict", err)
	}
	c.must(interview.Command{Type: "repeat", ID: "6", Turn: q.Turn})
	if d := data[interview.Clarified](t, c.until("clarified")); !d.Repeat || d.Text != q.Text {
		t.Errorf("repeat said %q", d.Text)
	}
	st, err := b.e.State(t.Context(), c.id)
	if err != nil || st.Open != q.Turn {
		t.Errorf("the turn did not stay open: %d, %v", st.Open, err)
	}
}

func TestDontKnowIsAnsweredOnceAndSkipMovesOn(t *testing.T) {
	b := newBench(t)
	c := b.attach(b.create(interview.NewSession{Format: "remediation"}), 0)
	q := c.question()
	c.must(interview.Command{Type: "dont_know", ID: "1", Turn: q.Turn})
	next := c.question()
	if next.Main || next.Probe == nil || next.Probe.Type != "dont_know" || !slices.Contains(b.o.Pack.Lines.DontKnow, next.Text) {
		t.Fatalf("after I don't know came %+v", next)
	}
	c.must(interview.Command{Type: "dont_know", ID: "2", Turn: next.Turn})
	if q := c.question(); q.Turn != 0 {
		t.Errorf("a second I don't know was asked again: %+v", q)
	}
	c = b.attach(b.create(interview.NewSession{Format: "concept-cards"}), 0)
	one := c.question()
	c.must(interview.Command{Type: "skip", ID: "1", Turn: one.Turn})
	if two := c.question(); !two.Main || two.Block != one.Block+1 {
		t.Errorf("after a skipped card came %+v", two)
	}
}

func TestPauseStopsTheWallClockAndEndClosesOnce(t *testing.T) {
	b := newBench(t)
	c := b.attach(b.create(interview.NewSession{Format: "story-drill"}), 0)
	c.question()
	b.pass(30 * time.Second)
	c.must(interview.Command{Type: "pause", ID: "1"})
	b.pass(time.Hour)
	c.must(interview.Command{Type: "resume", ID: "2"})
	b.pass(30 * time.Second)
	st, err := b.e.State(t.Context(), c.id)
	if err != nil {
		t.Fatal(err)
	}
	if got := st.WallS(b.now()); got != 60 {
		t.Errorf("the wall clock says %.0f s, want 60", got)
	}
	seq := c.must(interview.Command{Type: "end", ID: "3"})
	c.until("report.ready")
	if again := c.must(interview.Command{Type: "end", ID: "3"}); again != seq {
		t.Errorf("the same command was acknowledged as %d and %d", seq, again)
	}
	if _, err := c.do(interview.Command{Type: "end", ID: "4"}); code(err) != interview.CodeConflict {
		t.Errorf("ending twice: %v", err)
	}
	events, err := b.store.Events(t.Context(), c.id, 0)
	if err != nil {
		t.Fatal(err)
	}
	if events[seq-1].Type != interview.EvSessionClosed {
		t.Errorf("end was acknowledged as %s", events[seq-1].Type)
	}
}

func TestARestartGoesOnWhereItWas(t *testing.T) {
	b := newBench(t)
	c := b.attach(b.create(interview.NewSession{Format: "phone-screen"}), 0)
	q := c.question()
	if _, _, err := b.e.Do(t.Context(), c.id, interview.Command{Type: "draft", Turn: q.Turn, Text: "half an ans"}); err != nil {
		t.Fatal(err)
	}
	b.pass(20 * time.Second)
	before, err := b.e.State(t.Context(), c.id)
	if err != nil {
		t.Fatal(err)
	}
	b.restart()
	again := b.attach(c.id, 0)
	w := data[struct {
		Turn  *int
		Draft *interview.Draft
		Clock struct {
			InterviewS float64 `json:"interview_s"`
			WallS      float64 `json:"wall_s"`
		}
	}](t, again.seen[0])
	if w.Turn == nil || *w.Turn != q.Turn || w.Draft == nil || w.Draft.Text != "half an ans" {
		t.Errorf("after a restart: turn %v, draft %+v", w.Turn, w.Draft)
	}
	if w.Clock.InterviewS != before.ClockS(b.now()) || w.Clock.WallS != before.WallS(b.now()) {
		t.Errorf("clocks %+v, want %.1f and %.1f", w.Clock, before.ClockS(b.now()), before.WallS(b.now()))
	}
	first, second := events(c.seen), events(again.seen)
	if fmt.Sprint(first) != fmt.Sprint(second[:len(first)]) {
		t.Errorf("the replayed log differs:\n%v\n%v", first, second)
	}
}

func events(frames []interview.Frame) (out []string) {
	for _, f := range frames {
		if f.Seq > 0 {
			out = append(out, fmt.Sprint(f.Seq, f.Type, f.At.UnixMicro(), string(f.Data)))
		}
	}
	return out
}

func TestTwoTabsAgree(t *testing.T) {
	b := newBench(t)
	one := b.attach(b.create(interview.NewSession{Format: "story-drill"}), 0)
	q := one.question()
	two := b.attach(one.id, 0)
	two.question()
	one.must(interview.Command{Type: "answer", ID: "1", Turn: q.Turn, Text: "We had an outage, so our team looked into it and we fixed it."})
	a, z := one.question(), two.question()
	if a.Turn == 0 || a.Text != z.Text {
		t.Errorf("one tab heard %q, the other %q", a.Text, z.Text)
	}
	if _, err := two.do(interview.Command{Type: "answer", ID: "2", Turn: q.Turn, Text: "late"}); code(err) != interview.CodeConflict {
		t.Errorf("an answer to a turn that the other tab closed: %v", err)
	}
}

func TestModes(t *testing.T) {
	b := newBench(t)
	sit := func(mode interview.Mode) (probes int, measured bool) {
		c := b.attach(b.create(interview.NewSession{Format: "story-drill", Mode: mode}), 0)
		for i := 0; ; i++ {
			q := c.question()
			if q.Turn == 0 {
				break
			}
			if q.Probe != nil {
				probes++
			}
			c.must(interview.Command{Type: "answer", ID: fmt.Sprint(i), Turn: q.Turn, Text: complete})
		}
		for _, f := range c.seen {
			if f.Type == "block.closed" {
				measured = strings.Contains(string(f.Data), "measured")
			}
		}
		return probes, measured
	}
	exam, shown := sit(interview.ModeExam)
	if exam != 3 || shown {
		t.Errorf("an exam asked %d follow-ups after a complete answer, want all 3; measured shown: %v", exam, shown)
	}
	if drill, _ := sit(interview.ModeDrill); drill >= exam {
		t.Errorf("a drill asked %d follow-ups after a complete answer and did not stop early", drill)
	}
	if _, shown := sit(interview.ModeCoached); !shown {
		t.Error("coached mode showed nothing when the block closed")
	}
	if _, err := b.e.Create(t.Context(), interview.NewSession{Format: "phone-screen", Mode: interview.ModeDrill}); code(err) != interview.CodeInvalid {
		t.Errorf("a phone screen as a drill: %v", err)
	}
	c := b.attach(b.create(interview.NewSession{Format: "code-review", Mode: interview.ModeExam}), 0)
	if _, err := c.do(interview.Command{Type: "hint", ID: "h", Turn: c.question().Turn}); code(err) != interview.CodeConflict {
		t.Errorf("a hint in an exam: %v", err)
	}
}

// TestEveryFormatIsAskedInWords sits every format on every item it may draw, once: no question is empty, and a
// threat model has its twist and its challenge.
func TestEveryFormatIsAskedInWords(t *testing.T) {
	b := newBench(t)
	for _, f := range b.o.Pack.Formats {
		for id, it := range b.o.Pack.Items {
			n := interview.NewSession{Format: f.ID, Item: id}
			if !f.Single {
				n.Item = ""
			} else if !slices.Contains(f.Rounds[0].Phases[0].Items, it.Kind) {
				continue
			}
			if f.ID == "pull-request" && len(b.o.Pack.Rubrics[id].Fights()) == 0 {
				if _, err := b.e.Create(t.Context(), n); code(err) != interview.CodeInvalid {
					t.Errorf("%s, for which no repair is written: %v", id, err)
				}
				continue
			}
			c := b.attach(b.create(n), 0)
			steps := map[string]bool{}
			for i := 0; ; i++ {
				q := c.question()
				if q.Turn == 0 {
					break
				}
				steps[q.Step] = true
				if len(strings.Fields(q.Text)) < 3 {
					t.Errorf("%s on %s: turn %d (%s) says %q", f.ID, n.Item, q.Turn, q.Step, q.Text)
				}
				c.must(interview.Command{Type: "answer", ID: fmt.Sprint(i), Turn: q.Turn, Text: "I would look at it and then decide."})
			}
			if f.ID == "threat-model" && (!steps["twist"] || !steps["challenge"]) {
				t.Errorf("%s had no twist or no challenge: %v", id, steps)
			}
			if n.Item == "" {
				break
			}
		}
	}
}

func TestNoWordingTwiceAndTheCaps(t *testing.T) {
	b := newBench(t)
	for seed := uint64(1); seed <= 6; seed++ {
		c := b.attach(b.create(interview.NewSession{Format: "phone-screen", Seed: &seed, Mode: interview.ModeExam}), 0)
		said, perMain, families := map[string]bool{}, 0, map[string]int{}
		for i := 0; ; i++ {
			q := c.question()
			if q.Turn == 0 {
				break
			}
			if q.Main {
				perMain, families = 0, map[string]int{}
			} else {
				perMain++
				for _, row := range b.o.Pack.Bank {
					if row.Type == q.Probe.Type {
						families[row.Family]++
						if families[row.Family] > 2 {
							t.Errorf("seed %d: a third follow-up of family %s", seed, row.Family)
						}
					}
				}
				if said[q.Wording] {
					t.Errorf("seed %d: %q was asked twice", seed, q.Wording)
				}
				said[q.Wording] = true
			}
			if perMain > 5 {
				t.Errorf("seed %d: %d follow-ups to one question", seed, perMain)
			}
			c.must(interview.Command{Type: "answer", ID: fmt.Sprint(i), Turn: q.Turn, Text: "We had a problem with the service, so we changed it and it got better for everyone."})
		}
	}
}

func TestTheWallCeilingClosesAnAbandonedSession(t *testing.T) {
	b := newBench(t)
	c := b.attach(b.create(interview.NewSession{Format: "concept-cards"}), 0)
	c.question()
	b.pass(31 * time.Minute) // three times ten minutes and one
	b.e.Clock(t.Context(), c.id)
	if d := data[interview.SessionClosed](t, c.until("session.closed")); d.Why != "abandoned" {
		t.Errorf("closed because %q", d.Why)
	}
}

// failing is a store that cannot append for a while.
type failing struct {
	engine.Store
	mu   sync.Mutex
	left int
}

func (f *failing) Append(ctx context.Context, session, command string, ev []interview.Event, sum interview.Summary) error {
	f.mu.Lock()
	fail := f.left > 0
	f.left--
	f.mu.Unlock()
	if fail {
		return interview.Errorf(interview.CodeUnavailable, "the disk is full")
	}
	return f.Store.Append(ctx, session, command, ev, sum)
}

func TestAFailingStoreLosesNothingAcknowledged(t *testing.T) {
	b := newBench(t)
	f := &failing{Store: b.store}
	b.o.Store = f
	b.e.Close()
	b.e = engine.New(b.o)
	c := b.attach(b.create(interview.NewSession{Format: "story-drill"}), 0)
	q := c.question()
	f.mu.Lock()
	f.left = 1
	f.mu.Unlock()
	if _, err := c.do(interview.Command{Type: "answer", ID: "1", Turn: q.Turn, Text: complete}); code(err) != interview.CodeUnavailable {
		t.Fatalf("an answer that was not kept: %v", err)
	}
	st, err := b.e.State(t.Context(), c.id)
	if err != nil || st.Open != q.Turn {
		t.Fatalf("the turn is not open any more: %d %v", st.Open, err)
	}
	c.must(interview.Command{Type: "answer", ID: "1", Turn: q.Turn, Text: complete})
}

func TestHowAnAnswerWasTyped(t *testing.T) {
	b := newBench(t)
	c := b.attach(b.create(interview.NewSession{Format: "story-drill"}), 0)
	q := c.question()
	b.pass(12 * time.Second)
	draft := func(text string, d time.Duration) {
		c.must(interview.Command{Type: "draft", Turn: q.Turn, Text: text})
		b.pass(d)
	}
	draft("In", 2*time.Second)
	draft("In March", 3*time.Second)
	draft("In March 2024", time.Minute)
	draft("In March 2024 our", time.Second)
	c.must(interview.Command{Type: "answer", ID: "1", Turn: q.Turn, Text: complete})
	got := data[interview.AnswerSubmitted](t, c.until("answer.submitted")).Effort
	if want := (&interview.Effort{FirstKeyS: 12, TypingS: 6, Pauses: 1, Pasted: len(complete) - 17}); !cmp.Equal(want, got) {
		t.Errorf("the effort is %+v, want %+v", got, want)
	}
}

// A follow-up that is skipped, or not known, is one follow-up less and not the end of the exercise.
func TestASkippedFollowUpIsNotTheEnd(t *testing.T) {
	for _, typ := range []string{"skip", "dont_know"} {
		b := newBench(t)
		c := b.attach(b.create(interview.NewSession{Format: "dive-deep"}), 0)
		q := c.question()
		c.must(interview.Command{Type: "answer", ID: "1", Turn: q.Turn, Text: "In May 2023 our build broke for a week and 40 teams waited. I found the cause in the cache and I changed it. It was fine then."})
		one := c.question()
		c.must(interview.Command{Type: typ, ID: "2", Turn: one.Turn})
		two := c.question()
		if two.Turn == 0 || two.Main || two.Wording == one.Wording {
			t.Errorf("after %s of %q came %+v", typ, one.Text, two)
		}
	}
}
