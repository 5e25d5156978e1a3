// `check redis` and `redis-keys`: whether Redis can be had, and what the program keeps there.
#include "app/command.hpp"
#include "app/platform.hpp"
#include "platform/json/encode.hpp"

#include <unistd.h>

#include <algorithm>
#include <iostream>

namespace caddy::app {
namespace {

using std::chrono::steady_clock;

const redis::KeyPattern probe({.owner = "check",
                               .pattern = "check:<process>",
                               .content = "what `check redis` writes, reads and deletes",
                               .ttl_max = std::chrono::seconds(10),
                               .size = "10 bytes, one per run"});

struct KeyRow {
    std::string pattern;
    std::string owner;
    std::string content;
    std::int64_t ttl_ms_max = 0;   // 0: for ever
    std::string size;
};
BOOST_DESCRIBE_STRUCT(KeyRow, (), (pattern, owner, content, ttl_ms_max, size))

struct ChannelRow {
    std::string name;
    std::string owner;
    std::string content;
};
BOOST_DESCRIBE_STRUCT(ChannelRow, (), (name, owner, content))

struct Table {
    std::vector<KeyRow> keys;
    std::vector<ChannelRow> channels;
};
BOOST_DESCRIBE_STRUCT(Table, (), (keys, channels))

Table table() {
    Table all;
    for (const auto* each : redis::KeyPattern::all()) {
        const auto& text = each->text();
        all.keys.push_back({std::string(text.pattern), std::string(text.owner), std::string(text.content),
                            text.ttl_max.count(), std::string(text.size)});
    }
    for (const auto* each : redis::Channel::all()) {
        const auto& text = each->text();
        all.channels.push_back({std::string(text.name), std::string(text.owner), std::string(text.content)});
    }
    std::sort(all.keys.begin(), all.keys.end(), [](const auto& a, const auto& b) { return a.pattern < b.pattern; });
    std::sort(all.channels.begin(), all.channels.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    return all;
}

std::string duration_text(std::int64_t milliseconds) {
    if (milliseconds == 0) return "for ever";
    if (milliseconds % 60'000 == 0) return std::to_string(milliseconds / 60'000) + " min";
    if (milliseconds % 1'000 == 0) return std::to_string(milliseconds / 1'000) + " s";
    return std::to_string(milliseconds) + " ms";
}

void print_markdown(const Table& all) {
    std::cout << "# Keys in Redis\n\nWritten by `caddy-shopping redis-keys`. Every key and channel begins with "
                 "`REDIS_KEY_PREFIX` (`caddy:`). What stands in\n`<>` is filled in, and what stands in `{}` decides "
                 "the node of a Redis Cluster. Nothing is kept in Redis alone that an order or\na payment needs.\n\n"
                 "| key | owner | content | lives at most | bound |\n|---|---|---|---|---|\n";
    for (const auto& each : all.keys) {
        std::cout << "| `" << each.pattern << "` | " << each.owner << " | " << each.content << " | "
                  << duration_text(each.ttl_ms_max) << " | " << each.size << " |\n";
    }
    if (all.channels.empty()) return;
    std::cout << "\n| channel | owner | content |\n|---|---|---|\n";
    for (const auto& each : all.channels)
        std::cout << "| `" << each.name << "` | " << each.owner << " | " << each.content << " |\n";
}

/// What is wrong; nothing when all is well.
Task<std::optional<std::string>> try_out(redis::Client& client, Context ctx, double& round_trip_ms) {
    std::optional<std::string> wrong;
    try {
        const auto key = probe(static_cast<std::int64_t>(::getpid()));
        co_await client.set(ctx, key, "here");
        const auto begun = steady_clock::now();
        const auto found = co_await client.get(ctx, key);
        round_trip_ms = std::chrono::duration<double, std::milli>(steady_clock::now() - begun).count();
        if (found != "here") wrong = "what was written is not found again; is this a replica?";
        std::vector<redis::Key> keys{key};
        co_await client.del(ctx, std::move(keys));
    } catch (const std::exception& fault) {
        wrong = fault.what();
    }
    co_await client.close();
    co_return wrong;
}

}   // namespace

int list_redis_keys(const CommandLine& line) {
    if (line.as_json) std::cout << json::to_json(table()) << '\n';
    else print_markdown(table());
    return exit_ok;
}

int check_redis(const Settings& settings) {
    if (!settings.redis.present()) {
        complain("neither REDIS_HOST nor REDIS_CLUSTER_NODES is set: the shop does without Redis");
        return exit_config;
    }
    asio::io_context loop{1};
    redis::Config config = settings.redis;
    config.command_limit_ms = std::max(config.command_limit_ms, config.connect_limit_ms);
    redis::Client client(loop.get_executor(), config);
    const SystemClock clock;
    Context ctx;
    ctx.route = "check";
    ctx.clock = &clock;
    std::optional<std::string> wrong;
    double round_trip_ms = 0;
    asio::co_spawn(loop, try_out(client, ctx, round_trip_ms),
                   [&](const std::exception_ptr& fault, std::optional<std::string> result) {
                       wrong = std::move(result);
                       if (fault) wrong = "the check itself failed";
                   });
    loop.run();
    if (wrong) {
        complain(*wrong);
        return exit_unavailable;
    }
    std::cout << "Redis answers; a round trip takes " << round_trip_ms << " ms\n";
    return exit_ok;
}

}   // namespace caddy::app
