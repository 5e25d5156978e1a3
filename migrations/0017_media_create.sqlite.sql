-- The library of pictures. `digest` is of what was handed in and names the files; `sizes` lists the widths of its smaller
-- forms with commas between them.
CREATE TABLE media_pictures (
    id BIGINT NOT NULL PRIMARY KEY,
    digest CHAR(32) NOT NULL,
    type VARCHAR(8) NOT NULL,
    width INT,
    height INT,
    bytes BIGINT NOT NULL,
    sizes VARCHAR(64) NOT NULL,
    created_at BIGINT NOT NULL,
    version BIGINT NOT NULL
);
CREATE UNIQUE INDEX media_pictures_digest ON media_pictures (digest);

-- Which picture of the library a medium of a product shows, with what never changes about it, so that shoppers' reads
-- need not look it up.
ALTER TABLE product_media ADD COLUMN picture_id BIGINT;
ALTER TABLE product_media ADD COLUMN width INT;
ALTER TABLE product_media ADD COLUMN height INT;
ALTER TABLE product_media ADD COLUMN sizes VARCHAR(64);
CREATE INDEX product_media_picture ON product_media (picture_id);
