#include "shop/catalog/catalog_admin_draft.hpp"
#include "shop/tax/tax.hpp"

#include <algorithm>
#include <tuple>

namespace caddy::catalog {
namespace {


std::string text_of(const json::Value& value) {
    const auto* text = std::get_if<std::string>(&value.data);
    return text ? *text : std::string();
}

/// What the catalogue has written itself is well formed.
json::Value stored(const std::string& text) { return json::parse(text).value(); }

std::vector<std::string> option_names_of(const std::string& options) {
    std::vector<std::string> names;
    const auto value = stored(options);
    for (const auto& each : std::get<json::Array>(value.data)) names.push_back(text_of(*each.find("name")));
    return names;
}

std::vector<std::string> option_values_of(const std::string& options, const std::vector<std::string>& names) {
    std::vector<std::string> values;
    const auto value = stored(options);
    for (const auto& name : names) {
        const auto* found = value.find(name);
        values.push_back(found ? text_of(*found) : std::string());
    }
    return values;
}

std::vector<std::string> texts_of(const std::string& list) {
    std::vector<std::string> texts;
    const auto value = stored(list);
    for (const auto& each : std::get<json::Array>(value.data)) texts.push_back(text_of(each));
    return texts;
}

void add_attributes(std::vector<Attribute>& list, const std::string& object, Visibility visibility) {
    const auto value = stored(object);
    for (const auto& [name, text] : std::get<json::Object>(value.data)) {
        list.push_back({name, text_of(text), visibility});
    }
}

std::optional<Money> money(std::optional<std::int64_t> minor, std::optional<Currency> currency) {
    if (!minor || !currency) return std::nullopt;
    return Money{*minor, *currency};
}

std::optional<std::string> image_of(const ProductRows& rows, std::optional<MediaId> id) {
    for (const auto& media : rows.media) {
        if (id && media.id == *id) return media.url;
    }
    return std::nullopt;
}

VariantDraft variant_draft_of(const ProductRows& rows, const store::VariantRecord& row,
                              const std::vector<std::string>& names) {
    VariantDraft draft;
    draft.option_values = option_values_of(row.options, names);
    draft.sku = row.sku;
    draft.barcode = row.barcode;
    draft.price = money(row.price_minor, row.currency);
    draft.compare_at_price = money(row.compare_at_minor, row.currency);
    draft.grams = row.grams;
    draft.weight_unit = row.weight_unit;
    draft.requires_shipping = row.requires_shipping;
    draft.taxable = row.taxable;
    draft.tracked = row.tracked;
    draft.policy = row.policy;
    draft.image = image_of(rows, row.media_id);
    add_attributes(draft.attributes, row.attributes, Visibility::shown);
    add_attributes(draft.attributes, row.internal_attributes, Visibility::internal);
    return draft;
}

AdminVariant admin_variant_of(const ProductRows& rows, const store::VariantRecord& row,
                              const std::vector<std::string>& names) {
    return {.id = row.id,
            .option_values = option_values_of(row.options, names),
            .title = row.title,
            .sku = row.sku,
            .barcode = row.barcode,
            .price = money(row.price_minor, row.currency),
            .compare_at_price = money(row.compare_at_minor, row.currency),
            .grams = row.grams,
            .weight_unit = row.weight_unit,
            .requires_shipping = row.requires_shipping,
            .taxable = row.taxable,
            .tracked = row.tracked,
            .policy = row.policy,
            .availability = row.availability,
            .image = image_of(rows, row.media_id),
            .attributes = {row.attributes},
            .internal_attributes = {row.internal_attributes}};
}

template <class Row>
void order(std::vector<Row>& rows) {
    std::sort(rows.begin(), rows.end(),
              [](const Row& a, const Row& b) { return std::tie(a.position, a.id) < std::tie(b.position, b.id); });
}

/// A member that was sent takes its place; null only where the field can be empty.
class Taker {
public:
    template <class T>
    void value(const json::Patch<T>& from, T& to, const std::string& pointer) {
        if (!from.present) return;
        checks_.require(from.value.has_value(), pointer, "required", "Send a value; this cannot be empty.");
        if (from.value) to = *from.value;
    }
    static void text(const json::Patch<std::string>& from, std::optional<std::string>& to) {
        if (from.present) to = from.value && !from.value->empty() ? from.value : std::nullopt;
    }
    void price(const json::Patch<PriceBody>& from, std::optional<Money>& to, const std::string& pointer) {
        if (!from.present) return;
        to = std::nullopt;
        if (!from.value) return;
        checks_.require(!from.value->exponent || *from.value->exponent == from.value->currency.exponent(),
                        pointer + "/exponent", "wrong_exponent", "The currency has another exponent; leave it out.");
        to = Money{from.value->amount_minor, from.value->currency};
    }
    static void attributes(const json::Patch<AttributeList>& from, std::vector<Attribute>& to, Visibility visibility) {
        if (!from.present) return;
        std::erase_if(to, [&](const auto& each) { return each.visibility == visibility; });
        if (!from.value) return;
        for (const auto& [name, value] : *from.value) to.push_back({name, value, visibility});
    }
    void variant(const VariantBody& body, VariantDraft& draft, const std::string& at) {
        value(body.option_values, draft.option_values, at + "/option_values");
        text(body.sku, draft.sku);
        text(body.barcode, draft.barcode);
        price(body.price, draft.price, at + "/price");
        price(body.compare_at_price, draft.compare_at_price, at + "/compare_at_price");
        value(body.grams, draft.grams, at + "/grams");
        value(body.weight_unit, draft.weight_unit, at + "/weight_unit");
        value(body.requires_shipping, draft.requires_shipping, at + "/requires_shipping");
        value(body.taxable, draft.taxable, at + "/taxable");
        value(body.tracked, draft.tracked, at + "/tracked");
        value(body.policy, draft.policy, at + "/policy");
        text(body.image, draft.image);
        attributes(body.attributes, draft.attributes, Visibility::shown);
        attributes(body.internal_attributes, draft.attributes, Visibility::internal);
    }
    Result<void> result() { return checks_.result(); }

private:
    Checks checks_;
};

std::vector<VariantDraft> merged(const std::vector<VariantBody>& bodies, const std::vector<VariantDraft>& there,
                                 Taker& taker) {
    std::vector<VariantDraft> variants;
    for (std::size_t i = 0; i < bodies.size(); ++i) {
        const auto values = bodies[i].option_values.value.value_or(std::vector<std::string>{});
        const auto known = std::find_if(there.begin(), there.end(),
                                        [&](const VariantDraft& each) { return each.option_values == values; });
        variants.push_back(known == there.end() ? VariantDraft{} : *known);
        taker.variant(bodies[i], variants.back(), "/variants/" + std::to_string(i));
    }
    return variants;
}

}  // namespace

void tidy(ProductRows& rows) {
    std::erase_if(rows.variants, [](const auto& row) { return row.retired; });
    order(rows.variants);
    order(rows.media);
    order(rows.categories);
}

ProductDraft draft_of(const ProductRows& rows) {
    const auto& product = rows.product;
    ProductDraft draft;
    draft.handle = product.handle;
    draft.title = product.title;
    draft.description_html = product.description_html;
    draft.vendor = product.vendor;
    draft.tax_category = product.tax_category;
    draft.seo_title = product.seo_title;
    draft.seo_description = product.seo_description;
    draft.status = product.status;
    draft.published = product.published_at.has_value();
    draft.option_names = option_names_of(product.options);
    for (const auto& row : rows.variants) draft.variants.push_back(variant_draft_of(rows, row, draft.option_names));
    for (const auto& row : rows.media) draft.media.push_back({row.url, row.alt});
    for (const auto& row : rows.categories) draft.category_ids.push_back(row.id);
    draft.tags = texts_of(product.tags);
    add_attributes(draft.attributes, product.attributes, Visibility::shown);
    add_attributes(draft.attributes, product.internal_attributes, Visibility::internal);
    return draft;
}

AdminProduct admin_product_of(const ProductRows& rows, Time created_at, Time updated_at) {
    const auto& row = rows.product;
    AdminProduct product;
    product.id = row.id;
    product.handle = row.handle;
    product.title = row.title;
    product.description = row.description_html;
    product.vendor = row.vendor;
    product.seo = {row.seo_title, row.seo_description};
    product.status = row.status;
    product.published = row.published_at.has_value();
    product.published_at = row.published_at;
    product.option_names = option_names_of(row.options);
    for (const auto& each : rows.variants) {
        product.variants.push_back(admin_variant_of(rows, each, product.option_names));
    }
    for (const auto& each : rows.media) {
        product.media.push_back({each.id, each.picture_id, each.url, each.alt, each.position, each.width, each.height,
                                 media::sizes_of(each.url, each.sizes.value_or(""))});
    }
    for (const auto& each : rows.categories) product.categories.push_back({each.id, each.handle, each.name});
    product.tags = {row.tags};
    product.attributes = {row.attributes};
    product.internal_attributes = {row.internal_attributes};
    product.tax_category = row.tax_category;
    product.availability = row.availability;
    const auto min = money(row.price_min, row.currency);
    const auto max = money(row.price_max, row.currency);
    if (min && max) product.price_range = PriceRange{*min, *max};
    product.created_at = created_at;
    product.updated_at = updated_at;
    product.version = row.version;
    return product;
}

std::vector<media::PictureId> named_pictures(const std::vector<MediaBody>& bodies) {
    std::vector<media::PictureId> ids;
    for (const auto& each : bodies) {
        if (each.media_id) ids.push_back(*each.media_id);
    }
    return ids;
}

Result<void> give_addresses(std::vector<MediaBody>& bodies, const std::vector<media::Facts>& pictures) {
    Checks checks;
    for (std::size_t i = 0; i < bodies.size(); ++i) {
        auto& body = bodies[i];
        const auto pointer = "/media/" + std::to_string(i);
        checks.require(body.url.has_value() != body.media_id.has_value(), pointer, "one_of",
                       "Send either a url or a media_id.");
        if (body.url || !body.media_id) continue;
        const auto found = std::find_if(pictures.begin(), pictures.end(),
                                        [&](const auto& each) { return each.id == *body.media_id; });
        checks.require(found != pictures.end(), pointer + "/media_id", "not_found", "There is no such picture.");
        if (found != pictures.end()) body.url = found->url;
    }
    return checks.result();
}

void replace_media(const std::vector<MediaBody>& bodies, ProductDraft& draft) {
    draft.media.clear();
    for (const auto& each : bodies) {
        draft.media.push_back({each.url.value_or(""), each.alt.value_or(""), each.media_id});
    }
    for (auto& variant : draft.variants) {
        const bool there = std::any_of(draft.media.begin(), draft.media.end(),
                                       [&](const auto& each) { return variant.image && each.url == *variant.image; });
        if (!there) variant.image = std::nullopt;
    }
}

Result<void> apply(const VariantBody& body, VariantDraft& draft) {
    Taker taker;
    taker.variant(body, draft, "");
    return taker.result();
}

Result<void> apply(const ProductBody& body, ProductDraft& draft) {
    Taker taker;
    taker.value(body.handle, draft.handle, "/handle");
    taker.value(body.title, draft.title, "/title");
    taker.value(body.description, draft.description_html, "/description");
    taker.value(body.vendor, draft.vendor, "/vendor");
    if (body.seo.present) {
        const auto seo = body.seo.value.value_or(SeoBody{{true, {}}, {true, {}}});
        Taker::text(seo.title, draft.seo_title);
        Taker::text(seo.description, draft.seo_description);
    }
    taker.value(body.status, draft.status, "/status");
    taker.value(body.published, draft.published, "/published");
    if (body.tax_category.present) {
        draft.tax_category = body.tax_category.value.value_or(std::string(tax::category_standard));
    }
    taker.value(body.option_names, draft.option_names, "/option_names");
    if (body.media.present) replace_media(body.media.value.value_or(std::vector<MediaBody>{}), draft);
    if (body.variants.present) {
        draft.variants = merged(body.variants.value.value_or(std::vector<VariantBody>{}), draft.variants, taker);
    }
    if (body.category_ids.present) draft.category_ids = body.category_ids.value.value_or(std::vector<CategoryId>{});
    if (body.tags.present) draft.tags = body.tags.value.value_or(std::vector<std::string>{});
    Taker::attributes(body.attributes, draft.attributes, Visibility::shown);
    Taker::attributes(body.internal_attributes, draft.attributes, Visibility::internal);
    if (draft.status != ProductStatus::active) draft.published = false;
    return taker.result();
}

Difference difference(const std::string& before, const std::string& after) {
    const auto was = stored(before);
    const auto is = stored(after);
    json::Object old_members;
    json::Object new_members;
    for (const auto& [name, value] : std::get<json::Object>(is.data)) {
        const auto* old = was.find(name);
        std::string old_text;
        std::string new_text;
        if (old) json::write_value(old_text, *old);
        json::write_value(new_text, value);
        if (old_text == new_text || name == "updated_at") continue;
        if (old) old_members.emplace_back(name, *old);
        new_members.emplace_back(name, value);
    }
    Difference found;
    json::write_value(found.before.text, json::Value{std::move(old_members)});
    json::write_value(found.after.text, json::Value{std::move(new_members)});
    return found;
}

}  // namespace caddy::catalog
