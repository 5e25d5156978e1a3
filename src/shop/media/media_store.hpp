#pragma once
// The SQL of the library. Private to this folder.
#include "shop/media/media_names.hpp"

namespace caddy::media::store {

struct PictureRow {
    PictureId id;
    std::string digest;
    PictureType type{};
    std::optional<int> width;
    std::optional<int> height;
    std::int64_t bytes = 0;
    std::string sizes;
    Time created_at{};
    std::int64_t version = 0;
};
BOOST_DESCRIBE_STRUCT(PictureRow, (), (id, digest, type, width, height, bytes, sizes, created_at, version))

/// False when a writer beside us has put in the same digest.
Task<bool> insert(db::Transaction&, const PictureRow&);
Task<std::optional<PictureRow>> find(db::Session&, PictureId);
Task<std::optional<PictureRow>> by_digest(db::Session&, std::string_view digest);
/// The row, held until the transaction ends.
Task<std::optional<PictureRow>> lock(db::Transaction&, PictureId);
Task<std::optional<PictureRow>> lock_digest(db::Transaction&, std::string_view digest);
/// The rows, held until the transaction ends against being removed.
Task<std::vector<PictureRow>> hold_digests(db::Transaction&, std::span<const std::string> digests);
Task<std::vector<PictureRow>> all(db::Session&, std::span<const PictureId>);
Task<std::vector<PictureRow>> by_digests(db::Session&, std::span<const std::string> digests);
Task<std::vector<PictureRow>> before(db::Session&, PictureId, int limit);
Task<> erase(db::Transaction&, PictureId);

}   // namespace caddy::media::store
