-- Keys that callers sent with their requests, beside the effect of each. `made` names what the request made; the reply
-- follows once it is rendered.
CREATE TABLE idempotency_keys (
    scope        TEXT    NOT NULL,
    request_hash TEXT    NOT NULL,
    made         TEXT    NOT NULL,
    phase        TEXT    NOT NULL CHECK (phase IN ('made', 'answered')),
    status       INTEGER NOT NULL,
    content_type TEXT    NOT NULL,
    location     TEXT,
    etag         TEXT,
    body         TEXT    NOT NULL,
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    PRIMARY KEY (scope)
) STRICT;
CREATE INDEX idempotency_keys_expiry ON idempotency_keys (expires_at);
