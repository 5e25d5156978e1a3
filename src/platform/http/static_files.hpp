#pragma once
// Files of a directory, or of the binary itself, under a URL prefix: typed, tagged, compressed once, never from outside
// the directory. One event loop; lives as long as the router that it filled.
#include "platform/http/router.hpp"
#include "platform/runtime/embedded.hpp"

#include <chrono>
#include <filesystem>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace caddy::http {

/// Same origin only, no inline script, not in frames.
constexpr std::string_view html_policy =
    "default-src 'self'; img-src 'self' https: data:; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'";

class StaticFiles {
public:
    struct Options {
        std::string prefix{};     // `/docs/assets`; empty for the root
        std::string fallback{};   // served for paths that name no file (`index.html` of a one-page application)
        std::string html_policy{http::html_policy};       // Content-Security-Policy of HTML
        int max_age_s = 300;                              // of files whose name carries no digest
        std::size_t cache_bytes_max = 64 * 1024 * 1024;   // of file contents kept in memory
        std::size_t file_bytes_max = 64 * 1024 * 1024;    // larger files are not served
    };

    StaticFiles(std::filesystem::path directory, Options);
    StaticFiles(std::vector<EmbeddedFile>, Options);

    /// Adds `GET prefix/…`, without rate limit. REQUIRES: this object outlives the router.
    void routes(Router&);

    /// The answer for a path below the prefix. Refuses: request.not_found
    Result<Response> find(std::string_view path);

private:
    struct File {
        std::shared_ptr<const Prepared> content;
        std::filesystem::file_time_type changed_at{};
        std::uintmax_t size = 0;
    };
    using Files = std::list<std::pair<std::string, File>>;   // most lately used first

    std::shared_ptr<const Prepared> load(const std::string& path);
    std::shared_ptr<const Prepared> load_from_disk(const std::string& path);
    std::shared_ptr<const Prepared> load_embedded(const std::string& path);
    void keep(const std::string& path, File);
    void forget(const std::string& path);
    Response respond(const std::string& path, std::shared_ptr<const Prepared>) const;

    std::filesystem::path root_;   // canonical; empty when the files are in the binary
    std::vector<EmbeddedFile> embedded_;
    Options options_;
    Files files_;
    std::map<std::string, Files::iterator, std::less<>> by_path_;
    std::size_t kept_bytes_ = 0;
};

/// By the ending of the name; `application/octet-stream` for an unknown one.
std::string_view content_type_of(std::string_view file_name);

/// True for names that change with their content, as bundlers make them: `index-BdX3k2a9.js`, `0f1e2d3c4b5a6978.png`.
bool has_digest(std::string_view file_name);

}  // namespace caddy::http
