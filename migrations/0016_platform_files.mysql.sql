-- Files that every process reaches. A content is written in parts, as a draft; then a name is put on it.
CREATE TABLE stored_files (
    name VARCHAR(128) NOT NULL PRIMARY KEY,
    content_id BIGINT NOT NULL,
    bytes BIGINT NOT NULL,
    parts BIGINT NOT NULL,
    put_at BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE stored_file_parts (
    content_id BIGINT NOT NULL,
    part BIGINT NOT NULL,
    content MEDIUMBLOB NOT NULL,
    PRIMARY KEY (content_id, part)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE stored_file_drafts (
    content_id BIGINT NOT NULL PRIMARY KEY,
    begun_at BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE INDEX stored_file_drafts_begun ON stored_file_drafts (begun_at);
