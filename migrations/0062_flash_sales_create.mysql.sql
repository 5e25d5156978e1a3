-- Flash sales. stock = remaining + what waiting and ordered tickets hold + returned, always; `remaining` is the one
-- figure that decides. The stock ledger holds remaining and what waits under the sale's id.
CREATE TABLE flash_sales (
    id BIGINT NOT NULL PRIMARY KEY,
    title VARCHAR(255) NOT NULL,
    variant_id BIGINT NOT NULL,
    currency CHAR(3) NOT NULL,
    price_minor BIGINT NOT NULL,
    quota BIGINT NOT NULL,
    stock BIGINT NOT NULL,
    remaining BIGINT NOT NULL,
    returned BIGINT NOT NULL,
    state VARCHAR(16) NOT NULL,
    starts_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    CONSTRAINT flash_sales_not_negative CHECK (remaining >= 0 AND returned >= 0 AND stock >= 0)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE INDEX flash_sales_state ON flash_sales (state, ends_at);

-- `request` is what the order is made of, as JSON, while the ticket waits; it is emptied then. `request_key` is a digest
-- of the caller and his idempotency key, or of the ticket itself.
CREATE TABLE flash_sale_tickets (
    id BIGINT NOT NULL PRIMARY KEY,
    sale_id BIGINT NOT NULL,
    customer BIGINT NOT NULL,
    quantity BIGINT NOT NULL,
    state VARCHAR(16) NOT NULL,
    request TEXT NOT NULL,
    request_key VARCHAR(64) NOT NULL,
    request_hash VARCHAR(64) NOT NULL,
    order_id BIGINT,
    reason VARCHAR(64),
    detail TEXT,
    expires_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    CONSTRAINT flash_sale_tickets_request UNIQUE (request_key),
    CONSTRAINT flash_sale_tickets_order UNIQUE (order_id),
    CONSTRAINT flash_sale_tickets_positive CHECK (quantity > 0)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE INDEX flash_sale_tickets_queue ON flash_sale_tickets (sale_id, state, id);
CREATE INDEX flash_sale_tickets_customer ON flash_sale_tickets (sale_id, customer, state);
CREATE INDEX flash_sale_tickets_waiting ON flash_sale_tickets (state, sale_id);
