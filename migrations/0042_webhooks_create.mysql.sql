-- Where events are sent. `failures`, `failing_since` and `open_until` are the circuit breaker's; whoever holds the lease
-- sends, so that an endpoint has one call at a time. `events` are patterns with spaces between them.
CREATE TABLE webhook_endpoints (
    id            BIGINT NOT NULL PRIMARY KEY,
    url           VARCHAR(2048) NOT NULL,
    events        TEXT NOT NULL,
    description   VARCHAR(500) NOT NULL,
    status        VARCHAR(16) NOT NULL,
    secret        VARCHAR(128) NOT NULL,
    failures      BIGINT NOT NULL,
    failing_since BIGINT,
    open_until    BIGINT NOT NULL,
    lease_owner   VARCHAR(32) NOT NULL,
    lease_until   BIGINT NOT NULL,
    created_at    BIGINT NOT NULL,
    updated_at    BIGINT NOT NULL,
    version       BIGINT NOT NULL,
    KEY webhook_endpoints_lease (status, lease_until)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- One row per event and endpoint, with the bytes that are sent.
CREATE TABLE webhook_deliveries (
    id               BIGINT NOT NULL PRIMARY KEY,
    endpoint_id      BIGINT NOT NULL,
    event_id         BIGINT NOT NULL,
    type             VARCHAR(64) NOT NULL,
    aggregate        VARCHAR(64) NOT NULL,
    sequence         BIGINT NOT NULL,
    body             MEDIUMTEXT NOT NULL,
    status           VARCHAR(16) NOT NULL,
    attempts         BIGINT NOT NULL,
    try_at           BIGINT NOT NULL,
    created_at       BIGINT NOT NULL,
    sent_at          BIGINT,
    finished_at      BIGINT,
    response_status  BIGINT,
    response_excerpt TEXT,
    duration_ms      BIGINT,
    last_error       VARCHAR(500),
    UNIQUE KEY webhook_deliveries_once (endpoint_id, event_id),
    KEY webhook_deliveries_list (endpoint_id, id),
    KEY webhook_deliveries_by_status (endpoint_id, status, id),
    KEY webhook_deliveries_due (endpoint_id, status, try_at),
    KEY webhook_deliveries_order (endpoint_id, aggregate, status, sequence),
    KEY webhook_deliveries_age (created_at),
    KEY webhook_deliveries_time (endpoint_id, created_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
