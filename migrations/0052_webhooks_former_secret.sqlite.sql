-- After a secret is rotated, the former one signs beside it until `former_until`; then it is wiped.
ALTER TABLE webhook_endpoints ADD COLUMN former_secret TEXT;
ALTER TABLE webhook_endpoints ADD COLUMN former_until INTEGER;
CREATE INDEX webhook_endpoints_former ON webhook_endpoints (former_until);
