// The library on a database and both kinds of store.
#include "shop/media/media.hpp"

#include "platform/http/precondition.hpp"
#include "shop/media/media_files.hpp"
#include "shop/media/media_names.hpp"
#include "tests/support/test_database.hpp"

#include <gtest/gtest.h>

#include <fstream>

namespace caddy::media {
namespace {

using namespace std::chrono_literals;

std::string drawing(const std::string& label) {
    return "<svg xmlns='http://www.w3.org/2000/svg' width='48' height='24'><title>" + label + "</title></svg>";
}

class Library : public ::testing::TestWithParam<const char*> {
protected:
    Library() {
        const bool folder = std::string_view(GetParam()) == "folder";
        files_ = folder ? files::folder_store(folder_.path()) : files::database_store(db_.database());
        media_ = std::make_unique<MediaService>(db_.database(), *files_, config_);
        shown_ = std::make_unique<MediaFiles>(*files_, folder_.path(), config_);
    }
    static MediaService::Read reading(const std::string& content) {
        return [content]() -> Result<std::string> { return content; };
    }
    Result<Kept> add(const std::string& content) { return db_.run(media_->add(db_.context(), reading(content))); }
    Picture added(const std::string& content) { return add(content).value().picture; }
    Result<void> remove(const Picture& picture, std::int64_t version = 1) {
        const http::ExpectedVersion expected{std::vector<std::int64_t>{version}};
        return db_.run(media_->remove(db_.context(), picture.id, expected));
    }
    static std::string name_of(const Picture& picture) { return picture.url.substr(7); }
    bool stored(const Picture& picture) { return db_.run(files_->exists(db_.context(), name_of(picture))); }
    Result<http::Response> get(const std::string& name) { return db_.run(shown_->find(db_.context(), name)); }
    void sweep() { db_.run(media_->sweep(db_.context())); }

