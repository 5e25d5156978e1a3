-- The dashboard's sums read these and no row.
CREATE INDEX orders_figures ON orders (created_at, status, currency, total_minor);
CREATE INDEX carts_created ON carts (created_at);
