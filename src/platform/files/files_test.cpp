#include "platform/files/files.hpp"
#include "tests/support/test_database.hpp"

#include <gtest/gtest.h>

#include <fstream>

namespace caddy::files {
namespace {

using namespace std::chrono_literals;

/// Both kinds of store keep the same promises.
class FileStores : public ::testing::TestWithParam<const char*> {
protected:
    FileStores() {
        const bool folder = std::string_view(GetParam()) == "folder";
        store_ = folder ? folder_store(folder_.path()) : database_store(db_.database());
    }
    void put(const std::string& name, std::string content) {
        db_.run(store_->put(db_.context(), name, std::make_shared<const std::string>(std::move(content))));
    }
    std::optional<std::string> get(const std::string& name) { return db_.run(store_->get(db_.context(), name)); }
    bool remove(const std::string& name, Time put_before) {
        return db_.run(store_->remove(db_.context(), name, put_before));
    }
    Time now() { return db_.clock().now(); }

    testing::TestFolder folder_;
    testing::TestDatabase db_;
    std::unique_ptr<FileStore> store_;
};

std::string bytes(std::size_t count) {
    std::string content(count, '\0');
    for (std::size_t i = 0; i < count; ++i) content[i] = static_cast<char>((i * 131 + i / 251) & 0xFFU);
    return content;
}

TEST_P(FileStores, give_back_every_byte_whatever_the_length) {
    constexpr std::size_t part = 512 * 1024;
    for (const std::size_t length : {std::size_t{0}, std::size_t{1}, part - 1, part, part + 1, 9 * part + 7}) {
        const auto name = "file-" + std::to_string(length) + ".bin";
        put(name, bytes(length));
        EXPECT_EQ(get(name), bytes(length)) << length;
    }
}

TEST_P(FileStores, say_that_a_file_is_not_there) {
    EXPECT_EQ(get("none.png"), std::nullopt);
    EXPECT_FALSE(db_.run(store_->exists(db_.context(), "none.png")));
    EXPECT_FALSE(remove("none.png", now() + 1h));
}

TEST_P(FileStores, replace_a_file_as_a_whole) {
    put("same.png", bytes(3'000'000));
    put("same.png", "short");
    EXPECT_EQ(get("same.png"), "short");
    EXPECT_TRUE(db_.run(store_->exists(db_.context(), "same.png")));
}

TEST_P(FileStores, remove_only_what_was_put_before_a_time) {
    put("old.png", "old");
    const auto limit = now() + 1s;
    db_.clock().advance(2s);
    put("new.png", "new");
    EXPECT_TRUE(remove("old.png", limit));
    EXPECT_FALSE(remove("new.png", limit));
    EXPECT_EQ(get("old.png"), std::nullopt);
    EXPECT_EQ(get("new.png"), "new");
}

TEST_P(FileStores, take_a_file_that_was_put_again_for_a_new_one) {
    put("again.png", "same");
    db_.clock().advance(2s);
    put("again.png", "same");
    EXPECT_FALSE(remove("again.png", now() - 1s));
    EXPECT_EQ(get("again.png"), "same");
}

TEST_P(FileStores, list_old_files_in_order_and_in_pages) {
    for (const auto* name : {"bb22.png", "aa11.png", "aa22.png", "cc11.png"}) put(name, "x");
    const auto limit = now() + 1s;
    db_.clock().advance(2s);
    put("aa00.png", "x");
    const auto first = db_.run(store_->older(db_.context(), limit, "", 3));
    EXPECT_EQ(first, (std::vector<std::string>{"aa11.png", "aa22.png", "bb22.png"}));
    EXPECT_EQ(db_.run(store_->older(db_.context(), limit, first.back(), 3)), std::vector<std::string>{"cc11.png"});
}

INSTANTIATE_TEST_SUITE_P(Both, FileStores, ::testing::Values("folder", "database"));

TEST(FileNames, are_plain_and_lead_nowhere) {
    for (const auto* good : {"00ff.png", "ab-480.webp", "a1_b.c"}) EXPECT_TRUE(is_file_name(good)) << good;
    for (const auto* bad : {"", "abc", ".abc", "a.bc", "ab/cd", "ab..cd", "ABCD", "ab cd", "ab\ncd"})
        EXPECT_FALSE(is_file_name(bad)) << bad;
}

TEST(FolderStore, sweeps_the_drafts_of_crashed_puts_and_nothing_else) {
    testing::TestFolder folder;
    testing::TestDatabase db;
    const auto store = folder_store(folder.path());
    const auto content = std::make_shared<const std::string>("x");
    db.run(store->put(db.context(), "aa11.png", content));
    std::ofstream(folder.path() / "aa" / ".draft") << "half";
    db.run(store->sweep_drafts(db.context(), Time(std::chrono::microseconds(0))));
    EXPECT_TRUE(std::filesystem::exists(folder.path() / "aa" / ".draft"));
    db.run(store->sweep_drafts(db.context(), Time(std::chrono::hours(24 * 365 * 200))));
    EXPECT_FALSE(std::filesystem::exists(folder.path() / "aa" / ".draft"));
    EXPECT_EQ(db.run(store->get(db.context(), "aa11.png")), "x");
}

TEST(DatabaseStore, sweeps_the_drafts_of_crashed_puts_and_nothing_else) {
    testing::TestDatabase db;
    const auto store = database_store(db.database());
    const auto content = std::make_shared<const std::string>("x");
    db.run(store->put(db.context(), "aa11.png", content));
    db.execute("INSERT INTO stored_file_drafts (content_id, begun_at) VALUES (7, 1000)");
    db.execute("INSERT INTO stored_file_parts (content_id, part, content) VALUES (7, 0, 'half')");
    db.run(store->sweep_drafts(db.context(), Time(std::chrono::microseconds(1000))));
    EXPECT_EQ(db.count("SELECT COUNT(*) FROM stored_file_parts"), 2);
    db.run(store->sweep_drafts(db.context(), db.clock().now()));
    EXPECT_EQ(db.count("SELECT COUNT(*) FROM stored_file_parts"), 1);
    EXPECT_EQ(db.count("SELECT COUNT(*) FROM stored_file_drafts"), 0);
    EXPECT_EQ(db.run(store->get(db.context(), "aa11.png")), "x");
}

TEST(DatabaseStore, leaves_no_parts_of_what_was_replaced_or_removed) {
    testing::TestDatabase db;
    const auto store = database_store(db.database());
    const auto content = std::make_shared<const std::string>(bytes(2'000'000));
    db.run(store->put(db.context(), "aa11.png", content));
    db.run(store->put(db.context(), "aa11.png", content));
    EXPECT_EQ(db.count("SELECT COUNT(*) FROM stored_file_parts"), 4);
    EXPECT_TRUE(db.run(store->remove(db.context(), "aa11.png", db.clock().now() + 1s)));
    EXPECT_EQ(db.count("SELECT COUNT(*) FROM stored_file_parts"), 0);
}

}   // namespace
}   // namespace caddy::files
