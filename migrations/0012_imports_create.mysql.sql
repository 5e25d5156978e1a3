-- How a product's rows looked when they were imported last: the same rows again change nothing.
CREATE TABLE import_fingerprints (
    handle VARCHAR(255) NOT NULL PRIMARY KEY,
    fingerprint CHAR(64) NOT NULL,
    imported_at BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Which quantity was imported last: only another one sets the stock, so that sales are not undone.
CREATE TABLE import_quantities (
    variant_id BIGINT NOT NULL PRIMARY KEY,
    quantity BIGINT NOT NULL,
    imported_at BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
