-- Where the event belongs that is delivered: header fields of W3C Trace Context and Baggage, a line each.
ALTER TABLE webhook_deliveries ADD COLUMN trace TEXT NULL;
