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

// Plan is what a plan is made from. Date and Begun are days like 2026-11-30, Zone is an IANA name.
type Plan struct {
	Date    string
	Minutes int
	Zone    string
	Begun   string
}

// Plan returns the plan's settings, and whether there are any.
func (s *Store) Plan(ctx context.Context) (p Plan, found bool, err error) {
	err = s.read.QueryRowContext(ctx, `SELECT date, minutes, zone, begun FROM plan`).Scan(&p.Date, &p.Minutes, &p.Zone, &p.Begun)
	if errors.Is(err, sql.ErrNoRows) {
		return Plan{}, false, nil
	}
	if err != nil {
		return Plan{}, false, fmt.Errorf("read the plan: %w", err)
	}
	return p, true, nil
}

// SetPlan keeps the plan's settings in place of the earlier ones.
func (s *Store) SetPlan(ctx context.Context, p Plan) error {
	return s.submit(ctx, &request{do: func(ctx context.Context, w *writer) error {
		if err := w.exec(ctx, `INSERT INTO plan (one, date, minutes, zone, begun) VALUES (1, ?, ?, ?, ?)
			ON CONFLICT (one) DO UPDATE SET date = excluded.date, minutes = excluded.minutes, zone = excluded.zone, begun = excluded.begun`,
			p.Date, p.Minutes, p.Zone, p.Begun); err != nil {
			return fmt.Errorf("write the plan: %w", err)
		}
		return nil
	}})
}

// CardReview is one rating of a card, 1 (again) to 4 (easy).
type CardReview struct {
	Card   string
	Rating int
	At     time.Time
}

// SaveReview keeps a rating. One of the same card in the same minute takes the place of the earlier.
func (s *Store) SaveReview(ctx context.Context, r CardReview) error {
	if r.Card == "" || r.Rating < 1 || r.Rating > 4 {
		return interview.Errorf(interview.CodeInvalid, "a review names a card and rates it 1 to 4")
	}
	at := stamp(r.At.Truncate(time.Minute))
	return s.submit(ctx, &request{do: func(ctx context.Context, w *writer) error {
		if err := w.exec(ctx, `INSERT INTO card_reviews (card, at, rating) VALUES (?, ?, ?)
			ON CONFLICT (card, at) DO UPDATE SET rating = excluded.rating`, r.Card, at, r.Rating); err != nil {
			return fmt.Errorf("write the review of card %s: %w", r.Card, err)
		}
		return nil
	}})
}

// Reviews returns every rating of every card, oldest first.
func (s *Store) Reviews(ctx context.Context) ([]CardReview, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT card, at, rating FROM card_reviews ORDER BY at, card`)
	if err != nil {
		return nil, fmt.Errorf("read the reviews of cards: %w", err)
	}
	defer func() { _ = rows.Close() }() // rows.Err says what went wrong
	var out []CardReview
	for rows.Next() {
		var (
			r  CardReview
			at string
		)
		if err := rows.Scan(&r.Card, &at, &r.Rating); err != nil {
			return nil, fmt.Errorf("read the reviews of cards: %w", err)
		}
		if r.At, err = time.Parse(timeLayout, at); err != nil {
			return nil, fmt.Errorf("read the reviews of cards: %w", err)
		}
		out = append(out, r)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read the reviews of cards: %w", err)
	}
	return out, nil
}

// Measured is what was measured in a session. Data is nil where nothing was kept for this version and all its events.
type Measured struct {
	Session string
	Data    json.RawMessage
}

// Measured returns every session, oldest first, with what was measured in it by a version of the measures and up to its
// newest event.
func (s *Store) Measured(ctx context.Context, version string) ([]Measured, error) {
	return s.kept(ctx, "measured", version)
}

// kept reads one of the tables of what follows from the logs.
func (s *Store) kept(ctx context.Context, table, version string) ([]Measured, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT s.id, m.data FROM sessions s
		LEFT JOIN `+table+` m ON m.session = s.id AND m.seq = s.last_seq AND m.version = ?
		ORDER BY s.created_at, s.id`, version)
	if err != nil {
		return nil, fmt.Errorf("read what was measured: %w", err)
	}
	defer func() { _ = rows.Close() }() // rows.Err says what went wrong
	var out []Measured
	for rows.Next() {
		var (
			m   Measured
			raw sql.NullString
		)
		if err := rows.Scan(&m.Session, &raw); err != nil {
			return nil, fmt.Errorf("read what was measured: %w", err)
		}
		if raw.Valid {
			m.Data = json.RawMessage(raw.String)
		}
		out = append(out, m)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read what was measured: %w", err)
	}
	return out, nil
}

// SaveMeasured keeps what was measured in a session's events up to seq. A session that was deleted meanwhile is left
// deleted.
func (s *Store) SaveMeasured(ctx context.Context, session, version string, seq int64, data json.RawMessage) error {
	return s.keep(ctx, "measured", session, version, seq, data)
}

// keep writes one of the tables of what follows from the logs.
func (s *Store) keep(ctx context.Context, table, session, version string, seq int64, data json.RawMessage) error {
	if !json.Valid(data) {
		return interview.Errorf(interview.CodeInvalid, "what was measured in session %s is not JSON", session)
	}
	return s.submit(ctx, &request{size: len(data), do: func(ctx context.Context, w *writer) error {
		if err := w.exec(ctx, `INSERT INTO `+table+` (session, seq, version, data)
			SELECT id, ?, ?, ? FROM sessions WHERE id = ?
			ON CONFLICT (session) DO UPDATE SET seq = excluded.seq, version = excluded.version, data = excluded.data`,
			seq, version, string(data), session); err != nil {
			return fmt.Errorf("keep what was measured in session %s: %w", session, err)
		}
		return nil
	}})
}
