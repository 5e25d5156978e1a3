#pragma once
// The rules of the catalogue that need no database. Private to the catalogue.
#include "shop/catalog/catalog.hpp"

#include <span>

namespace caddy::catalog::rules {

/// Every fault of a draft at once. Refuses: catalog.invalid_product (422)
Result<void> check(const ProductDraft&);

/// What a variant shows, from what its stock says: untracked never runs out, backorder goes on as preorder.
Availability shown_availability(bool tracked, StockPolicy, Availability stock);

/// The best of the variants that are for sale; out_of_stock when there is none.
Availability best_of(std::span<const Availability>);

/// What `filter[in_stock]=true` lets through: there is some, now.
bool counts_as_in_stock(Availability);

/// `Small / Red`; empty for the only variant of a product without options.
std::string variant_title(const std::vector<std::string>& option_values);

/// One text per combination of option values, of fixed length: the key by which variants are found again.
std::string options_key(const std::vector<std::string>& option_values);

/// JSON as it is stored and shown.
std::string options_json(const ProductDraft&);
std::string variant_options_json(const std::vector<std::string>& names, const std::vector<std::string>& values);
std::string attributes_json(const std::vector<Attribute>&, Visibility);

/// True when two objects of texts, as attributes_json makes them, say the same in whatever order.
bool same_members(const std::string& a, const std::string& b);

/// Lower-case title of at most name_length_max code points: the key of the sort by title.
std::string title_key(std::string_view title);

/// What the simple search looks in: title, handle, vendor and SKUs, lower case.
std::string search_text(const ProductDraft&);

/// At most four lower-case words; what comes after the fourth stays with it as a phrase.
constexpr std::size_t search_words_max = 4;
std::vector<std::string> search_words(std::string_view query);

/// The handle of a category, from the names of its path.
std::string category_handle(std::span<const std::string> path);

/// The lowest and the highest price; nothing when no variant has one.
std::optional<PriceRange> price_range(const std::vector<VariantDraft>&);

}  // namespace caddy::catalog::rules
