package main

import (
	"cmp"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"
	_ "time/tzdata" // time zones by name, also where the system has none

	"rehearse/server/config"
	"rehearse/server/httpapi"
	"rehearse/server/interview"
	"rehearse/server/progress"
	"rehearse/server/report"
	"rehearse/server/sqlite"
)

// coach answers what comes between sessions: how the criteria stand, the plan, the cards, and what to practise now.
type coach struct {
	store *sqlite.Store
	pack  *interview.Pack
	judge func(ctx context.Context) string // the certified model in reach; empty for none
	now   func() time.Time
	log   *slog.Logger
	// version names the measures and the pack, so that what was measured by others is measured again.
	version func() string
}

func newCoach(store *sqlite.Store, pack *interview.Pack, judge func(context.Context) string, log *slog.Logger) *coach {
	return &coach{store: store, pack: pack, judge: judge, now: time.Now, log: log, version: sync.OnceValue(func() string { return measures(pack) })}
}

// measures names the version of the measures and the content of a pack. A pack's version alone would not do: its author
// may change a rubric without it.
func measures(p *interview.Pack) string {
	h := fnv.New128a()
	enc := json.NewEncoder(h) // plain data into a hash: neither fails
	_ = enc.Encode([]any{p.Principles, p.Audiences})
	for _, id := range slices.Sorted(maps.Keys(p.Items)) { // one by one: a pack as one text is megabytes
		_ = enc.Encode([]any{p.Items[id], p.Items[id].Assets, p.Rubrics[id]})
	}
	return report.MeasureVersion + "/" + p.ID + "/" + hex.EncodeToString(h.Sum(nil))
}

// history is everything sat and rated. What was measured is kept beside the log; where it is missing or old it is
// measured now.
func (c *coach) history(ctx context.Context) (progress.History, error) {
	var out progress.History
	list, err := c.store.Measured(ctx, c.version())
	if err != nil {
		return out, err
	}
	for _, m := range list {
		attempts, err := c.attempts(ctx, m)
		if err != nil {
			return out, err
		}
		out.Attempts = append(out.Attempts, attempts...)
	}
	reviews, err := c.store.Reviews(ctx)
	if err != nil {
		return out, err
	}
	for _, r := range reviews {
		out.Looks = append(out.Looks, progress.Look{Card: r.Card, Rating: progress.Rating(r.Rating), At: r.At})
	}
	return out, nil
}

