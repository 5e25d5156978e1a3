-- Imports that were handed in over the API: the file, how far they are, and what became of each row.
CREATE TABLE import_jobs (
    id BIGINT NOT NULL PRIMARY KEY,
    status VARCHAR(16) NOT NULL,
    currency CHAR(3) NOT NULL,
    done_rows BIGINT NOT NULL,
    total_rows BIGINT NOT NULL,
    done_groups BIGINT NOT NULL,
    entries BIGINT NOT NULL,
    totals TEXT NOT NULL,
    error_code VARCHAR(64),
    error_detail TEXT,
    created_at BIGINT NOT NULL,
    finished_at BIGINT,
    version BIGINT NOT NULL
);

CREATE TABLE import_file_parts (
    import_id BIGINT NOT NULL,
    part INTEGER NOT NULL,
    content MEDIUMTEXT NOT NULL,
    PRIMARY KEY (import_id, part)
);

CREATE TABLE import_entries (
    import_id BIGINT NOT NULL,
    position BIGINT NOT NULL,
    row_no BIGINT NOT NULL,
    handle TEXT NOT NULL,
    outcome VARCHAR(16) NOT NULL,
    message TEXT NOT NULL,
    PRIMARY KEY (import_id, position)
);
