#include "platform/config/config.hpp"
#include "platform/config/directory_watch.hpp"
#include "platform/config/settings_page.hpp"
#include "platform/runtime/task_group.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include <unistd.h>

#include <cstdlib>
#include <fstream>

namespace caddy::config {
namespace {

BOOST_DEFINE_ENUM_CLASS(Colour, red, green)

class ConfigTest : public testing::Test {
protected:
    void SetUp() override {
        std::string pattern = (std::filesystem::temp_directory_path() / "caddy-config-XXXXXX").string();
        ASSERT_NE(mkdtemp(pattern.data()), nullptr);
        directory_ = pattern;
    }
    void TearDown() override { std::filesystem::remove_all(directory_); }
    std::filesystem::path put(const std::string& name, std::string_view content) {
        std::ofstream(directory_ / name) << content;
        return directory_ / name;
    }
    std::filesystem::path directory_;
};

TEST_F(ConfigTest, a_later_source_wins_over_an_earlier_one) {
    Sources sources;
    const char* environment[] = {"PORT=2", "LIMIT=20", "WORKERS=7", nullptr};
    sources.add_flag("port", "4");
    sources.add_environment(environment);
    sources.add_file(put("config.yaml", "port: 1\nlimit: 10\nname: from file\n"));
    std::filesystem::create_directory(directory_ / "mounted");
    put("mounted/limit", "30\n");
    sources.add_directory(directory_ / "mounted");
    int port = 0, limit = 0, workers = 0;
    std::string name;

    Binder binder(sources);
    binder.integer("PORT", port, {0, 65535}, "")
        .integer("LIMIT", limit, {0, 100}, "")
        .integer("WORKERS", workers, {1, 64}, "")
        .text("NAME", name, "");

    EXPECT_EQ(port, 4);
    EXPECT_EQ(limit, 30);
    EXPECT_EQ(workers, 7);
    EXPECT_EQ(name, "from file");
    EXPECT_TRUE(binder.faults().empty());
    EXPECT_EQ(binder.settings()[1].origin, Origin::directory);
}

TEST_F(ConfigTest, every_bad_value_is_told_with_its_bounds) {
    Sources sources;
    sources.add_flag("PORT", "70000");
    sources.add_flag("COLOUR", "blue");
    sources.add_flag("ON", "maybe");
    sources.add_flag("LIMIT", "12x");
    int port = 3000, limit = 5;
    bool on = true;
    Colour colour = Colour::green;

    Binder binder(sources);
    binder.integer("PORT", port, {0, 65535}, "")
        .choice("COLOUR", colour, "")
        .toggle("ON", on, "")
        .integer("LIMIT", limit, {1, 9}, "");

    const auto faults = binder.faults();
    ASSERT_EQ(faults.size(), 4U);
    EXPECT_EQ(faults[0], "PORT: '70000' is not a whole number in 0..65535");
    EXPECT_EQ(faults[1], "COLOUR: 'blue' is not one of red, green");
    EXPECT_EQ(port, 3000);
    EXPECT_EQ(colour, Colour::green);
}

TEST_F(ConfigTest, an_unknown_name_in_a_file_is_refused_with_a_suggestion_and_one_in_the_environment_is_not) {
    Sources sources;
    const char* environment[] = {"SHELL_THING=2", nullptr};
    sources.add_environment(environment);
    sources.add_file(put("config.yaml", "PROT: 1\n"));
    int port = 0;

    Binder binder(sources);
    binder.integer("PORT", port, {0, 65535}, "");

    ASSERT_EQ(binder.faults().size(), 1U);
    EXPECT_NE(binder.faults()[0].find("did you mean PORT?"), std::string::npos);
}

TEST_F(ConfigTest, secrets_are_masked) {
    Sources sources;
    sources.add_flag("JWT_SECRET", "very secret");
    std::string secret;
    Binder binder(sources);
    binder.secret("JWT_SECRET", secret, "");
    EXPECT_EQ(secret, "very secret");
    EXPECT_EQ(binder.settings()[0].value.find("very"), std::string::npos);
}

TEST_F(ConfigTest, a_broken_file_is_refused_with_its_name) {
    Sources sources;
    EXPECT_THROW(sources.add_file(put("list.yaml", "- a\n- b\n")), std::runtime_error);
    EXPECT_THROW(sources.add_file(put("bad.yaml", "a: [1\n")), std::runtime_error);
    EXPECT_THROW(sources.add_file(directory_ / "absent.yaml"), std::runtime_error);
    EXPECT_THROW(sources.add_directory(directory_ / "absent"), std::runtime_error);
}

TEST_F(ConfigTest, lists_are_split_at_commas) {
    Sources sources;
    sources.add_flag("PROXIES", "10.0.0.0/8, 192.168.0.0/16 ,,");
    std::vector<std::string> proxies{"before"};
    Binder(sources).list("PROXIES", proxies, "");
    EXPECT_EQ(proxies, (std::vector<std::string>{"10.0.0.0/8", "192.168.0.0/16"}));
}

TEST_F(ConfigTest, a_mounted_directory_is_read_through_the_link_that_a_swap_renames) {
    for (const std::string generation : {"..1", "..2"}) {
        std::filesystem::create_directory(directory_ / generation);
        put(generation + "/log-level", generation == "..1" ? "info" : "debug");
    }
    std::filesystem::create_symlink("..1", directory_ / "..data");
    std::filesystem::create_symlink("..data/log-level", directory_ / "log-level");
    Sources before, after;
    before.add_directory(directory_);
    std::filesystem::create_symlink("..2", directory_ / "..data_tmp");
    std::filesystem::rename(directory_ / "..data_tmp", directory_ / "..data");
    after.add_directory(directory_);

    EXPECT_EQ(before.find("LOG_LEVEL")->value, "info");
    EXPECT_EQ(after.find("LOG_LEVEL")->value, "debug");
    EXPECT_EQ(after.find("LOG_LEVEL")->place, (directory_ / "log-level").string());
    EXPECT_NE(before, after);
}

TEST(SettingsPage, shows_every_process_the_last_that_was_published) {
    auto page = SettingsPage::create();
    const auto reader = SettingsPage::inherit(::dup(page.descriptor()));
    EXPECT_EQ(reader.read(), Sources());
    for (const std::string value : {"a secret\nof two lines", "", "12 of them"}) {
        Sources sources;
        sources.add_entry("db-password", {value, Origin::directory, "/run/secrets/db-password"});
        sources.add_entry("PORT", {"1", Origin::directory, "/etc/shop/PORT"});
        const auto before = reader.generation();
        page.publish(sources);
        EXPECT_EQ(reader.generation(), before + 1);
        EXPECT_EQ(reader.read(), sources);
    }
}

TEST(SettingsPage, refuses_more_than_it_holds_and_keeps_what_it_has) {
    auto page = SettingsPage::create();
    Sources small, large;
    small.add_entry("PORT", {"1", Origin::directory, ""});
    large.add_entry("PORT", {std::string(SettingsPage::bytes_max, 'x'), Origin::directory, ""});
    page.publish(small);
    EXPECT_THROW(page.publish(large), std::length_error);
    EXPECT_EQ(page.read(), small);
}

TEST_F(ConfigTest, a_watch_tells_of_a_swap_and_of_a_file_that_is_written_over) {
    asio::io_context loop;
    DirectoryWatch watch(loop.get_executor(), {directory_}, std::chrono::hours(1));
    TaskGroup tasks(loop.get_executor(), [](const std::exception_ptr& fault) { std::rethrow_exception(fault); });
    int looks = 0;
    ASSERT_TRUE(tasks.spawn(watch.run([&] { ++looks; })));
    const auto turn_until = [&](int wanted) {
        for (int i = 0; i < 500 && looks < wanted; ++i) loop.run_for(std::chrono::milliseconds(10));
        return looks >= wanted;
    };
    loop.poll();
    put("log-level", "info");
    EXPECT_TRUE(turn_until(1));
    std::filesystem::create_directory_symlink("nowhere", directory_ / "..data_tmp");
    std::filesystem::rename(directory_ / "..data_tmp", directory_ / "..data");
    EXPECT_TRUE(turn_until(2));
    tasks.cancel();
    loop.run_for(std::chrono::seconds(5));
    EXPECT_EQ(tasks.size(), 0U) << "it ends when it is cancelled";
}

}   // namespace
}   // namespace caddy::config
