#pragma once
// How the caches of a fleet hear of changes. A commit moves its events' tags in the memory of its own pod before its
// caller is answered, and tells the others through Redis. The same events run as a job: should the process end right
// after its commit, or not reach Redis, another one does it.
//
// Each process asks on the connection that it listens on, twice a second, for a sign of life: what was said before the
// question has arrived before the answer. As long as answers come, every change is known up to the last question.
#include "platform/cache/epochs.hpp"
#include "platform/cache/reply_cache.hpp"
#include "platform/cache/shared_store.hpp"
#include "platform/cache/tags.hpp"
#include "platform/db/database.hpp"
#include "platform/jobs/worker.hpp"
#include "platform/redis/client.hpp"
#include "platform/runtime/task_group.hpp"

#include <boost/asio/steady_timer.hpp>

#include <set>
#include <string>
#include <vector>

namespace caddy::cache {

/// One per process, used from its event loop. REQUIRES: stopped before it is destroyed.
class Changes {
public:
    enum class Others { none, some };   // who else writes to the database, and tells this pod nothing but through Redis

    struct Surroundings {
        asio::any_io_executor executor;
        db::Database& database;
        Epochs& epochs;
        ReplyCache& replies;
        const TagTable& tags;
        redis::Client* redis = nullptr;
        SharedStore* shared = nullptr;   // where there is Redis
    };
    Changes(const Surroundings&, Others);
    Changes(const Changes&) = delete;
    ~Changes();

    /// The events that change anything are jobs, too.
    void jobs(jobs::JobTable&);

    /// From now on commits are followed, and with Redis what others tell.
    void start();
    Task<> stop();

private:
    struct Batch {
        std::vector<std::int64_t> events;
        std::set<std::string> tags;
        bool empty() const { return tags.empty(); }
    };

    void take(const std::vector<db::Announcement>&);
    Task<> follow(const Context&, const jobs::Event&);
    void move(const std::set<std::string>& tags, std::string_view origin);
    Task<> tell_others();
    Task<> tell(const Context&, const Batch&);
    Task<> listen();
    void note(const std::vector<std::int64_t>& events);
    void hear(const std::string& message);

    asio::any_io_executor executor_;
    db::Database& db_;
    Epochs& epochs_;
    ReplyCache& replies_;
    const TagTable& tags_;
    redis::Client* redis_;
    SharedStore* shared_;
    SystemClock clock_;
    Batch waiting_;              // for their way to the others
    bool owes_all_ = false;      // something could not be told: others drop everything once they are reached
    bool running_ = false;
    asio::steady_timer work_;    // cancelled when something waits
    TaskGroup tasks_;
};

}   // namespace caddy::cache
