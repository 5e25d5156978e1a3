// Streams and channels.
#include "platform/redis/client.hpp"

namespace caddy::redis {
namespace {

using std::chrono::milliseconds;

/// `[[id, [field, value, …]], …]`; an entry that was deleted while it was given out has no fields and is left out.
std::vector<StreamEntry> entries_of(const Reply& list) {
    std::vector<StreamEntry> entries;
    for (const auto& item : list.as_list()) {
        const auto& pair = item.as_list();
        if (pair.size() != 2 || pair[1].is_nil()) continue;
        StreamEntry entry{pair[0].as_text(), {}};
        const auto& words = pair[1].as_list();
        for (std::size_t at = 0; at + 1 < words.size(); at += 2)
            entry.fields.emplace_back(words[at].as_text(), words[at + 1].as_text());
        entries.push_back(std::move(entry));
    }
    return entries;
}

}   // namespace

Task<std::string> Client::stream_add(const Context& ctx, Key key, std::int64_t length_max, Fields fields) {
    Command command("XADD");
    command.key(key).arg("MAXLEN").arg("~").arg(length_max).arg("*");
    for (const auto& [name, value] : fields) command.arg(name).arg(value);
    std::vector<Command> commands;
    commands.push_back(std::move(command));
    const auto ttl = key.pattern().text().ttl_max;
    if (ttl.count() > 0) commands.push_back(Command("PEXPIRE").key(key).arg(ttl.count()).repeatable());
    const auto replies = co_await pipeline(ctx, std::move(commands));
    for (const auto& reply : replies) (void)reply.checked();
    co_return replies.front().as_text();
}

Task<> Client::stream_group(const Context& ctx, Key key, std::string group, std::string from) {
    std::vector<Command> commands;
    commands.push_back(
        Command("XGROUP").arg("CREATE").key(key).arg(group).arg(from).arg("MKSTREAM").repeatable());
    const auto ttl = key.pattern().text().ttl_max;
    if (ttl.count() > 0) commands.push_back(Command("PEXPIRE").key(key).arg(ttl.count()).repeatable());
    const auto replies = co_await pipeline(ctx, std::move(commands));
    const bool is_there = replies.front().is_error() && replies.front().error_kind() == ErrorKind::busy_group;
    if (!is_there) (void)replies.front().checked();
}

Task<std::vector<StreamEntry>> Client::stream_read(const Context& ctx, Key key, std::string group,
                                                   std::string consumer, int count, milliseconds block) {
    Command command("XREADGROUP");
    command.arg("GROUP").arg(group).arg(consumer).arg("COUNT").arg(count);
    const bool waits = block.count() > 0;
    if (waits) command.arg("BLOCK").arg(block.count());
    command.arg("STREAMS").key(key).arg(">");
    auto answer = waits ? run_blocking(ctx, std::move(command), block) : run(ctx, std::move(command));
    const auto reply = co_await std::move(answer);
    const auto& streams = reply.as_list();
    if (streams.empty()) co_return std::vector<StreamEntry>{};
    const auto& stream = streams.front().as_list();
    if (stream.size() != 2) throw Fault(ErrorKind::other, "redis: XREADGROUP answered no stream");
    co_return entries_of(stream[1]);
}

Task<std::int64_t> Client::stream_ack(const Context& ctx, Key key, std::string group, std::vector<std::string> ids) {
    if (ids.empty()) co_return 0;
    Command command("XACK");
    command.key(key).arg(group).repeatable();
    for (const auto& id : ids) command.arg(id);
    const auto reply = co_await run(ctx, std::move(command));
    co_return reply.as_integer();
}

Task<Claimed> Client::stream_claim(const Context& ctx, Key key, std::string group, std::string consumer,
                                   milliseconds idle, std::string start, int count) {
    Command command("XAUTOCLAIM");
    command.key(key).arg(group).arg(consumer).arg(idle.count()).arg(start).arg("COUNT").arg(count);
    const auto reply = co_await run(ctx, std::move(command));
    const auto& parts = reply.as_list();
    if (parts.size() < 2) throw Fault(ErrorKind::other, "redis: XAUTOCLAIM answered no list of entries");
    co_return Claimed{parts[0].as_text(), entries_of(parts[1])};
}

Task<std::int64_t> Client::publish(const Context& ctx, const Channel& channel, std::string payload) {
    Command command("PUBLISH");
    command.channel(channel).arg(payload);
    const auto reply = co_await run(ctx, std::move(command));
    co_return reply.as_integer();
}

}   // namespace caddy::redis
