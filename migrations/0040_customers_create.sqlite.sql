-- A customer's addresses. The book says which one is the default, so that there can only be one; whoever changes an
-- address changes the book first, which puts writers in a row.
CREATE TABLE address_books (
    user_id BIGINT NOT NULL PRIMARY KEY,
    default_address_id BIGINT NULL,
    version BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE TABLE customer_addresses (
    id BIGINT NOT NULL PRIMARY KEY,
    user_id BIGINT NOT NULL,
    name VARCHAR(100) NOT NULL,
    phone VARCHAR(32) NOT NULL,
    country CHAR(2) NOT NULL,
    province VARCHAR(100) NOT NULL,
    city VARCHAR(100) NOT NULL,
    district VARCHAR(100) NOT NULL,
    line1 VARCHAR(200) NOT NULL,
    line2 VARCHAR(200) NOT NULL,
    postal_code VARCHAR(20) NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX customer_addresses_user ON customer_addresses (user_id, id);
CREATE TABLE customer_exports (
    id BIGINT NOT NULL PRIMARY KEY,
    user_id BIGINT NOT NULL,
    document MEDIUMTEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX customer_exports_user ON customer_exports (user_id, created_at);
CREATE INDEX customer_exports_expires ON customer_exports (expires_at);
