-- What products are found by: one row per term and product, with the best field that the term stands in.
CREATE TABLE search_terms (
    term VARCHAR(64) NOT NULL,
    product_id BIGINT NOT NULL,
    field VARCHAR(16) NOT NULL,
    weight INT NOT NULL,
    PRIMARY KEY (term, product_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE INDEX search_terms_weight ON search_terms (term, weight, product_id);
CREATE INDEX search_terms_product ON search_terms (product_id, term);

-- The products that the index knows, and their titles as suggestions look for them.
CREATE TABLE search_products (
    product_id BIGINT NOT NULL PRIMARY KEY,
    title_key VARCHAR(255) NOT NULL,
    indexed_at BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE INDEX search_products_title ON search_products (title_key, product_id);

-- How far the index of a form has been built: a list's cursor, or finished.
CREATE TABLE search_builds (
    form INT NOT NULL PRIMARY KEY,
    list_cursor VARCHAR(2048),
    finished SMALLINT NOT NULL,
    updated_at BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
