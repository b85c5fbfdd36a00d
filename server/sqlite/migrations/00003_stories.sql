-- +goose Up
-- The candidate's own stories, as cues.
CREATE TABLE stories (
    id         TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    data       TEXT NOT NULL CHECK (json_valid(data))
) STRICT, WITHOUT ROWID;

-- Which story an answer was, as the candidate said. An empty story says that it is none of them.
CREATE TABLE story_said (
    session TEXT    NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    block   INTEGER NOT NULL CHECK (block > 0),
    story   TEXT    NOT NULL,
    PRIMARY KEY (session, block)
) STRICT, WITHOUT ROWID;

-- What code measured in the stories of a session. It follows from the log and can be made again, as measured can.
CREATE TABLE tellings (
    session TEXT    NOT NULL PRIMARY KEY REFERENCES sessions (id) ON DELETE CASCADE,
    seq     INTEGER NOT NULL,
    version TEXT    NOT NULL,
    data    TEXT    NOT NULL CHECK (json_valid(data))
) STRICT;

-- +goose Down
DROP TABLE tellings;
DROP TABLE story_said;
DROP TABLE stories;
