#include "app/documents.hpp"

#include "platform/runtime/embedded.hpp"
#include "platform/telemetry/log.hpp"

#include <filesystem>
#include <system_error>

namespace caddy::documents {
std::vector<EmbeddedFile> files();   // the bundled API document, put into the binary by the build
}

namespace caddy::app {
namespace {

/// Where the web pages are: named, or installed beside the program, or where the build leaves them.
std::filesystem::path find_web(const std::string& named) {
    if (!named.empty()) return named;
    std::error_code ignored;
    const auto program = std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path();
    for (const auto* candidate : {"../share/caddy-shopping/web", "../../web"}) {
        if (std::filesystem::exists(program / candidate / "docs", ignored)) return program / candidate;
    }
    return {};
}

http::StaticFiles::Options page_options() {
    http::StaticFiles::Options options;
    options.prefix = "/docs";
    return options;
}

/// A page under its own address, without the ending of its file.
http::Handler page(http::StaticFiles& pages, std::string_view file) {
    struct Serve {
        Task<Result<http::Response>> operator()(http::Request&) const { co_return pages.find(file); }
        http::StaticFiles& pages;
        std::string_view file;
    };
    return Serve{pages, file};
}

/// The API document never changes while the program runs.
Task<Result<http::Response>> api_document(http::Request&) {
    const auto embedded = documents::files();
    http::Response response;
    response.body = embedded.front().content;
    auto [name, value] = http::public_for(300);
    response.with(std::move(name), std::move(value));
    co_return response;
}

}   // namespace

Documents::Documents(const Settings& settings) {
    const auto web = find_web(settings.process.web_dir);
    if (web.empty())
        log::warn("web.missing", {{"remedy", "run 'make web', or name the folder with WEB_DIR; /docs is not served"}});
    else pages_ = std::make_unique<http::StaticFiles>(web / "docs", page_options());
}

void Documents::routes(http::Router& r) {
    r.get("/api/v1/openapi.json", Access::anyone, &api_document);
    if (!pages_) return;
    r.get("/docs", Access::anyone, page(*pages_, "index.html")).tier = http::Tier::none;
    r.get("/docs/errors", Access::anyone, page(*pages_, "errors.html")).tier = http::Tier::none;
    pages_->routes(r);
}

}   // namespace caddy::app
