-- Header fields that a reply is worth nothing without, `Name: value` a line. Empty: none, as in replies from before.
ALTER TABLE idempotency_keys ADD COLUMN headers VARCHAR(1024) NOT NULL DEFAULT '';
