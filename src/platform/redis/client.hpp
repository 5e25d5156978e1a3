#pragma once
// Redis, a single node or a cluster. One Client per process; used from the event loop only.
//
// All commands of a process share one connection to each node: what many coroutines ask is written in one go and
// answered in order. What waits on the server (a blocking read, a subscription) takes a connection of its own, at most
// the process's share of REDIS_POOL_SIZE together. While the server is away every call fails at once with Gone, so that
// callers do without; a background task connects again.
#include "platform/redis/command.hpp"
#include "platform/redis/config.hpp"
#include "platform/redis/reply.hpp"
#include "platform/redis/subscription.hpp"
#include "platform/runtime/context.hpp"
#include "platform/runtime/task.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace caddy::redis {

using Fields = std::vector<std::pair<std::string, std::string>>;

struct StreamEntry {
    std::string id;
    Fields fields;
};

struct Claimed {
    std::string next;   // where the next XAUTOCLAIM goes on; `0-0`: from the beginning
    std::vector<StreamEntry> entries;
};

struct ScoredMember {
    std::string member;
    double score = 0;
};

/// How a process's connections do, for metrics and health.
struct Usage {
    std::size_t connections = 0;   // shared ones that are up
    std::size_t dedicated = 0;     // lent to blocking reads and subscriptions
    std::size_t in_flight = 0;     // commands without an answer
    std::int64_t commands = 0;     // since the start
    std::int64_t round_trips = 0;  // writes, each carrying one or many commands
    std::int64_t connected = 0;
    std::int64_t lost = 0;
};

enum class State { starting, available, gone };

class Client {
public:
    /// Throws std::runtime_error when the certificate authority's file cannot be read.
    Client(asio::any_io_executor, Config);
    ~Client();

    /// Begins to connect in the background; the first call does it, too. Keeps the loop running until close().
    void start();
    /// Ends every connection; whoever waits gets Gone. Afterwards the client is of no more use.
    Task<> close();

    /// New connections sign in like this. Those that are up stay: a server asks for a password once.
    void change_credentials(std::string username, std::string password);

    State state() const;
    bool available() const { return state() == State::available; }
    using Watch = std::shared_ptr<const void>;
    /// Hears of every change of available() as long as the caller keeps what is returned.
    [[nodiscard]] Watch watch(std::function<void(bool available)>);
    Usage usage() const;

    /// One command. Throws Gone, DeadlineExceeded when the context's own time ran out, and Fault for an error reply.
    /// In a cluster the keys of a command must lie in one slot (Fault, cross_slot, names them).
    Task<Reply> run(const Context&, Command);
    /// Several commands in one go, answered in their order; in a cluster each node gets its part. Not atomic. An error
    /// reply stands in its place. Throws Gone and DeadlineExceeded for all of them together.
    Task<std::vector<Reply>> pipeline(const Context&, std::vector<Command>);
    /// Runs on the server as one step. Throws as run() does.
    Task<Reply> eval(const Context&, const Script&, std::vector<Key> keys, std::vector<std::string> arguments = {});
    /// A command that waits on the server for up to `block`, on a connection of its own. Throws as run() does, and Gone
    /// (overloaded) when too many wait already.
    Task<Reply> run_blocking(const Context&, Command, std::chrono::milliseconds block);

    // Texts. A key lives as long as its pattern says, or for `ttl`, which must be less.
    Task<std::optional<std::string>> get(const Context&, Key);
    Task<std::vector<std::optional<std::string>>> get_many(const Context&, std::vector<Key>);   // any slots
    Task<> set(const Context&, Key, std::string value, std::chrono::milliseconds ttl = {});
    /// False when there is such a key already. Not sent twice: after Gone the caller does not know.
    Task<bool> set_if_absent(const Context&, Key, std::string value, std::chrono::milliseconds ttl = {});
    Task<> del(const Context&, std::vector<Key>);   // any slots
    /// Counts from 0 in a key that lives for its pattern's time from its first increment on.
    Task<std::int64_t> increment(const Context&, Key, std::int64_t by = 1);
    Task<bool> expire(const Context&, Key, std::chrono::milliseconds ttl);

    // Hashes and sorted sets. What is written gets its pattern's time anew.
    Task<> hash_set(const Context&, Key, Fields);
    Task<std::optional<std::string>> hash_get(const Context&, Key, std::string field);
    Task<Fields> hash_all(const Context&, Key);
    Task<> hash_del(const Context&, Key, std::vector<std::string> fields);
    Task<> sorted_add(const Context&, Key, std::vector<ScoredMember>);
    Task<> sorted_remove(const Context&, Key, std::vector<std::string> members);
    /// Highest score first, `count` of them.
    Task<std::vector<ScoredMember>> sorted_top(const Context&, Key, int count);

    // Streams. Entries are at least once: an id that was given out comes again until it is acknowledged.
    /// Appends, and keeps about the newest `length_max`. Returns the entry's id.
    Task<std::string> stream_add(const Context&, Key, std::int64_t length_max, Fields);
    /// Creates the stream and the group where they are missing; `from`: `$` new entries only, `0` all that there are.
    Task<> stream_group(const Context&, Key, std::string group, std::string from);
    /// New entries for this consumer; waits for up to `block` when there are none (0: not at all).
    Task<std::vector<StreamEntry>> stream_read(const Context&, Key, std::string group, std::string consumer, int count,
                                               std::chrono::milliseconds block);
    Task<std::int64_t> stream_ack(const Context&, Key, std::string group, std::vector<std::string> ids);
    /// Takes over what another consumer was given `idle` ago and has not acknowledged.
    Task<Claimed> stream_claim(const Context&, Key, std::string group, std::string consumer,
                               std::chrono::milliseconds idle, std::string start, int count);

    /// Returns how many were listening on the node that was asked; nobody may rely on being heard.
    Task<std::int64_t> publish(const Context&, const Channel&, std::string payload);
    /// `ask_every`: how often the server is asked on that connection, for Event::Kind::heard; 0: only after a silence,
    /// and nobody is told.
    Subscription subscribe(std::vector<const Channel*>, std::chrono::milliseconds ask_every = {});

    const Config& config() const;

    struct Impl;

private:
    std::shared_ptr<Impl> impl_;
};

}   // namespace caddy::redis