    Config config_;
    testing::TestFolder folder_;
    testing::TestDatabase db_;
    std::unique_ptr<files::FileStore> files_;
    std::unique_ptr<MediaService> media_;
    std::unique_ptr<MediaFiles> shown_;
};

INSTANTIATE_TEST_SUITE_P(Both, Library, ::testing::Values("folder", "database"));

TEST_P(Library, takes_a_picture_in_and_serves_it) {
    const auto kept = add(drawing("cup"));
    ASSERT_TRUE(kept.has_value());
    EXPECT_TRUE(kept->is_new);
    EXPECT_EQ(kept->picture.content_type, "image/svg+xml");
    EXPECT_EQ(std::pair(kept->picture.width, kept->picture.height), std::pair(std::optional(48), std::optional(24)));
    const auto served = get(name_of(kept->picture));
    ASSERT_TRUE(served.has_value());
    EXPECT_EQ(served->prepared->identity, drawing("cup"));
    EXPECT_EQ(served->content_type, "image/svg+xml");
    EXPECT_EQ(db_.run(media_->show(db_.context(), kept->picture.id)).value().url, kept->picture.url);
}

TEST_P(Library, knows_the_same_content_again) {
    const auto first = added(drawing("cup"));
    const auto second = add(drawing("cup"));
    EXPECT_FALSE(second->is_new);
    EXPECT_EQ(second->picture.id, first.id);
    EXPECT_NE(added(drawing("pot")).id, first.id);
    EXPECT_EQ(db_.count("SELECT COUNT(*) FROM media_pictures"), 2);
}

TEST_P(Library, makes_a_lost_file_again_when_its_content_comes_back) {
    const auto picture = added(drawing("cup"));
    db_.run(files_->remove(db_.context(), name_of(picture), db_.clock().now() + 1h));
    EXPECT_FALSE(stored(picture));
    EXPECT_EQ(added(drawing("cup")).id, picture.id);
    EXPECT_TRUE(stored(picture));
}

TEST_P(Library, removes_what_nobody_shows) {
    const auto picture = added(drawing("cup"));
    db_.clock().advance(2h);
    EXPECT_EQ(remove(picture, 2).error().code, "request.version_mismatch");
    EXPECT_TRUE(remove(picture).has_value());
    EXPECT_FALSE(stored(picture));
    EXPECT_EQ(remove(picture).error().code, "media.not_found");
}

TEST_P(Library, keeps_what_somebody_shows) {
    const auto picture = added(drawing("cup"));
    media_->keep_while([](db::Transaction&, PictureId) -> Task<bool> { co_return true; });
    EXPECT_EQ(remove(picture).error().code, "media.in_use");
    EXPECT_TRUE(stored(picture));
}

TEST_P(Library, sweeps_files_that_no_picture_has_once_they_are_old) {
    const auto picture = added(drawing("cup"));
    const auto orphan = file_name(std::string(32, 'b'), PictureType::png);
    const auto stranger = std::string("aaaa-by-hand.png");
    const auto content = std::make_shared<const std::string>("x");
    for (const auto& name : {orphan, stranger}) db_.run(files_->put(db_.context(), name, content));
    const auto there = [&](const std::string& name) { return db_.run(files_->exists(db_.context(), name)); };
    sweep();
    EXPECT_TRUE(there(orphan));
    db_.clock().advance(2h);
    sweep();
    EXPECT_FALSE(there(orphan));
    EXPECT_TRUE(there(stranger));
    EXPECT_TRUE(stored(picture));
}

TEST_P(Library, leaves_a_fresh_file_of_a_removed_picture_to_the_sweeper) {
    const auto picture = added(drawing("cup"));
    EXPECT_TRUE(remove(picture).has_value());
    EXPECT_TRUE(stored(picture));
    db_.clock().advance(2h);
    sweep();
    EXPECT_FALSE(stored(picture));
}

TEST_P(Library, serves_files_that_were_there_before_it) {
    const auto name = std::string(32, 'c') + ".svg";
    std::ofstream(folder_.path() / name) << drawing("old");
    std::ofstream(folder_.path() / "by-hand.svg") << drawing("older");
    EXPECT_EQ(get(name)->prepared->identity, drawing("old"));
    EXPECT_EQ(get("by-hand.svg")->prepared->identity, drawing("older"));
    EXPECT_EQ(get(std::string(32, 'd') + ".svg").error().code, "request.not_found");
    EXPECT_EQ(get("../secrets/jwt-secret").error().code, "request.not_found");
}

TEST_P(Library, holds_pictures_by_address_for_those_who_show_them) {
    const auto picture = added(drawing("cup"));
    const std::vector<std::string> urls{picture.url, "https://example.com/a.png",
                                        "/media/" + std::string(32, 'e') + ".png", picture.url.substr(0, 39) + ".png"};
    const auto facts = db_.in_transaction([&](db::Transaction& tx) -> Task<std::vector<Facts>> {
        auto held = co_await hold(tx, urls);
        co_return held;
    });
    ASSERT_EQ(facts.size(), 1U);
    EXPECT_EQ(facts.at(0), (Facts{picture.id, picture.url, 48, 24, ""}));
}

TEST_P(Library, lists_the_newest_first_page_by_page) {
    std::vector<PictureId> ids;
    for (int i = 0; i < 5; ++i) ids.push_back(added(drawing(std::to_string(i))).id);
    std::sort(ids.rbegin(), ids.rend());
    PageRequest request{.limit = 2};
    std::vector<PictureId> seen;
    for (int page = 0; page < 3; ++page) {
        const auto found = db_.run(media_->list(db_.context(), request)).value();
        for (const auto& each : found.data) seen.push_back(each.id);
        request.cursor = found.next;
    }
    EXPECT_EQ(seen, ids);
    EXPECT_EQ(request.cursor, std::nullopt);
    request.cursor = "nonsense";
    EXPECT_EQ(db_.run(media_->list(db_.context(), request)).error().code, "request.cursor_malformed");
}

TEST_P(Library, writes_down_who_uploaded_and_who_removed) {
    const auto picture = added(drawing("cup"));
    (void)added(drawing("cup"));
    EXPECT_TRUE(remove(picture).has_value());
    EXPECT_EQ(db_.count("SELECT COUNT(*) FROM audit_log WHERE action LIKE 'media.picture.%'"), 2);
    (void)db_.run(media_->take(db_.context(), reading(drawing("imported"))));
    EXPECT_EQ(db_.count("SELECT COUNT(*) FROM audit_log WHERE action LIKE 'media.picture.%'"), 2);
}

TEST_P(Library, forgets_the_least_used_file_when_its_memory_is_full) {
    config_.cache_bytes_max = 400;
    MediaFiles small(*files_, folder_.path(), config_);
    const auto cup = added(drawing("cup"));
    const auto pot = added(drawing(std::string(200, 'p')));
    const auto huge = added(drawing(std::string(4'000, 'h')));
    for (int round = 0; round < 3; ++round) {
        for (const auto* picture : {&cup, &pot, &huge}) {
            EXPECT_TRUE(db_.run(small.find(db_.context(), name_of(*picture))).has_value());
        }
    }
}

}   // namespace
}   // namespace caddy::media
