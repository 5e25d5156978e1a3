#pragma once
// From the rows of one product to the product that they mean. Pure but for the pictures, which the caller places.
#include "shop/imports/imports_group.hpp"

#include <functional>

namespace caddy::imports {

/// Where a picture of the file went.
struct PlacedImage {
    std::optional<std::string> url;   // nothing: it cannot be a picture of the product
    std::string note;                // what there is to say about it; empty when all went well
};
using PlaceImage = std::function<PlacedImage(const std::string& path)>;

struct MappedProduct {
    catalog::ProductDraft draft;
    std::vector<std::optional<std::int64_t>> quantities;   // per variant of the draft; nothing: left as it is
    std::vector<std::int64_t> variant_rows;               // where each variant stands
    std::vector<Fault> faults;                            // not empty: the product is refused
    std::vector<Entry> notes;
    std::string fingerprint;   // of everything that the rows say
};

MappedProduct map_product(const Columns&, const Group&, Currency, const PlaceImage&);

}  // namespace caddy::imports
