package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"rehearse/server/interview"
)

// timeLayout has a fixed width, so that times sort as text.
const timeLayout = "2006-01-02T15:04:05.000000000Z"

func stamp(t time.Time) string { return t.UTC().Format(timeLayout) }

// row is an event ready to be written.
type row struct {
	seq           int64
	typ, at, data string
	endsDraft     bool
}

// rows checks events before they come near the transaction: numbered in a row from the first, with a
// type and a payload that is JSON.
func rows(session string, events []interview.Event) ([]row, int, error) {
	if session == "" {
		return nil, 0, interview.FieldError("session", "a session needs an id")
	}
	out, size := make([]row, len(events)), 0
	for i, e := range events {
		if e.Seq != events[0].Seq+int64(i) || e.Seq < 1 {
			return nil, 0, interview.Errorf(interview.CodeConflict, "event %d of session %s does not follow the one before it", e.Seq, session)
		}
		if e.Type == "" || !json.Valid(e.Data) || !utf8.Valid(e.Data) {
			return nil, 0, interview.Errorf(interview.CodeInvalid, "event %d of session %s has no type, or data that is not JSON", e.Seq, session)
		}
		out[i] = row{seq: e.Seq, typ: string(e.Type), at: stamp(e.At), data: string(e.Data),
			endsDraft: e.Type == interview.EvAnswerSubmitted || e.Type == interview.EvTurnSkipped}
		size += len(e.Data)
	}
	return out, size, nil
}

func summaryJSON(session string, sum interview.Summary) (string, error) {
	if sum.ID != session {
		return "", interview.Errorf(interview.CodeInvalid, "the summary of session %q came with session %q", sum.ID, session)
	}
	raw, err := json.Marshal(sum)
	if err != nil {
		return "", fmt.Errorf("marshal the summary of session %s: %w", session, err)
	}
	return string(raw), nil
}

// Create writes a new session with its first events, which may be none. A session that exists already,
// or events that do not start at 1, are a conflict.
func (s *Store) Create(ctx context.Context, sum interview.Summary, events []interview.Event) error {
	rs, size, err := rows(sum.ID, events)
	if err != nil {
		return err
	}
	text, err := summaryJSON(sum.ID, sum)
	if err != nil {
		return err
	}
	if len(rs) > 0 && rs[0].seq != 1 {
		return interview.Errorf(interview.CodeConflict, "the first event of session %s has number %d, not 1", sum.ID, rs[0].seq)
	}
	return s.submit(ctx, &request{size: size, do: func(ctx context.Context, w *writer) error {
		var one int
		switch err := w.scan(ctx, `SELECT 1 FROM sessions WHERE id = ?`, []any{sum.ID}, &one); {
		case err == nil:
			return interview.Errorf(interview.CodeConflict, "there is a session %s already", sum.ID)
		case !errors.Is(err, sql.ErrNoRows):
			return fmt.Errorf("look for session %s: %w", sum.ID, err)
		}
		if err := w.exec(ctx, `INSERT INTO sessions (id, summary, last_seq, created_at) VALUES (?, ?, ?, ?)`,
			sum.ID, text, len(rs), stamp(sum.CreatedAt)); err != nil {
			return fmt.Errorf("create session %s: %w", sum.ID, err)
		}
		return w.insert(ctx, sum.ID, rs)
	}})
}