// attempts are those of one session, as they were kept or measured now.
func (c *coach) attempts(ctx context.Context, m sqlite.Measured) ([]progress.Attempt, error) {
	var out []progress.Attempt
	if m.Data != nil && json.Unmarshal(m.Data, &out) == nil {
		return out, nil
	}
	events, err := c.store.Events(ctx, m.Session, 0)
	if interview.AsError(err).Code == interview.CodeNotFound { // deleted meanwhile
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	st, err := interview.Fold(m.Session, events)
	if err != nil { // one log that cannot be read takes nothing from the others
		c.log.Error("a session is left out of the progress", "session", m.Session, "err", err)
		return nil, nil
	}
	out = report.Attempts(st, c.pack)
	raw, err := json.Marshal(out)
	if err != nil {
		return nil, fmt.Errorf("what was measured in session %s: %w", m.Session, err)
	}
	return out, c.store.SaveMeasured(ctx, m.Session, c.version(), st.Seq, raw)
}

// warm measures what is missing, so that the first who asks does not wait for it.
func (c *coach) warm(ctx context.Context) {
	if _, err := c.history(ctx); err != nil && ctx.Err() == nil {
		c.log.Warn("earlier sessions could not be measured ahead of time", "err", err)
	}
}

// settings are those of the plan; nil before there is one.
func (c *coach) settings(ctx context.Context) (*progress.Settings, error) {
	p, found, err := c.store.Plan(ctx)
	if err != nil || !found {
		return nil, err
	}
	out, err := settingsOf(p)
	if err != nil {
		return nil, err
	}
	return &out, nil
}

// settingsOf and keptPlan turn the settings of a plan out of the form they are kept in, and into it.
func settingsOf(p sqlite.Plan) (s progress.Settings, err error) {
	s.Minutes, s.Zone = p.Minutes, p.Zone
	if s.Date, err = progress.ParseDay(p.Date); err != nil {
		return s, fmt.Errorf("the day of the plan: %w", err)
	}
	if s.Begun, err = progress.ParseDay(p.Begun); err != nil {
		return s, fmt.Errorf("the day the plan began: %w", err)
	}
	return s, nil
}

func keptPlan(s progress.Settings) sqlite.Plan {
	return sqlite.Plan{Date: s.Date.String(), Minutes: s.Minutes, Zone: s.Zone, Begun: s.Begun.String()}
}

// all are the settings and the history.
func (c *coach) all(ctx context.Context) (*progress.Settings, progress.History, error) {
	s, err := c.settings(ctx)
	if err != nil {
		return nil, progress.History{}, err
	}
	h, err := c.history(ctx)
	return s, h, err
}

// judgeWait is how long is waited for a model server that may not be there.
const judgeWait = 2 * time.Second

func (c *coach) options(ctx context.Context) progress.Options {
	ctx, cancel := context.WithTimeout(ctx, judgeWait)
	defer cancel()
	return progress.Options{Pack: c.pack, Now: c.now().UTC(), Judge: c.judge(ctx)}
}

// Progress is the body of /progress.
func (c *coach) Progress(ctx context.Context) (any, error) {
	h, err := c.history(ctx)
	if err != nil {
		return nil, err
	}
	return progress.Criteria(h, c.options(ctx)), nil
}

// Next is the body of /next.
func (c *coach) Next(ctx context.Context) (any, error) {
	s, h, err := c.all(ctx)
	if err != nil {
		return nil, err
	}
	return progress.NextUp(h, c.options(ctx), s), nil
}

// Plan is the body of /plan.
func (c *coach) Plan(ctx context.Context) (any, error) {
	s, h, err := c.all(ctx)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return map[string]any{"form": "none", "days": []any{}, "notes": []string{"There is no plan yet. Set the day of the interview, your minutes a day and your time zone."}}, nil
	}
	return progress.Make(h, c.pack, *s, c.now()), nil
}

// SetPlan keeps new settings and returns the plan they make.
func (c *coach) SetPlan(ctx context.Context, p httpapi.NewPlan) (any, error) {
	before, err := c.settings(ctx)
	if err != nil {
		return nil, err
	}
	s, err := progress.NewSettings(p.Date, p.Minutes, p.Zone, c.now(), before)
	if err != nil {
		return nil, err
	}
	if err := c.store.SetPlan(ctx, keptPlan(s)); err != nil {
		return nil, err
	}
	return c.Plan(ctx)
}

// Due is the body of /cards/due.
func (c *coach) Due(ctx context.Context) (any, error) {
	s, h, err := c.all(ctx)
	if err != nil {
		return nil, err
	}
	return progress.Due(h, c.pack, s, c.now()), nil
}

// Review keeps how a card was rated and returns the card as it stands then.
func (c *coach) Review(ctx context.Context, card string, rating json.RawMessage) (any, error) {
	before, err := c.history(ctx)
	if err != nil {
		return nil, err
	}
	if !progress.HasCard(before, c.pack, card) {
		return nil, interview.Errorf(interview.CodeNotFound, "pack %s has no such card. Nothing was changed", c.pack.ID)
	}
	var r progress.Rating
	if err := json.Unmarshal(rating, &r); err != nil {
		return nil, err
	}
	if err := c.store.SaveReview(ctx, sqlite.CardReview{Card: card, Rating: int(r), At: c.now().UTC()}); err != nil {
		return nil, err
	}
	s, h, err := c.all(ctx)
	if err != nil {
		return nil, err
	}
	for _, x := range progress.Cards(h, c.pack, s) {
		if x.ID == card {
			x.Why = "rated " + r.String()
			return x, nil
		}
	}
	return map[string]any{"id": card, "rating": r}, nil // a story, which a session asks for
}

// certified is the model that judges what is graded now; empty where none does.
func (g *graders) certified(ctx context.Context) string {
	wanted := cmp.Or(g.model, g.voices.model)
	if wanted == config.ModelNone {
		return ""
	}
	k, _, err := g.checker(ctx, wanted)
	if err != nil {
		return ""
	}
	return k.Judge().Model
}
