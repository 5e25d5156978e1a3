#pragma once
// Which part of the API a process serves, so that a fleet may grow where its load is.
#include "platform/http/router.hpp"

#include <boost/describe.hpp>

#include <string>
#include <vector>

namespace caddy::app {

/// catalogue: products, categories, search and pictures, read by anybody; buying: carts, checkout, orders, payments and
/// the providers' calls; back_office: all below /api/v1/admin. Accounts belong to every group: each needs who is there.
BOOST_DEFINE_ENUM_CLASS(RouteGroup, catalogue, buying, back_office)

/// The names that are no group's.
std::vector<std::string> unknown_groups(const std::vector<std::string>& names);

/// The routes of the groups with these names; all of them when none is named.
http::Router only(http::Router all, const std::vector<std::string>& names);

}   // namespace caddy::app
