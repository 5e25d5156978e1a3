-- The back office lists events of one type, too.
CREATE INDEX outbox_events_type ON outbox_events (status, type, try_at);
