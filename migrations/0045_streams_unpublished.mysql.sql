-- Events that other systems have not been told of, because Redis was away: whole, so that they outlive the outbox's.
CREATE TABLE outbox_unpublished (
    aggregate   VARCHAR(80) NOT NULL,
    sequence    BIGINT      NOT NULL,
    event_id    BIGINT      NOT NULL,
    type        VARCHAR(80) NOT NULL,
    payload     MEDIUMTEXT  NOT NULL,
    occurred_at BIGINT      NOT NULL,
    kept_at     BIGINT      NOT NULL,
    PRIMARY KEY (aggregate, sequence)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
