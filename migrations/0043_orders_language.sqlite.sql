-- In which language an order's mails are written.
ALTER TABLE orders ADD COLUMN language TEXT NOT NULL DEFAULT 'zh-CN';
