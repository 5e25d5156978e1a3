// Texts, counters, hashes and sorted sets.
#include "core/assert.hpp"
#include "platform/redis/client.hpp"

#include <charconv>

namespace caddy::redis {
namespace {

using std::chrono::milliseconds;

const Script increment_script({.name = "redis.increment", .source = R"(
local count = redis.call('INCRBY', KEYS[1], ARGV[1])
if tonumber(ARGV[2]) > 0 and redis.call('PTTL', KEYS[1]) < 0 then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return count
)"});

/// The time that a key gets; 0: for ever.
milliseconds lifetime(const Key& key, milliseconds wanted) {
    const auto longest = key.pattern().text().ttl_max;
    CADDY_ASSERT(longest.count() == 0 || wanted <= longest);
    return wanted.count() > 0 ? wanted : longest;
}

/// A write, and the time that the key lives from then on: in one go.
std::vector<Command> with_lifetime(Command command, const Key& key) {
    std::vector<Command> both;
    both.push_back(std::move(command));
    const auto ttl = lifetime(key, {});
    if (ttl.count() > 0) both.push_back(Command("PEXPIRE").key(key).arg(ttl.count()).repeatable());
    return both;
}

void check_all(const std::vector<Reply>& replies) {
    for (const auto& reply : replies) (void)reply.checked();
}

Command set_command(const Key& key, const std::string& value, milliseconds ttl) {
    Command command("SET");
    command.key(key).arg(value);
    const auto lives = lifetime(key, ttl);
    if (lives.count() > 0) command.arg("PX").arg(lives.count());
    return command;
}

/// The shortest text that reads back as the same number.
std::string to_text(double number) {
    std::string text(32, '\0');
    const auto [end, fault] = std::to_chars(text.data(), text.data() + text.size(), number);
    CADDY_ASSERT(fault == std::errc{});
    text.resize(static_cast<std::size_t>(end - text.data()));
    return text;
}

double to_number(const std::string& text) {
    double number = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (fault != std::errc{} || end != text.data() + text.size())
        throw Fault(ErrorKind::other, "redis: a score is no number");
    return number;
}

}   // namespace

Task<std::optional<std::string>> Client::get(const Context& ctx, Key key) {
    Command command("GET");
    command.key(key);
    const auto reply = co_await run(ctx, std::move(command));
    co_return reply.as_optional_text();
}

Task<std::vector<std::optional<std::string>>> Client::get_many(const Context& ctx, std::vector<Key> keys) {
    std::vector<Command> commands;
    for (const auto& key : keys) commands.push_back(Command("GET").key(key));
    const auto replies = co_await pipeline(ctx, std::move(commands));
    std::vector<std::optional<std::string>> values;
    for (const auto& reply : replies) values.push_back(reply.as_optional_text());
    co_return values;
}

Task<> Client::set(const Context& ctx, Key key, std::string value, milliseconds ttl) {
    auto command = set_command(key, value, ttl);
    command.repeatable();
    (void)co_await run(ctx, std::move(command));
}

Task<bool> Client::set_if_absent(const Context& ctx, Key key, std::string value, milliseconds ttl) {
    auto command = set_command(key, value, ttl);
    command.arg("NX");
    const auto reply = co_await run(ctx, std::move(command));
    co_return !reply.is_nil();
}

Task<> Client::del(const Context& ctx, std::vector<Key> keys) {
    std::vector<Command> commands;
    for (const auto& key : keys) commands.push_back(Command("DEL").key(key).repeatable());
    check_all(co_await pipeline(ctx, std::move(commands)));
}

Task<std::int64_t> Client::increment(const Context& ctx, Key key, std::int64_t by) {
    const auto ttl = lifetime(key, {});
    std::vector<Key> keys{key};
    std::vector<std::string> arguments{std::to_string(by), std::to_string(ttl.count())};
    const auto reply = co_await eval(ctx, increment_script, std::move(keys), std::move(arguments));
    co_return reply.as_integer();
}

Task<bool> Client::expire(const Context& ctx, Key key, milliseconds ttl) {
    Command command("PEXPIRE");
    command.key(key).arg(lifetime(key, ttl).count()).repeatable();
    const auto reply = co_await run(ctx, std::move(command));
    co_return reply.as_integer() == 1;
}

Task<> Client::hash_set(const Context& ctx, Key key, Fields fields) {
    if (fields.empty()) co_return;
    Command command("HSET");
    command.key(key).repeatable();
    for (const auto& [name, value] : fields) command.arg(name).arg(value);
    check_all(co_await pipeline(ctx, with_lifetime(std::move(command), key)));
}

Task<std::optional<std::string>> Client::hash_get(const Context& ctx, Key key, std::string field) {
    Command command("HGET");
    command.key(key).arg(field);
    const auto reply = co_await run(ctx, std::move(command));
    co_return reply.as_optional_text();
}

Task<Fields> Client::hash_all(const Context& ctx, Key key) {
    Command command("HGETALL");
    command.key(key);
    const auto reply = co_await run(ctx, std::move(command));
    const auto& items = reply.as_list();
    Fields fields;
    for (std::size_t at = 0; at + 1 < items.size(); at += 2)
        fields.emplace_back(items[at].as_text(), items[at + 1].as_text());
    co_return fields;
}

Task<> Client::hash_del(const Context& ctx, Key key, std::vector<std::string> fields) {
    if (fields.empty()) co_return;
    Command command("HDEL");
    command.key(key).repeatable();
    for (const auto& field : fields) command.arg(field);
    (void)co_await run(ctx, std::move(command));
}

Task<> Client::sorted_add(const Context& ctx, Key key, std::vector<ScoredMember> members) {
    if (members.empty()) co_return;
    Command command("ZADD");
    command.key(key).repeatable();
    for (const auto& each : members) command.arg(to_text(each.score)).arg(each.member);
    check_all(co_await pipeline(ctx, with_lifetime(std::move(command), key)));
}

Task<> Client::sorted_remove(const Context& ctx, Key key, std::vector<std::string> members) {
    if (members.empty()) co_return;
    Command command("ZREM");
    command.key(key).repeatable();
    for (const auto& member : members) command.arg(member);
    (void)co_await run(ctx, std::move(command));
}

Task<std::vector<ScoredMember>> Client::sorted_top(const Context& ctx, Key key, int count) {
    Command command("ZREVRANGE");
    command.key(key).arg(0).arg(count - 1).arg("WITHSCORES");
    std::vector<ScoredMember> members;
    if (count <= 0) co_return members;
    const auto reply = co_await run(ctx, std::move(command));
    const auto& items = reply.as_list();
    for (std::size_t at = 0; at + 1 < items.size(); at += 2)
        members.push_back({items[at].as_text(), to_number(items[at + 1].as_text())});
    co_return members;
}

}   // namespace caddy::redis
