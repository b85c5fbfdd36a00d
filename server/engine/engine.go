// Package engine is one session's life: the plan, the clocks, which question and which follow-up comes
// next, and when it ends. It decides everything from the log; a voice only speaks what it decided.
//
// What it promises: an answer is durable before anything else happens to it; a command id acts once;
// whatever the voice does, the interview goes on; after a crash the session continues from its log.
package engine

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"rehearse/server/interview"
)

// Store keeps the log. Append writes events (numbered already, in sequence), the id of the command that
// caused them and the summary in one transaction, and is durable when it returns.
type Store interface {
	Create(ctx context.Context, sum interview.Summary, events []interview.Event) error
	Append(ctx context.Context, session, command string, events []interview.Event, sum interview.Summary) error
	Events(ctx context.Context, session string, after int64) ([]interview.Event, error)
	Command(ctx context.Context, session, id string) (seq int64, found bool, err error)
	Drafts
}

// Drafts keeps answers that are still being typed.
type Drafts interface {
	SaveDraft(ctx context.Context, session string, d interview.Draft) error
	Draft(ctx context.Context, session string) (d interview.Draft, found bool, err error)
}

// History tells what this person has heard in other sessions, so that wordings and items rotate.
type History interface {
	UsedWordings(ctx context.Context, except string) (map[string]int, error)
	UsedItems(ctx context.Context, except string) (map[string]int, error)
	UsedBlueprints(ctx context.Context) (map[string]int, error)
}

// Interviewer speaks one authored question. An error means that it could not speak at all; what it says
// is judged before it is shown.
type Interviewer interface {
	Speak(ctx context.Context, b interview.Brief) (interview.Utterance, error)
}

// Options are what an Engine is built from.
type Options struct {
	Store   Store
	History History
	Pack    *interview.Pack
	// Voice returns the voice for a session that begins or is taken up again, and what it is.
	Voice func(ctx context.Context) (Interviewer, interview.VoiceInfo)
	// Grade grades a closed block; nil leaves every block without a grade. Model is the one asked for, empty
	// for the one in use. It may take minutes and is told by its context when the server stops.
	Grade func(ctx context.Context, st *interview.State, block int, model string) interview.Outcome
	// Near returns how near in meaning texts are to one, from -1 to 1; nil goes by words alone.
	Near func(text string) func(other string) float64
	// Steer returns how near items are to what the candidate prepares for, a job description, say; nil, or a nil result,
	// steers nothing. It is asked when an item is drawn.
	Steer func(ctx context.Context) func(*interview.Item) float64
	// Draw leaves of the items that a phase of some minutes may draw those it should, given how often each was begun
	// before; at least one. Nil leaves all. It keeps practice from using up what checks need unseen.
	Draw func(items []*interview.Item, mode interview.Mode, minutes float64, used map[string]int) []*interview.Item
	// Story returns the principle that a story of the candidate's bank is drilled for, empty for none, and an error where
	// there is no such story. Nothing else of a story comes here. Nil has no stories.
	Story func(ctx context.Context, id string) (principle string, err error)
	// Authored speaks when the other voice cannot.
	Authored Interviewer
	// Diagram draws a data-flow diagram as SVG.
	Diagram func(*interview.Diagram) string
	Now     func() time.Time
	Log     *slog.Logger
	// Seed is the server's own seed for sessions that bring none; 0 draws one for each session.
	Seed uint64
	// VoiceTimeout bounds one utterance of a model; 0 means 45 seconds.
	VoiceTimeout time.Duration
	// GuessTime is how long a follow-up waits to be called, in sessions started with guess; 0 means the constant of that name.
	GuessTime time.Duration
	// WordPause is the pause between words of a model's utterance as it is shown; 0 means 35 ms.
	WordPause time.Duration
}

// Engine runs sessions.
type Engine struct {
	Options
	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup
	mu     sync.Mutex
	live   map[string]*session
	closed bool
	// grading holds the one grade that is being made.
	grading chan struct{}
	// phrases are the hidden phrases by item (*guard.Phrases).
	phrases sync.Map
}

