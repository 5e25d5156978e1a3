// What a draft may be: every text limited, every combination of options once, every fault named.
#include "core/checks.hpp"
#include "platform/text/text.hpp"
#include "shop/catalog/catalog_rules.hpp"
#include "shop/tax/tax.hpp"

#include <algorithm>
#include <set>

namespace caddy::catalog::rules {
namespace {

constexpr std::size_t url_bytes_max = 2'048;
constexpr std::size_t long_text_length_max = 1'000;   // SEO descriptions, alternative texts
constexpr std::size_t attribute_length_max = 32'768;
constexpr std::int64_t grams_max = 1'000'000'000;

/// `/media/` and a name such as the library gives.
bool is_of_library(std::string_view url) {
    constexpr std::string_view prefix = "/media/";
    if (!url.starts_with(prefix)) return false;
    const auto name = url.substr(prefix.size());
    return !name.empty() && name.find("..") == std::string_view::npos &&
           name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-_") == std::string_view::npos;
}

/// An address on the web, a picture of the library, or a path beside a product file: what a product file brings back
/// as it was.
bool is_picture_address(std::string_view url) {
    if (url.starts_with("http://") || url.starts_with("https://") || is_of_library(url)) return true;
    if (url.starts_with('/') || url.find_first_of(":\\") != std::string_view::npos) return false;
    return ("/" + std::string(url) + "/").find("/../") == std::string::npos;
}

class DraftChecks {
public:
    explicit DraftChecks(const ProductDraft& draft) : draft_(draft) {}

    Result<void> run() {
        texts();
        categories();
        attributes("", draft_.attributes);
        media();
        options();
        variants();
        return checks_.result("catalog.invalid_product", summary());
    }

private:
    void fault(std::string pointer, std::string code, std::string message) {
        if (first_.empty()) first_ = message;
        checks_.require(false, std::move(pointer), std::move(code), std::move(message));
    }

    std::string summary() const { return "This product cannot be saved: " + first_; }

    /// One line of text of at most `max` code points; `what` begins the message.
    void line(const std::string& pointer, std::string_view value, std::string_view what,
              std::size_t max = name_length_max) {
        if (!text::is_utf8(value)) return fault(pointer, "not_utf8", std::string(what) + " is not valid UTF-8.");
        if (!text::is_single_line(value)) {
            return fault(pointer, "control_characters",
                         std::string(what) + " has control characters or line breaks; remove them.");
        }
        // A product file says nothing about blanks around a cell: they would be lost on the way out and back.
        if (text::trimmed(value) != value) {
            fault(pointer, "surrounding_blanks",
                  std::string(what) + " begins or ends with white space; remove it.");
        }
        if (text::length(value) > max) {
            fault(pointer, "too_long",
                  std::string(what) + " is longer than " + std::to_string(max) + " characters; shorten it.");
        }
    }
    void named(const std::string& pointer, std::string_view value, std::string_view what) {
        if (value.empty()) return fault(pointer, "required", std::string(what).append(" is missing."));
        line(pointer, value, what);
    }
    void paragraphs(const std::string& pointer, std::string_view value, std::string_view what, std::size_t bytes_max) {
        if (!text::is_utf8(value)) {
            fault(pointer, "not_utf8", std::string(what) + " is not valid UTF-8.");
        } else if (value.size() > bytes_max) {
            fault(pointer, "too_long", std::string(what) + " is too long; shorten it.");
        } else if (value.find('\0') != std::string_view::npos) {
            fault(pointer, "control_characters", std::string(what) + " has NUL characters; remove them.");
        }
    }

