-- What an account's owner says of himself, and the links that are mailed to him: only their digests are kept.
ALTER TABLE users ADD COLUMN phone VARCHAR(32) NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN locale VARCHAR(16) NOT NULL DEFAULT 'zh-CN';
ALTER TABLE users ADD COLUMN closed_at BIGINT NULL;
CREATE TABLE account_links (
    hash CHAR(64) NOT NULL PRIMARY KEY,
    user_id BIGINT NOT NULL,
    purpose VARCHAR(16) NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX account_links_user ON account_links (user_id, purpose);
CREATE INDEX account_links_expires ON account_links (expires_at);
