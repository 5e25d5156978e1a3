-- Where events are sent. `failures`, `failing_since` and `open_until` are the circuit breaker's; whoever holds the lease
-- sends, so that an endpoint has one call at a time. `events` are patterns with spaces between them.
CREATE TABLE webhook_endpoints (
    id            INTEGER NOT NULL,
    url           TEXT    NOT NULL,
    events        TEXT    NOT NULL,
    description   TEXT    NOT NULL,
    status        TEXT    NOT NULL CHECK (status IN ('active', 'paused', 'broken')),
    secret        TEXT    NOT NULL,
    failures      INTEGER NOT NULL,
    failing_since INTEGER,
    open_until    INTEGER NOT NULL,
    lease_owner   TEXT    NOT NULL,
    lease_until   INTEGER NOT NULL,
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL,
    version       INTEGER NOT NULL,
    PRIMARY KEY (id)
) STRICT;
CREATE INDEX webhook_endpoints_lease ON webhook_endpoints (status, lease_until);

-- One row per event and endpoint, with the bytes that are sent.
CREATE TABLE webhook_deliveries (
    id               INTEGER NOT NULL,
    endpoint_id      INTEGER NOT NULL,
    event_id         INTEGER NOT NULL,
    type             TEXT    NOT NULL,
    aggregate        TEXT    NOT NULL,
    sequence         INTEGER NOT NULL,
    body             TEXT    NOT NULL,
    status           TEXT    NOT NULL CHECK (status IN ('waiting', 'delivered', 'failed')),
    attempts         INTEGER NOT NULL,
    try_at           INTEGER NOT NULL,
    created_at       INTEGER NOT NULL,
    sent_at          INTEGER,
    finished_at      INTEGER,
    response_status  INTEGER,
    response_excerpt TEXT,
    duration_ms      INTEGER,
    last_error       TEXT,
    PRIMARY KEY (id),
    UNIQUE (endpoint_id, event_id)
) STRICT;
CREATE INDEX webhook_deliveries_list ON webhook_deliveries (endpoint_id, id);
CREATE INDEX webhook_deliveries_by_status ON webhook_deliveries (endpoint_id, status, id);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (endpoint_id, status, try_at);
CREATE INDEX webhook_deliveries_order ON webhook_deliveries (endpoint_id, aggregate, status, sequence);
CREATE INDEX webhook_deliveries_age ON webhook_deliveries (created_at);
CREATE INDEX webhook_deliveries_time ON webhook_deliveries (endpoint_id, created_at);
