-- What staff note about an order is theirs alone to read; what they noted before stood in the timeline for everybody.
ALTER TABLE order_timeline ADD COLUMN audience VARCHAR(8) NOT NULL DEFAULT 'everyone';
UPDATE order_timeline SET audience = 'staff' WHERE from_status = to_status AND SUBSTR(actor, 1, 4) = 'cus_'
    AND note NOT LIKE 'A parcel was sent%' AND note NOT LIKE 'A refund of %';
