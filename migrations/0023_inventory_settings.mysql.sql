-- `version` counts what staff set of a level (its low mark), not the stock itself, which changes with every order.
ALTER TABLE stock_levels ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
CREATE INDEX stock_levels_availability ON stock_levels (availability, variant_id);
