-- Which mails of an order were asked for: at most one for each event that calls for one, however often it is delivered.
CREATE TABLE order_mails (
    event_id  BIGINT      NOT NULL,
    order_id  BIGINT      NOT NULL,
    kind      VARCHAR(20) NOT NULL,
    queued_at BIGINT      NOT NULL,
    PRIMARY KEY (event_id),
    KEY order_mails_order (order_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
