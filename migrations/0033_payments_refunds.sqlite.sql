-- Refunds: each a part of a payment that goes back. `returned_minor` is what has gone back or is on its way, so that
-- one guarded UPDATE keeps it within the amount.
ALTER TABLE payments ADD COLUMN returned_minor BIGINT NOT NULL DEFAULT 0;

CREATE TABLE refunds (
    id BIGINT NOT NULL PRIMARY KEY,
    order_id BIGINT NOT NULL,
    payment_id BIGINT NOT NULL,
    amount_minor BIGINT NOT NULL,
    currency CHAR(3) NOT NULL,
    reason VARCHAR(500) NOT NULL,
    status VARCHAR(16) NOT NULL,
    restock SMALLINT NOT NULL,
    order_status VARCHAR(24) NOT NULL,
    actor VARCHAR(80) NOT NULL,
    finished_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    CONSTRAINT refunds_positive CHECK (amount_minor > 0)
);
CREATE INDEX refunds_order ON refunds (order_id, id);
CREATE INDEX refunds_payment ON refunds (payment_id, id);

-- `freed`: so many of them had not been sent, and never will be. `restocked`: so many went back on the shelf.
CREATE TABLE refund_lines (
    refund_id BIGINT NOT NULL,
    line_id BIGINT NOT NULL,
    order_id BIGINT NOT NULL,
    quantity BIGINT NOT NULL,
    freed BIGINT NOT NULL,
    restocked BIGINT NOT NULL,
    PRIMARY KEY (refund_id, line_id),
    CONSTRAINT refund_lines_positive CHECK (quantity > 0)
);
CREATE INDEX refund_lines_order ON refund_lines (order_id, line_id);

-- The sandbox's side: what it was asked to give back, under the shop's key.
CREATE TABLE sandbox_refunds (
    refund_key VARCHAR(64) NOT NULL PRIMARY KEY,
    payment_id BIGINT NOT NULL,
    amount_minor BIGINT NOT NULL,
    currency CHAR(3) NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX sandbox_refunds_payment ON sandbox_refunds (payment_id);
