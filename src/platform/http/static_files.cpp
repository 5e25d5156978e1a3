#include "platform/http/static_files.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <optional>

namespace caddy::http {

namespace fs = std::filesystem;

namespace {

struct Type {
    std::string_view ending, type;
};
constexpr std::array types = {Type{"html", "text/html; charset=utf-8"},
                              Type{"css", "text/css; charset=utf-8"},
                              Type{"js", "text/javascript; charset=utf-8"},
                              Type{"mjs", "text/javascript; charset=utf-8"},
                              Type{"json", "application/json"},
                              Type{"map", "application/json"},
                              Type{"webmanifest", "application/manifest+json"},
                              Type{"yaml", "application/yaml"},
                              Type{"txt", "text/plain; charset=utf-8"},
                              Type{"md", "text/markdown; charset=utf-8"},
                              Type{"xml", "application/xml"},
                              Type{"csv", "text/csv; charset=utf-8"},
                              Type{"svg", "image/svg+xml"},
                              Type{"png", "image/png"},
                              Type{"jpg", "image/jpeg"},
                              Type{"jpeg", "image/jpeg"},
                              Type{"gif", "image/gif"},
                              Type{"webp", "image/webp"},
                              Type{"avif", "image/avif"},
                              Type{"ico", "image/x-icon"},
                              Type{"woff2", "font/woff2"},
                              Type{"woff", "font/woff"},
                              Type{"ttf", "font/ttf"},
                              Type{"wasm", "application/wasm"},
                              Type{"pdf", "application/pdf"}};

// An SVG opened by itself is a document that may hold scripts: it gets a page's policy, and the tightest one.
constexpr std::string_view svg_policy =
    "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'";

std::string_view ending_of(std::string_view name) {
    const auto dot = name.rfind('.');
    return dot == std::string_view::npos ? std::string_view() : name.substr(dot + 1);
}

std::string_view last_segment(std::string_view path) { return path.substr(path.rfind('/') + 1); }

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// No empty and no hidden segments; what comes in has no dot segments any more, and this keeps it true.
bool is_plain_path(std::string_view path) {
    if (path.find('\\') != std::string_view::npos || path.find('\0') != std::string_view::npos) return false;
    while (true) {
        const auto slash = path.find('/');
        const auto segment = path.substr(0, slash);
        if (segment.empty() || segment.front() == '.') return false;
        if (slash == std::string_view::npos) return true;
        path.remove_prefix(slash + 1);
    }
}

bool is_below(const fs::path& file, const fs::path& root) {
    const auto [at, ignored] = std::mismatch(root.begin(), root.end(), file.begin(), file.end());
    return at == root.end();
}

std::optional<std::string> read_file(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return std::nullopt;
    std::string content{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    if (file.bad()) return std::nullopt;
    return content;
}

std::size_t bytes_of(const Prepared& content) {
    return content.identity.size() + content.gzip.size() + content.brotli.size();
}

Task<Result<Response>> serve_file(Request& request, StaticFiles& files) {
    co_return files.find(request.path_text("file"));
}

}  // namespace

StaticFiles::StaticFiles(fs::path directory, Options options)
    : root_(fs::weakly_canonical(directory)), options_(std::move(options)) {}

StaticFiles::StaticFiles(std::vector<EmbeddedFile> files, Options options)
    : embedded_(std::move(files)), options_(std::move(options)) {}

void StaticFiles::routes(Router& router) {
    router.get(options_.prefix + "/{file*}", Access::anyone, bind(serve_file, *this)).tier = Tier::none;
}

Result<Response> StaticFiles::find(std::string_view path) {
    auto name = std::string(path);
    if (name.empty() || name.ends_with('/')) name.append("index.html");
    if (is_plain_path(name)) {
        if (auto content = load(name)) return respond(name, std::move(content));
    }
    // A missing picture or script is missing; only addresses of pages lead to the application.
    const bool is_page = ending_of(last_segment(name)).empty() || name.ends_with("index.html");
    if (!options_.fallback.empty() && is_page) {
        if (auto content = load(options_.fallback)) return respond(options_.fallback, std::move(content));
    }
    return Error{ErrorKind::not_found, "request.not_found", "There is no such file."};
}

std::shared_ptr<const Prepared> StaticFiles::load(const std::string& path) {
    return root_.empty() ? load_embedded(path) : load_from_disk(path);
}

std::shared_ptr<const Prepared> StaticFiles::load_embedded(const std::string& path) {
    if (const auto found = by_path_.find(path); found != by_path_.end()) return found->second->second.content;
    const auto file =
        std::find_if(embedded_.begin(), embedded_.end(), [&](const auto& row) { return row.name == path; });
    if (file == embedded_.end()) return nullptr;
    auto content = prepare(std::string(file->content), content_type_of(path));
    keep(path, {content, {}, file->content.size()});
    return content;
}

std::shared_ptr<const Prepared> StaticFiles::load_from_disk(const std::string& path) {
    std::error_code error;
    const auto full = fs::canonical(root_ / path, error);   // follows links, so that none leads out
    if (error || !is_below(full, root_) || !fs::is_regular_file(full, error)) {
        forget(path);
        return nullptr;
    }
    const auto size = fs::file_size(full, error);
    const auto changed_at = error ? fs::file_time_type{} : fs::last_write_time(full, error);
    if (error || size > options_.file_bytes_max) return nullptr;
    if (const auto found = by_path_.find(path); found != by_path_.end()) {
        const auto& file = found->second->second;
        if (file.changed_at == changed_at && file.size == size) {
            files_.splice(files_.begin(), files_, found->second);
            return file.content;
        }
    }
    auto bytes = read_file(full);
    if (!bytes) return nullptr;
    auto content = prepare(std::move(*bytes), content_type_of(path));
    keep(path, {content, changed_at, size});
    return content;
}

void StaticFiles::forget(const std::string& path) {
    const auto found = by_path_.find(path);
    if (found == by_path_.end()) return;
    kept_bytes_ -= bytes_of(*found->second->second.content);
    files_.erase(found->second);
    by_path_.erase(found);
}

void StaticFiles::keep(const std::string& path, File file) {
    forget(path);
    const auto bytes = bytes_of(*file.content);
    if (bytes > options_.cache_bytes_max) return;
    while (kept_bytes_ + bytes > options_.cache_bytes_max) {
        const auto oldest = files_.back().first;
        forget(oldest);
    }
    files_.emplace_front(path, std::move(file));
    by_path_.emplace(path, files_.begin());
    kept_bytes_ += bytes;
}

Response StaticFiles::respond(const std::string& path, std::shared_ptr<const Prepared> content) const {
    Response response;
    response.content_type = content_type_of(path);
    response.prepared = std::move(content);
    const bool is_html = response.content_type.starts_with("text/html");
    if (is_html) response.with("Content-Security-Policy", options_.html_policy);
    if (response.content_type == "image/svg+xml") response.with("Content-Security-Policy", std::string(svg_policy));
    if (is_html)
        response.with("Cache-Control", "no-cache");   // it names the files of this release
    else if (has_digest(last_segment(path)))
        response.with("Cache-Control", "public, max-age=31536000, immutable");
    else
        response.with("Cache-Control", "public, max-age=" + std::to_string(options_.max_age_s));
    return response;
}

std::string_view content_type_of(std::string_view file_name) {
    const auto ending = ending_of(last_segment(file_name));
    for (const auto& row : types) {
        if (row.ending == ending) return row.type;
    }
    return "application/octet-stream";
}

bool has_digest(std::string_view file_name) {
    const auto stem = file_name.substr(0, file_name.rfind('.'));
    const auto mark = stem.find_last_of("-.");
    const auto digest = mark == std::string_view::npos ? stem : stem.substr(mark + 1);
    const auto is_hex = [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); };
    if (digest.size() >= 16 && std::all_of(digest.begin(), digest.end(), is_hex)) return true;
    if (mark == std::string_view::npos || digest.size() != 8) return false;
    // Eight characters of base 64 as Vite writes them; a plain word or a date is not taken for one.
    bool letters = false, others = false;
    for (const char c : digest) {
        const bool lower = c >= 'a' && c <= 'z';
        const bool upper = c >= 'A' && c <= 'Z';
        if (!lower && !upper && !is_digit(c) && c != '_') return false;
        letters = letters || lower || upper;
        others = others || upper || is_digit(c);
    }
    return letters && others;
}

}  // namespace caddy::http
