-- In which language an order's mails are written.
ALTER TABLE orders ADD COLUMN language VARCHAR(8) NOT NULL DEFAULT 'zh-CN';
