-- Stock may be promised to somebody else than an order: `holder` names the kind, and `order_id` holds that one's id.
ALTER TABLE reservations ADD COLUMN holder VARCHAR(16) NOT NULL DEFAULT 'order';
ALTER TABLE stock_movements ADD COLUMN holder VARCHAR(16) NOT NULL DEFAULT 'order';
