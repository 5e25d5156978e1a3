-- Parcels of an order. What a line still waits for is its quantity less what stands here and what was set free by refunds.
CREATE TABLE fulfilments (
    id BIGINT NOT NULL PRIMARY KEY,
    order_id BIGINT NOT NULL,
    tracking VARCHAR(255),
    actor VARCHAR(80) NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX fulfilments_order ON fulfilments (order_id, id);

CREATE TABLE fulfilment_lines (
    fulfilment_id BIGINT NOT NULL,
    line_id BIGINT NOT NULL,
    order_id BIGINT NOT NULL,
    quantity BIGINT NOT NULL,
    PRIMARY KEY (fulfilment_id, line_id),
    CONSTRAINT fulfilment_lines_positive CHECK (quantity > 0)
);
CREATE INDEX fulfilment_lines_order ON fulfilment_lines (order_id, line_id);

-- What the back office filters orders by, newest first.
CREATE INDEX orders_created ON orders (created_at, id);
CREATE INDEX orders_email ON orders (email, created_at, id);
CREATE INDEX orders_status_created ON orders (status, created_at, id);
