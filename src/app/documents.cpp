#include "app/documents.hpp"

#include "app/product_page.hpp"
#include "platform/runtime/embedded.hpp"
#include "platform/telemetry/log.hpp"

#include <array>
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

http::StaticFiles::Options below(std::string prefix) {
    http::StaticFiles::Options options;
    options.prefix = std::move(prefix);
    return options;
}

/// Addresses of the storefront's pages, as its own router knows them; whatever else is asked for is not there.
constexpr std::array storefront_pages = {"/",
                                         "/products",
                                         "/search",
                                         "/flash-sales/{sale}",
                                         "/cart",
                                         "/checkout",
                                         "/pay/{payment}",
                                         "/orders",
                                         "/orders/{order}",
                                         "/sign-in",
                                         "/register",
                                         "/account",
                                         "/account/addresses",
                                         "/account/devices",
                                         "/account/security",
                                         "/account/forgot",
                                         "/account/reset",
                                         "/account/verify"};

/// A page under its own address, without the ending of its file.
http::Handler page(http::StaticFiles& pages, std::string_view file) {
    struct Serve {
        Task<Result<http::Response>> operator()(http::Request&) const { co_return pages.find(file); }
        http::StaticFiles& pages;
        std::string_view file;
    };
    return Serve{pages, file};
}

/// A product's page says in its own markup what it shows. Of what is not published, the page is there with status 404.
http::Handler product_pages(http::StaticFiles& pages, catalog::CatalogService& catalog, std::string public_url) {
    struct Serve {
        Task<Result<http::Response>> operator()(http::Request& request) const {
            CADDY_CO_TRY(auto response, pages.find("index.html"));
            const auto product = co_await catalog.product(request.ctx, request.path_text("product"));
            if (!product) {
                if (product.error().kind != ErrorKind::not_found) co_return product.error();
                response.status = 404;
                co_return response;
            }
            response.body = product_page(response.prepared->identity, *product, public_url);
            response.prepared.reset();
            co_return response;
        }
        http::StaticFiles& pages;
        catalog::CatalogService& catalog;
        std::string public_url;
    };
    return Serve{pages, catalog, std::move(public_url)};
}

/// A category's page is there with status 404 when there is no such category.
http::Handler category_pages(http::StaticFiles& pages, catalog::CatalogService& catalog) {
    struct Serve {
        Task<Result<http::Response>> operator()(http::Request& request) const {
            CADDY_CO_TRY(auto response, pages.find("index.html"));
            const auto category = co_await catalog.category(request.ctx, request.path_text("category"));
            if (!category) {
                if (category.error().kind != ErrorKind::not_found) co_return category.error();
                response.status = 404;
            }
            co_return response;
        }
        http::StaticFiles& pages;
        catalog::CatalogService& catalog;
    };
    return Serve{pages, catalog};
}

/// The back office by its short address.
Task<Result<http::Response>> to_back_office(http::Request&) {
    http::Response response;
    response.status = 308;
    response.with("Location", "/admin/");
    co_return response;
}

/// The API document never changes while the program runs.
Task<Result<http::Response>> api_document(http::Request&) {
    http::Response response;
    response.body = Documents::api();
    auto [name, value] = http::public_for(300);
    response.with(std::move(name), std::move(value));
    co_return response;
}

}   // namespace

Documents::Documents(const Settings& settings, catalog::CatalogService& catalog)
    : catalog_(catalog), public_url_(settings.public_url()) {
    const auto web = find_web(settings.process.web_dir);
    if (web.empty())
        log::warn("web.missing", {{"remedy", "run 'make web', or name the folder with WEB_DIR; /docs is not served"}});
    else {
        pages_ = std::make_unique<http::StaticFiles>(web / "docs", below("/docs"));
        storefront_ = std::make_unique<http::StaticFiles>(web / "store", below(""));
        storefront_assets_ = std::make_unique<http::StaticFiles>(web / "store" / "assets", below("/assets"));
        auto office = below("/admin");
        office.fallback = "index.html";   // its own router knows which pages there are
        office_ = std::make_unique<http::StaticFiles>(web / "admin", std::move(office));
    }
}

std::string_view Documents::api() {
    static const auto embedded = documents::files();
    return embedded.front().content;
}

std::optional<http::Response> Documents::missing_page(const http::Request& request) {
    const bool reads = request.method == "GET" || request.method == "HEAD";
    const bool is_browser = request.header("accept").value_or("").find("text/html") != std::string_view::npos;
    const std::string_view path = request.path;
    const bool is_api = path == "/api" || path.starts_with("/api/");
    if (!storefront_ || !reads || !is_browser || is_api) return std::nullopt;
    auto page = storefront_->find("index.html");
    if (!page) return std::nullopt;
    page->status = 404;
    page->with("Vary", "Accept");
    return std::move(*page);
}

void Documents::routes(http::Router& r) {
    r.get("/api/v1/openapi.json", Access::anyone, &api_document);
    if (!pages_) return;
    r.get("/docs", Access::anyone, page(*pages_, "index.html")).tier = http::Tier::none;
    r.get("/docs/errors", Access::anyone, page(*pages_, "errors.html")).tier = http::Tier::none;
    pages_->routes(r);
    for (const auto* path : storefront_pages)
        r.get(path, Access::anyone, page(*storefront_, "index.html")).tier = http::Tier::none;
    r.get("/categories/{category}", Access::anyone, category_pages(*storefront_, catalog_));
    r.get("/products/{product}", Access::anyone, product_pages(*storefront_, catalog_, public_url_));
    r.get("/icon.svg", Access::anyone, page(*storefront_, "icon.svg")).tier = http::Tier::none;
    storefront_assets_->routes(r);
    r.get("/admin", Access::anyone, &to_back_office).tier = http::Tier::none;
    office_->routes(r);
}

}   // namespace caddy::app
