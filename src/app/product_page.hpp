#pragma once
// What search engines and link previews read of a product without running script: its metadata in the served page.
#include "shop/catalog/catalog.hpp"

#include <string>
#include <string_view>

namespace caddy::app {

/// The storefront's page with the product's title, description, picture, address and offer in its head. Everything that
/// comes from the catalogue is escaped for the place where it stands. REQUIRES: `shell` has a title and ends its head.
std::string product_page(std::string_view shell, const catalog::Product&, std::string_view public_url);

/// The text of cleaned HTML in one line, cut off at a character's end after so many bytes.
std::string text_of_html(std::string_view html, std::size_t bytes_max);

}   // namespace caddy::app
