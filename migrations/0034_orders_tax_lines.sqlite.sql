-- The rates that were applied to each line of an order, as they stood; `line_id` 0 is shipping. An order without a
-- rounding was made before these were kept: its totals follow from its one rate.
CREATE TABLE order_tax_lines (
    order_id BIGINT NOT NULL,
    line_id BIGINT NOT NULL,
    position BIGINT NOT NULL,
    name VARCHAR(100) NOT NULL,
    rate_millionths BIGINT NOT NULL,
    taxable_minor BIGINT NOT NULL,
    amount_minor BIGINT NOT NULL,
    PRIMARY KEY (order_id, line_id, position)
);
ALTER TABLE orders ADD COLUMN tax_rounding VARCHAR(16);