// New returns an Engine. Close has to be called before its store is closed.
func New(o Options) *Engine {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.VoiceTimeout == 0 {
		o.VoiceTimeout = 45 * time.Second
	}
	if o.GuessTime == 0 {
		o.GuessTime = GuessTime
	}
	if o.WordPause == 0 {
		o.WordPause = 35 * time.Millisecond
	}
	ctx, cancel := context.WithCancel(context.Background())
	return &Engine{Options: o, ctx: ctx, cancel: cancel, live: map[string]*session{}, grading: make(chan struct{}, 1)}
}

// Close stops all speech and waits until nothing is being written any more.
func (e *Engine) Close() {
	e.mu.Lock()
	e.closed = true
	e.mu.Unlock()
	e.cancel()
	e.wg.Wait()
}

// begin counts one more piece of work that Close waits for; false means that the engine is closing.
func (e *Engine) begin() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return false
	}
	e.wg.Add(1)
	return true
}

func newID() string {
	var b [10]byte
	_, _ = rand.Read(b[:]) // never fails
	return strings.ToLower(base32.StdEncoding.EncodeToString(b[:]))
}

func randomSeed() uint64 {
	var b [8]byte
	_, _ = rand.Read(b[:])
	return binary.LittleEndian.Uint64(b[:]) >> 12 // fits a JSON number
}

// Format returns the format with this id, or nil.
func (e *Engine) Format(id string) *interview.Format {
	i := slices.IndexFunc(e.Pack.Formats, func(f interview.Format) bool { return f.ID == id })
	if i < 0 {
		return nil
	}
	return &e.Pack.Formats[i]
}

// Create makes a session and writes its first event. The interviewer begins when the first client attaches.
func (e *Engine) Create(ctx context.Context, n interview.NewSession) (interview.Summary, error) {
	begin := e.begins
	if n.Fork != nil {
		begin = e.fork
	}
	events, err := begin(ctx, n)
	if err != nil {
		return interview.Summary{}, err
	}
	id := newID()
	st, err := interview.Fold(id, events)
	if err != nil {
		return interview.Summary{}, err
	}
	sum := st.Summary()
	if err := e.Store.Create(ctx, sum, events); err != nil {
		return interview.Summary{}, fmt.Errorf("keeping the new session: %w", err)
	}
	return sum, nil
}

// begins makes the first event of a session.
func (e *Engine) begins(ctx context.Context, n interview.NewSession) ([]interview.Event, error) {
	created, err := e.plan(ctx, n)
	if err != nil {
		return nil, err
	}
	ev := interview.NewEvent(interview.EvSessionCreated, created)
	ev.Seq, ev.At = 1, e.stamp()
	return []interview.Event{ev}, nil
}

// stamp is the time as it is stored: UTC, whole microseconds, so that a replayed event equals the first.
func (e *Engine) stamp() time.Time { return e.Now().UTC().Truncate(time.Microsecond) }

