-- Finished events of one type and time are delivered again on demand.
CREATE INDEX outbox_events_replay ON outbox_events (type, occurred_at);
