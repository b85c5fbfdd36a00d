package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base32"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"rehearse/server/httpapi"
	"rehearse/server/interview"
	"rehearse/server/sqlite"
	"rehearse/server/stories"
)

// bank keeps the candidate's own stories and says what became of them. Truth is in the store; what was measured of
// tellings is kept beside the log and made again when it is old.
type bank struct {
	store   *sqlite.Store
	pack    *interview.Pack
	now     func() time.Time
	log     *slog.Logger
	version func() string
	common  func() *stories.Common
	mu      sync.Mutex // one change at a time: a choice that one story gets, another loses
}

func newBank(store *sqlite.Store, pack *interview.Pack, log *slog.Logger) *bank {
	return &bank{store: store, pack: pack, now: time.Now, log: log,
		version: sync.OnceValue(func() string { return stories.MeasureVersion + "/" + measures(pack) }),
		common:  sync.OnceValue(func() *stories.Common { return stories.CommonIn(pack) })}
}

// keptStory is what the store holds of a story beside its id and times.
type keptStory struct {
	Title      string        `json:"title"`
	Worth      string        `json:"worth"`
	Principles []stories.Tag `json:"principles"`
	Cues       []stories.Cue `json:"cues"`
}

func toStore(s *stories.Story) (sqlite.Story, error) {
	raw, err := json.Marshal(keptStory{s.Title, s.Worth, s.Principles, s.Cues})
	return sqlite.Story{ID: s.ID, Created: s.Created, Updated: s.Updated, Data: raw}, err
}

func toStores(list []stories.Story) ([]sqlite.Story, error) {
	var out []sqlite.Story
	for i := range list {
		row, err := toStore(&list[i])
		if err != nil {
			return nil, err
		}
		out = append(out, row)
	}
	return out, nil
}

// storedStories are the stories of a store, the oldest first.
func storedStories(ctx context.Context, store *sqlite.Store) ([]stories.Story, error) {
	rows, err := store.Stories(ctx)
	if err != nil {
		return nil, err
	}
	out := []stories.Story{}
	for _, r := range rows {
		var k keptStory
		if err := json.Unmarshal(r.Data, &k); err != nil {
			return nil, fmt.Errorf("the story %s cannot be read: %w", r.ID, err)
		}
		out = append(out, stories.Story{ID: r.ID, Title: k.Title, Worth: k.Worth, Principles: append([]stories.Tag{}, k.Principles...), Cues: append([]stories.Cue{}, k.Cues...), Created: r.Created, Updated: r.Updated})
	}
	return out, nil
}

// all is everything that is known of the stories.
func (b *bank) all(ctx context.Context) (*stories.Bank, error) {
	out := &stories.Bank{Pack: b.pack, Common: b.common()}
	var err error
	if out.Stories, err = storedStories(ctx, b.store); err != nil {
		return nil, err
	}
	said, err := b.store.SaidStories(ctx)
	if err != nil {
		return nil, err
	}
	for _, s := range said {
		out.Said = append(out.Said, stories.Said(s))
	}
	sessions, err := b.store.Tellings(ctx, b.version())
	if err != nil {
		return nil, err
	}
	for _, m := range sessions {
		told, err := b.tellings(ctx, m)
		if err != nil {
			return nil, err
		}
		out.Tellings = append(out.Tellings, told...)
	}
	return out, nil
}

// tellings are those of one session, as they were kept or measured now.
func (b *bank) tellings(ctx context.Context, m sqlite.Measured) ([]stories.Telling, error) {
	var out []stories.Telling
	if m.Data != nil && json.Unmarshal(m.Data, &out) == nil {
		return out, nil
	}
	st, err := b.fold(ctx, m.Session)
	switch {
	case interview.AsError(err).Code == interview.CodeNotFound: // deleted meanwhile
		return nil, nil
	case err != nil: // one log that cannot be read takes nothing from the others
		b.log.Error("a session is left out of the stories", "session", m.Session, "err", err)
		return nil, nil
	}
	out = stories.Tellings(st, b.pack)
	raw, err := json.Marshal(out)
	if err != nil {
		return nil, fmt.Errorf("what was measured of the stories in session %s: %w", m.Session, err)
	}
	return out, b.store.SaveTellings(ctx, m.Session, b.version(), st.Seq, raw)
}

