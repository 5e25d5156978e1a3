-- Ways of shipping and what each costs in each currency. A method ships only where it has a rate.
CREATE TABLE shipping_methods (
    id BIGINT NOT NULL PRIMARY KEY,
    code VARCHAR(64) NOT NULL,
    name VARCHAR(255) NOT NULL,
    position INT NOT NULL,
    active SMALLINT NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE UNIQUE INDEX shipping_methods_code ON shipping_methods (code);

CREATE TABLE shipping_rates (
    method_id BIGINT NOT NULL,
    currency CHAR(3) NOT NULL,
    flat_minor BIGINT NOT NULL,
    free_above_minor BIGINT,
    PRIMARY KEY (currency, method_id),
    CONSTRAINT shipping_rates_not_negative CHECK (flat_minor >= 0 AND (free_above_minor IS NULL OR free_above_minor >= 0))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
