-- The sandbox's database, version 1. Times are milliseconds since 1970 in UTC, days are days since 1970.

-- One value a row: the key that signs tokens.
CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE account (
    number   INTEGER PRIMARY KEY,
    username TEXT NOT NULL UNIQUE,
    created  INTEGER NOT NULL
) STRICT;

-- Rows lie in the order of the list (ids begin with their time), so a page is one walk and costs the same wherever it
-- starts. scopes, allowed_urls, resources and applications hold JSON. `signature` is the last part of a public token's
-- string, which can be shown at any time; of a secret token only `digest`, the SHA-256 of that part, is kept. `listed`
-- is 0 for the sandbox's own authorizing tokens.
CREATE TABLE token (
    account      INTEGER NOT NULL REFERENCES account (number),
    id           TEXT NOT NULL,
    usage        TEXT NOT NULL CHECK (usage IN ('pk', 'sk')),
    listed       INTEGER NOT NULL DEFAULT 1,
    is_default   INTEGER NOT NULL DEFAULT 0,
    note         TEXT,
    scopes       TEXT NOT NULL,
    allowed_urls TEXT,
    resources    TEXT,
    applications TEXT,
    created      INTEGER NOT NULL,
    modified     INTEGER NOT NULL,
    signature    TEXT CHECK ((signature IS NULL) = (usage = 'sk')),
    digest       BLOB NOT NULL,
    PRIMARY KEY (account, id)
) STRICT, WITHOUT ROWID;

-- For the order of change; the other tokens lie in it already.
CREATE INDEX changed_token ON token (account, modified, id) WHERE modified > created;
CREATE UNIQUE INDEX default_token ON token (account) WHERE is_default;

-- What remains of a deleted token: enough to tell "revoked" from "never existed".
CREATE TABLE revoked (
    account INTEGER NOT NULL REFERENCES account (number),
    id      TEXT NOT NULL,
    digest  BLOB NOT NULL,
    deleted INTEGER NOT NULL,
    PRIMARY KEY (account, id)
) STRICT, WITHOUT ROWID;

-- Requests served, added up. `token` is '' for temporary tokens, which count for the account only.
CREATE TABLE usage (
    account INTEGER NOT NULL REFERENCES account (number),
    token   TEXT NOT NULL,
    day     INTEGER NOT NULL,
    product TEXT NOT NULL,
    browser TEXT NOT NULL,
    country TEXT NOT NULL,
    host    TEXT NOT NULL,
    count   INTEGER NOT NULL,
    PRIMARY KEY (account, token, day, product, browser, country, host)
) STRICT, WITHOUT ROWID;
