-- Orders keep snapshots: nothing here refers to a price, a title or an address that can still change.
CREATE TABLE orders (
    id BIGINT NOT NULL PRIMARY KEY,
    number VARCHAR(24) NOT NULL,
    token VARCHAR(64) NOT NULL,
    customer BIGINT NOT NULL,
    caller VARCHAR(80) NOT NULL,
    status VARCHAR(24) NOT NULL,
    email VARCHAR(254) NOT NULL,
    currency CHAR(3) NOT NULL,
    subtotal_minor BIGINT NOT NULL,
    discount_minor BIGINT NOT NULL,
    shipping_minor BIGINT NOT NULL,
    tax_minor BIGINT NOT NULL,
    tax_included_minor BIGINT NOT NULL,
    total_minor BIGINT NOT NULL,
    tax_rate_basis_points BIGINT NOT NULL,
    tax_mode VARCHAR(16) NOT NULL,
    shipping_address TEXT,
    shipping_code VARCHAR(64),
    shipping_name VARCHAR(255),
    payment_id BIGINT NOT NULL,
    payment_provider VARCHAR(32) NOT NULL,
    payment_status VARCHAR(24) NOT NULL,
    payment_next_action TEXT,
    note TEXT,
    cart_id VARCHAR(32) NOT NULL,
    expires_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    CONSTRAINT orders_number UNIQUE (number),
    CONSTRAINT orders_cart UNIQUE (cart_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE INDEX orders_customer ON orders (customer, id);
CREATE INDEX orders_status ON orders (status, expires_at);
CREATE INDEX orders_caller ON orders (caller, status, expires_at);

CREATE TABLE order_lines (
    order_id BIGINT NOT NULL,
    position BIGINT NOT NULL,
    id BIGINT NOT NULL,
    variant_id BIGINT NOT NULL,
    product_id BIGINT NOT NULL,
    title VARCHAR(512) NOT NULL,
    variant_title VARCHAR(1024) NOT NULL,
    sku VARCHAR(255),
    image VARCHAR(2048),
    unit_price_minor BIGINT NOT NULL,
    quantity BIGINT NOT NULL,
    taxable SMALLINT NOT NULL,
    PRIMARY KEY (order_id, position)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE INDEX order_lines_variant ON order_lines (variant_id);

CREATE TABLE order_timeline (
    order_id BIGINT NOT NULL,
    sequence BIGINT NOT NULL,
    happened_at BIGINT NOT NULL,
    from_status VARCHAR(24),
    to_status VARCHAR(24) NOT NULL,
    actor VARCHAR(80) NOT NULL,
    note TEXT,
    PRIMARY KEY (order_id, sequence)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