// Append writes events to a session's log together with its summary and, when commandID is not empty,
// the command that caused them, whose number is that of the last event. An answer or a skipped turn
// among them ends the draft. Events that do not continue the log and a command id that was used before
// are a conflict, and then nothing is written; a session that does not exist is not_found.
// A command may come with no events; it then stands for the newest one.
func (s *Store) Append(ctx context.Context, session, commandID string, events []interview.Event, sum interview.Summary) error {
	rs, size, err := rows(session, events)
	if err != nil {
		return err
	}
	text, err := summaryJSON(session, sum)
	if err != nil {
		return err
	}
	return s.submit(ctx, &request{size: size, do: func(ctx context.Context, w *writer) error {
		var last int64
		if err := w.scan(ctx, `SELECT last_seq FROM sessions WHERE id = ?`, []any{session}, &last); err != nil {
			return missing(session, err)
		}
		if len(rs) > 0 && rs[0].seq != last+1 {
			return interview.Errorf(interview.CodeConflict, "event %d does not follow event %d of session %s", rs[0].seq, last, session)
		}
		last += int64(len(rs))
		if commandID != "" {
			if err := w.command(ctx, session, commandID, last); err != nil {
				return err
			}
		}
		if err := w.insert(ctx, session, rs); err != nil {
			return err
		}
		if err := w.exec(ctx, `UPDATE sessions SET summary = ?, last_seq = ? WHERE id = ?`, text, last, session); err != nil {
			return fmt.Errorf("update session %s: %w", session, err)
		}
		for _, r := range rs {
			if r.endsDraft {
				if err := w.exec(ctx, `DELETE FROM drafts WHERE session = ?`, session); err != nil {
					return fmt.Errorf("end the draft of session %s: %w", session, err)
				}
				break
			}
		}
		return nil
	}})
}

func (w *writer) command(ctx context.Context, session, id string, seq int64) error {
	var before int64
	switch err := w.scan(ctx, `SELECT seq FROM commands WHERE session = ? AND id = ?`, []any{session, id}, &before); {
	case err == nil:
		return interview.Errorf(interview.CodeConflict, "command %s of session %s was written before, as event %d", id, session, before)
	case !errors.Is(err, sql.ErrNoRows):
		return fmt.Errorf("look for command %s: %w", id, err)
	}
	if err := w.exec(ctx, `INSERT INTO commands (session, id, seq) VALUES (?, ?, ?)`, session, id, seq); err != nil {
		return fmt.Errorf("write command %s: %w", id, err)
	}
	return nil
}

func (w *writer) insert(ctx context.Context, session string, rs []row) error {
	for _, r := range rs {
		if err := w.exec(ctx, `INSERT INTO events (session, seq, type, at, data) VALUES (?, ?, ?, ?, ?)`,
			session, r.seq, r.typ, r.at, r.data); err != nil {
			return fmt.Errorf("write event %d of session %s: %w", r.seq, session, err)
		}
	}
	return nil
}

// SaveDraft keeps what is being typed, replacing the session's earlier draft.
func (s *Store) SaveDraft(ctx context.Context, session string, d interview.Draft) error {
	at := stamp(s.now())
	return s.submit(ctx, &request{size: len(d.Text), do: func(ctx context.Context, w *writer) error {
		var one int
		if err := w.scan(ctx, `SELECT 1 FROM sessions WHERE id = ?`, []any{session}, &one); err != nil {
			return missing(session, err)
		}
		if err := w.exec(ctx, `INSERT INTO drafts (session, turn, text, at) VALUES (?, ?, ?, ?)
			ON CONFLICT (session) DO UPDATE SET turn = excluded.turn, text = excluded.text, at = excluded.at`,
			session, d.Turn, d.Text, at); err != nil {
			return fmt.Errorf("save the draft of session %s: %w", session, err)
		}
		return nil
	}})
}

// SetSetting writes a setting.
func (s *Store) SetSetting(ctx context.Context, key, value string) error {
	return s.submit(ctx, &request{size: len(value), do: func(ctx context.Context, w *writer) error {
		if err := w.exec(ctx, `INSERT INTO settings (key, value) VALUES (?, ?)
			ON CONFLICT (key) DO UPDATE SET value = excluded.value`, key, value); err != nil {
			return fmt.Errorf("write setting %s: %w", key, err)
		}
		return nil
	}})
}

