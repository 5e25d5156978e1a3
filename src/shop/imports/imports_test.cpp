#include "shop/imports/imports.hpp"

#include "shop/imports/imports_images.hpp"
#include "tests/support/sql_check.hpp"
#include "tests/support/test_database.hpp"

#include <gtest/gtest.h>

#include <fstream>

namespace caddy::imports {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view cup = "Handle,Title,Variant Price,Variant Inventory Qty\ncup,Cup,19.90,10\n";

class Imports : public ::testing::Test {
protected:
    Result<Report> import(ImportRequest request, const Progress& progress = {}) {
        return db_.run(imports_.run(db_.context(), request, progress));
    }
    Report import_text(std::string_view text) {
        ImportRequest request;
        request.content = text;
        return import(std::move(request)).value();
    }
    static ImportRequest fixture() {
        ImportRequest request;
        request.file = fs::path(__FILE__).parent_path() / "fixtures" / "tea-house.csv";
        return request;
    }
    catalog::Product product(std::string_view handle) {
        return db_.run(catalog_.product(db_.context(), handle)).value();
    }
    std::int64_t on_hand(std::string_view handle) {
        const auto variant = product(handle).variants.at(0).id;
        return db_.count("SELECT on_hand FROM stock_levels WHERE variant_id = " + std::to_string(variant.value));
    }
    /// Everything that a second import must not touch.
    std::string state() {
        std::string all;
        for (const auto* query :
             {"SELECT COALESCE(SUM(version), 0) FROM products", "SELECT COUNT(*) FROM product_variants",
              "SELECT COUNT(*) FROM stock_movements", "SELECT COUNT(*) FROM outbox_events",
              "SELECT COALESCE(MAX(imported_at), 0) FROM import_fingerprints",
              "SELECT COALESCE(MAX(updated_at), 0) FROM products"}) {
            all.append(std::to_string(db_.count(query))).append(" ");
        }
        return all;
    }

