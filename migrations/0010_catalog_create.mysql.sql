-- Products. What is only shown and never searched by (options, tags, attributes) is kept as JSON text.
CREATE TABLE products (
    id BIGINT NOT NULL PRIMARY KEY,
    handle VARCHAR(255) NOT NULL,
    handle_key VARCHAR(255) NOT NULL,
    title VARCHAR(255) NOT NULL,
    description_html MEDIUMTEXT NOT NULL,
    vendor VARCHAR(255) NOT NULL,
    seo_title VARCHAR(255),
    seo_description VARCHAR(1000),
    status VARCHAR(16) NOT NULL,
    published_at BIGINT,
    availability VARCHAR(16) NOT NULL,
    price_min BIGINT,
    price_max BIGINT,
    currency CHAR(3),
    options MEDIUMTEXT NOT NULL,
    tags MEDIUMTEXT NOT NULL,
    attributes MEDIUMTEXT NOT NULL,
    internal_attributes MEDIUMTEXT NOT NULL,
    image_url VARCHAR(2048),
    search_text MEDIUMTEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE UNIQUE INDEX products_handle ON products (handle);
CREATE UNIQUE INDEX products_handle_key ON products (handle_key);

CREATE TABLE product_variants (
    id BIGINT NOT NULL PRIMARY KEY,
    product_id BIGINT NOT NULL,
    options_key CHAR(64) NOT NULL,
    position INT NOT NULL,
    options TEXT NOT NULL,
    title VARCHAR(1000) NOT NULL,
    sku VARCHAR(255),
    barcode VARCHAR(255),
    price_minor BIGINT,
    compare_at_minor BIGINT,
    currency CHAR(3),
    grams BIGINT NOT NULL,
    weight_unit VARCHAR(8) NOT NULL,
    requires_shipping SMALLINT NOT NULL,
    taxable SMALLINT NOT NULL,
    tracked SMALLINT NOT NULL,
    policy VARCHAR(16) NOT NULL,
    stock_class VARCHAR(16) NOT NULL,
    availability VARCHAR(16) NOT NULL,
    media_id BIGINT,
    attributes MEDIUMTEXT NOT NULL,
    internal_attributes MEDIUMTEXT NOT NULL,
    retired SMALLINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE UNIQUE INDEX product_variants_options ON product_variants (product_id, options_key);
CREATE INDEX product_variants_sku ON product_variants (sku);

CREATE TABLE product_media (
    id BIGINT NOT NULL PRIMARY KEY,
    product_id BIGINT NOT NULL,
    position INT NOT NULL,
    url VARCHAR(2048) NOT NULL,
    alt VARCHAR(1000) NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE INDEX product_media_product ON product_media (product_id, position);

CREATE TABLE categories (
    id BIGINT NOT NULL PRIMARY KEY,
    parent_id BIGINT,
    handle VARCHAR(255) NOT NULL,
    name VARCHAR(255) NOT NULL,
    position INT NOT NULL,
    created_at BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE UNIQUE INDEX categories_handle ON categories (handle);
CREATE INDEX categories_parent ON categories (parent_id, position);

CREATE TABLE product_categories (
    product_id BIGINT NOT NULL,
    category_id BIGINT NOT NULL,
    position INT NOT NULL,
    PRIMARY KEY (product_id, category_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE INDEX product_categories_category ON product_categories (category_id, product_id);

-- What shoppers can page through: one row per visible product and category that it stands in, ancestors included,
-- and one under category 0 for the whole shop. Every sort walks one index, with or without a category.
-- A product without a price sorts last both ways: price_asc is then the largest number and price_desc is -1.
CREATE TABLE product_listings (
    category_id BIGINT NOT NULL,
    product_id BIGINT NOT NULL,
    published_at BIGINT NOT NULL,
    title_key VARCHAR(255) NOT NULL,
    price_asc BIGINT NOT NULL,
    price_desc BIGINT NOT NULL,
    in_stock SMALLINT NOT NULL,
    PRIMARY KEY (category_id, product_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE INDEX product_listings_product ON product_listings (product_id);
CREATE INDEX product_listings_published ON product_listings (category_id, published_at, product_id);
CREATE INDEX product_listings_price_asc ON product_listings (category_id, price_asc, product_id);
CREATE INDEX product_listings_price_desc ON product_listings (category_id, price_desc, product_id);
CREATE INDEX product_listings_title ON product_listings (category_id, title_key, product_id);