// plan checks a request and fixes everything the session's choices rest on.
func (e *Engine) plan(ctx context.Context, n interview.NewSession) (interview.SessionCreated, error) {
	var none interview.SessionCreated
	f := e.Format(n.Format)
	if n.Format == "" {
		return none, interview.FieldError("format", "the field \"format\" is missing")
	}
	if f == nil {
		var ids []string
		for _, f := range e.Pack.Formats {
			ids = append(ids, f.ID)
		}
		return none, interview.FieldError("format", "there is no format %q here; choose one of %s", n.Format, strings.Join(ids, ", "))
	}
	if n.Mode == "" {
		n.Mode = interview.ModeCoached
	}
	switch {
	case !slices.Contains([]interview.Mode{interview.ModeExam, interview.ModeCoached, interview.ModeDrill}, n.Mode):
		return none, interview.FieldError("mode", "mode is exam, coached or drill, not %q", n.Mode)
	case !slices.Contains(f.Modes, n.Mode):
		return none, interview.FieldError("mode", "%s has no mode %q; a drill is for single exercises", f.Title, n.Mode)
	}
	if n.Level == "" {
		n.Level = e.Pack.DefaultLevel
	}
	if !slices.Contains(e.Pack.Levels, n.Level) {
		return none, interview.FieldError("level", "level is one of %s, not %q", strings.Join(e.Pack.Levels, ", "), n.Level)
	}
	if err := e.checkStory(ctx, f, &n); err != nil {
		return none, err
	}
	if f.Blueprint {
		if err := e.checkBlueprint(f, &n); err != nil {
			return none, err
		}
	} else if err := e.checkChoice(ctx, f, &n); err != nil {
		return none, err
	}
	seed, seeded := e.Seed, e.Seed != 0
	if n.Seed != nil {
		seed, seeded = *n.Seed, true
	}
	if seed == 0 && !seeded {
		seed = randomSeed()
	}
	_, voice := e.Voice(ctx)
	out := interview.SessionCreated{Format: f.ID, Title: f.Title, Mode: n.Mode, Level: n.Level, Minutes: f.Minutes, Seed: seed, Seeded: seeded,
		Item: n.Item, Princ: n.Principle, Guess: n.Guess, RetryOf: n.RetryOf, Story: n.Story, Part: n.Part, Seconds: n.Seconds, Voice: voice, Pack: interview.PackRef{ID: e.Pack.ID, Version: e.Pack.Version}, Plan: *f}
	if f.Blueprint {
		out.Item, out.Principles = "", n.Principles
		if err := e.fill(ctx, &out, n.Item); err != nil {
			return none, err
		}
	}
	for _, r := range out.Plan.Rounds {
		for _, p := range r.Phases {
			out.Phases = append(out.Phases, interview.PhaseInfo{ID: p.ID, Title: p.Title, Minutes: p.Minutes * float64(max(1, p.Count)), Who: p.Who})
			if p.Kind == interview.PhaseQuestions {
				out.Phases[len(out.Phases)-1].Minutes = p.Minutes
			}
		}
	}
	return out, nil
}

// checkStory checks that a story may be told in a format, and gives the session the story's principle where nothing else
// says what is asked.
func (e *Engine) checkStory(ctx context.Context, f *interview.Format, n *interview.NewSession) error {
	if n.Story == "" {
		return nil
	}
	if !f.Single || f.Blueprint || !slices.Contains(f.Rounds[0].Phases[0].Items, interview.KindBehavioural) {
		return interview.FieldError("story", "%s does not ask for one story; leave story out, or choose a format that does", f.Title)
	}
	if e.Story == nil {
		return interview.FieldError("story", "there is no bank of stories here")
	}
	principle, err := e.Story(ctx, n.Story)
	if err != nil {
		return err
	}
	if n.Item != "" || n.Principle != "" || n.RetryOf != "" {
		return nil
	}
	if principle == "" {
		return interview.FieldError("story", "this story serves no principle; give it one, or say the principle to drill it for")
	}
	n.Principle = principle
	return nil
}

