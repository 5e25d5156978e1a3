#pragma once
// Who the fleet is made of: each pod says every few seconds in Redis what it runs, so that any of them can show all.
// Nothing depends on it but the back office's page.
#include "app/platform.hpp"
#include "platform/runtime/worker_board.hpp"

#include <boost/describe.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace caddy::app {

struct PodWorker {
    int slot = 0;
    std::string state;   // as of WorkerBoard::State
    std::string reach;   // its way to the database, as of WorkerBoard::Reach
    std::int64_t silent_ms = 0;
    Time started_at{};
};
BOOST_DESCRIBE_STRUCT(PodWorker, (), (slot, state, reach, silent_ms, started_at))

/// What a pod says of itself. Programs of other versions read it, too: members may be added, never renamed.
struct Pod {
    std::string id;     // another one after each start
    std::string name;   // of its machine or container
    std::string version;
    std::string config_hash;
    std::string role;
    std::vector<std::string> routes;   // groups; empty: all
    std::int64_t schema_known = 0;     // the highest migration that its program carries
    bool read_only = false;
    Time started_at{};
    std::int64_t worker_slots = 0;
    std::vector<PodWorker> workers;
};
BOOST_DESCRIBE_STRUCT(Pod, (), (id, name, version, config_hash, role, routes, schema_known, read_only, started_at,
                                worker_slots, workers))

struct KnownPod {
    Pod pod;
    std::int64_t silent_ms = 0;   // since it last said so
};

/// One per worker; event loop only.
class PodRegister {
public:
    /// `describe` fills what only the worker knows: hash, role and routes.
    PodRegister(Platform& platform, const WorkerBoard& board, int slot, std::function<void(Pod&)> describe)
        : platform_(platform), board_(board), slot_(slot), describe_(std::move(describe)) {}

    /// This pod, as it is now.
    Pod own() const;
    /// Those that said something within the last minutes, this one among them once it has; nothing when Redis cannot be
    /// asked.
    Task<std::optional<std::vector<KnownPod>>> all(const Context&);

    /// Says who this pod is until it is cancelled; of its workers, the first that serves does so for all.
    Task<> keep_saying();
    /// The pod ends: nobody is to wait for its word.
    Task<> leave();

private:
    bool speaks_for_all() const;

    Platform& platform_;
    const WorkerBoard& board_;
    int slot_;
    std::function<void(Pod&)> describe_;
    bool left_ = false;
};

}   // namespace caddy::app
