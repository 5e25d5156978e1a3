#pragma once
// The library of pictures: what was uploaded or imported, without metadata, in several sizes, under addresses that
// never change their content. Features above (the catalogue) refer to a picture by its id. One per process; event loop
// only.
#include "core/page.hpp"
#include "core/result.hpp"
#include "platform/db/database.hpp"
#include "platform/files/files.hpp"
#include "platform/runtime/offload.hpp"

#include <boost/describe.hpp>

#include <functional>
#include <span>

namespace caddy::http {
class ExpectedVersion;
}

namespace caddy::media {

struct PictureTag {
    static constexpr std::string_view prefix = "img";
};
using PictureId = Id<PictureTag>;

/// The spelling is that of the files' endings.
BOOST_DEFINE_ENUM_CLASS(PictureType, jpg, png, webp, gif, avif, svg)
/// `automatic`: a folder for the embedded database, the database where that is a server that other processes use, too.
BOOST_DEFINE_ENUM_CLASS(StorePlace, automatic, folder, database)

struct Config {
    StorePlace store = StorePlace::automatic;
    std::int64_t pixels_max = 50'000'000;           // of one picture, all frames together
    std::int64_t cache_bytes_max = 64 * 1024 * 1024;
    int uploads_max = 4;                            // at a time, in this process
};

constexpr std::size_t content_bytes_max = 64 * 1024 * 1024;
constexpr std::chrono::hours orphan_age{1};   // far longer than an upload may take

/// A smaller form of a picture, as WebP.
struct Size {
    int width = 0;
    std::string url;
};
BOOST_DESCRIBE_STRUCT(Size, (), (width, url))

struct Picture {
    PictureId id;
    std::string url;
    std::string content_type;
    std::optional<int> width;   // of an SVG only where it says so
    std::optional<int> height;
    std::int64_t bytes = 0;
    std::vector<Size> sizes;   // narrower than the picture, narrowest first; none of an SVG, which scales by itself
    Time created_at{};
    std::int64_t version = 1;
};
BOOST_DESCRIBE_STRUCT(Picture, (), (id, url, content_type, width, height, bytes, sizes, created_at, version))

/// What never changes about a picture: for whoever shows it.
struct Facts {
    PictureId id;
    std::string url;
    std::optional<int> width;
    std::optional<int> height;
    std::string sizes;   // widths with commas between them; see sizes_of
    friend bool operator==(const Facts&, const Facts&) = default;
};

/// The forms of these widths of the picture at this address.
std::vector<Size> sizes_of(std::string_view url, std::string_view widths);

/// The address of the narrowest form that is at least so wide, else of the picture itself.
std::string url_at_least(std::string_view url, std::string_view widths, int width);

/// The pictures with these ids, in no particular order; unknown ones are missing.
Task<std::vector<Facts>> pictures(db::Session&, std::span<const PictureId>);

/// The pictures at these addresses, in no particular order. They are not removed before the transaction has ended;
/// addresses that are not the library's are left out.
Task<std::vector<Facts>> hold(db::Transaction&, std::span<const std::string> urls);

/// What an upload came to.
struct Kept {
    Picture picture;
    bool is_new = false;   // false: the same content was there already
};

namespace store {
struct PictureRow;
}

class MediaService {
public:
    /// Reads the content from wherever it is, as often as it is wanted: a large one need not stay in memory. Called on
    /// a thread where waiting is allowed.
    using Read = std::function<Result<std::string>()>;
    /// Whether somebody shows the picture; asked in the transaction that would remove it.
    using Use = std::function<Task<bool>(db::Transaction&, PictureId)>;

    MediaService(db::Database& database, files::FileStore& files, const Config& config)
        : db_(database), files_(files), config_(config) {}
    ~MediaService();

    /// Registers who may show pictures. REQUIRES: before serving.
    void keep_while(Use use) { uses_.push_back(std::move(use)); }

    /// Takes an uploaded picture into the library. What it is, its content says; metadata (places, cameras, names) is
    /// left out, and smaller forms are made. The same content again is the same picture.
    ///
    /// Refuses: media.empty, media.not_a_picture (415), media.svg_not_passive, media.damaged, media.too_many_pixels,
    ///          media.busy (503), what `Read` refuses
    /// Effect:  audited when it is new
    Task<Result<Kept>> add(const Context&, const Read&);

    /// The same for a part of a larger piece of work, such as an import: waits its turn, and is not audited by itself.
    ///
    /// Refuses: as add, but never media.busy
    Task<Result<Kept>> take(const Context&, const Read&);

    /// Newest first. Refuses: request.cursor_malformed
    Task<Result<Page<Picture>>> list(const Context&, const PageRequest&);
    /// Refuses: media.not_found
    Task<Result<Picture>> show(const Context&, PictureId);
    /// Its files go at once, or when they are an hour old.
    ///
    /// Refuses: media.not_found, request.version_mismatch, media.in_use (409)
    /// Effect:  audited
    Task<Result<void>> remove(const Context&, PictureId, const http::ExpectedVersion&);

    /// Removes a bounded part of the files that no picture has: uploads that crashed between file and row, and removed
    /// pictures. Goes round the whole store in the course of its calls.
    Task<> sweep(const Context&);

private:
    enum class Origin { upload, work };

    Task<Result<Kept>> keep(const Context&, const Read&, Origin);
    Task<bool> is_complete(const Context&, const std::string& digest);
    Task<Result<std::optional<Kept>>> write_row(const Context&, const std::optional<store::PictureRow>& made,
                                                const std::string& digest, Origin);
    Task<std::vector<std::string>> without_picture(const Context&, const std::vector<std::string>& names);

    db::Database& db_;
    files::FileStore& files_;
    Config config_;
    std::vector<Use> uses_;
    int uploads_ = 0;
    std::string swept_to_;
    asio::thread_pool darkroom_{1};   // one picture at a time: decoding takes memory
};

}   // namespace caddy::media
