#include "app/route_groups.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

namespace caddy::app {
namespace {

/// Nothing for what belongs to every group.
std::optional<RouteGroup> group_of(std::string_view pattern) {
    constexpr std::array<std::string_view, 4> reads{"/api/v1/products", "/api/v1/categories", "/api/v1/search",
                                                    "/media"};
    constexpr std::array<std::string_view, 2> accounts{"/api/v1/auth", "/api/v1/me"};
    const auto is_below = [pattern](std::string_view root) {
        return pattern == root || (pattern.starts_with(root) && pattern[root.size()] == '/');
    };
    if (is_below("/api/v1/admin")) return RouteGroup::back_office;
    if (std::any_of(reads.begin(), reads.end(), is_below)) return RouteGroup::catalogue;
    if (std::any_of(accounts.begin(), accounts.end(), is_below)) return std::nullopt;
    return RouteGroup::buying;
}

std::optional<RouteGroup> group_named(const std::string& name) {
    RouteGroup group{};
    if (!boost::describe::enum_from_string(name.c_str(), group)) return std::nullopt;
    return group;
}

http::Route& add(http::Router& router, const http::Route& route) {
    if (route.method == "GET") return router.get(route.pattern, route.access, route.handler);
    if (route.method == "POST") return router.post(route.pattern, route.access, route.handler);
    if (route.method == "PUT") return router.put(route.pattern, route.access, route.handler);
    if (route.method == "PATCH") return router.patch(route.pattern, route.access, route.handler);
    return router.remove(route.pattern, route.access, route.handler);
}

}   // namespace

std::vector<std::string> unknown_groups(const std::vector<std::string>& names) {
    std::vector<std::string> unknown;
    for (const auto& name : names) {
        if (!group_named(name)) unknown.push_back(name);
    }
    return unknown;
}

http::Router only(http::Router all, const std::vector<std::string>& names) {
    if (names.empty()) return all;
    http::Router kept;
    for (const auto* route : all.list()) {
        const auto group = group_of(route->pattern);
        const bool is_wanted = !group || std::any_of(names.begin(), names.end(), [&group](const std::string& name) {
            return group_named(name) == group;
        });
        if (is_wanted) add(kept, *route) = *route;
    }
    return kept;
}

}   // namespace caddy::app