func (b *bank) fold(ctx context.Context, session string) (interview.State, error) {
	events, err := b.store.Events(ctx, session, 0)
	if err != nil {
		return interview.State{}, err
	}
	if len(events) == 0 {
		return interview.State{}, interview.Errorf(interview.CodeNotFound, "there is no session %s", session)
	}
	return interview.Fold(session, events)
}

// warm measures what is missing, so that the first who asks does not wait for it.
func (b *bank) warm(ctx context.Context) {
	if _, err := b.all(ctx); err != nil && ctx.Err() == nil {
		b.log.Warn("earlier tellings of stories could not be measured ahead of time", "err", err)
	}
}

// bankView is the body of /stories.
type bankView struct {
	stories.List
	Prompts []interview.MiningPrompt `json:"prompts"`
}

// Bank is the body of /stories.
func (b *bank) Bank(ctx context.Context) (any, error) {
	all, err := b.all(ctx)
	if err != nil {
		return nil, err
	}
	return bankView{all.List(), append([]interview.MiningPrompt{}, b.pack.Mining...)}, nil
}

// Matrix is the body of /stories/matrix.
func (b *bank) Matrix(ctx context.Context) (any, error) {
	all, err := b.all(ctx)
	if err != nil {
		return nil, err
	}
	return all.Matrix(), nil
}

func noStory(id string) error {
	return interview.Errorf(interview.CodeNotFound, "there is no story %q in the bank. Nothing was changed", id)
}

// Story is the body of /stories/{id}.
func (b *bank) Story(ctx context.Context, id string) (any, error) {
	e, err := b.entry(ctx, id)
	if err != nil {
		return nil, err
	}
	return e, nil
}

func (b *bank) entry(ctx context.Context, id string) (*stories.Entry, error) {
	all, err := b.all(ctx)
	if err != nil {
		return nil, err
	}
	list := all.List().Stories
	i := slices.IndexFunc(list, func(e stories.Entry) bool { return e.ID == id })
	if i < 0 {
		return nil, noStory(id)
	}
	return &list[i], nil
}

// principle is the principle that a story is drilled for.
func (b *bank) principle(ctx context.Context, id string) (string, error) {
	list, err := storedStories(ctx, b.store)
	if err != nil {
		return "", err
	}
	for i := range list {
		if list[i].ID == id {
			return stories.Principle(&list[i], b.pack), nil
		}
	}
	return "", interview.FieldError("story", "there is no story %q in the bank", id)
}

// drafted is a story drawn from an answer, not kept.
func (b *bank) drafted(ctx context.Context, from httpapi.StoryFrom) (stories.Story, error) {
	var none stories.Story
	st, err := b.fold(ctx, from.Session)
	if err != nil {
		return none, err
	}
	i := slices.IndexFunc(st.Blocks, func(x interview.Block) bool { return x.Block == from.Block })
	if i < 0 {
		return none, interview.Errorf(interview.CodeNotFound, "session %s has no block %d", from.Session, from.Block)
	}
	x := &st.Blocks[i]
	if x.Kind != string(interview.KindBehavioural) {
		return none, interview.FieldError("block", "block %d of session %s does not ask for a story", from.Block, from.Session)
	}
	if st.Session.Mode == interview.ModeExam && !st.Closed {
		return none, interview.Errorf(interview.CodeConflict, "the exam is still open; a story is taken from it when it has ended")
	}
	for _, n := range x.Turns {
		t := st.Turn(n)
		if !t.Answered || strings.TrimSpace(t.Answer) == "" {
			continue
		}
		out := stories.Draft(t.Answer)
		if r := b.pack.Rubrics[x.Item]; r != nil && st.Closed { // which principle was asked for is not told before the end
			for _, p := range r.Principles {
				if slices.ContainsFunc(b.pack.Principles, func(q interview.Principle) bool { return q.ID == p }) {
					out.Principles = append(out.Principles, stories.Tag{Principle: p})
				}
			}
		}
		return out, nil
	}
	return none, interview.Errorf(interview.CodeConflict, "block %d of session %s has no answer yet", from.Block, from.Session)
}

