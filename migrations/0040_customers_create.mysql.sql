-- A customer's addresses. The book says which one is the default, so that there can only be one; whoever changes an
-- address changes the book first, which puts writers in a row.
CREATE TABLE address_books (
    user_id BIGINT NOT NULL PRIMARY KEY,
    default_address_id BIGINT NULL,
    version BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
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
    updated_at BIGINT NOT NULL,
    KEY customer_addresses_user (user_id, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE customer_exports (
    id BIGINT NOT NULL PRIMARY KEY,
    user_id BIGINT NOT NULL,
    document MEDIUMTEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    KEY customer_exports_user (user_id, created_at),
    KEY customer_exports_expires (expires_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
