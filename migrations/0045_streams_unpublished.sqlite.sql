-- Events that other systems have not been told of, because Redis was away: whole, so that they outlive the outbox's.
CREATE TABLE outbox_unpublished (
    aggregate   TEXT    NOT NULL,
    sequence    INTEGER NOT NULL,
    event_id    INTEGER NOT NULL,
    type        TEXT    NOT NULL,
    payload     TEXT    NOT NULL,
    occurred_at INTEGER NOT NULL,
    kept_at     INTEGER NOT NULL,
    PRIMARY KEY (aggregate, sequence)
) STRICT;
