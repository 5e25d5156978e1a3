-- Which zone an order ships to, and what its shipping price was made of, so that it can be worked out again.
ALTER TABLE orders ADD COLUMN shipping_zone VARCHAR(255);
ALTER TABLE orders ADD COLUMN shipping_quote TEXT;
