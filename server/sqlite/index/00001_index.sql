-- +goose Up
CREATE TABLE files (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    path    TEXT    NOT NULL UNIQUE CHECK (path <> ''),
    title   TEXT    NOT NULL,
    kind    TEXT    NOT NULL,
    origins INTEGER NOT NULL CHECK (origins > 0), -- bits, see interview.Origin
    size    INTEGER NOT NULL CHECK (size >= 0),
    mtime   INTEGER NOT NULL, -- Unix nanoseconds, like checked
    checked INTEGER NOT NULL,
    hash    BLOB    NOT NULL,
    version INTEGER NOT NULL,
    problem TEXT    NOT NULL,
    chunks  INTEGER NOT NULL CHECK (chunks >= 0)
) STRICT;

-- Numbers are never used again, so that whoever holds chunks in memory can tell old from new by number.
CREATE TABLE chunks (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    file       INTEGER NOT NULL REFERENCES files (id) ON DELETE CASCADE,
    title      TEXT    NOT NULL,
    heading    TEXT    NOT NULL,
    start_line INTEGER NOT NULL CHECK (start_line > 0),
    end_line   INTEGER NOT NULL CHECK (end_line >= start_line),
    text       TEXT    NOT NULL,
    plain      TEXT, -- NULL when the text has no markup
    hash       BLOB    NOT NULL
) STRICT;
CREATE INDEX chunks_file ON chunks (file);
CREATE INDEX chunks_hash ON chunks (hash);

-- Vectors belong to a text, not to a chunk: a text that moved, or stands in two files, is embedded once.
CREATE TABLE spaces (
    id     INTEGER PRIMARY KEY,
    model  TEXT    NOT NULL,
    digest TEXT    NOT NULL,
    prefix TEXT    NOT NULL,
    dim    INTEGER NOT NULL CHECK (dim > 0),
    UNIQUE (model, digest, prefix, dim)
) STRICT;

CREATE TABLE vectors (
    space  INTEGER NOT NULL REFERENCES spaces (id) ON DELETE CASCADE,
    hash   BLOB    NOT NULL,
    vector BLOB    NOT NULL, -- float32, little endian
    PRIMARY KEY (space, hash)
) STRICT;
CREATE INDEX vectors_hash ON vectors (hash);

-- How often anything was changed, for whoever keeps a copy in memory.
CREATE TABLE changes (n INTEGER NOT NULL) STRICT;
INSERT INTO changes VALUES (0);

CREATE VIEW chunk_words AS SELECT id, title, heading, coalesce(plain, text) AS text FROM chunks;
CREATE VIRTUAL TABLE words USING fts5 (title, heading, text, content = 'chunk_words', content_rowid = 'id', tokenize = 'porter unicode61 remove_diacritics 2');
INSERT INTO words (words, rank) VALUES ('rank', 'bm25(1.5, 2.0, 1.0)');
INSERT INTO words (words, rank) VALUES ('secure-delete', 1);

-- +goose StatementBegin
CREATE TRIGGER chunks_written AFTER INSERT ON chunks BEGIN
    INSERT INTO words (rowid, title, heading, text) VALUES (new.id, new.title, new.heading, coalesce(new.plain, new.text));
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER chunks_deleted AFTER DELETE ON chunks BEGIN
    INSERT INTO words (words, rowid, title, heading, text) VALUES ('delete', old.id, old.title, old.heading, coalesce(old.plain, old.text));
END;
-- +goose StatementEnd

-- +goose Down
DROP TABLE words;
DROP VIEW chunk_words;
DROP TABLE changes;
DROP TABLE vectors;
DROP TABLE spaces;
DROP TABLE chunks;
DROP TABLE files;
