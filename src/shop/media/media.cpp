// Pictures in and out of the library. Files go first and the row second, so that a row never lacks its files; what a
// crash leaves between the two is swept.
#include "shop/media/media.hpp"

#include "platform/crypto/digest.hpp"
#include "platform/http/precondition.hpp"
#include "platform/idempotency/idempotency.hpp"
#include "platform/json/encode.hpp"
#include "platform/runtime/offload.hpp"
#include "platform/telemetry/log.hpp"
#include "shop/audit/audit.hpp"
#include "shop/media/media_develop.hpp"
#include "shop/media/media_store.hpp"

#include <algorithm>
#include <limits>
#include <set>

namespace caddy::media {
namespace {

constexpr int sweep_names = 200;     // at a time
constexpr int sweep_rounds = 10;     // of one sweep
constexpr int keep_attempts_max = 3;

namespace refuse {
Error not_found() { return {ErrorKind::not_found, "media.not_found", "There is no such picture."}; }
Error in_use() {
    return {ErrorKind::conflict, "media.in_use",
            "A product shows this picture. Take it out of the product's media first."};
}
Error busy() {
    return {ErrorKind::unavailable, "media.busy", "Many pictures are being uploaded. Send this one again in a moment.",
            {}, std::chrono::seconds(2)};
}
Error cursor_malformed() {
    return {ErrorKind::malformed, "request.cursor_malformed", "Send the cursor as the last page gave it."};
}
}   // namespace refuse

std::string url_of(const store::PictureRow& row) { return "/media/" + file_name(row.digest, row.type); }

Picture picture_of(const store::PictureRow& row) {
    Picture picture;
    picture.id = row.id;
    picture.url = url_of(row);
    picture.content_type = content_type_of(row.type);
    picture.width = row.width;
    picture.height = row.height;
    picture.bytes = row.bytes;
    picture.sizes = sizes_of(picture.url, row.sizes);
    picture.created_at = row.created_at;
    picture.version = row.version;
    return picture;
}

std::vector<Facts> facts_of(std::vector<store::PictureRow> rows) {
    std::vector<Facts> facts;
    for (auto& row : rows) facts.push_back({row.id, url_of(row), row.width, row.height, std::move(row.sizes)});
    return facts;
}

std::vector<std::string> names_of(const store::PictureRow& row) {
    std::vector<std::string> names{file_name(row.digest, row.type)};
    for (const auto width : widths_of(row.sizes)) names.push_back(form_name(row.digest, width));
    return names;
}

store::PictureRow row_of(const Developed& made, const std::string& digest) {
    std::vector<int> widths;
    for (const auto& form : made.forms) widths.push_back(form.width);
    return {.id = PictureId::next(),
            .digest = digest,
            .type = made.type,
            .width = made.width,
            .height = made.height,
            .bytes = static_cast<std::int64_t>(made.content.size()),
            .sizes = joined(widths),
            .created_at = {},
            .version = 1};
}

json::Raw document(const Picture& picture) { return {json::to_json(picture)}; }

Result<std::string> digest_read(const MediaService::Read& read) {
    CADDY_TRY(const auto content, read());
    return crypto::sha256_hex(content).substr(0, digest_digits);
}

Result<Developed> develop_read(const MediaService::Read& read, std::int64_t pixels_max) {
    CADDY_TRY(const auto content, read());
    return develop(content, pixels_max);
}

/// Counts an upload for as long as it lasts.
class Counted {
public:
    explicit Counted(int& count) : count_(count) { ++count_; }
    Counted(const Counted&) = delete;
    ~Counted() { --count_; }

private:
    int& count_;
};

Task<> shelve(const Context& ctx, files::FileStore& files, const std::string& digest, Developed made) {
    for (auto& form : made.forms) {
        const auto content = std::make_shared<const std::string>(std::move(form.content));
        co_await files.put(ctx, form_name(digest, form.width), content);
    }
    const auto content = std::make_shared<const std::string>(std::move(made.content));
    co_await files.put(ctx, file_name(digest, made.type), content);
}

}   // namespace

Task<std::vector<Facts>> pictures(db::Session& db, std::span<const PictureId> ids) {
    if (ids.empty()) co_return std::vector<Facts>{};
    auto rows = co_await store::all(db, ids);
    co_return facts_of(std::move(rows));
}

Task<std::vector<Facts>> hold(db::Transaction& tx, std::span<const std::string> urls) {
    constexpr std::string_view prefix = "/media/";
    std::vector<std::string> digests;
    for (const auto& url : urls) {
        if (!url.starts_with(prefix)) continue;
        if (const auto digest = digest_of(std::string_view(url).substr(prefix.size()))) digests.emplace_back(*digest);
    }
    if (digests.empty()) co_return std::vector<Facts>{};
    // In one order, whoever holds them.
    std::sort(digests.begin(), digests.end());
    auto rows = co_await store::hold_digests(tx, digests);
    auto facts = facts_of(std::move(rows));
    std::erase_if(facts, [&](const auto& each) { return std::find(urls.begin(), urls.end(), each.url) == urls.end(); });
    co_return facts;
}

MediaService::~MediaService() { darkroom_.join(); }

Task<Result<Kept>> MediaService::add(const Context& ctx, const Read& read) {
    if (uploads_ >= config_.uploads_max) co_return refuse::busy();
    const Counted counted(uploads_);
    co_return co_await keep(ctx, read, Origin::upload);
}

Task<Result<Kept>> MediaService::take(const Context& ctx, const Read& read) {
    co_return co_await keep(ctx, read, Origin::work);
}

Task<Result<Kept>> MediaService::keep(const Context& ctx, const Read& read, Origin origin) {
    CADDY_CO_TRY(const auto digest, co_await offload(darkroom_, [&] { return digest_read(read); }));
    for (int attempt = 0; attempt < keep_attempts_max; ++attempt) {
        std::optional<store::PictureRow> made;
        const bool complete = co_await is_complete(ctx, digest);
        if (!complete) {
            CADDY_CO_TRY(auto developed,
                         co_await offload(darkroom_, [&] { return develop_read(read, config_.pixels_max); }));
            made = row_of(developed, digest);
            co_await shelve(ctx, files_, digest, std::move(developed));
        }
        CADDY_CO_TRY(auto kept, co_await write_row(ctx, made, digest, origin));
        if (kept) co_return *std::move(kept);
        // It was there and has been removed meanwhile: it is made anew.
    }
    throw Unavailable("a picture is removed as often as it is uploaded");
}

/// There is a row, and the file that it speaks of; a lost file is made again by the next upload.
Task<bool> MediaService::is_complete(const Context& ctx, const std::string& digest) {
    std::optional<store::PictureRow> row;
    {
        auto db = co_await db_.read(ctx);
        row = co_await store::by_digest(db, digest);
    }
    if (!row) co_return false;
    const auto names = names_of(*row);
    for (const auto& name : names) {
        const bool there = co_await files_.exists(ctx, name);
        if (!there) co_return false;
    }
    co_return true;
}

Task<Result<std::optional<Kept>>> MediaService::write_row(const Context& ctx,
                                                          const std::optional<store::PictureRow>& made,
                                                          const std::string& digest, Origin origin) {
    co_return co_await db_.transact(
        ctx, "media.keep", [&](db::Transaction& tx) -> Task<Result<std::optional<Kept>>> {
            const auto there = co_await store::lock_digest(tx, digest);
            if (!there && !made) co_return std::optional<Kept>{};
            auto row = there ? *there : *made;
            const auto subject = row.id.text();
            if (origin == Origin::upload) CADDY_CO_TRY(co_await idempotency::record(tx, ctx, subject));
            if (there) co_return std::optional<Kept>(Kept{picture_of(row), false});
            row.created_at = ctx.now();
            const bool first = co_await store::insert(tx, row);
            if (!first) throw db::Retry("the same picture was uploaded beside us");
            const auto picture = picture_of(row);
            const audit::Act act{"media.picture.create", subject, std::nullopt, document(picture)};
            if (origin == Origin::upload) co_await audit::record(tx, ctx, act);
            co_return std::optional<Kept>(Kept{picture, true});
        });
}

Task<Result<Page<Picture>>> MediaService::list(const Context& ctx, const PageRequest& page) {
    PictureId before{std::numeric_limits<std::int64_t>::max()};
    if (page.cursor) {
        const auto id = PictureId::parse(*page.cursor);
        if (!id) co_return refuse::cursor_malformed();
        before = *id;
    }
    auto db = co_await db_.read(ctx);
    auto rows = co_await store::before(db, before, page.limit + 1);
    Page<Picture> result;
    result.limit = page.limit;
    const bool more = rows.size() > static_cast<std::size_t>(page.limit);
    if (more) rows.resize(static_cast<std::size_t>(page.limit));
    for (const auto& row : rows) result.data.push_back(picture_of(row));
    if (more) result.next = result.data.back().id.text();
    co_return result;
}

Task<Result<Picture>> MediaService::show(const Context& ctx, PictureId id) {
    auto db = co_await db_.read(ctx);
    const auto row = co_await store::find(db, id);
    if (!row) co_return refuse::not_found();
    co_return picture_of(*row);
}

Task<Result<void>> MediaService::remove(const Context& ctx, PictureId id, const http::ExpectedVersion& expected) {
    CADDY_CO_TRY(const auto row,
                 co_await db_.transact(
                     ctx, "media.remove", [&](db::Transaction& tx) -> Task<Result<store::PictureRow>> {
                         const auto locked = co_await store::lock(tx, id);
                         if (!locked) co_return refuse::not_found();
                         CADDY_CO_TRY(expected.check(locked->version));
                         for (const auto& use : uses_) {
                             const bool used = co_await use(tx, id);
                             if (used) co_return refuse::in_use();
                         }
                         co_await store::erase(tx, id);
                         const auto subject = id.text();
                         const audit::Act act{"media.picture.delete", subject, document(picture_of(*locked)),
                                              std::nullopt};
                         co_await audit::record(tx, ctx, act);
                         co_return *locked;
                     }));
    // Somebody may be uploading the same content right now: what he has just put stays, and if nobody is, the sweeper
    // comes for it.
    const auto names = names_of(row);
    for (const auto& name : names) co_await files_.remove(ctx, name, ctx.now() - orphan_age);
    co_return Result<void>{};
}

Task<> MediaService::sweep(const Context& ctx) {
    const auto before = ctx.now() - orphan_age;
    co_await files_.sweep_drafts(ctx, before);
    std::int64_t removed = 0;
    for (int round = 0; round < sweep_rounds; ++round) {
        const auto names = co_await files_.older(ctx, before, swept_to_, sweep_names);
        const auto orphans = co_await without_picture(ctx, names);
        for (const auto& name : orphans) {
            const bool gone = co_await files_.remove(ctx, name, before);
            removed += gone ? 1 : 0;
        }
        swept_to_ = names.size() < static_cast<std::size_t>(sweep_names) ? std::string() : names.back();
        if (swept_to_.empty()) break;
    }
    if (removed > 0) log::info("media.swept", {{"files", removed}});
}

/// Only names such as the library gives: what else lies there is not the library's.
Task<std::vector<std::string>> MediaService::without_picture(const Context& ctx,
                                                             const std::vector<std::string>& names) {
    std::set<std::string> digests;
    for (const auto& name : names) {
        if (const auto digest = digest_of(name)) digests.emplace(*digest);
    }
    std::vector<std::string> orphans;
    if (digests.empty()) co_return orphans;
    std::set<std::string> known;
    {
        const std::vector<std::string> wanted(digests.begin(), digests.end());
        auto db = co_await db_.read(ctx);
        const auto rows = co_await store::by_digests(db, wanted);
        for (const auto& row : rows) {
            for (auto& name : names_of(row)) known.insert(std::move(name));
        }
    }
    for (const auto& name : names) {
        if (digest_of(name) && !known.contains(name)) orphans.push_back(name);
    }
    co_return orphans;
}

}   // namespace caddy::media
