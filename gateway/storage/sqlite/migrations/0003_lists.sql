-- Implementation lists as provinces announced them, and who still sends an item in an older version.

CREATE TABLE announcements (
    id INTEGER PRIMARY KEY,
    province TEXT NOT NULL,
    number INTEGER NOT NULL,
    state TEXT NOT NULL,
    digest TEXT NOT NULL,
    cause_on TEXT NOT NULL,
    requested_on TEXT NOT NULL,
    approved_on TEXT,
    valid_from TEXT,
    announced_at INTEGER NOT NULL,
    client TEXT NOT NULL,
    findings TEXT NOT NULL,
    content TEXT NOT NULL,
    UNIQUE (province, number)
) STRICT;

CREATE TABLE old_uses (
    province TEXT NOT NULL,
    system TEXT NOT NULL,
    catalogue_code TEXT NOT NULL,
    version TEXT NOT NULL,
    first_on TEXT NOT NULL,
    last_on TEXT NOT NULL,
    cases INTEGER NOT NULL,
    PRIMARY KEY (province, system, catalogue_code, version)
) STRICT, WITHOUT ROWID;
