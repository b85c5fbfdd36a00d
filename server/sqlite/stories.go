package sqlite

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"rehearse/server/interview"
)

// Story is one of the candidate's stories. What Data holds is the affair of who keeps it.
type Story struct {
	ID      string
	Created time.Time
	Updated time.Time
	Data    json.RawMessage
}

// SaidStory is what the candidate said about an answer: which story it was; empty for none of them.
type SaidStory struct {
	Session string
	Block   int
	Story   string
}

// StoryChange is what is written at once, or not at all.
type StoryChange struct {
	Put    []Story
	Delete []string // ids; what was said of them goes too
	Said   []SaidStory
}

// Stories returns every story, the oldest first.
func (s *Store) Stories(ctx context.Context) ([]Story, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT id, created_at, updated_at, data FROM stories ORDER BY created_at, id`)
	if err != nil {
		return nil, fmt.Errorf("read the stories: %w", err)
	}
	defer func() { _ = rows.Close() }() // rows.Err says what went wrong
	var out []Story
	for rows.Next() {
		var (
			st                Story
			made, last, jsons string
		)
		if err := rows.Scan(&st.ID, &made, &last, &jsons); err != nil {
			return nil, fmt.Errorf("read the stories: %w", err)
		}
		if st.Created, err = time.Parse(timeLayout, made); err == nil {
			st.Updated, err = time.Parse(timeLayout, last)
		}
		if err != nil {
			return nil, fmt.Errorf("read the story %s: %w", st.ID, err)
		}
		st.Data = json.RawMessage(jsons)
		out = append(out, st)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read the stories: %w", err)
	}
	return out, nil
}

// SaidStories returns what the candidate said about answers.
func (s *Store) SaidStories(ctx context.Context) ([]SaidStory, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT session, block, story FROM story_said ORDER BY session, block`)
	if err != nil {
		return nil, fmt.Errorf("read which story was told: %w", err)
	}
	defer func() { _ = rows.Close() }() // rows.Err says what went wrong
	var out []SaidStory
	for rows.Next() {
		var x SaidStory
		if err := rows.Scan(&x.Session, &x.Block, &x.Story); err != nil {
			return nil, fmt.Errorf("read which story was told: %w", err)
		}
		out = append(out, x)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read which story was told: %w", err)
	}
	return out, nil
}

// ChangeStories writes a change of the bank, whole or not at all. The bytes of what it deletes go too: see scrub.
func (s *Store) ChangeStories(ctx context.Context, c StoryChange) error {
	size := 0
	for i := range c.Put {
		size += len(c.Put[i].Data)
	}
	err := s.submit(ctx, &request{size: size, do: func(ctx context.Context, w *writer) error {
		for _, id := range c.Delete {
			var one int
			if err := w.scan(ctx, `SELECT 1 FROM stories WHERE id = ?`, []any{id}, &one); err != nil {
				return interview.Errorf(interview.CodeNotFound, "there is no story %s. Nothing was changed", id)
			}
			if err := w.exec(ctx, `DELETE FROM stories WHERE id = ?`, id); err != nil {
				return fmt.Errorf("delete the story %s: %w", id, err)
			}
			if err := w.exec(ctx, `DELETE FROM story_said WHERE story = ?`, id); err != nil {
				return fmt.Errorf("delete what was said of the story %s: %w", id, err)
			}
		}
		for i := range c.Put {
			st := &c.Put[i]
			if err := w.exec(ctx, `INSERT INTO stories (id, created_at, updated_at, data) VALUES (?, ?, ?, ?)
				ON CONFLICT (id) DO UPDATE SET updated_at = excluded.updated_at, data = excluded.data`,
				st.ID, stamp(st.Created), stamp(st.Updated), string(st.Data)); err != nil {
				return fmt.Errorf("write the story %s: %w", st.ID, err)
			}
		}
		for _, x := range c.Said {
			var one int
			if err := w.scan(ctx, `SELECT 1 FROM sessions WHERE id = ?`, []any{x.Session}, &one); err != nil {
				return missing(x.Session, err)
			}
			if err := w.exec(ctx, `INSERT INTO story_said (session, block, story) VALUES (?, ?, ?)
				ON CONFLICT (session, block) DO UPDATE SET story = excluded.story`, x.Session, x.Block, x.Story); err != nil {
				return fmt.Errorf("write which story was told in session %s: %w", x.Session, err)
			}
		}
		return nil
	}})
	if err != nil || len(c.Delete) == 0 {
		return err
	}
	return s.scrub(ctx)
}

// Tellings returns every session, oldest first, with what was measured in its stories, as Measured does.
func (s *Store) Tellings(ctx context.Context, version string) ([]Measured, error) {
	return s.kept(ctx, "tellings", version)
}

// SaveTellings keeps what was measured in a session's stories, as SaveMeasured does.
func (s *Store) SaveTellings(ctx context.Context, session, version string, seq int64, data json.RawMessage) error {
	return s.keep(ctx, "tellings", session, version, seq, data)
}
