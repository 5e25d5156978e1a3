-- Files that every process reaches. A content is written in parts, as a draft; then a name is put on it.
CREATE TABLE stored_files (
    name VARCHAR(128) NOT NULL PRIMARY KEY,
    content_id BIGINT NOT NULL,
    bytes BIGINT NOT NULL,
    parts BIGINT NOT NULL,
    put_at BIGINT NOT NULL
);

CREATE TABLE stored_file_parts (
    content_id BIGINT NOT NULL,
    part BIGINT NOT NULL,
    content BLOB NOT NULL,
    PRIMARY KEY (content_id, part)
);

CREATE TABLE stored_file_drafts (
    content_id BIGINT NOT NULL PRIMARY KEY,
    begun_at BIGINT NOT NULL
);
CREATE INDEX stored_file_drafts_begun ON stored_file_drafts (begun_at);
