package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"rehearse/server/interview"
)

// Events returns the events of a session with numbers above after, in order. A session that does not
// exist is not_found.
func (s *Store) Events(ctx context.Context, session string, after int64) ([]interview.Event, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT seq, type, at, data FROM events WHERE session = ? AND seq > ? ORDER BY seq`, session, after)
	if err != nil {
		return nil, fmt.Errorf("read session %s: %w", session, err)
	}
	defer func() { _ = rows.Close() }() // rows.Err says what went wrong
	events := []interview.Event{}
	for rows.Next() {
		var (
			e            interview.Event
			typ, at, raw string
		)
		if err := rows.Scan(&e.Seq, &typ, &at, &raw); err != nil {
			return nil, fmt.Errorf("read session %s: %w", session, err)
		}
		if e.At, err = time.Parse(timeLayout, at); err != nil {
			return nil, fmt.Errorf("event %d of session %s: %w", e.Seq, session, err)
		}
		e.Type, e.Data = interview.EventType(typ), json.RawMessage(raw)
		events = append(events, e)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read session %s: %w", session, err)
	}
	if len(events) == 0 {
		if _, err := s.Summary(ctx, session); err != nil {
			return nil, err
		}
	}
	return events, nil
}

// Command returns the number of the event that a command became, and whether it did.
func (s *Store) Command(ctx context.Context, session, id string) (seq int64, found bool, err error) {
	err = s.read.QueryRowContext(ctx, `SELECT seq FROM commands WHERE session = ? AND id = ?`, session, id).Scan(&seq)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, fmt.Errorf("look for command %s of session %s: %w", id, session, err)
	}
	return seq, true, nil
}

// Draft returns the answer that is being typed in a session, and whether there is one.
func (s *Store) Draft(ctx context.Context, session string) (d interview.Draft, found bool, err error) {
	err = s.read.QueryRowContext(ctx, `SELECT turn, text FROM drafts WHERE session = ?`, session).Scan(&d.Turn, &d.Text)
	if errors.Is(err, sql.ErrNoRows) {
		return interview.Draft{}, false, nil
	}
	if err != nil {
		return interview.Draft{}, false, fmt.Errorf("read the draft of session %s: %w", session, err)
	}
	return d, true, nil
}

// Summaries returns every session on one line, newest first.
func (s *Store) Summaries(ctx context.Context) ([]interview.Summary, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT summary FROM sessions ORDER BY created_at DESC, id`)
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	defer func() { _ = rows.Close() }() // rows.Err says what went wrong
	list := []interview.Summary{}
	for rows.Next() {
		var raw string
		if err := rows.Scan(&raw); err != nil {
			return nil, fmt.Errorf("list sessions: %w", err)
		}
		var sum interview.Summary
		if err := json.Unmarshal([]byte(raw), &sum); err != nil {
			return nil, fmt.Errorf("list sessions: %w", err)
		}
		list = append(list, sum)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	return list, nil
}

// Summary returns one session on one line; not_found when there is none.
func (s *Store) Summary(ctx context.Context, session string) (interview.Summary, error) {
	var (
		raw string
		sum interview.Summary
	)
	if err := s.read.QueryRowContext(ctx, `SELECT summary FROM sessions WHERE id = ?`, session).Scan(&raw); err != nil {
		return sum, missing(session, err)
	}
	if err := json.Unmarshal([]byte(raw), &sum); err != nil {
		return sum, fmt.Errorf("read the summary of session %s: %w", session, err)
	}
	return sum, nil
}

// UsedWordings counts how often each authored wording was asked in every session but one.
func (s *Store) UsedWordings(ctx context.Context, except string) (map[string]int, error) {
	return s.count(ctx, `SELECT coalesce(nullif(json_extract(data, '$.wording'), ''), json_extract(data, '$.text'), '') AS used, count(*)
		FROM events WHERE type = 'question.asked' AND session <> ? GROUP BY used`, except)
}

// UsedItems counts how often each item was begun in every session but one.
func (s *Store) UsedItems(ctx context.Context, except string) (map[string]int, error) {
	return s.count(ctx, `SELECT coalesce(json_extract(data, '$.item'), '') AS used, count(*)
		FROM events WHERE type = 'block.started' AND session <> ? GROUP BY used`, except)
}

// UsedBlueprints counts how many sessions each blueprint has filled.
func (s *Store) UsedBlueprints(ctx context.Context) (map[string]int, error) {
	return s.count(ctx, `SELECT coalesce(json_extract(summary, '$.blueprint'), '') AS used, count(*) FROM sessions WHERE id <> ? GROUP BY used`, "")
}

// AnswersTo returns what was answered to an item before a session began, the newest first, at most limit. A card that was
// asked in a warm-up counts.
func (s *Store) AnswersTo(ctx context.Context, item, session string, limit int) ([]string, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT json_extract(a.data, '$.text')
		FROM events b
		JOIN sessions o ON o.id = b.session AND o.created_at < (SELECT created_at FROM sessions WHERE id = ?1)
		JOIN events q ON q.session = b.session AND q.type = 'question.asked' AND json_extract(q.data, '$.block') = json_extract(b.data, '$.block')
		JOIN events a ON a.session = b.session AND a.type = 'answer.submitted' AND json_extract(a.data, '$.turn') = json_extract(q.data, '$.turn')
		WHERE b.type = 'block.started' AND b.session <> ?1 AND (json_extract(b.data, '$.item') = ?2 OR json_extract(q.data, '$.card') = ?2)
		ORDER BY o.created_at DESC, a.seq LIMIT ?3`, session, item, limit)
	if err != nil {
		return nil, fmt.Errorf("read earlier answers to %s: %w", item, err)
	}
	defer func() { _ = rows.Close() }() // rows.Err says what went wrong
	var out []string
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, fmt.Errorf("read earlier answers to %s: %w", item, err)
		}
		out = append(out, text)
	}
	return out, rows.Err()
}

// count reads rows of a text and its count; an empty text is left out.
func (s *Store) count(ctx context.Context, query, except string) (map[string]int, error) {
	rows, err := s.read.QueryContext(ctx, query, except)
	if err != nil {
		return nil, fmt.Errorf("count what earlier sessions used: %w", err)
	}
	defer func() { _ = rows.Close() }() // rows.Err says what went wrong
	used := map[string]int{}
	for rows.Next() {
		var (
			text string
			n    int
		)
		if err := rows.Scan(&text, &n); err != nil {
			return nil, fmt.Errorf("count what earlier sessions used: %w", err)
		}
		if text != "" {
			used[text] = n
		}
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("count what earlier sessions used: %w", err)
	}
	return used, nil
}

// Setting returns a setting, and whether it was ever written.
func (s *Store) Setting(ctx context.Context, key string) (value string, found bool, err error) {
	err = s.read.QueryRowContext(ctx, `SELECT value FROM settings WHERE key = ?`, key).Scan(&value)
	if errors.Is(err, sql.ErrNoRows) {
		return "", false, nil
	}
	if err != nil {
		return "", false, fmt.Errorf("read setting %s: %w", key, err)
	}
	return value, true, nil
}
