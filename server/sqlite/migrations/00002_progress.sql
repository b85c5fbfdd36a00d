-- +goose Up
-- What code measured in a session's exercises. It follows from the log and can be made again: version says by which
-- measures and which pack, seq up to which event.
CREATE TABLE measured (
    session TEXT    NOT NULL PRIMARY KEY REFERENCES sessions (id) ON DELETE CASCADE,
    seq     INTEGER NOT NULL,
    version TEXT    NOT NULL,
    data    TEXT    NOT NULL CHECK (json_valid(data))
) STRICT;

-- How cards were rated. A second rating in the same minute takes the place of the first, so that a request that is sent
-- twice counts once.
CREATE TABLE card_reviews (
    card   TEXT    NOT NULL CHECK (card <> ''),
    at     TEXT    NOT NULL,
    rating INTEGER NOT NULL CHECK (rating BETWEEN 1 AND 4),
    PRIMARY KEY (card, at)
) STRICT, WITHOUT ROWID;

-- The one plan: the day of the interview, minutes a day, the time zone, and the day it was first made.
CREATE TABLE plan (
    one     INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    date    TEXT    NOT NULL,
    minutes INTEGER NOT NULL,
    zone    TEXT    NOT NULL,
    begun   TEXT    NOT NULL
) STRICT;

-- +goose Down
DROP TABLE plan;
DROP TABLE card_reviews;
DROP TABLE measured;