// Delete removes a session with everything that hangs on it, and then its bytes: see scrub.
func (s *Store) Delete(ctx context.Context, session string) error {
	err := s.submit(ctx, &request{do: func(ctx context.Context, w *writer) error {
		var one int
		if err := w.scan(ctx, `SELECT 1 FROM sessions WHERE id = ?`, []any{session}, &one); err != nil {
			return missing(session, err)
		}
		if err := w.exec(ctx, `DELETE FROM sessions WHERE id = ?`, session); err != nil {
			return fmt.Errorf("delete session %s: %w", session, err)
		}
		return nil
	}})
	if err != nil {
		return err
	}
	return s.scrub(ctx)
}

// Wipe removes every row of every table but the settings, which say what was found out about models and nothing about a
// person, and then their bytes: see scrub. A table that is made later is among them without being named here.
func (s *Store) Wipe(ctx context.Context) error {
	err := s.submit(ctx, &request{do: func(ctx context.Context, w *writer) error {
		var tables string
		if err := w.scan(ctx, `SELECT json_group_array(name) FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\_%' ESCAPE '\'
			AND name NOT IN ('goose_db_version', 'settings')`, nil, &tables); err != nil {
			return fmt.Errorf("list what there is to delete: %w", err)
		}
		var names []string
		if err := json.Unmarshal([]byte(tables), &names); err != nil {
			return fmt.Errorf("list what there is to delete: %w", err)
		}
		if err := w.exec(ctx, `PRAGMA defer_foreign_keys = 1`); err != nil { // in any order
			return fmt.Errorf("delete everything: %w", err)
		}
		for _, name := range names {
			if err := w.exec(ctx, `DELETE FROM "`+strings.ReplaceAll(name, `"`, `""`)+`"`); err != nil {
				return fmt.Errorf("delete everything in %s: %w", name, err)
			}
		}
		return nil
	}})
	if err != nil {
		return err
	}
	return s.scrub(ctx)
}

// Scrubbing waits for those who read: each try as long as the busy time-out.
const scrubTries = 3

// scrub takes what was deleted off the disk. Freed bytes are overwritten as they are freed (secure_delete), but a page
// that was filled and split earlier may hold older copies of rows in its gaps, so the file is written anew from what is
// left; then the write-ahead log, which holds older pages, is emptied. It does not stop with the caller. When somebody
// reads for so long that the log cannot be emptied, the error says so; the rows are gone all the same, and closing the
// file or the next deletion empties it.
func (s *Store) scrub(ctx context.Context) error {
	ctx = context.WithoutCancel(ctx)
	if err := s.submit(ctx, &request{alone: true, do: func(ctx context.Context, w *writer) error {
		if err := w.exec(ctx, `VACUUM`); err != nil {
			return fmt.Errorf("write the file anew: %w", err)
		}
		return nil
	}}); err != nil {
		return &interview.Error{Code: interview.CodeUnavailable, Err: err,
			Message: "it was deleted, but its bytes could not be overwritten; check that the disk is not full or read-only, and delete something else or stop the server to have it done"}
	}
	for range scrubTries {
		done := false
		if err := s.submit(ctx, &request{alone: true, do: func(ctx context.Context, w *writer) error {
			var busy, pages, moved int
			if err := w.scan(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`, nil, &busy, &pages, &moved); err != nil {
				return fmt.Errorf("empty the write-ahead log: %w", err)
			}
			done = busy == 0
			return nil
		}}); err != nil {
			return err
		}
		if done {
			return nil
		}
	}
	return interview.Errorf(interview.CodeUnavailable, "it was deleted, but somebody reads the data folder (a backup, say), and until that ends older bytes stay in its write-ahead log; stopping the server empties it")
}

// missing is the error for a session that a lookup did not find.
func missing(session string, err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return interview.Errorf(interview.CodeNotFound, "there is no session %s", session)
	}
	return fmt.Errorf("look for session %s: %w", session, err)
}
