-- A bundle (一件事) is a document that became several cases; the cases hold everything else.

CREATE TABLE bundles (
    id INTEGER PRIMARY KEY,
    number TEXT NOT NULL UNIQUE,
    environment TEXT NOT NULL,
    theme TEXT,
    sender TEXT NOT NULL,
    opened_at INTEGER NOT NULL
) STRICT;

CREATE TABLE bundle_cases (
    bundle_id INTEGER NOT NULL REFERENCES bundles (id),
    position INTEGER NOT NULL,
    case_number TEXT NOT NULL UNIQUE,
    PRIMARY KEY (bundle_id, position)
) STRICT, WITHOUT ROWID;
-- Applications of one person and one item: a keyed index names neither.
CREATE TABLE applicants (
    id INTEGER PRIMARY KEY,
    person_item BLOB NOT NULL,
    case_number TEXT NOT NULL UNIQUE,
    environment TEXT NOT NULL,
    application_date TEXT NOT NULL
) STRICT;
CREATE INDEX applicants_person ON applicants (person_item);
