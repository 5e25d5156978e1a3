-- Which mails of an order were asked for: at most one for each event that calls for one, however often it is delivered.
CREATE TABLE order_mails (
    event_id  INTEGER NOT NULL,
    order_id  INTEGER NOT NULL,
    kind      TEXT    NOT NULL CHECK (kind IN ('placed', 'paid', 'shipped', 'cancelled', 'refunded')),
    queued_at INTEGER NOT NULL,
    PRIMARY KEY (event_id)
) STRICT;
CREATE INDEX order_mails_order ON order_mails (order_id);
