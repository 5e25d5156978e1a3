-- Stock. A level changes only together with a movement; what is promised to an order is a reservation.
-- `policy` is `backorder` while more may be promised than is on hand; `availability` is the class last told to the catalogue.
CREATE TABLE stock_levels (
    variant_id BIGINT NOT NULL,
    location_id BIGINT NOT NULL,
    on_hand BIGINT NOT NULL,
    reserved BIGINT NOT NULL,
    low_at BIGINT,
    policy VARCHAR(16) NOT NULL,
    availability VARCHAR(16) NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (variant_id, location_id),
    CONSTRAINT stock_levels_not_negative CHECK (on_hand >= 0 AND reserved >= 0)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE stock_movements (
    id BIGINT NOT NULL PRIMARY KEY,
    variant_id BIGINT NOT NULL,
    location_id BIGINT NOT NULL,
    kind VARCHAR(16) NOT NULL,
    quantity BIGINT NOT NULL,
    reason VARCHAR(255) NOT NULL,
    actor_id BIGINT,
    order_id BIGINT,
    created_at BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE INDEX stock_movements_variant ON stock_movements (variant_id, location_id, id);
CREATE INDEX stock_movements_order ON stock_movements (order_id);

CREATE TABLE reservations (
    id BIGINT NOT NULL PRIMARY KEY,
    order_id BIGINT NOT NULL,
    variant_id BIGINT NOT NULL,
    location_id BIGINT NOT NULL,
    quantity BIGINT NOT NULL,
    expires_at BIGINT,
    state VARCHAR(16) NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    CONSTRAINT reservations_positive CHECK (quantity > 0)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE INDEX reservations_order ON reservations (order_id, variant_id);
CREATE INDEX reservations_variant ON reservations (variant_id, state, expires_at);
CREATE INDEX reservations_expiry ON reservations (state, expires_at);
