#pragma once
// How pictures go out to browsers. One per process; event loop only.
#include "platform/http/static_files.hpp"
#include "shop/media/media.hpp"

#include <list>
#include <map>

namespace caddy::media {

/// The files of the library as browsers get them, and those that lay in the folder before there was a library.
class MediaFiles {
public:
    MediaFiles(files::FileStore& files, const std::filesystem::path& folder, const Config& config);
    ~MediaFiles();

    /// Refuses: request.not_found
    Task<Result<http::Response>> find(const Context&, const std::string& path);

private:
    struct Entry {
        std::string name;
        std::shared_ptr<const http::Prepared> content;
        std::chrono::steady_clock::time_point read_at;
    };
    std::shared_ptr<const http::Prepared> cached(const std::string& name);
    void keep(const std::string& name, std::shared_ptr<const http::Prepared>);
    void forget(std::map<std::string, std::list<Entry>::iterator>::iterator);

    files::FileStore& files_;
    http::StaticFiles folder_;
    std::size_t cache_bytes_max_;
    std::size_t cached_bytes_ = 0;
    std::list<Entry> entries_;   // most lately used first
    std::map<std::string, std::list<Entry>::iterator> by_name_;
    asio::thread_pool packers_{1};   // digests and compression
};

}   // namespace caddy::media
