-- +goose Up
CREATE TABLE sessions (
    id         TEXT    NOT NULL PRIMARY KEY,
    summary    TEXT    NOT NULL CHECK (json_valid(summary)),
    last_seq   INTEGER NOT NULL CHECK (last_seq >= 0),
    created_at TEXT    NOT NULL
) STRICT;
CREATE INDEX sessions_newest ON sessions (created_at DESC, id);

-- Rows of a session lie near each other because they are written near each other; an answer may
-- be far larger than a page, so the key is an index and not the table itself.
CREATE TABLE events (
    session TEXT    NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    seq     INTEGER NOT NULL CHECK (seq > 0),
    type    TEXT    NOT NULL CHECK (type <> ''),
    at      TEXT    NOT NULL,
    data    TEXT    NOT NULL CHECK (json_valid(data)),
    PRIMARY KEY (session, seq)
) STRICT;
-- What earlier sessions asked, without reading their answers.
CREATE INDEX events_asked ON events (session) WHERE type = 'question.asked';
CREATE INDEX events_blocks ON events (session) WHERE type = 'block.started';

CREATE TABLE commands (
    session TEXT    NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    id      TEXT    NOT NULL,
    seq     INTEGER NOT NULL,
    PRIMARY KEY (session, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE drafts (
    session TEXT    NOT NULL PRIMARY KEY REFERENCES sessions (id) ON DELETE CASCADE,
    turn    INTEGER NOT NULL,
    text    TEXT    NOT NULL,
    at      TEXT    NOT NULL
) STRICT;

CREATE TABLE settings (
    key   TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE settings;
DROP TABLE drafts;
DROP TABLE commands;
DROP TABLE events;
DROP TABLE sessions;
