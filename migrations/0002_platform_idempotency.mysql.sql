-- Keys that callers sent with their requests, beside the effect of each. `made` names what the request made; the reply
-- follows once it is rendered.
CREATE TABLE idempotency_keys (
    scope        CHAR(64)     NOT NULL,
    request_hash CHAR(64)     NOT NULL,
    made         VARCHAR(80)  NOT NULL,
    phase        VARCHAR(10)  NOT NULL,
    status       INT          NOT NULL,
    content_type VARCHAR(100) NOT NULL,
    location     VARCHAR(500),
    etag         VARCHAR(100),
    body         MEDIUMTEXT   NOT NULL,
    created_at   BIGINT       NOT NULL,
    expires_at   BIGINT       NOT NULL,
    PRIMARY KEY (scope),
    KEY idempotency_keys_expiry (expires_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
