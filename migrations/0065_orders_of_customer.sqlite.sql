-- The orders of one customer, newest first, as the back office reads them.
CREATE INDEX orders_customer_created ON orders (customer, created_at, id);