    testing::TestFolder folder_;
    testing::TestDatabase db_;
    catalog::CatalogService catalog_{db_.database()};
    inventory::InventoryService inventory_{db_.database(), catalog_, inventory::Config{}};
    std::unique_ptr<files::FileStore> files_ = files::folder_store(folder_.path() / "media");
    media::MediaService media_{db_.database(), *files_, media::Config{}};
    ImportService imports_{db_.database(), catalog_, inventory_, media_, Config{"CNY"}};
};

TEST_F(Imports, a_file_becomes_a_catalogue) {
    std::int64_t done = 0;
    std::int64_t total = 0;
    const auto report = import(fixture(), [&](auto d, auto t) { done = d, total = t; }).value();
    EXPECT_EQ(report.totals.created, 3);
    EXPECT_EQ(report.totals.refused, 0);
    EXPECT_EQ(report.totals.rows, 5);
    EXPECT_EQ(done, 5);
    EXPECT_EQ(total, 5);

    const auto tea = product("morning-green");
    EXPECT_EQ(tea.variants.size(), 2U);
    EXPECT_EQ(tea.price_range->min.minor, 2850);
    EXPECT_EQ(tea.variants[1].compare_at_price->minor, 6000);
    EXPECT_EQ(tea.availability, catalog::Availability::in_stock);
    EXPECT_EQ(tea.variants[1].availability, catalog::Availability::low_stock);
    EXPECT_NE(tea.description.find("pan-fired"), std::string::npos);
    EXPECT_NE(tea.attributes.text.find("Tobacco > Tea"), std::string::npos);
    EXPECT_EQ(json::to_json(tea).find("Cost per item"), std::string::npos);
    EXPECT_EQ(product("clay-cup").media.size(), 2U);
    EXPECT_EQ(product("walnut-tray").availability, catalog::Availability::preorder);
    EXPECT_EQ(db_.run(catalog_.category(db_.context(), "茶具-teaware")).value().name, "茶具 Teaware");
}

TEST_F(Imports, pictures_beside_the_file_are_taken_once_under_their_digest) {
    import(fixture()).value();
    const auto url = product("morning-green").media.at(0).url;
    ASSERT_TRUE(url.starts_with("/media/") && url.ends_with(".svg")) << url;
    EXPECT_TRUE(db_.run(files_->exists(db_.context(), url.substr(7))));
    EXPECT_EQ(std::distance(fs::directory_iterator(folder_.path() / "media"), fs::directory_iterator()), 1);
}

TEST_F(Imports, the_same_file_again_changes_nothing) {
    import(fixture()).value();
    const auto before = state();
    db_.clock().advance(std::chrono::hours(1));
    const auto again = import(fixture()).value();
    EXPECT_EQ(again.totals.unchanged, 3);
    EXPECT_EQ(again.totals.created + again.totals.updated + again.totals.refused, 0);
    EXPECT_EQ(state(), before);
}

TEST_F(Imports, sales_are_not_undone_by_the_same_quantity) {
    import_text(cup);
    const auto variant = product("cup").variants.at(0).id;
    const auto ctx = db_.context();
    db_.in_transaction([&](db::Transaction& tx) -> Task<bool> {
        const auto sold =
            co_await inventory_.set_on_hand(tx, ctx, variant, 6, inventory::MovementKind::adjusted, "sold");
        co_return sold.has_value();
    });
    import_text(cup);
    EXPECT_EQ(on_hand("cup"), 6);
    import_text("Handle,Title,Variant Price,Variant Inventory Qty\ncup,Renamed,19.90,10\n");
    EXPECT_EQ(on_hand("cup"), 6);
    EXPECT_EQ(import_text("Handle,Title,Variant Price,Variant Inventory Qty\ncup,Renamed,19.90,11\n").totals.updated,
              1);
    EXPECT_EQ(on_hand("cup"), 11);
}

TEST_F(Imports, a_faulty_product_is_refused_whole_and_the_others_go_on) {
    const auto report = import_text(
        "Handle,Title,Option1 Name,Option1 Value,Variant Price\n"
        "cup,Cup,Size,S,1.00\ncup,,,M,9.999\npot,Pot,Title,Default Title,2\n");
    EXPECT_EQ(report.totals.refused, 1);
    EXPECT_EQ(report.totals.created, 1);
    ASSERT_EQ(report.entries.size(), 2U);
    EXPECT_EQ(report.entries[0].row, 3);
    EXPECT_EQ(report.entries[0].outcome, Outcome::refused);
    EXPECT_NE(report.entries[0].message.find("9.999"), std::string::npos);
    EXPECT_FALSE(db_.run(catalog_.product(db_.context(), "cup")));
}

TEST_F(Imports, duplicate_variants_are_refused_at_the_row_of_the_second) {
    const auto report =
        import_text("Handle,Title,Option1 Name,Option1 Value,Variant Price\ncup,Cup,Size,S,1\ncup,,,M,1\ncup,,,S,1\n");
    ASSERT_EQ(report.entries.size(), 1U);
    EXPECT_EQ(report.entries[0].row, 4);
    EXPECT_NE(report.entries[0].message.find("The variant S is there twice"), std::string::npos);
}

TEST_F(Imports, a_quantity_below_what_is_promised_refuses_the_product) {
    import_text(cup);
    const auto variant = product("cup").variants.at(0).id;
    const auto ctx = db_.context();
    const bool reserved = db_.in_transaction([&](db::Transaction& tx) -> Task<bool> {
        const std::vector<inventory::Demand> demand{{variant, 5}};
        const auto outcome = co_await inventory_.reserve(tx, ctx, 1, demand, ctx.now() + std::chrono::hours(1));
        co_return outcome.has_value();
    });
    ASSERT_TRUE(reserved);
    const auto report = import_text("Handle,Title,Variant Price,Variant Inventory Qty\ncup,Renamed,19.90,2\n");
    EXPECT_EQ(report.totals.refused, 1);
    EXPECT_EQ(product("cup").title, "Cup");
    EXPECT_EQ(on_hand("cup"), 10);
}

TEST_F(Imports, a_variant_that_left_the_file_is_retired) {
    import_text("Handle,Title,Option1 Name,Option1 Value,Variant Price\ncup,Cup,Size,S,1\ncup,,,M,1\n");
    const auto ids = product("cup").variants;
    import_text("Handle,Title,Option1 Name,Option1 Value,Variant Price\ncup,Cup,Size,M,1\n");
    ASSERT_EQ(product("cup").variants.size(), 1U);
    EXPECT_EQ(product("cup").variants[0].id, ids[1].id);
}

TEST_F(Imports, a_file_that_cannot_be_read_writes_nothing) {
    const struct {
        std::string content;
        const char* code;
    } cases[] = {{"", "imports.no_product_columns"},
                 {"a,b\n1,2\n", "imports.no_product_columns"},
                 {std::string("H\0a\0n\0", 6), "imports.not_utf8"},
                 {"Handle,Title\ncup,\"Cup\n", "imports.malformed_csv"}};
    for (const auto& c : cases) {
        ImportRequest request;
        request.content = c.content;
        EXPECT_EQ(import(request).error().code, c.code) << c.content;
    }
    ImportRequest missing;
    missing.file = "/nowhere/products.csv";
    EXPECT_EQ(import(missing).error().code, "imports.no_such_file");
    EXPECT_EQ(db_.count("SELECT COUNT(*) FROM products"), 0);
}

TEST_F(Imports, statements_prepare_and_read_no_whole_table) {
    EXPECT_EQ(testing::unprepared_statements(db_), std::vector<std::string>{});
    for (const auto& scan : testing::full_scans(db_)) EXPECT_FALSE(scan.starts_with("imports.")) << scan;
}

class ImportImages : public ::testing::Test {
protected:
    void put(const std::string& name, std::string_view content) {
        fs::create_directories((in() / name).parent_path());
        std::ofstream(in() / name, std::ios::binary) << content;
    }
    fs::path in() const { return folder_.path() / "in"; }
    PlacedImage place(const std::string& path) {
        if (const auto file = shelf_.wanted(path)) {
            const media::MediaService::Read read = [&] { return read_image(*file); };
            shelf_.settle(path, db_.run(media_.take(db_.context(), read)));
        }
        return shelf_.place(path);
    }

