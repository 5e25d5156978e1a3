-- Carts. A guest's has no customer and is opened by its token; `currency_asked` says that the caller chose the currency.
CREATE TABLE carts (
    id BIGINT NOT NULL PRIMARY KEY,
    token VARCHAR(64) NOT NULL,
    customer_id BIGINT,
    status VARCHAR(16) NOT NULL,
    currency CHAR(3) NOT NULL,
    currency_asked SMALLINT NOT NULL,
    email VARCHAR(254),
    shipping_address TEXT,
    shipping_method_id BIGINT,
    note VARCHAR(1000),
    merged_into BIGINT,
    client_hash CHAR(64) NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE INDEX carts_customer ON carts (customer_id, status, updated_at);
CREATE INDEX carts_client ON carts (client_hash, created_at);

-- What a line shows is what the shopper was shown when it was put in.
CREATE TABLE cart_lines (
    id BIGINT NOT NULL PRIMARY KEY,
    cart_id BIGINT NOT NULL,
    variant_id BIGINT NOT NULL,
    product_id BIGINT NOT NULL,
    handle VARCHAR(255) NOT NULL,
    title VARCHAR(255) NOT NULL,
    variant_title VARCHAR(1000) NOT NULL,
    sku VARCHAR(255),
    image VARCHAR(2048),
    quantity BIGINT NOT NULL,
    price_minor BIGINT NOT NULL,
    taxable SMALLINT NOT NULL,
    CONSTRAINT cart_lines_positive CHECK (quantity > 0 AND price_minor >= 0)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE UNIQUE INDEX cart_lines_variant ON cart_lines (cart_id, variant_id);