// Draft is the body of /stories/draft.
func (b *bank) Draft(ctx context.Context, from httpapi.StoryFrom) (any, error) {
	s, err := b.drafted(ctx, from)
	if err != nil {
		return nil, err
	}
	return map[string]any{"title": s.Title, "worth": s.Worth, "principles": s.Principles, "cues": s.Cues, "from": from}, nil
}

// sent is a story as it was sent, tidied and checked.
func (b *bank) sent(n httpapi.NewStory) (stories.Story, error) {
	out := stories.Story{Title: n.Title, Worth: n.Worth}
	for _, t := range n.Principles {
		out.Principles = append(out.Principles, stories.Tag(t))
	}
	for _, c := range n.Cues {
		out.Cues = append(out.Cues, stories.Cue(c))
	}
	out = out.Tidy()
	return out, out.Valid(b.pack.Principles)
}

func newStoryID() string {
	var x [8]byte
	_, _ = rand.Read(x[:]) // never fails
	return "s-" + strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(x[:]))
}

// Add keeps a new story, and with it which answer it was, where it comes from one.
func (b *bank) Add(ctx context.Context, n httpapi.NewStory) (string, any, error) {
	var said []sqlite.SaidStory
	if n.From != nil {
		draft, err := b.drafted(ctx, *n.From)
		if err != nil {
			return "", nil, err
		}
		n.Title = cmp.Or(n.Title, draft.Title)
		if n.Principles == nil {
			for _, t := range draft.Principles {
				n.Principles = append(n.Principles, httpapi.StoryTag(t))
			}
		}
		if n.Cues == nil {
			for _, c := range draft.Cues {
				n.Cues = append(n.Cues, httpapi.StoryCue(c))
			}
		}
		said = []sqlite.SaidStory{{Session: n.From.Session, Block: n.From.Block}}
	}
	s, err := b.sent(n)
	if err != nil {
		return "", nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	have, err := storedStories(ctx, b.store)
	if err != nil {
		return "", nil, err
	}
	if len(have) >= stories.MaxStories {
		return "", nil, interview.Errorf(interview.CodeConflict, "the bank holds %d stories, which is as many as it takes; delete one first", len(have))
	}
	s.ID, s.Created = newStoryID(), b.stamp()
	s.Updated = s.Created
	for i := range said {
		said[i].Story = s.ID
	}
	if err := b.put(ctx, have, []stories.Story{s}, said); err != nil {
		return "", nil, err
	}
	body, err := b.Story(ctx, s.ID)
	return s.ID, body, err
}

func (b *bank) stamp() time.Time { return b.now().UTC().Truncate(time.Microsecond) }

// put writes stories, the last of which have the choices that others had.
func (b *bank) put(ctx context.Context, have, list []stories.Story, said []sqlite.SaidStory) error {
	changed := map[string]stories.Story{}
	for i := range list {
		changed[list[i].ID] = list[i]
		for k := range have {
			if have[k].ID == list[i].ID {
				have[k] = list[i]
			}
		}
		for _, o := range stories.Place(have, &list[i]) {
			o.Updated = b.stamp()
			changed[o.ID] = o
			have[slices.IndexFunc(have, func(h stories.Story) bool { return h.ID == o.ID })] = o
		}
	}
	var put []stories.Story
	for _, id := range sortedKeys(changed) {
		put = append(put, changed[id])
	}
	rows, err := toStores(put)
	if err != nil {
		return err
	}
	return b.store.ChangeStories(ctx, sqlite.StoryChange{Put: rows, Said: said})
}

// Change keeps a story in place of what it was.
func (b *bank) Change(ctx context.Context, id string, n httpapi.NewStory) (any, error) {
	if n.From != nil {
		return nil, interview.FieldError("from", "an answer makes a new story; to say that it was this one, use stories/said")
	}
	s, err := b.sent(n)
	if err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	have, err := storedStories(ctx, b.store)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(have, func(h stories.Story) bool { return h.ID == id })
	if i < 0 {
		return nil, noStory(id)
	}
	s.ID, s.Created, s.Updated = id, have[i].Created, b.stamp()
	if !s.Same(&have[i]) {
		if err := b.put(ctx, have, []stories.Story{s}, nil); err != nil {
			return nil, err
		}
	}
	return b.Story(ctx, id)
}

// Remove deletes a story. Its tellings stay in the sessions they are part of.
func (b *bank) Remove(ctx context.Context, id string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.store.ChangeStories(ctx, sqlite.StoryChange{Delete: []string{id}})
}

// Said keeps which story an answer was, and returns the bank as it stands then.
func (b *bank) Said(ctx context.Context, s httpapi.SaidStory) (any, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	all, err := b.all(ctx)
	if err != nil {
		return nil, err
	}
	if s.Story != "" && !slices.ContainsFunc(all.Stories, func(x stories.Story) bool { return x.ID == s.Story }) {
		return nil, noStory(s.Story)
	}
	if !slices.ContainsFunc(all.Tellings, func(t stories.Telling) bool { return t.Session == s.Session && t.Block == s.Block }) {
		return nil, interview.Errorf(interview.CodeNotFound, "block %d of session %s tells no story, or is not over yet. Nothing was changed", s.Block, s.Session)
	}
	if err := b.store.ChangeStories(ctx, sqlite.StoryChange{Said: []sqlite.SaidStory{sqlite.SaidStory(s)}}); err != nil {
		return nil, err
	}
	return b.Bank(ctx)
}

// Markdown is the bank as a file for a person to edit.
func (b *bank) Markdown(ctx context.Context) (string, error) {
	list, err := storedStories(ctx, b.store)
	if err != nil {
		return "", err
	}
	return stories.Markdown(list), nil
}

// importedStories is what came of a file of stories.
type importedStories struct {
	Added   int      `json:"added"`
	Changed int      `json:"changed"`
	Same    int      `json:"same"` // were here already, as they are in the file
	Stories []string `json:"stories"`
	Message string   `json:"message"`
}

// Import takes a file of stories: all of it, or nothing and why. What is in the bank and not in the file stays.
func (b *bank) Import(ctx context.Context, text string) (any, error) {
	done, err := b.take(ctx, text)
	if err != nil {
		return nil, err
	}
	return done, nil
}

func (b *bank) take(ctx context.Context, text string) (importedStories, error) {
	done := importedStories{Stories: []string{}}
	list, err := stories.Parse(text, b.pack.Principles)
	if err != nil {
		return done, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	have, err := storedStories(ctx, b.store)
	if err != nil {
		return done, err
	}
	at := b.stamp()
	var put []stories.Story
	for _, s := range list {
		i := slices.IndexFunc(have, func(h stories.Story) bool { return s.ID != "" && h.ID == s.ID || s.ID == "" && s.Same(&h) })
		switch {
		case i >= 0 && s.Same(&have[i]):
			s = have[i]
			done.Same++
		case i >= 0:
			s.Created, s.Updated = have[i].Created, at
			put = append(put, s)
			done.Changed++
		default:
			if s.ID == "" {
				s.ID = newStoryID()
			}
			s.Created, s.Updated = at, at
			at = at.Add(time.Microsecond) // the order of the file
			put = append(put, s)
			done.Added++
		}
		done.Stories = append(done.Stories, s.ID)
	}
	if n := len(have) + done.Added; n > stories.MaxStories {
		return importedStories{}, interview.Errorf(interview.CodeConflict, "the bank would hold %d stories and takes at most %d. Nothing was imported and nothing was changed", n, stories.MaxStories)
	}
	if len(put) > 0 {
		if err := b.put(ctx, have, put, nil); err != nil {
			return importedStories{}, err
		}
	}
	done.Message = fmt.Sprintf("%s added, %d changed, %d were here already.", interview.Counted(done.Added, "%d story", "%d stories"), done.Changed, done.Same)
	return done, nil
}
