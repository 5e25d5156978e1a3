-- Where parcels go: a zone is a list of destinations, each of one zone at most. A country of `*` is the rest of the world;
-- an empty province is the whole country, and a key is its name in the form in which names are compared.
CREATE TABLE shipping_zones (
    id BIGINT NOT NULL PRIMARY KEY,
    name VARCHAR(255) NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE shipping_destinations (
    country VARCHAR(2) NOT NULL,
    province_key VARCHAR(400) NOT NULL,
    zone_id BIGINT NOT NULL,
    province VARCHAR(100) NOT NULL,
    PRIMARY KEY (country, province_key)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE INDEX shipping_destinations_zone ON shipping_destinations (zone_id, country, province_key);

-- Methods from before there were zones ship to the rest of the world, which is then everywhere, at the same prices.
-- A zone of version 0 waits for what the first start of a new shop puts into it.
INSERT INTO shipping_zones (id, name, version, created_at, updated_at)
    SELECT 1, 'Rest of the world', COUNT(*), UNIX_TIMESTAMP() * 1000000, UNIX_TIMESTAMP() * 1000000 FROM (SELECT id FROM shipping_methods LIMIT 1) held;
INSERT INTO shipping_destinations (country, province_key, zone_id, province) VALUES ('*', '', 1, '');

ALTER TABLE shipping_methods ADD COLUMN zone_id BIGINT NOT NULL DEFAULT 1;
ALTER TABLE shipping_methods ADD COLUMN kind VARCHAR(16) NOT NULL DEFAULT 'flat';
ALTER TABLE shipping_methods ADD COLUMN grams_min BIGINT;
ALTER TABLE shipping_methods ADD COLUMN grams_max BIGINT;
DROP INDEX shipping_methods_code ON shipping_methods;
CREATE UNIQUE INDEX shipping_methods_code ON shipping_methods (zone_id, code);
CREATE INDEX shipping_methods_zone ON shipping_methods (zone_id, id);

-- A rate of a method that is not flat has steps, [{"up_to":1000,"price_minor":800}], ascending; its flat_minor says nothing.
ALTER TABLE shipping_rates ADD COLUMN steps TEXT;
ALTER TABLE shipping_rates ADD COLUMN further_kg_minor BIGINT;
ALTER TABLE shipping_rates ADD COLUMN amount_min_minor BIGINT;
ALTER TABLE shipping_rates ADD COLUMN amount_max_minor BIGINT;
CREATE INDEX shipping_rates_method ON shipping_rates (method_id);
