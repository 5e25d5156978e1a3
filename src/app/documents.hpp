#pragma once
// What the program serves beside the API: its OpenAPI document and the readable pages.
#include "app/settings.hpp"
#include "platform/http/router.hpp"
#include "platform/http/static_files.hpp"

#include <memory>

namespace caddy::app {

/// REQUIRES: outlives the router that it fills.
class Documents {
public:
    explicit Documents(const Settings&);

    /// `/api/v1/openapi.json`, `/docs`.
    void routes(http::Router&);

private:
    std::unique_ptr<http::StaticFiles> pages_;   // null where the web pages were not built
};

}   // namespace caddy::app
