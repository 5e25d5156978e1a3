-- Rates of tax by place and category of goods. `province_key` is how provinces are compared; empty: the whole country.
CREATE TABLE tax_rates (
    id BIGINT NOT NULL PRIMARY KEY,
    name VARCHAR(100) NOT NULL,
    country CHAR(2) NOT NULL,
    province VARCHAR(100),
    province_key VARCHAR(300) NOT NULL,
    category VARCHAR(64) NOT NULL,
    rate_millionths BIGINT NOT NULL,
    stacking VARCHAR(16) NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    CONSTRAINT tax_rates_range CHECK (rate_millionths >= 0 AND rate_millionths <= 1000000)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE UNIQUE INDEX tax_rates_place ON tax_rates (country, province_key, category, name);
CREATE INDEX tax_rates_country ON tax_rates (country, id);

-- What a product counts as where rates differ by the kind of goods.
ALTER TABLE products ADD COLUMN tax_category VARCHAR(64) NOT NULL DEFAULT 'standard';
