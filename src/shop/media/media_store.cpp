#include "shop/media/media_store.hpp"

namespace caddy::media::store {
namespace {

const db::Sql sql_insert{
    {.name = "media.insert",
     .any = "INSERT INTO media_pictures (id, digest, type, width, height, bytes, sizes, created_at, version)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"}};
const db::Sql sql_find{{.name = "media.find",
                        .any = "SELECT id, digest, type, width, height, bytes, sizes, created_at, version"
                               " FROM media_pictures WHERE id = ?"}};
const db::Sql sql_by_digest{{.name = "media.by_digest",
                             .any = "SELECT id, digest, type, width, height, bytes, sizes, created_at, version"
                                    " FROM media_pictures WHERE digest = ?"}};
const db::Sql sql_lock{{.name = "media.lock",
                        .mysql = "SELECT id, digest, type, width, height, bytes, sizes, created_at, version"
                                 " FROM media_pictures WHERE id = ? FOR UPDATE",
                        .sqlite = "SELECT id, digest, type, width, height, bytes, sizes, created_at, version"
                                  " FROM media_pictures WHERE id = ?"}};
const db::Sql sql_lock_digest{{.name = "media.lock_digest",
                               .mysql = "SELECT id, digest, type, width, height, bytes, sizes, created_at, version"
                                        " FROM media_pictures WHERE digest = ? FOR UPDATE",
                               .sqlite = "SELECT id, digest, type, width, height, bytes, sizes, created_at, version"
                                         " FROM media_pictures WHERE digest = ?"}};
const db::Sql sql_hold_digests{{.name = "media.hold_digests",
                                .mysql = "SELECT id, digest, type, width, height, bytes, sizes, created_at, version"
                                         " FROM media_pictures WHERE digest IN (:ids) LOCK IN SHARE MODE",
                                .sqlite = "SELECT id, digest, type, width, height, bytes, sizes, created_at, version"
                                          " FROM media_pictures WHERE digest IN (:ids)"}};
const db::Sql sql_all{{.name = "media.all",
                       .any = "SELECT id, digest, type, width, height, bytes, sizes, created_at, version"
                              " FROM media_pictures WHERE id IN (:ids)"}};
const db::Sql sql_by_digests{{.name = "media.by_digests",
                              .any = "SELECT id, digest, type, width, height, bytes, sizes, created_at, version"
                                     " FROM media_pictures WHERE digest IN (:ids)"}};
const db::Sql sql_before{{.name = "media.before",
                          .any = "SELECT id, digest, type, width, height, bytes, sizes, created_at, version"
                                 " FROM media_pictures WHERE id < ? ORDER BY id DESC LIMIT ?"}};
const db::Sql sql_erase{{.name = "media.erase", .any = "DELETE FROM media_pictures WHERE id = ?"}};

}   // namespace

Task<bool> insert(db::Transaction& tx, const PictureRow& row) {
    co_return co_await tx.exec_unique(sql_insert, row.id, row.digest, row.type, row.width, row.height, row.bytes,
                                      row.sizes, row.created_at, row.version);
}

Task<std::optional<PictureRow>> find(db::Session& db, PictureId id) {
    co_return co_await db.one<PictureRow>(sql_find, id);
}

Task<std::optional<PictureRow>> by_digest(db::Session& db, std::string_view digest) {
    co_return co_await db.one<PictureRow>(sql_by_digest, digest);
}

Task<std::optional<PictureRow>> lock(db::Transaction& tx, PictureId id) {
    co_return co_await tx.one<PictureRow>(sql_lock, id);
}

Task<std::optional<PictureRow>> lock_digest(db::Transaction& tx, std::string_view digest) {
    co_return co_await tx.one<PictureRow>(sql_lock_digest, digest);
}

Task<std::vector<PictureRow>> hold_digests(db::Transaction& tx, std::span<const std::string> digests) {
    co_return co_await tx.all_in<PictureRow>(sql_hold_digests, digests);
}

Task<std::vector<PictureRow>> all(db::Session& db, std::span<const PictureId> ids) {
    co_return co_await db.all_in<PictureRow>(sql_all, ids);
}

Task<std::vector<PictureRow>> by_digests(db::Session& db, std::span<const std::string> digests) {
    co_return co_await db.all_in<PictureRow>(sql_by_digests, digests);
}

Task<std::vector<PictureRow>> before(db::Session& db, PictureId id, int limit) {
    co_return co_await db.all<PictureRow>(sql_before, id, limit);
}

Task<> erase(db::Transaction& tx, PictureId id) { co_await tx.exec(sql_erase, id); }

}   // namespace caddy::media::store
