#pragma once
// What the program serves beside the API: its OpenAPI document, the readable pages, the storefront, the back office.
#include "app/settings.hpp"
#include "platform/http/router.hpp"
#include "platform/http/static_files.hpp"
#include "shop/catalog/catalog.hpp"

#include <memory>
#include <optional>
#include <string_view>

namespace caddy::app {

/// REQUIRES: outlives the router that it fills.
class Documents {
public:
    Documents(const Settings&, catalog::CatalogService&);

    /// `/api/v1/openapi.json`, `/docs`, the storefront's pages, `/admin/`.
    void routes(http::Router&);

    /// The storefront's page that says there is no such page, with status 404, where a browser asked for what no part
    /// of the program has; nothing for other callers and for addresses of the API.
    std::optional<http::Response> missing_page(const http::Request&);

    /// The API document, as it is served.
    static std::string_view api();

private:
    catalog::CatalogService& catalog_;
    std::string public_url_;
    std::unique_ptr<http::StaticFiles> pages_;               // null where the web pages were not built
    std::unique_ptr<http::StaticFiles> storefront_;          // the same
    std::unique_ptr<http::StaticFiles> storefront_assets_;   // the same
    std::unique_ptr<http::StaticFiles> office_;              // the same
};

}   // namespace caddy::app