// checkChoice checks item, principle and retry_of against the format.
func (e *Engine) checkChoice(ctx context.Context, f *interview.Format, n *interview.NewSession) error {
	var before *interview.State
	if n.RetryOf != "" {
		events, err := e.Store.Events(ctx, n.RetryOf, 0)
		if err != nil {
			return err
		}
		st, err := interview.Fold(n.RetryOf, events)
		if err != nil {
			return err
		}
		before = &st
		for _, b := range st.Blocks {
			if b.Item != "" && n.Item == "" && n.Principle == "" { // with a principle the same story answers another question
				n.Item = b.Item
			}
		}
		if n.Story == "" {
			n.Story = st.Session.Story
		}
		if len(events) == 0 || n.Item == "" && n.Principle == "" {
			return interview.FieldError("retry_of", "there is no session %q with an exercise to try again", n.RetryOf)
		}
	}
	if len(n.Principles) > 0 {
		return interview.FieldError("principles", "%s takes no list of principles; they are for one more interview of a loop", f.Title)
	}
	if (n.Item != "" || n.Principle != "") && !f.Single {
		return interview.FieldError("item", "%s draws its own items; choose an item only for a single exercise", f.Title)
	}
	kinds := f.Rounds[0].Phases[0].Items
	if err := e.checkAgain(n, kinds, before); err != nil {
		return err
	}
	if n.Item != "" {
		it := e.Pack.Items[n.Item]
		if it == nil || it.Status == "retired" {
			return interview.FieldError("item", "there is no item %q in pack %s", n.Item, e.Pack.ID)
		}
		if !slices.Contains(kinds, it.Kind) {
			return interview.FieldError("item", "%s takes items of kind %s; %q is of kind %s", f.Title, listed(kinds), n.Item, it.Kind)
		}
		if f.Rounds[0].Phases[0].Pushes() && len(e.Pack.Rubrics[n.Item].Fights()) == 0 {
			return interview.FieldError("item", "no repairs are written for %q, so there is nothing to fight about; choose another pull request, or review this one as code-review", n.Item)
		}
	}
	if n.Principle != "" {
		if !slices.ContainsFunc(e.Pack.Principles, func(p interview.Principle) bool { return p.ID == n.Principle }) {
			return interview.FieldError("principle", "pack %s has no principle %q", e.Pack.ID, n.Principle)
		}
		if !slices.ContainsFunc(e.itemsFor(kinds, []string{n.Principle}), func(*interview.Item) bool { return true }) {
			return interview.FieldError("principle", "pack %s has no question for %q yet", e.Pack.ID, n.Principle)
		}
	}
	return nil
}

// listed puts kinds into a sentence: "a, b or c".
func listed(kinds []interview.Kind) string {
	var out strings.Builder
	for i, k := range kinds {
		switch {
		case i > 0 && i == len(kinds)-1:
			out.WriteString(" or ")
		case i > 0:
			out.WriteString(", ")
		}
		out.WriteString(string(k))
	}
	return out.String()
}

// Exists reports, as an error, that there is no such session.
func (e *Engine) Exists(ctx context.Context, id string) error {
	_, err := e.open(ctx, id)
	return err
}

// Forget drops a session from memory, before it is deleted from the store.
func (e *Engine) Forget(id string) {
	e.mu.Lock()
	s := e.live[id]
	delete(e.live, id)
	e.mu.Unlock()
	if s != nil {
		s.abandon()
	}
}

// State returns what the log of a session says.
func (e *Engine) State(ctx context.Context, id string) (interview.State, error) {
	s, err := e.open(ctx, id)
	if err != nil {
		return interview.State{}, err
	}
	s.mu.Lock()
	st := s.st
	s.mu.Unlock()
	if st.Closed { // looked at for its report; nobody needs it in memory
		e.release(s)
	}
	return st, nil
}

// open returns the session, read from the store when it is not in memory.
func (e *Engine) open(ctx context.Context, id string) (*session, error) {
	e.mu.Lock()
	s, ok := e.live[id]
	closed := e.closed
	e.mu.Unlock()
	if closed {
		return nil, interview.Errorf(interview.CodeUnavailable, "the server is shutting down; everything acknowledged is kept")
	}
	if ok {
		return s, nil
	}
	events, err := e.Store.Events(ctx, id, 0)
	if err != nil {
		return nil, err
	}
	if len(events) == 0 {
		return nil, interview.Errorf(interview.CodeNotFound, "there is no session %q", id)
	}
	st, err := interview.Fold(id, events)
	if err != nil {
		return nil, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if s, ok := e.live[id]; ok { // somebody else was faster
		return s, nil
	}
	s = newSession(e, st)
	e.live[id] = s
	s.mu.Lock()
	defer s.mu.Unlock()
	s.grade() // what an earlier run of the server left over
	return s, nil
}

// release forgets a session nobody listens to and nothing happens in.
func (e *Engine) release(s *session) {
	e.mu.Lock()
	defer e.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.subs) == 0 && !s.pumping && !s.grading && e.live[s.st.ID] == s {
		delete(e.live, s.st.ID)
		s.gone = true
	}
}
