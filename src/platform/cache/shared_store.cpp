#include "platform/cache/shared_store.hpp"

#include "platform/crypto/digest.hpp"
#include "platform/runtime/fault.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <cstring>
#include <random>

namespace caddy::cache {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds reply_life(30'000);
constexpr milliseconds reply_life_min(24'000);
constexpr milliseconds version_life(600'000);   // longer than any reply that holds it
constexpr milliseconds lock_life(3'000);
constexpr milliseconds redis_limit(150);        // slower than that, the database is quicker
constexpr milliseconds away_for(1'000);
constexpr std::size_t version_bytes = 9;
constexpr std::uint32_t parts_max = 64;
constexpr std::string_view everything = "*";

// The 1 in these names is the form of what they hold; another form gets another number.
const redis::KeyPattern reply_key{{.owner = "cache",
                                   .pattern = "cache:1:reply:<edition>:<request>",
                                   .content = "an answer with its compressed forms, and its tags' versions",
                                   .ttl_max = reply_life,
                                   .size = "CACHE_SHARED_BYTES_MAX; as many as different requests of half a minute"}};
const redis::KeyPattern version_key{{.owner = "cache",
                                     .pattern = "cache:1:version:<tags>",
                                     .content = "a random text, another one after each change of these tags",
                                     .ttl_max = version_life,
                                     .size = "12 bytes; at most 8192"}};
const redis::KeyPattern lock_key{{.owner = "cache",
                                  .pattern = "cache:1:lock:<edition>:<request>",
                                  .content = "somebody is making this answer",
                                  .ttl_max = lock_life,
                                  .size = "1 byte; as many as answers that are being made"}};

redis::Key version_of(Place place) { return version_key(place); }

void add_number(std::string& bytes, std::uint64_t number) {
    for (int i = 0; i < 8; ++i) bytes.push_back(static_cast<char>(number >> (8U * static_cast<unsigned>(i))));
}
void add_text(std::string& bytes, std::string_view text) {
    add_number(bytes, text.size());
    bytes.append(text);
}

/// Takes an encoding apart; what does not fit makes it bad for good.
class Reader {
public:
    explicit Reader(std::string_view bytes) : bytes_(bytes) {}
    std::uint64_t number() {
        if (bytes_.size() < 8) return fail();
        std::uint64_t value = 0;
        for (std::size_t i = 8; i-- > 0;) value = value << 8U | static_cast<unsigned char>(bytes_[i]);
        bytes_.remove_prefix(8);
        return value;
    }
    std::string text() {
        const auto size = number();
        if (size > bytes_.size()) return (void)fail(), std::string();
        std::string value(bytes_.substr(0, size));
        bytes_.remove_prefix(size);
        return value;
    }
    /// How many parts follow.
    std::uint64_t count() {
        const auto parts = number();
        return parts > parts_max ? fail() : parts;
    }
    bool at_end() const { return good_ && bytes_.empty(); }

private:
    std::uint64_t fail() {
        good_ = false;
        bytes_ = {};
        return 0;
    }
    std::string_view bytes_;
    bool good_ = true;
};

}   // namespace

SharedStore::SharedStore(redis::Client& redis, Config config) : redis_(redis), config_(std::move(config)) {}

bool SharedStore::is_away() const { return !redis_.available() || steady_clock::now() < away_until_; }

void SharedStore::stand_aside() {
    try {
        throw;
    } catch (const Unavailable&) {
    } catch (const DeadlineExceeded&) {
    } catch (const redis::Fault&) {
    }
    away_until_ = steady_clock::now() + away_for;
}

Context SharedStore::quick(const Context& ctx) const {
    auto quick = ctx;
    quick.deadline = std::min(ctx.deadline, steady_clock::now() + redis_limit);
    return quick;
}

std::string SharedStore::encode(const Versions& versions, const Reply& reply) {
    std::string bytes;
    bytes.reserve(reply.bytes());
    add_number(bytes, versions.size());
    for (const auto& version : versions) add_text(bytes, version);
    add_number(bytes, static_cast<std::uint64_t>(reply.made_at.time_since_epoch().count()));
    add_text(bytes, reply.content_type);
    add_number(bytes, reply.headers.size());
    for (const auto& [name, value] : reply.headers) {
        add_text(bytes, name);
        add_text(bytes, value);
    }
    const auto& prepared = *reply.prepared;
    for (const auto* form : {&prepared.etag, &prepared.identity, &prepared.gzip, &prepared.brotli})
        add_text(bytes, *form);
    return bytes;
}

std::shared_ptr<Reply> SharedStore::decode(std::string_view bytes, Versions& versions) {
    Reader reader(bytes);
    auto reply = std::make_shared<Reply>();
    versions.clear();
    for (auto left = reader.count(); left > 0; --left) versions.push_back(reader.text());
    reply->made_at = Time(Time::duration(static_cast<std::int64_t>(reader.number())));
    reply->content_type = reader.text();
    for (auto left = reader.count(); left > 0; --left) {
        auto name = reader.text();
        auto value = reader.text();
        reply->headers.emplace_back(std::move(name), std::move(value));
    }
    http::Prepared prepared;
    for (auto* form : {&prepared.etag, &prepared.identity, &prepared.gzip, &prepared.brotli}) *form = reader.text();
    if (!reader.at_end() || prepared.etag.empty()) return nullptr;
    reply->prepared = std::make_shared<const http::Prepared>(std::move(prepared));
    return reply;
}

Task<SharedStore::Found> SharedStore::look(const Context& ctx, const std::string& key, std::span<const Place> places) {
    Found found;
    if (is_away()) co_return found;
    try {
        const auto limited = quick(ctx);
        found = co_await look_up(limited, key, places);
    } catch (...) {
        stand_aside();
    }
    co_return found;
}

Task<SharedStore::Found> SharedStore::look_up(const Context& ctx, const std::string& key,
                                              std::span<const Place> places) {
    std::vector<redis::Key> keys{reply_key(config_.edition, key), version_of(Epochs::place_of(everything))};
    for (const auto place : places) keys.push_back(version_of(place));
    auto values = co_await redis_.get_many(ctx, keys);
    Found found;
    bool complete = true;
    for (std::size_t i = 1; i < values.size(); ++i) {
        if (!values[i]) {
            auto fresh = crypto::random_token(version_bytes);
            const bool set = co_await redis_.set_if_absent(ctx, keys[i], fresh);
            if (set) {
                values[i] = std::move(fresh);
            } else {   // somebody else was quicker
                auto theirs = co_await redis_.get(ctx, keys[i]);
                values[i] = std::move(theirs);
            }
            complete = complete && values[i].has_value();
        }
        found.versions.push_back(values[i].value_or(""));
    }
    if (!complete) co_return Found{};
    if (!values[0]) co_return found;
    Versions versions;
    auto reply = decode(*values[0], versions);
    if (reply && versions == found.versions) found.reply = std::move(reply);
    co_return found;
}

Task<bool> SharedStore::lead(const Context& ctx, const std::string& key) {
    bool leads = true;
    try {
        const auto limited = quick(ctx);
        if (!is_away()) leads = co_await redis_.set_if_absent(limited, lock_key(config_.edition, key), "1");
    } catch (...) {
        stand_aside();
    }
    co_return leads;
}

Task<> SharedStore::put(const Context& ctx, const std::string& key, const Versions& versions, const Reply& reply) {
    if (is_away()) co_return;
    auto bytes = versions.empty() || reply.bytes() > config_.bytes_max ? std::string() : encode(versions, reply);
    try {
        const auto limited = quick(ctx);
        co_await put_down(limited, key, std::move(bytes));
    } catch (...) {
        stand_aside();
    }
}

/// What came together need not go together: lives differ by a fifth.
Task<> SharedStore::put_down(const Context& ctx, const std::string& key, std::string bytes) {
    static thread_local std::minstd_rand dice{std::random_device{}()};
    const milliseconds life(
        std::uniform_int_distribution<std::int64_t>(reply_life_min.count(), reply_life.count() - 1)(dice));
    if (!bytes.empty()) co_await redis_.set(ctx, reply_key(config_.edition, key), std::move(bytes), life);
    std::vector<redis::Key> lock{lock_key(config_.edition, key)};
    co_await redis_.del(ctx, std::move(lock));
}

Task<> SharedStore::move(const Context& ctx, const std::set<std::string>& tags) {
    std::set<Place> places;
    for (const auto& tag : tags) places.insert(Epochs::place_of(tag));
    std::vector<redis::Command> commands;
    for (const auto place : places) {
        commands.push_back(redis::Command("SET")
                               .key(version_of(place))
                               .arg(crypto::random_token(version_bytes))
                               .arg("PX")
                               .arg(version_life.count())
                               .repeatable());
    }
    const auto replies = co_await redis_.pipeline(ctx, std::move(commands));
    for (const auto& reply : replies) (void)reply.checked();
}

}   // namespace caddy::cache