    testing::TestFolder folder_;
    testing::TestDatabase db_;
    std::unique_ptr<files::FileStore> files_ = files::folder_store(folder_.path() / "media");
    media::MediaService media_{db_.database(), *files_, media::Config{}};
    ImageShelf shelf_{in()};
};

constexpr std::string_view drawing = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 2 1'/>";

TEST_F(ImportImages, web_addresses_are_kept) {
    EXPECT_EQ(place("https://example.com/a@2x.jpg?v=1").url, "https://example.com/a@2x.jpg?v=1");
    EXPECT_EQ(place("HTTPS://example.com/a.jpg").url, "https://example.com/a.jpg");
    EXPECT_EQ(place("//cdn.example.com/a.jpg").url, "https://cdn.example.com/a.jpg");
    EXPECT_EQ(place("/media/0123abcd.png").url, "/media/0123abcd.png");
}

TEST_F(ImportImages, files_go_into_the_library_by_their_content) {
    put("images/really-svg.jpg", drawing);
    const auto url = place("images/really-svg.jpg").url.value();
    EXPECT_TRUE(url.starts_with("/media/") && url.ends_with(".svg")) << url;
    EXPECT_EQ(db_.run(files_->get(db_.context(), url.substr(7))), drawing);
    EXPECT_EQ(shelf_.wanted("images/really-svg.jpg"), std::nullopt);
    EXPECT_EQ(db_.count("SELECT COUNT(*) FROM media_pictures"), 1);
}

TEST_F(ImportImages, what_is_no_harmless_picture_keeps_its_path_and_says_why) {
    put("text.png", "no picture");
    put("half.png", "\x89PNG\r\n\x1a\n....");
    put("script.svg", "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>");
    for (const auto* path : {"text.png", "half.png", "script.svg", "missing.png"}) {
        EXPECT_EQ(place(path).url, path);
        EXPECT_NE(place(path).note.find("the path was kept"), std::string::npos) << place(path).note;
    }
    EXPECT_EQ(db_.count("SELECT COUNT(*) FROM media_pictures"), 0);
}

TEST_F(ImportImages, nothing_outside_the_folder_is_read) {
    fs::create_directories(in());
    std::ofstream(folder_.path() / "secret.svg", std::ios::binary) << drawing;
    fs::create_symlink(folder_.path() / "secret.svg", in() / "link.svg");
    for (const auto* path : {"../secret.svg", "a/../../secret.svg", "/etc/passwd", "link.svg", "javascript:alert(1)",
                             "file:///etc/passwd"}) {
        EXPECT_FALSE(place(path).url) << path;
    }
    EXPECT_FALSE(fs::exists(folder_.path() / "media"));
}

TEST_F(ImportImages, a_large_file_is_not_read) {
    put("large.svg", drawing);
    fs::resize_file(in() / "large.svg", media::content_bytes_max + 1);
    EXPECT_EQ(place("large.svg").url, "large.svg");
    EXPECT_NE(place("large.svg").note.find("64 MiB"), std::string::npos);
}

}  // namespace
}  // namespace caddy::imports
