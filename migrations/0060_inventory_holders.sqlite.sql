-- Stock may be promised to somebody else than an order: `holder` names the kind, and `order_id` holds that one's id.
ALTER TABLE reservations ADD COLUMN holder TEXT NOT NULL DEFAULT 'order' CHECK (holder IN ('order', 'flash_sale'));
ALTER TABLE stock_movements ADD COLUMN holder TEXT NOT NULL DEFAULT 'order' CHECK (holder IN ('order', 'flash_sale'));