    void texts() {
        named("/handle", draft_.handle, "The handle");
        if (draft_.handle.find_first_of("/\\?#%") != std::string::npos || draft_.handle == "." ||
            draft_.handle == "..") {
            fault("/handle", "not_a_handle", "The handle cannot stand in an address; leave out / \\ ? # and %.");
        }
        // Folding may lengthen: the key by which handles are told apart is limited, too.
        if (text::is_utf8(draft_.handle) && text::length(text::folded(draft_.handle)) > name_length_max) {
            fault("/handle", "too_long", "The handle is longer than 255 characters in lower case; shorten it.");
        }
        named("/title", draft_.title, "The title");
        line("/vendor", draft_.vendor, "The vendor");
        if (draft_.tax_category && !tax::is_category(*draft_.tax_category)) {
            fault("/tax_category", "not_a_category", "Send 1 to 64 letters, digits, _, - and ., like reduced.");
        }
        line("/seo_title", draft_.seo_title.value_or(""), "The SEO title");
        line("/seo_description", draft_.seo_description.value_or(""), "The SEO description", long_text_length_max);
        paragraphs("/description_html", draft_.description_html, "The description", description_bytes_max);
        tags();
    }

    void tags() {
        if (draft_.tags.size() > tags_per_product_max) fault("/tags", "too_many", "There are more than 250 tags.");
        std::set<std::string_view> there;
        for (std::size_t i = 0; i < draft_.tags.size(); ++i) {
            const auto pointer = "/tags/" + std::to_string(i);
            const auto& tag = draft_.tags[i];
            named(pointer, tag, "A tag");
            if (tag.find(',') != std::string::npos) {
                fault(pointer, "comma", "A tag has a comma, which separates tags in product files; leave it out.");
            }
            if (!there.insert(tag).second) fault(pointer, "repeated", "The tag " + tag + " is there twice.");
        }
    }

    void categories() {
        if (draft_.category_ids.size() > categories_per_product_max) {
            fault("/category_ids", "too_many", "There are more than 50 categories.");
        }
        if (draft_.categories.size() > categories_per_product_max) {
            fault("/categories", "too_many", "There are more than 50 categories.");
        }
        for (std::size_t i = 0; i < draft_.categories.size(); ++i) {
            const auto pointer = "/categories/" + std::to_string(i);
            const auto& path = draft_.categories[i];
            if (path.empty() || path.size() > category_depth_max) {
                fault(pointer, "depth", "A category has one to eight levels.");
            }
            for (const auto& name : path) named(pointer, name, "A category's name");
            const bool named_by_letters = std::none_of(path.begin(), path.end(), [](const auto& name) {
                return text::is_utf8(name) && text::slug(name).empty();
            });
            if (!named_by_letters) fault(pointer, "not_a_name", "A category's name needs a letter or a digit.");
        }
    }

    void attributes(const std::string& of, const std::vector<Attribute>& list) {
        if (list.size() > attributes_max) fault(of + "/attributes", "too_many", "There are more than 250 attributes.");
        std::set<std::string_view> names;
        for (const auto& attribute : list) {
            const bool internal = attribute.visibility == Visibility::internal;
            const auto pointer = of + (internal ? "/internal_attributes" : "/attributes");
            named(pointer, attribute.name, "An attribute's name");
            const auto what = "The attribute " + attribute.name;
            paragraphs(pointer, attribute.value, what, attribute_length_max);
            if (attribute.value.empty()) fault(pointer, "required", what + " is empty; leave it out.");
            if (attribute.value.find('\r') != std::string::npos) {
                fault(pointer, "carriage_return", what + " has carriage returns; end its lines with line feeds alone.");
            }
            if (!names.insert(attribute.name).second) {
                fault(pointer, "repeated", "The attribute " + attribute.name + " is there twice.");
            }
        }
    }

    void media() {
        if (draft_.media.size() > media_per_product_max) fault("/media", "too_many", "There are more than 250 media.");
        for (std::size_t i = 0; i < draft_.media.size(); ++i) {
            const auto pointer = "/media/" + std::to_string(i);
            const auto& each = draft_.media[i];
            if (!urls_.insert(each.url).second) {
                fault(pointer + "/url", "repeated", "The image " + each.url + " is there twice.");
            }
            if (each.url.empty() || each.url.size() > url_bytes_max || !text::is_utf8(each.url) ||
                !text::is_single_line(each.url)) {
                fault(pointer + "/url", "not_a_url",
                      "An image's address is empty, too long or has control characters.");
            } else if (!is_picture_address(each.url) || text::trimmed(each.url) != each.url) {
                fault(pointer + "/url", "not_a_url",
                      "An image's address begins with http:// or https://, or is a path without .. and \\, as of a file"
                      " beside a product file.");
            }
            line(pointer + "/alt", each.alt, "An image's alternative text", long_text_length_max);
        }
    }

