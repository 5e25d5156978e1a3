#include "bench/micro/samples.hpp"

namespace caddy::bench {
namespace {

Money yuan(std::int64_t minor) { return {minor, Currency::parse("CNY").value()}; }
constexpr std::int64_t first_id = 0x0195'0000'0000'0000;

}   // namespace

catalog::Variant sample_variant(std::int64_t number) {
    return {.id = catalog::VariantId(first_id + number),
            .sku = "CL-JK-M-" + std::to_string(number),
            .title = "靛蓝 Indigo / M",
            .price = yuan(52'900 + number),
            .compare_at_price = yuan(64'900),
            .options = {R"({"颜色 Colour":"靛蓝 Indigo","尺码 Size":"M"})"},
            .availability = catalog::Availability::in_stock,
            .barcode = std::nullopt,
            .image = "/media/7f3a9c0d2e1b4a58.webp",
            .grams = 820,
            .attributes = {"{}"}};
}

catalog::Product sample_product() {
    catalog::Product product;
    product.id = catalog::ProductId(first_id);
    product.handle = "quilted-jacket";
    product.title = "盘扣薄棉袄 Quilted Jacket with Knot Buttons";
    product.description =
        "<p>薄棉绗缝，五粒盘扣，领口滚边。尺码、颜色与里料可选，并非每种组合都有。</p><p>Lightly padded and quilted, "
        "with "
        "five knot buttons and a piped collar. Choose size, colour and lining; not every combination is made.</p>";
    product.vendor = "织夏 Zhixia Textiles";
    product.options = {R"([{"name":"尺码 Size","values":["M","L"]},{"name":"颜色 Colour","values":["靛蓝 Indigo"]}])"};
    for (std::int64_t i = 0; i < 3; ++i) product.variants.push_back(sample_variant(i));
    product.media.push_back({.id = catalog::MediaId(first_id),
                             .url = "/media/7f3a9c0d2e1b4a58.webp",
                             .alt = "靛蓝色棉袄 Jacket in indigo",
                             .position = 1});
    product.thumbnail = "/media/7f3a9c0d2e1b4a58.webp";
    product.categories.push_back({catalog::CategoryId(first_id), "clothing", "服饰 Clothing"});
    product.tags = {R"(["棉袄","jacket","winter"])"};
    product.attributes = {R"({"Material":"棉 Cotton"})"};
    product.availability = catalog::Availability::in_stock;
    product.price_range = catalog::PriceRange{yuan(52'900), yuan(58'900)};
    product.published_at = product.updated_at = Time(std::chrono::seconds(1'790'000'000));
    return product;
}

Page<catalog::Card> sample_page() {
    Page<catalog::Card> page;
    page.limit = 20;
    page.next = "eyJwIjoxNzkwMDAwMDAwLCJpIjoxMjM0NTY3ODl9";
    for (std::int64_t i = 0; i < page.limit; ++i) {
        page.data.push_back({.id = catalog::ProductId(first_id + i),
                             .handle = "quilted-jacket-" + std::to_string(i),
                             .title = "盘扣薄棉袄 Quilted Jacket with Knot Buttons",
                             .options = {R"([{"name":"尺码 Size","values":["M","L"]}])"},
                             .thumbnail = "/media/7f3a9c0d2e1b4a58.webp",
                             .category_ids = {catalog::CategoryId(first_id)},
                             .availability = catalog::Availability::in_stock,
                             .price_range = catalog::PriceRange{yuan(52'900), yuan(58'900)},
                             .compare_at_price = std::nullopt});
    }
    return page;
}

std::vector<pricing::Item> sample_items() {
    std::vector<pricing::Item> items;
    for (std::int64_t i = 0; i < 10; ++i) {
        tax::Rate rate;
        rate.name = "增值税";
        rate.millionths = i % 3 == 0 ? 90'000 : 130'000;
        items.push_back({yuan(1'999 + 731 * i), 1 + i % 4, {rate}});
    }
    return items;
}

}   // namespace caddy::bench
