-- Flash sales. stock = remaining + what waiting and ordered tickets hold + returned, always; `remaining` is the one
-- figure that decides. The stock ledger holds remaining and what waits under the sale's id.
CREATE TABLE flash_sales (
    id INTEGER NOT NULL PRIMARY KEY,
    title TEXT NOT NULL,
    variant_id INTEGER NOT NULL,
    currency TEXT NOT NULL,
    price_minor INTEGER NOT NULL,
    quota INTEGER NOT NULL,
    stock INTEGER NOT NULL,
    remaining INTEGER NOT NULL,
    returned INTEGER NOT NULL,
    state TEXT NOT NULL,
    starts_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL,
    CONSTRAINT flash_sales_not_negative CHECK (remaining >= 0 AND returned >= 0 AND stock >= 0)
) STRICT;
CREATE INDEX flash_sales_state ON flash_sales (state, ends_at);

-- `request` is what the order is made of, as JSON, while the ticket waits; it is emptied then. `request_key` is a digest
-- of the caller and his idempotency key, or of the ticket itself.
CREATE TABLE flash_sale_tickets (
    id INTEGER NOT NULL PRIMARY KEY,
    sale_id INTEGER NOT NULL,
    customer INTEGER NOT NULL,
    quantity INTEGER NOT NULL,
    state TEXT NOT NULL,
    request TEXT NOT NULL,
    request_key TEXT NOT NULL,
    request_hash TEXT NOT NULL,
    order_id INTEGER,
    reason TEXT,
    detail TEXT,
    expires_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CONSTRAINT flash_sale_tickets_request UNIQUE (request_key),
    CONSTRAINT flash_sale_tickets_order UNIQUE (order_id),
    CONSTRAINT flash_sale_tickets_positive CHECK (quantity > 0)
) STRICT;
CREATE INDEX flash_sale_tickets_queue ON flash_sale_tickets (sale_id, state, id);
CREATE INDEX flash_sale_tickets_customer ON flash_sale_tickets (sale_id, customer, state);
CREATE INDEX flash_sale_tickets_waiting ON flash_sale_tickets (state, sale_id);
