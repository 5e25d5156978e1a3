#pragma once
// A product and a page of products, as shops have them.
#include "shop/catalog/catalog.hpp"
#include "shop/pricing/pricing.hpp"

#include <string_view>
#include <vector>

namespace caddy::bench {

catalog::Variant sample_variant(std::int64_t number);
catalog::Product sample_product();
Page<catalog::Card> sample_page();
std::vector<pricing::Item> sample_items();

/// What a shopper sends who puts something into his cart.
struct AddLine {
    catalog::VariantId variant_id;
    std::int64_t quantity = 0;
};
BOOST_DESCRIBE_STRUCT(AddLine, (), (variant_id, quantity))

}   // namespace caddy::bench