    void options() {
        if (draft_.option_names.size() > options_per_product_max) {
            fault("/option_names", "too_many", "There are more than three options.");
        }
        std::set<std::string_view> names;
        for (const auto& name : draft_.option_names) {
            named("/option_names", name, "An option's name");
            if (!names.insert(name).second) {
                fault("/option_names", "repeated", "The option " + name + " is there twice.");
            }
        }
        if (stands_for_no_options()) {
            fault("/option_names", "reserved",
                  "The option Title with the value Default Title means in product files that there are no options;"
                  " send none, or name it otherwise.");
        }
    }

    bool stands_for_no_options() const {
        const auto reads = [](const std::string& text, std::string_view folded) {
            return text::is_utf8(text) && text::folded(text) == folded;
        };
        if (draft_.option_names.size() != 1 || !reads(draft_.option_names.front(), "title")) return false;
        return std::all_of(draft_.variants.begin(), draft_.variants.end(), [&](const VariantDraft& each) {
            return each.option_values.size() == 1 && reads(each.option_values.front(), "default title");
        });
    }

    void variants() {
        if (draft_.variants.empty()) fault("/variants", "required", "There is no variant.");
        if (draft_.variants.size() > variants_per_product_max) {
            fault("/variants", "too_many", "There are more than 2048 variants.");
        }
        std::set<std::vector<std::string>> combinations;
        for (std::size_t i = 0; i < draft_.variants.size(); ++i) {
            const auto& each = draft_.variants[i];
            const auto pointer = "/variants/" + std::to_string(i);
            combination(pointer, each);
            if (!combinations.insert(each.option_values).second) {
                const auto title = variant_title(each.option_values);
                fault(pointer + "/option_values", "repeated",
                      title.empty() ? "There are two variants and no options to tell them apart."
                                    : "The variant " + title + " is there twice.");
            }
            variant(pointer, each);
        }
    }

    void combination(const std::string& pointer, const VariantDraft& each) {
        if (each.option_values.size() != draft_.option_names.size()) {
            fault(pointer + "/option_values", "incomplete", "A variant has one value for each option.");
        }
        for (const auto& value : each.option_values) named(pointer + "/option_values", value, "An option's value");
    }

    void variant(const std::string& pointer, const VariantDraft& each) {
        static constexpr std::array<std::string_view, 4> units{"g", "kg", "oz", "lb"};
        line(pointer + "/sku", each.sku.value_or(""), "The SKU");
        line(pointer + "/barcode", each.barcode.value_or(""), "The barcode");
        if (std::find(units.begin(), units.end(), each.weight_unit) == units.end()) {
            fault(pointer + "/weight_unit", "not_a_choice", "The weight unit is none of g, kg, oz and lb.");
        }
        if (each.grams < 0 || each.grams > grams_max) {
            fault(pointer + "/grams", "out_of_range", "The weight is out of range.");
        }
        for (const auto& money : {each.price, each.compare_at_price}) {
            if (!money) continue;
            if (money->minor < 0) fault(pointer + "/price", "out_of_range", "A price is below zero.");
            if (!currency_) currency_ = money->currency;
            if (*currency_ != money->currency) {
                fault(pointer + "/price", "mixed_currencies", "The prices are of two currencies.");
            }
        }
        if (each.image && !urls_.contains(*each.image)) {
            fault(pointer + "/image", "unknown_image",
                  "The image " + *each.image + " is not one of the product's media.");
        }
        attributes(pointer, each.attributes);
    }

    const ProductDraft& draft_;
    Checks checks_;
    std::string first_;
    std::set<std::string_view> urls_;
    std::optional<Currency> currency_;
};

}  // namespace

Result<void> check(const ProductDraft& draft) { return DraftChecks(draft).run(); }

}  // namespace caddy::catalog::rules
