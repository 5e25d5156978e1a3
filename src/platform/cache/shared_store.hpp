#pragma once
// Replies that all pods share, in Redis. Each holds the versions that its tags had before it was read from the
// database; a change gives its tags new random versions. What is found with other versions than its tags have now is as
// good as not there, whoever wrote it and however late. A tag without a version proves nothing: it is given one before
// the database is asked.
#include "platform/cache/reply.hpp"
#include "platform/redis/client.hpp"

#include <chrono>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace caddy::cache {

/// One per process, used from its event loop.
class SharedStore {
public:
    using Instant = Reply::Instant;
    using Versions = std::vector<std::string>;   // of the tags, in their order

    struct Config {
        std::string edition;       // programs of different editions write different answers, and share nothing
        std::size_t bytes_max = 0; // of one reply
    };
    SharedStore(redis::Client&, Config);

    /// What there is: the reply, or the versions that one must be put with. Neither while Redis is away or slow.
    struct Found {
        std::shared_ptr<Reply> reply{};
        Versions versions{};
    };
    Task<Found> look(const Context&, const std::string& key, std::span<const Place>);

    /// True for the one process that is to make a reply, until it has put it or some seconds have passed.
    Task<bool> lead(const Context&, const std::string& key);
    /// Keeps the reply, unless it is too large or there are no versions for it. Without fault while Redis is away.
    Task<> put(const Context&, const std::string& key, const Versions&, const Reply&);

    /// What was put before is of no more use where it was made from one of these; `*`: all of it. Throws as
    /// redis::Client does.
    Task<> move(const Context&, const std::set<std::string>& tags);

    /// As bytes, and back: nothing when they are no reply.
    static std::string encode(const Versions&, const Reply&);
    static std::shared_ptr<Reply> decode(std::string_view bytes, Versions& versions);

private:
    Task<Found> look_up(const Context&, const std::string& key, std::span<const Place>);
    Task<> put_down(const Context&, const std::string& key, std::string bytes);
    bool is_away() const;
    /// Called while a fault is handled: of Redis', nobody asks for a moment; any other goes on.
    void stand_aside();
    Context quick(const Context&) const;

    redis::Client& redis_;
    Config config_;
    Instant away_until_{};
};

}   // namespace caddy::cache
