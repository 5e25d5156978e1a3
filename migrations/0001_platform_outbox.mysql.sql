-- What happened, written with the change itself, for the worker to deliver. `due_at` is the time that was asked for,
-- `try_at` that of the next try; ids are the application's, times microseconds UTC.
CREATE TABLE outbox_events (
    id          BIGINT       NOT NULL,
    type        VARCHAR(80)  NOT NULL,
    aggregate   VARCHAR(80)  NOT NULL,
    sequence    BIGINT       NOT NULL,
    payload     MEDIUMTEXT   NOT NULL,
    occurred_at BIGINT       NOT NULL,
    due_at      BIGINT       NOT NULL,
    try_at      BIGINT       NOT NULL,
    status      VARCHAR(10)  NOT NULL,
    attempts    BIGINT       NOT NULL,
    lease_owner VARCHAR(40)  NOT NULL,
    lease_until BIGINT       NOT NULL,
    last_error  VARCHAR(500),
    finished_at BIGINT,
    PRIMARY KEY (id),
    UNIQUE KEY outbox_events_sequence (aggregate, sequence),
    KEY outbox_events_due (status, try_at),
    KEY outbox_events_order (aggregate, status, sequence),
    KEY outbox_events_finished (status, finished_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Where the numbers of an aggregate stand: the highest one given, and the highest one whose event was swept away.
CREATE TABLE outbox_aggregates (
    aggregate      VARCHAR(80) NOT NULL,
    last_sequence  BIGINT      NOT NULL,
    swept_sequence BIGINT      NOT NULL,
    PRIMARY KEY (aggregate)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Which subscriptions of an event are done, so that a retry skips them.
CREATE TABLE outbox_deliveries (
    event_id     BIGINT      NOT NULL,
    subscription VARCHAR(80) NOT NULL,
    delivered_at BIGINT      NOT NULL,
    PRIMARY KEY (event_id, subscription)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
