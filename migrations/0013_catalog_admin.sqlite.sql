-- The back office's lists of products, and versions of categories for optimistic locking.
CREATE INDEX products_updated ON products (updated_at, id);
CREATE INDEX products_title ON products (title, id);
ALTER TABLE categories ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
