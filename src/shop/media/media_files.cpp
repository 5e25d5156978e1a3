#include "shop/media/media_files.hpp"

#include "platform/runtime/offload.hpp"
#include "shop/media/media_names.hpp"

#include <algorithm>

namespace caddy::media {
namespace {

// A name of the library never changes its content, so what was read once is good; after this a removal is noticed.
constexpr std::chrono::minutes cached_for{10};

constexpr int folder_fresh_s = 86'400;

// An SVG that is opened by itself is a document: it may style itself and nothing else.
constexpr std::string_view svg_policy =
    "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'";

namespace refuse {
Error no_such_file() { return {ErrorKind::not_found, "request.not_found", "There is no such file."}; }
}   // namespace refuse

http::StaticFiles::Options folder_options(const Config& config) {
    http::StaticFiles::Options options;
    options.prefix = "/media";
    options.max_age_s = folder_fresh_s;
    options.cache_bytes_max = static_cast<std::size_t>(config.cache_bytes_max);
    return options;
}

std::filesystem::path ready(const std::filesystem::path& folder) {
    std::filesystem::create_directories(folder);
    return folder;
}

std::size_t bytes_of(const http::Prepared& content) {
    return content.identity.size() + content.gzip.size() + content.brotli.size();
}

http::Response answer(const std::string& name, std::shared_ptr<const http::Prepared> content) {
    http::Response response;
    response.content_type = http::content_type_of(name);
    response.prepared = std::move(content);
    if (name.ends_with(".svg")) response.with("Content-Security-Policy", std::string(svg_policy));
    response.with("Cache-Control", "public, max-age=31536000, immutable");
    return response;
}

}   // namespace

MediaFiles::MediaFiles(files::FileStore& files, const std::filesystem::path& folder, const Config& config)
    : files_(files), folder_(ready(folder), folder_options(config)),
      cache_bytes_max_(static_cast<std::size_t>(config.cache_bytes_max)) {}

MediaFiles::~MediaFiles() { packers_.join(); }

Task<Result<http::Response>> MediaFiles::find(const Context& ctx, const std::string& path) {
    if (!digest_of(path)) co_return folder_.find(path);
    if (auto content = cached(path)) co_return answer(path, std::move(content));
    auto read = co_await files_.get(ctx, path);
    if (read) {
        const auto content = co_await offload(
            packers_, [&] { return http::prepare(std::move(*read), http::content_type_of(path)); });
        keep(path, content);
        co_return answer(path, content);
    }
    // From before there was a library, or from when it kept its files in the folder.
    auto old = folder_.find(path);
    if (old.has_error()) old = folder_.find(path.substr(0, 2) + "/" + path);
    if (old.has_error()) co_return refuse::no_such_file();
    co_return old;
}

std::shared_ptr<const http::Prepared> MediaFiles::cached(const std::string& name) {
    const auto found = by_name_.find(name);
    if (found == by_name_.end()) return nullptr;
    if (std::chrono::steady_clock::now() - found->second->read_at > cached_for) {
        forget(found);
        return nullptr;
    }
    entries_.splice(entries_.begin(), entries_, found->second);
    return found->second->content;
}

void MediaFiles::keep(const std::string& name, std::shared_ptr<const http::Prepared> content) {
    if (const auto there = by_name_.find(name); there != by_name_.end()) forget(there);
    const auto bytes = bytes_of(*content);
    if (bytes > cache_bytes_max_) return;
    while (cached_bytes_ + bytes > cache_bytes_max_) forget(by_name_.find(entries_.back().name));
    entries_.push_front({name, std::move(content), std::chrono::steady_clock::now()});
    by_name_.emplace(name, entries_.begin());
    cached_bytes_ += bytes;
}

void MediaFiles::forget(std::map<std::string, std::list<Entry>::iterator>::iterator at) {
    cached_bytes_ -= bytes_of(*at->second->content);
    entries_.erase(at->second);
    by_name_.erase(at);
}

}   // namespace caddy::media
