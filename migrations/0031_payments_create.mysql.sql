CREATE TABLE payments (
    id BIGINT NOT NULL PRIMARY KEY,
    order_id BIGINT NOT NULL,
    provider VARCHAR(32) NOT NULL,
    provider_reference VARCHAR(128),
    amount_minor BIGINT NOT NULL,
    currency CHAR(3) NOT NULL,
    status VARCHAR(24) NOT NULL,
    next_action TEXT,
    failure_code VARCHAR(64),
    settled_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    CONSTRAINT payments_reference UNIQUE (provider, provider_reference)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE INDEX payments_order ON payments (order_id, id);

-- What providers told us, as it came. One row per event of a provider, however often it is sent.
CREATE TABLE payment_events (
    id BIGINT NOT NULL PRIMARY KEY,
    provider VARCHAR(32) NOT NULL,
    event_id VARCHAR(128) NOT NULL,
    payment_id BIGINT NOT NULL,
    reference VARCHAR(128) NOT NULL,
    kind VARCHAR(16) NOT NULL,
    amount_minor BIGINT NOT NULL,
    currency CHAR(3) NOT NULL,
    failure_code VARCHAR(64),
    occurred_at BIGINT NOT NULL,
    payload MEDIUMTEXT NOT NULL,
    received_at BIGINT NOT NULL,
    processed_at BIGINT,
    finding VARCHAR(64),
    CONSTRAINT payment_events_event UNIQUE (provider, event_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE INDEX payment_events_payment ON payment_events (payment_id);
CREATE INDEX payment_events_finding ON payment_events (finding);

-- The sandbox's own books: it stands for a provider, so it decides here and tells us by webhook alone.
CREATE TABLE sandbox_payments (
    reference VARCHAR(128) NOT NULL PRIMARY KEY,
    payment_id BIGINT NOT NULL,
    order_number VARCHAR(24) NOT NULL,
    amount_minor BIGINT NOT NULL,
    currency CHAR(3) NOT NULL,
    status VARCHAR(16) NOT NULL,
    created_at BIGINT NOT NULL,
    decided_at BIGINT,
    refunded_minor BIGINT NOT NULL,
    CONSTRAINT sandbox_payments_payment UNIQUE (payment_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
