-- A line that was not sold at the catalogue's price says what that was, and why it was another.
ALTER TABLE order_lines ADD COLUMN list_price_minor BIGINT;
ALTER TABLE order_lines ADD COLUMN price_reason VARCHAR(64);
