-- Working calendars an operator loaded: each version whole, so that old due dates can be recounted.
CREATE TABLE calendars (
    id INTEGER PRIMARY KEY,
    version TEXT NOT NULL UNIQUE,
    base TEXT NOT NULL,
    loaded_at INTEGER NOT NULL,
    client TEXT NOT NULL,
    digest TEXT NOT NULL,
    content TEXT NOT NULL,
    recounted_at INTEGER
) STRICT;

-- The next day on which a clock of the case has to warn; the first look corrects the guess.
ALTER TABLE cases ADD COLUMN watch_on TEXT;
UPDATE cases SET watch_on = due_on;
CREATE INDEX cases_watch ON cases (watch_on) WHERE watch_on IS NOT NULL;
