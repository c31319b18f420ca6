-- Questions to verification services and their answers; asked again after a crash until answered.

CREATE TABLE verifications (
    id INTEGER PRIMARY KEY,
    number TEXT NOT NULL UNIQUE,
    revision INTEGER NOT NULL,
    key_id INTEGER NOT NULL,
    system TEXT NOT NULL,
    environment TEXT NOT NULL,
    identity BLOB NOT NULL,
    fingerprint BLOB NOT NULL,
    service TEXT NOT NULL,
    subject TEXT NOT NULL,
    case_number TEXT,
    person BLOB NOT NULL,
    state TEXT NOT NULL,
    next_at INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    asked_at INTEGER NOT NULL,
    answered_at INTEGER,
    sealed BLOB NOT NULL,
    UNIQUE (identity, system, environment)
) STRICT;
CREATE INDEX verifications_due ON verifications (next_at) WHERE state IN ('asking', 'open');
