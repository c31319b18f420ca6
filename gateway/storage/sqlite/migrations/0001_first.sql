-- Instants are microseconds since 1970 UTC, dates ISO text, flags 0 or 1.
-- Columns named "sealed…" are encrypted; all others hold codes, numbers, digests and keyed indexes.

CREATE TABLE store (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    node TEXT NOT NULL,
    log TEXT NOT NULL
) STRICT;

CREATE TABLE cases (
    id INTEGER PRIMARY KEY,
    number TEXT NOT NULL UNIQUE,
    revision INTEGER NOT NULL,
    key_id INTEGER NOT NULL UNIQUE,
    environment TEXT NOT NULL,
    status TEXT NOT NULL,
    turn TEXT,
    due_on TEXT,
    item TEXT NOT NULL,
    mode TEXT NOT NULL,
    sender TEXT NOT NULL,
    handler TEXT NOT NULL,
    receiving_county TEXT NOT NULL,
    handling_county TEXT NOT NULL,
    arrivals INTEGER NOT NULL,
    opened_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    sealed BLOB NOT NULL
) STRICT;
CREATE INDEX cases_due ON cases (due_on, number) WHERE due_on IS NOT NULL;

CREATE TABLE parties (
    case_number TEXT NOT NULL REFERENCES cases (number),
    system TEXT NOT NULL,
    role TEXT NOT NULL,
    PRIMARY KEY (case_number, system, role)
) STRICT, WITHOUT ROWID;
CREATE INDEX parties_system ON parties (system, case_number);

CREATE TABLE numbers (
    system TEXT NOT NULL,
    number_index BLOB NOT NULL,
    case_number TEXT NOT NULL REFERENCES cases (number),
    PRIMARY KEY (system, number_index)
) STRICT, WITHOUT ROWID;

CREATE TABLE messages (
    id INTEGER PRIMARY KEY,
    case_number TEXT NOT NULL REFERENCES cases (number),
    arrival INTEGER NOT NULL,
    system TEXT NOT NULL,
    environment TEXT NOT NULL,
    message_id TEXT NOT NULL,
    data_version INTEGER NOT NULL,
    kind TEXT NOT NULL,
    part_id TEXT NOT NULL,
    applied INTEGER NOT NULL,
    occurred_at INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    package TEXT,
    sealed BLOB NOT NULL,
    UNIQUE (case_number, arrival)
) STRICT;

CREATE TABLE receipts (
    system TEXT NOT NULL,
    environment TEXT NOT NULL,
    identity BLOB NOT NULL,
    fingerprint BLOB NOT NULL,
    case_number TEXT NOT NULL,
    arrival INTEGER NOT NULL,
    key_id INTEGER NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (system, environment, identity)
) STRICT, WITHOUT ROWID;

CREATE TABLE materials (
    id INTEGER PRIMARY KEY,
    owner TEXT NOT NULL,
    case_number TEXT REFERENCES cases (number),
    digest_index BLOB NOT NULL,
    blob TEXT NOT NULL,
    at INTEGER NOT NULL,
    sealed BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX materials_staged ON materials (owner, digest_index) WHERE case_number IS NULL;
CREATE INDEX materials_staged_at ON materials (at) WHERE case_number IS NULL;
CREATE UNIQUE INDEX materials_case ON materials (case_number, digest_index)
    WHERE case_number IS NOT NULL;
CREATE INDEX materials_blob ON materials (blob);

CREATE TABLE deliveries (
    id INTEGER PRIMARY KEY,
    serial TEXT NOT NULL UNIQUE,
    case_number TEXT NOT NULL REFERENCES cases (number),
    key_id INTEGER NOT NULL,
    order_key TEXT NOT NULL,
    position INTEGER NOT NULL,
    overtakes INTEGER NOT NULL,
    destination TEXT NOT NULL,
    environment TEXT NOT NULL,
    kind TEXT NOT NULL,
    arrival INTEGER NOT NULL,
    package TEXT,
    state TEXT NOT NULL CHECK (
        state IN ('pending', 'sending', 'asking', 'mailbox', 'parked', 'dead',
                  'delivered', 'rejected', 'superseded')
    ),
    next_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    sealed_record BLOB NOT NULL,
    attempt INTEGER NOT NULL,
    step INTEGER NOT NULL,
    fence INTEGER NOT NULL,
    reason TEXT,
    settled_at INTEGER,
    trace_id TEXT,
    lease_until INTEGER NOT NULL DEFAULT 0,
    -- 1 while an earlier delivery of the order key is in the way
    waits INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX deliveries_case ON deliveries (case_number);
CREATE INDEX deliveries_waiting ON deliveries (destination, state)
    WHERE state IN ('mailbox', 'parked', 'dead', 'rejected', 'superseded');
CREATE INDEX deliveries_open ON deliveries (order_key, position)
    WHERE state IN ('pending', 'sending', 'asking', 'mailbox', 'parked', 'dead');
CREATE INDEX deliveries_due ON deliveries (destination, next_at)
    WHERE state IN ('pending', 'asking') AND waits = 0;
CREATE INDEX deliveries_leased ON deliveries (destination, lease_until) WHERE lease_until > 0;

CREATE TABLE steps (
    id INTEGER PRIMARY KEY,
    serial TEXT NOT NULL REFERENCES deliveries (serial),
    step INTEGER NOT NULL,
    operation TEXT NOT NULL,
    material_id TEXT,
    sealed_plan BLOB,
    sealed_answer BLOB,
    done INTEGER NOT NULL,
    UNIQUE (serial, step)
) STRICT;

CREATE TABLE attempts (
    id INTEGER PRIMARY KEY,
    serial TEXT NOT NULL REFERENCES deliveries (serial),
    number INTEGER NOT NULL,
    purpose TEXT NOT NULL CHECK (purpose IN ('send', 'query')),
    step INTEGER NOT NULL,
    fence INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    wire_digest TEXT,
    sealed BLOB,
    ended_at INTEGER,
    outcome TEXT,
    status INTEGER,
    reason TEXT,
    UNIQUE (serial, number)
) STRICT;

CREATE TABLE cursors (
    system TEXT NOT NULL,
    environment TEXT NOT NULL,
    cursor TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (system, environment)
) STRICT, WITHOUT ROWID;

CREATE TABLE accesses (
    id INTEGER PRIMARY KEY,
    client_id TEXT NOT NULL,
    role TEXT NOT NULL,
    system TEXT,
    province TEXT,
    environment TEXT NOT NULL,
    token_hash BLOB NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    revoked_at INTEGER
) STRICT;

-- Audit leaves: only added, counted from 1 without a gap.
CREATE TABLE leaves (
    counter INTEGER PRIMARY KEY,
    case_number TEXT,
    canonical BLOB NOT NULL
) STRICT;
CREATE INDEX leaves_case ON leaves (case_number) WHERE case_number IS NOT NULL;
CREATE TRIGGER leaves_are_not_changed BEFORE UPDATE ON leaves
BEGIN
    SELECT raise(ABORT, 'audit leaves are never changed');
END;
CREATE TRIGGER leaves_are_not_removed BEFORE DELETE ON leaves
BEGIN
    SELECT raise(ABORT, 'audit leaves are never removed');
END;
