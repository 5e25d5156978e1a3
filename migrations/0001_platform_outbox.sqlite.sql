-- What happened, written with the change itself, for the worker to deliver. `due_at` is the time that was asked for,
-- `try_at` that of the next try; ids are the application's, times microseconds UTC.
CREATE TABLE outbox_events (
    id          INTEGER NOT NULL,
    type        TEXT    NOT NULL,
    aggregate   TEXT    NOT NULL,
    sequence    INTEGER NOT NULL,
    payload     TEXT    NOT NULL,
    occurred_at INTEGER NOT NULL,
    due_at      INTEGER NOT NULL,
    try_at      INTEGER NOT NULL,
    status      TEXT    NOT NULL CHECK (status IN ('waiting', 'parked', 'done')),
    attempts    INTEGER NOT NULL,
    lease_owner TEXT    NOT NULL,
    lease_until INTEGER NOT NULL,
    last_error  TEXT,
    finished_at INTEGER,
    PRIMARY KEY (id),
    UNIQUE (aggregate, sequence)
) STRICT;
CREATE INDEX outbox_events_due ON outbox_events (status, try_at);
CREATE INDEX outbox_events_order ON outbox_events (aggregate, status, sequence);
CREATE INDEX outbox_events_finished ON outbox_events (status, finished_at);

-- Where the numbers of an aggregate stand: the highest one given, and the highest one whose event was swept away.
CREATE TABLE outbox_aggregates (
    aggregate      TEXT    NOT NULL,
    last_sequence  INTEGER NOT NULL,
    swept_sequence INTEGER NOT NULL,
    PRIMARY KEY (aggregate)
) STRICT, WITHOUT ROWID;

-- Which subscriptions of an event are done, so that a retry skips them.
CREATE TABLE outbox_deliveries (
    event_id     INTEGER NOT NULL,
    subscription TEXT    NOT NULL,
    delivered_at INTEGER NOT NULL,
    PRIMARY KEY (event_id, subscription)
) STRICT, WITHOUT ROWID;
