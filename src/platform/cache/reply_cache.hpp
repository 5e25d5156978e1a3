#pragma once
// Keeps what handlers answered on the routes that say how (http::Caching), and gives it again without them: from this
// process's own memory, then from the fleet's (SharedStore). One request at a time asks the database for an answer,
// however many wait for it. While the database is away, what was kept is given as the old thing that it is.
//
// A reply is given as it is only while all of this holds:
//   - nothing that it was made from has moved since before it was read (Epochs),
//   - changes elsewhere are heard of (heard_until), or it was read less than `unheard_for` ago,
//   - it is younger than its route says; past that it is given for as long again while a new one is made.
#include "platform/cache/epochs.hpp"
#include "platform/cache/shared_store.hpp"
#include "platform/cache/store.hpp"
#include "platform/http/router.hpp"
#include "platform/runtime/task_group.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <cstdint>
#include <deque>
#include <exception>
#include <memory>
#include <random>
#include <string>
#include <unordered_map>

namespace caddy::cache {

struct Config {
    std::int64_t bytes_max = std::int64_t{64} * 1024 * 1024;   // 0..64 GiB in a pod, shared out over its workers
    int stale_s_max = 600;          // 0..86400: how old a reply may be while the database is away
    int shared_bytes_max = 256 * 1024;   // 0..16 MiB: larger replies are not shared through Redis
};

/// One per process, used from its event loop. REQUIRES: closed before it is destroyed.
class ReplyCache final : public http::ReadyReplies {
public:
    using Instant = Reply::Instant;

    /// Whoever hears of no changes keeps nothing for longer: half a second less than others may see the old.
    static constexpr std::chrono::milliseconds unheard_for{1'500};

    struct Surroundings {
        asio::any_io_executor executor;
        const Clock& clock;
        Epochs& epochs;
        SharedStore* shared = nullptr;       // null without Redis
        std::size_t bytes_max = 0;           // of this process
        bool reads_copies = false;           // answers may be made from a copy that is behind
    };
    ReplyCache(const Surroundings&, const Config&);
    ReplyCache(const ReplyCache&) = delete;
    ~ReplyCache() override;

    /// Puts itself before the handlers of all routes that say how their answers are kept. REQUIRES: these are GETs that
    /// anyone may call; the router outlives this.
    void attach(http::Router&);

    /// Every change of what replies are made from has been heard of that was committed before this. Never, unless this
    /// is called; Instant::max() where nobody else changes anything.
    void heard_until(Instant at) { heard_until_ = at; }

    /// What was read before this may have changed unheard: by this process alone.
    void drop_all() { dropped_at_ = std::chrono::steady_clock::now(); }

    http::ReadyReply* find(std::string_view target, Instant now) override;
    void note_given(const http::ReadyReply&) override;

    /// Ends what is under way; requests go to the handlers from now on.
    Task<> close();

    const Store& store() const { return store_; }

private:
    struct Kept;     // a route
    struct Flight;   // an answer that is being made
    enum class State { none, current, usable, old };
    enum class Source { database, fleet };

    bool write_key(const Kept&, const http::Request&);
    std::vector<Place> places_of(const Kept&, const http::Request&) const;
    State judge(const Reply&, Instant now) const;
    std::optional<http::Response> at_once(const Kept&, const http::Request&);
    Task<Result<http::Response>> answer(const Kept&, http::Request&);
    Task<Result<http::Response>> give(const Kept&, http::Request&, std::shared_ptr<Flight>);
    std::shared_ptr<Flight> take_flight(const Kept&, const http::Request&, const std::string& key);
    Task<> fly(std::shared_ptr<Flight>, http::Request);
    Task<> make(Flight&, http::Request&);
    Task<SharedStore::Found> look(const Flight&, const Context&);
    Task<> ask_handler(Flight&, http::Request&);
    static std::vector<Place> narrowed(const Flight&, const std::vector<std::string>& parts);
    std::shared_ptr<const Reply> keep(const Flight&, Reply);
    void land(Flight&);
    Task<> wait(Flight&, Instant limit);
    http::Response stale_response(const Reply&);
    bool may_be_stale(const Reply&, Instant now) const;

    asio::any_io_executor executor_;
    const Clock& clock_;
    Epochs& epochs_;
    SharedStore* shared_;
    Config config_;
    bool reads_copies_;
    Store store_;
    std::deque<Kept> routes_;
    std::unordered_map<std::string, std::shared_ptr<Flight>> flights_;
    std::string key_;             // the last one written
    Instant heard_until_{};
    Instant dropped_at_{};
    Instant away_until_{};        // the database was away a moment ago: what is kept goes out at once
    std::minstd_rand dice_;
    TaskGroup tasks_;
};

}   // namespace caddy::cache
