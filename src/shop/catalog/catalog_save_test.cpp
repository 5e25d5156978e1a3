#include "shop/catalog/catalog.hpp"

#include "tests/support/test_database.hpp"

#include <gtest/gtest.h>

namespace caddy::catalog {
namespace {

class CatalogSave : public ::testing::Test {
protected:
    CatalogSave() {
        draft_.handle = "shirt";
        draft_.title = "Shirt";
        draft_.description_html = "<p onclick=\"x()\">Linen<script>alert(1)</script></p>";
        draft_.status = ProductStatus::active;
        draft_.published = true;
        draft_.option_names = {"Size"};
        draft_.media = {{"https://example.com/front.jpg", "Front"}, {"https://example.com/back.jpg", "Back"}};
        draft_.tags = {"linen", "summer"};
        draft_.attributes = {{"Material", "linen"}, {"Cost per item", "12.00", Visibility::internal}};
        for (const auto* size : {"S", "M"}) {
            VariantDraft variant;
            variant.option_values = {size};
            variant.price = Money{19900, Currency::parse("CNY").value()};
            variant.image = "https://example.com/back.jpg";
            draft_.variants.push_back(variant);
        }
    }

    Result<Saved> put(const ProductDraft& draft) {
        const auto ctx = db_.context();
        return db_.in_transaction([&](db::Transaction& tx) -> Task<Result<Saved>> {
            co_return co_await catalog_.save_product(tx, ctx, draft);
        });
    }
    Product shown(std::string_view handle = "shirt") {
        return db_.run(catalog_.product(db_.context(), handle)).value();
    }
    void set_stock(VariantId variant, Availability availability) {
        const auto ctx = db_.context();
        db_.in_transaction([&](db::Transaction& tx) -> Task<bool> {
            co_await catalog_.set_availability(tx, ctx, variant, availability);
            co_return true;
        });
    }

    testing::TestDatabase db_;
    CatalogService catalog_{db_.database()};
    ProductDraft draft_;
};

TEST_F(CatalogSave, a_new_product_is_shown_whole) {
    const auto saved = put(draft_).value();
    EXPECT_EQ(saved.outcome, SaveOutcome::created);
    const auto product = shown();
    EXPECT_EQ(product.id, saved.id);
    EXPECT_EQ(product.description.find("script"), std::string::npos);
    EXPECT_EQ(product.description.find("onclick"), std::string::npos);
    EXPECT_EQ(product.options.text, R"([{"name":"Size","values":["S","M"]}])");
    ASSERT_EQ(product.variants.size(), 2U);
    EXPECT_EQ(product.variants[1].title, "M");
    EXPECT_EQ(product.variants[1].options.text, R"({"Size":"M"})");
    EXPECT_EQ(product.variants[1].image, "https://example.com/back.jpg");
    EXPECT_EQ(product.media.at(0).alt, "Front");
    EXPECT_EQ(product.tags.text, R"(["linen","summer"])");
    EXPECT_EQ(product.attributes.text, R"({"Material":"linen"})");
    EXPECT_EQ(product.version, 1);
}

TEST_F(CatalogSave, the_same_again_writes_nothing) {
    put(draft_).value();
    const auto events = db_.count("SELECT COUNT(*) FROM outbox_events");
    db_.clock().advance(std::chrono::minutes(5));
    const auto again = put(draft_).value();
    EXPECT_EQ(again.outcome, SaveOutcome::unchanged);
    EXPECT_EQ(again.version, 1);
    EXPECT_EQ(db_.count("SELECT COUNT(*) FROM outbox_events"), events);
}

TEST_F(CatalogSave, variants_and_media_keep_their_ids_and_the_version_rises) {
    const auto first = put(draft_).value();
    const auto media = shown().media.at(1).id;
    std::swap(draft_.variants[0], draft_.variants[1]);
    draft_.media.erase(draft_.media.begin());
    const auto second = put(draft_).value();
    EXPECT_EQ(second.outcome, SaveOutcome::updated);
    EXPECT_EQ(second.version, 2);
    EXPECT_EQ(second.variants.at(0), first.variants.at(1));
    EXPECT_EQ(shown().media.at(0).id, media);
    EXPECT_EQ(shown().variants.at(0).title, "M");
}

TEST_F(CatalogSave, a_variant_that_is_gone_is_not_sold_and_comes_back_as_itself) {
    const auto first = put(draft_).value();
    const auto without = [&] {
        auto smaller = draft_;
        smaller.variants.pop_back();
        return smaller;
    }();
    put(without).value();
    EXPECT_EQ(shown().variants.size(), 1U);
    const auto gone = db_.run(catalog_.offer(db_.context(), first.variants[1]));
    EXPECT_EQ(gone.error().code, "catalog.not_for_sale");
    EXPECT_EQ(put(without).value().outcome, SaveOutcome::unchanged);
    EXPECT_EQ(put(draft_).value().variants, first.variants);
}

TEST_F(CatalogSave, offers_are_what_can_be_bought) {
    draft_.variants[1].price.reset();
    const auto saved = put(draft_).value();
    const auto offer = db_.run(catalog_.offer(db_.context(), saved.variants[0])).value();
    EXPECT_EQ(offer.price.minor, 19900);
    EXPECT_EQ(offer.variant_title, "S");
    EXPECT_EQ(offer.image, "https://example.com/back.jpg");
    EXPECT_EQ(db_.run(catalog_.offer(db_.context(), saved.variants[1])).error().code, "catalog.not_for_sale");
    draft_.status = ProductStatus::archived;
    put(draft_).value();
    EXPECT_EQ(db_.run(catalog_.offer(db_.context(), saved.variants[0])).error().code, "catalog.not_for_sale");
}

TEST_F(CatalogSave, availability_goes_from_the_variant_to_the_product_and_its_lists) {
    const auto saved = put(draft_).value();
    EXPECT_EQ(shown().availability, Availability::out_of_stock);
    set_stock(saved.variants[0], Availability::low_stock);
    EXPECT_EQ(shown().availability, Availability::low_stock);
    EXPECT_EQ(shown().variants[1].availability, Availability::out_of_stock);
    EXPECT_EQ(db_.run(catalog_.list(db_.context(), {.in_stock = true}, {})).value().data.size(), 1U);
    set_stock(saved.variants[0], Availability::out_of_stock);
    EXPECT_TRUE(db_.run(catalog_.list(db_.context(), {.in_stock = true}, {})).value().data.empty());
}

TEST_F(CatalogSave, a_save_keeps_what_the_stock_says) {
    const auto saved = put(draft_).value();
    set_stock(saved.variants[0], Availability::in_stock);
    draft_.title = "Linen Shirt";
    draft_.variants[1].policy = StockPolicy::backorder;
    put(draft_).value();
    EXPECT_EQ(shown().variants[0].availability, Availability::in_stock);
    EXPECT_EQ(shown().variants[1].availability, Availability::preorder);
}

TEST_F(CatalogSave, a_handle_that_differs_in_case_alone_is_taken) {
    put(draft_).value();
    draft_.handle = "Shirt";
    EXPECT_EQ(put(draft_).error().code, "catalog.handle_taken");
}

TEST_F(CatalogSave, publishing_again_keeps_the_first_date) {
    put(draft_).value();
    const auto published = shown().published_at;
    db_.clock().advance(std::chrono::hours(1));
    draft_.title = "Renamed";
    put(draft_).value();
    EXPECT_EQ(shown().published_at, published);
}

}  // namespace
}  // namespace caddy::catalog
