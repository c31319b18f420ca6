-- What changes with every attempt no longer carries the large sealed columns with it, receipts are
-- added at the end instead of somewhere in the middle, and leases live in the process that gives them.

CREATE TABLE delivery_records (
    id INTEGER PRIMARY KEY REFERENCES deliveries (id),
    sealed BLOB NOT NULL
) STRICT;
INSERT INTO delivery_records (id, sealed) SELECT id, sealed_record FROM deliveries ORDER BY id;
ALTER TABLE deliveries DROP COLUMN sealed_record;
DROP INDEX deliveries_leased;
ALTER TABLE deliveries DROP COLUMN lease_until;

-- a step without a row here cannot be rendered yet
CREATE TABLE step_plans (
    id INTEGER PRIMARY KEY REFERENCES steps (id),
    sealed BLOB NOT NULL
) STRICT;
INSERT INTO step_plans (id, sealed)
SELECT id, sealed_plan FROM steps WHERE sealed_plan IS NOT NULL ORDER BY id;
ALTER TABLE steps DROP COLUMN sealed_plan;

ALTER TABLE receipts RENAME TO old_receipts;
CREATE TABLE receipts (
    id INTEGER PRIMARY KEY,
    system TEXT NOT NULL,
    environment TEXT NOT NULL,
    identity BLOB NOT NULL,
    fingerprint BLOB NOT NULL,
    case_number TEXT NOT NULL,
    arrival INTEGER NOT NULL,
    key_id INTEGER NOT NULL,
    sealed BLOB NOT NULL,
    UNIQUE (identity, system, environment)
) STRICT;
INSERT INTO receipts (system, environment, identity, fingerprint, case_number, arrival, key_id,
                      sealed)
SELECT system, environment, identity, fingerprint, case_number, arrival, key_id, sealed
FROM old_receipts;
DROP TABLE old_receipts;
