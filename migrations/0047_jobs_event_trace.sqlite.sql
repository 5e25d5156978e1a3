-- Where the work belongs that wrote the event: header fields of W3C Trace Context and Baggage, a line each.
ALTER TABLE outbox_events ADD COLUMN trace TEXT;
