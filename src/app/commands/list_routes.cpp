// `routes`: the table of the API, as the program serves it.
#include "app/command.hpp"
#include "app/platform.hpp"
#include "app/shop.hpp"
#include "app/system.hpp"
#include "platform/crypto/digest.hpp"

#include <iostream>

namespace caddy::app {
namespace {

std::string_view access_name(Access access) {
    switch (access) {
        case Access::anyone:
            return "anyone";
        case Access::shopper:
            return "shopper";
        case Access::customer:
            return "customer";
        case Access::staff:
            return "staff";
        case Access::admin:
            return "admin";
    }
    return "?";
}

struct Row {
    std::string method;
    std::string path;
    std::string access;
};
BOOST_DESCRIBE_STRUCT(Row, (), (method, path, access))

}   // namespace

int list_routes(const CommandLine& line) {
    // The table is made by the same code that serves it, on a database that is thrown away.
    Settings settings;
    settings.sqlite.file = ":memory:";
    settings.sandbox.enabled = true;
    settings.sandbox.secret = settings.identity.jwt_secret = crypto::random_token(32);
    Platform platform(settings);
    Shop shop(platform, settings);
    auto router = shop.routes(settings);
    system_route(router, {});
    std::vector<Row> rows;
    for (const auto* route : router.list()) {
        rows.push_back({route->method, route->pattern, std::string(access_name(route->access))});
    }
    if (line.as_json) {
        std::cout << json::to_json(rows) << '\n';
        return exit_ok;
    }
    for (const auto& row : rows) std::cout << row.method << '\t' << row.path << '\t' << row.access << '\n';
    return exit_ok;
}

}   // namespace caddy::app
