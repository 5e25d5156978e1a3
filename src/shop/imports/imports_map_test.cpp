#include "shop/imports/imports_map.hpp"
#include "shop/imports/imports_values.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace caddy::imports {
namespace {

using Names = std::vector<std::string>;

/// A file that was read and mapped, with a shelf that takes every picture.
struct Mapped {
    explicit Mapped(std::string_view text, std::string_view currency = "CNY") {
        CsvReader reader([this](CsvRow row) { rows.push_back(std::move(row)); });
        reader.feed(text).value();
        reader.finish().value();
        columns = Columns::read(rows.at(0)).value();
        rows.erase(rows.begin());
        grouped = group_rows(columns, rows);
        const PlaceImage place = [](const std::string& path) { return PlacedImage{path, ""}; };
        for (const auto& group : grouped.groups) {
            products.push_back(map_product(columns, group, Currency::parse(currency).value(), place));
        }
    }

    const MappedProduct& only() const { return products.at(0); }
    const catalog::ProductDraft& draft() const { return only().draft; }

    std::vector<CsvRow> rows;
    Columns columns;
    Grouped grouped;
    std::vector<MappedProduct> products;
};

std::string faults(const MappedProduct& product) {
    std::string all;
    for (const auto& fault : product.faults) all.append(std::to_string(fault.row) + ": " + fault.message + "\n");
    return all;
}

std::string notes(const MappedProduct& product) {
    std::string all;
    for (const auto& note : product.notes) all.append(std::to_string(note.row) + ": " + note.message + "\n");
    return all;
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

std::string attribute(const std::vector<catalog::Attribute>& list, std::string_view name) {
    for (const auto& each : list) {
        if (each.name == name) return each.value;
    }
    return "(none)";
}

TEST(ImportGrouping, rows_of_one_handle_are_one_product_even_when_others_stand_between) {
    const Mapped file(
        "Handle,Title,Option1 Name,Option1 Value,Variant Price\n"
        "cup,Cup,Size,S,1\npot,Pot,Title,Default Title,2\ncup,,,M,3\n");
    ASSERT_EQ(file.products.size(), 2U);
    EXPECT_EQ(file.draft().variants.size(), 2U);
    EXPECT_EQ(file.only().variant_rows, (std::vector<std::int64_t>{2, 4}));
    EXPECT_TRUE(file.products[1].draft.option_names.empty());
}

TEST(ImportGrouping, handles_are_exact_but_may_not_differ_in_case_alone) {
    const Mapped file("Handle,Title,Variant Price\ncup,Cup,1\nCup,Cup,1\n");
    EXPECT_TRUE(file.products[0].faults.empty());
    EXPECT_TRUE(has(faults(file.products[1]), "3: The handle differs from cup only in letter case"));
}

TEST(ImportGrouping, a_missing_handle_is_made_from_the_title) {
    const Mapped file("Handle,Title,Option1 Name,Option1 Value,Variant Price\n,Tea Cup,Size,S,1\n,,,M,2\n");
    EXPECT_EQ(file.draft().handle, "tea-cup");
    EXPECT_EQ(file.draft().variants.size(), 2U);
    EXPECT_TRUE(has(notes(file.only()), "tea-cup was made from the Title"));
}

TEST(ImportGrouping, a_made_handle_that_another_row_has_is_refused) {
    const Mapped file("Handle,Title,Variant Price\n,Tea Cup,1\ntea-cup,Other,1\n");
    ASSERT_EQ(file.grouped.entries.size(), 1U);
    EXPECT_EQ(file.grouped.entries[0].row, 2);
    EXPECT_EQ(file.grouped.entries[0].outcome, Outcome::refused);
    EXPECT_EQ(file.products.size(), 1U);
}

TEST(ImportGrouping, a_row_without_handle_and_title_may_be_a_variant_of_the_product_above) {
    const Mapped file("Handle,Title,Option1 Name,Option1 Value,Variant Price\ncup,Cup,Size,S,1\n,,,M,2\n");
    EXPECT_EQ(file.grouped.entries.size(), 1U);
    EXPECT_FALSE(file.only().faults.empty());
}

TEST(ImportGrouping, an_unreadable_row_refuses_its_product_alone) {
    const Mapped file("Handle,Title,Variant Price\ncup,C\xFFup,1\npot,Pot,1\n");
    EXPECT_TRUE(has(faults(file.products[0]), "2: the row is not valid UTF-8"));
    EXPECT_TRUE(file.products[1].faults.empty());
}

TEST(ImportColumns, names_are_read_in_any_case_and_both_generations) {
    const Mapped older(" HANDLE ,title,variant price\ncup,Cup,1.50\n");
    const Mapped newer("URL handle,Title,Price\ncup,Cup,1.50\n");
    EXPECT_EQ(older.draft().variants.at(0).price->minor, 150);
    EXPECT_EQ(newer.draft().variants.at(0).price->minor, 150);
}

TEST(ImportColumns, a_file_without_handle_and_title_is_no_product_file) {
    CsvRow header;
    CsvReader reader([&](CsvRow row) { header = std::move(row); });
    reader.feed("Handle;Title;Price\n").value();
    EXPECT_EQ(Columns::read(header).error().code, "imports.no_product_columns");
}

TEST(ImportMapping, every_column_has_its_place) {
    const Mapped file(
        "Handle,Title,Body (HTML),Vendor,Type,Tags,Published,Option1 Name,Option1 Value,Variant SKU,Variant Grams,"
        "Variant Inventory Tracker,Variant Inventory Qty,Variant Inventory Policy,Variant Price,Variant Compare At "
        "Price,"
        "Variant Requires Shipping,Variant Taxable,Variant Barcode,Image Src,Image Position,Image Alt Text,SEO Title,"
        "SEO Description,Variant Image,Variant Weight Unit,Cost per item,Status,Product Category\n"
        "cup,Cup,\"<p>a\r\nb</p>\",Kiln,Teaware,\"tea, gift, "
        "tea,\",TRUE,Size,S,C-1,210,shopify,7,continue,59.99,75,false,FALSE,"
        "0123,https://example.com/b.jpg,2,Back,Seo,About,https://example.com/v.jpg,g,12.5,active,Home > Kitchen > "
        "Cups\n"
        "cup,,,,,,,,,,,,,,,,,,,https://example.com/a.jpg,1,Front,,,,,,,\n");
    const auto& draft = file.draft();
    ASSERT_EQ(faults(file.only()), "");
    EXPECT_EQ(draft.description_html, "<p>a\nb</p>");
    EXPECT_EQ(draft.tags, (Names{"tea", "gift"}));
    EXPECT_EQ(draft.categories, (std::vector<Names>{{"Teaware"}, {"Home", "Kitchen", "Cups"}}));
    EXPECT_EQ(draft.status, catalog::ProductStatus::active);
    EXPECT_TRUE(draft.published);
    ASSERT_EQ(draft.media.size(), 3U);
    EXPECT_EQ(draft.media[0].alt, "Front");
    EXPECT_EQ(draft.media[2].url, "https://example.com/v.jpg");
    const auto& variant = draft.variants.at(0);
    EXPECT_EQ(variant.sku, "C-1");
    EXPECT_EQ(variant.barcode, "0123");
    EXPECT_EQ(variant.price->minor, 5999);
    EXPECT_EQ(variant.compare_at_price->minor, 7500);
    EXPECT_EQ(variant.grams, 210);
    EXPECT_EQ(variant.weight_unit, "g");
    EXPECT_EQ(variant.policy, catalog::StockPolicy::backorder);
    EXPECT_TRUE(variant.tracked);
    EXPECT_FALSE(variant.requires_shipping);
    EXPECT_FALSE(variant.taxable);
    EXPECT_EQ(variant.image, "https://example.com/v.jpg");
    EXPECT_EQ(file.only().quantities.at(0), 7);
    EXPECT_EQ(attribute(variant.attributes, "Cost per item"), "12.5");
    EXPECT_EQ(attribute(variant.attributes, "Variant Inventory Tracker"), "shopify");
    EXPECT_EQ(attribute(draft.attributes, "Product Category"), "Home > Kitchen > Cups");
}

TEST(ImportMapping, unknown_columns_become_attributes_where_they_belong) {
    const Mapped file(
        "Handle,Title,Option1 Name,Option1 Value,Variant Price,Google Shopping / Condition,Variant Tax Code,"
        "Price / Japan,Fabric (product.metafields.custom.fabric)\n"
        "tee,Tee,Size,S,1,new,T1,900,linen\ntee,,,M,1,used,T2,,linen\n");
    EXPECT_EQ(attribute(file.draft().attributes, "Google Shopping / Condition"), "new");
    EXPECT_EQ(attribute(file.draft().attributes, "Fabric (product.metafields.custom.fabric)"), "linen");
    const auto& variants = file.draft().variants;
    EXPECT_EQ(attribute(variants[0].attributes, "Price / Japan"), "900");
    EXPECT_EQ(attribute(variants[1].attributes, "Google Shopping / Condition"), "used");
    EXPECT_EQ(attribute(variants[1].attributes, "Fabric (product.metafields.custom.fabric)"), "(none)");
    const auto tax = std::find_if(variants[1].attributes.begin(), variants[1].attributes.end(),
                                  [](const auto& each) { return each.name == "Variant Tax Code"; });
    ASSERT_NE(tax, variants[1].attributes.end());
    EXPECT_EQ(tax->visibility, catalog::Visibility::internal);
    EXPECT_EQ(file.draft().tax_category, "T1");
    EXPECT_EQ(attribute(variants[0].attributes, "Variant Tax Code"), "(none)");
}

TEST(ImportMapping, the_tax_code_is_the_products_category_for_tax) {
    const std::string header = "Handle,Title,Option1 Name,Option1 Value,Variant Price,Variant Tax Code\n";
    EXPECT_EQ(Mapped(header + "tea,Tea,Size,S,1,\ntea,,,M,1,reduced\n").draft().tax_category, "reduced");
    EXPECT_EQ(Mapped(header + "tea,Tea,Size,S,1,\n").draft().tax_category, std::nullopt);
    const Mapped odd(header + "tea,Tea,Size,S,1,two words\n");
    EXPECT_EQ(odd.draft().tax_category, std::nullopt);
    EXPECT_EQ(attribute(odd.draft().variants[0].attributes, "Variant Tax Code"), "two words");
    EXPECT_TRUE(has(notes(odd.only()), "is no code"));
}

TEST(ImportMapping, cells_beyond_the_header_and_repeated_columns_are_kept) {
    const Mapped file("Handle,Title,Variant Price,Colour,Colour\ncup,Cup,1,red,blue,extra\n");
    EXPECT_EQ(attribute(file.draft().attributes, "Colour"), "red");
    EXPECT_EQ(attribute(file.draft().attributes, "Colour (2)"), "blue");
    EXPECT_EQ(attribute(file.draft().attributes, "Column 6"), "extra");
    EXPECT_TRUE(has(notes(file.only()), "longer than the header"));
}

TEST(ImportMapping, attributes_are_told_apart_by_letter_case_and_columns_of_the_catalogue_are_not) {
    const Mapped file(
        "Handle,Title,title,Variant Price,Care,care,Product Internal: Care,Product Internal: care\n"
        "cup,Cup,Mug,1,a,b,,\nmug,Mug,Mug,1,,,c,d\n");
    const auto& cup = file.products.at(0).draft.attributes;
    EXPECT_EQ(attribute(cup, "Care"), "a");
    EXPECT_EQ(attribute(cup, "care"), "b");
    EXPECT_EQ(attribute(cup, "title (2)"), "Mug");
    const auto& mug = file.products.at(1).draft.attributes;
    EXPECT_EQ(attribute(mug, "Care"), "c");
    EXPECT_EQ(attribute(mug, "care"), "d");
}

TEST(ImportMapping, prices_are_exact_or_refused) {
    const struct {
        const char* cell;
        const char* currency;
        std::int64_t minor;
    } fine[] = {{"9.99", "CNY", 999},
                {"50", "CNY", 5000},
                {"\"1,299.00\"", "USD", 129900},
                {" 0 ", "CNY", 0},
                {"500", "JPY", 500}};
    for (const auto& c : fine) {
        const Mapped file(std::string("Handle,Title,Variant Price\ncup,Cup,") + c.cell + "\n", c.currency);
        ASSERT_EQ(faults(file.only()), "") << c.cell;
        EXPECT_EQ(file.draft().variants.at(0).price->minor, c.minor);
    }
    for (const auto* cell : {"9.999", "free", "¥50", "-1", "1e3", "\"12,50\""}) {
        const Mapped file(std::string("Handle,Title,Variant Price\ncup,Cup,") + cell + "\n");
        EXPECT_TRUE(has(faults(file.only()), "2: Variant Price is")) << cell;
    }
}

TEST(ImportMapping, a_variant_without_a_price_is_kept_but_not_sold) {
    const Mapped file("Handle,Title,Option1 Name,Option1 Value,Variant Price\ncup,Cup,Title,Default Title,\n");
    ASSERT_EQ(file.draft().variants.size(), 1U);
    EXPECT_FALSE(file.draft().variants[0].price);
    EXPECT_TRUE(has(notes(file.only()), "2: There is no price"));
}

TEST(ImportMapping, stock_is_tracked_unless_tracker_and_quantity_are_both_empty) {
    const struct {
        const char* cells;
        bool tracked;
        std::optional<std::int64_t> quantity;
    } cases[] = {{",", false, {}},       {"shopify,", true, {}},  {",4", true, 4},
                 {"shopify,0", true, 0}, {"shopify,-3", true, 0}, {",4.0", true, 4}};
    for (const auto& c : cases) {
        const Mapped file(
            std::string("Handle,Title,Variant Price,Variant Inventory Tracker,Variant Inventory Qty\ncup,Cup,1,") +
            c.cells + "\n");
        EXPECT_EQ(file.draft().variants.at(0).tracked, c.tracked) << c.cells;
        EXPECT_EQ(file.only().quantities.at(0), c.quantity) << c.cells;
    }
    const Mapped negative("Handle,Title,Variant Price,Variant Inventory Qty\ncup,Cup,1,-3\n");
    EXPECT_EQ(attribute(negative.draft().variants.at(0).attributes, "Variant Inventory Qty"), "-3");
    const Mapped half("Handle,Title,Variant Price,Variant Inventory Qty\ncup,Cup,1,1.5\n");
    EXPECT_TRUE(has(faults(half.only()), "write a whole number"));
}

TEST(ImportMapping, status_wins_over_published) {
    const struct {
        const char* cells;
        catalog::ProductStatus status;
        bool published;
    } cases[] = {{"true,", catalog::ProductStatus::active, true},
                 {",", catalog::ProductStatus::active, true},
                 {"FALSE,active", catalog::ProductStatus::active, false},
                 {"TRUE,Draft", catalog::ProductStatus::draft, false},
                 {"true,archived", catalog::ProductStatus::archived, false}};
    for (const auto& c : cases) {
        const Mapped file(std::string("Handle,Title,Variant Price,Published,Status\ncup,Cup,1,") + c.cells + "\n");
        EXPECT_EQ(file.draft().status, c.status) << c.cells;
        EXPECT_EQ(file.draft().published, c.published) << c.cells;
    }
    EXPECT_FALSE(Mapped("Handle,Title,Variant Price,Status\ncup,Cup,1,hidden\n").only().faults.empty());
}

TEST(ImportMapping, option_columns_are_named_by_the_first_row_alone) {
    const Mapped file(
        "Handle,Title,Option1 Name,Option1 Value,Option2 Name,Option2 Value,Option3 Name,Option3 Value,Variant Price\n"
        "tee,Tee,Size,S,Colour,Red,Fit,,1\ntee,,,S,,Blue,,,1\n");
    ASSERT_EQ(faults(file.only()), "");
    EXPECT_EQ(file.draft().option_names, (Names{"Size", "Colour"}));
    EXPECT_EQ(file.draft().variants[1].option_values, (Names{"S", "Blue"}));
    EXPECT_TRUE(has(notes(file.only()), "The option Fit has no values"));
}

TEST(ImportMapping, what_no_product_can_be_is_refused_with_its_row) {
    const struct {
        const char* text;
        const char* message;
    } cases[] = {
        {"Handle,Title,Option1 Name,Option1 Value,Option4 Name,Option4 Value,Variant Price\ncup,Cup,A,1,D,4,1\n",
         "at most three options"},
        {"Handle,Title,Option1 Name,Option1 Value,Option2 Name,Option2 Value,Variant "
         "Price\ncup,Cup,A,1,B,2,1\ncup,,,2,,,1\n",
         "3: The variant has no value for the option B"},
        {"Handle,Title,Variant Price\ncup,,1\n", "2: None of the product's rows has a Title"},
        {"Handle,Title,Variant Price\ncup,Cup,1\ncup,Mug,1\n", "3: The handle cup has another Title"},
        {"Handle,Title,Variant Price,Variant Taxable\ncup,Cup,1,maybe\n", "2: Variant Taxable is \"maybe\""},
        {"Handle,Title,Variant Price,Variant Inventory Policy\ncup,Cup,1,perhaps\n", "2: Variant Inventory Policy"}};
    for (const auto& c : cases) {
        EXPECT_TRUE(has(faults(Mapped(c.text).only()), c.message)) << faults(Mapped(c.text).only());
    }
}

TEST(ImportMapping, image_rows_are_no_variants_and_say_what_they_leave_out) {
    const Mapped file(
        "Handle,Title,Option1 Name,Option1 Value,Variant Price,Image Src,Variant SKU\n"
        "cup,Cup,Title,Default Title,1,a.png,C-1\ncup,,,,,b.png,C-2\ncup,,,,,a.png,\n");
    EXPECT_EQ(file.draft().variants.size(), 1U);
    EXPECT_EQ(file.draft().media.size(), 2U);
    EXPECT_TRUE(has(notes(file.only()), "3: The row has neither a price nor option values"));
}

TEST(ImportMapping, line_breaks_in_a_title_become_blanks) {
    const Mapped file("Handle,Title,Variant Price\ncup,\"Tea\nCup\",1\n");
    EXPECT_EQ(file.draft().title, "Tea Cup");
    EXPECT_TRUE(has(notes(file.only()), "line breaks in Title"));
}

TEST(ImportMapping, fingerprints_depend_on_content_and_not_on_place) {
    const Mapped one("Handle,Title,Variant Price\ncup,Cup,1\n");
    const Mapped moved("Handle,Title,Variant Price\npot,Pot,2\ncup,Cup,1\n");
    const Mapped dearer("Handle,Title,Variant Price\ncup,Cup,1.01\n");
    EXPECT_EQ(one.only().fingerprint, moved.products[1].fingerprint);
    EXPECT_NE(one.only().fingerprint, dearer.only().fingerprint);
    EXPECT_NE(one.only().fingerprint, Mapped("Handle,Title,Variant Price\ncup,Cup,1\n", "USD").only().fingerprint);
}

TEST(ImportValues, weights_are_whole_grams) {
    EXPECT_EQ(values::grams("250")->value, 250);
    EXPECT_EQ(values::grams("0.0")->rounded, false);
    EXPECT_EQ(values::grams("453.592")->value, 454);
    EXPECT_TRUE(values::grams("453.592")->rounded);
    for (const auto* text : {"", "-1", "-0.5", "1kg", "1.2.3", "99999999999999999999"}) {
        EXPECT_FALSE(values::grams(text)) << text;
    }
}

}  // namespace
}  // namespace caddy::imports
