#pragma once
// The database that all pods share, and the driver by which a pod reaches it: the real SQL on the real engine, run at
// once; but a statement waits for its turn, and may meet a conflict, a lost connection or the end of its pod.
#include "platform/db/sqlite_handle.hpp"
#include "simulation/memory_disk.hpp"
#include "simulation/scheduler.hpp"

#include <memory>
#include <set>
#include <string>

namespace caddy::simulation {

/// How likely what goes wrong is, of a thousand times.
struct Faults {
    int conflict = 0;            // a statement of a transaction, or its COMMIT: rolled back, may run again
    int lost_statement = 0;      // the connection ends; its transaction is rolled back
    int lost_commit = 0;         // the connection ends at COMMIT, which took place or not
    int lost_message = 0;        // a request or an answer, each
    int repeated_message = 0;
    int lost_provider_call = 0;  // on its way there or back, each
    int crash_per_mega = 0;      // of a million draws
};

/// A pod as others see it.
struct Life {
    std::string name;
    bool alive = true;
};

/// One database server: one writer at a time; readers see what is committed.
class Server {
public:
    explicit Server(MemoryDisk&);

    /// Everything as MemoryDisk keeps it. REQUIRES: no transaction is open
    void restart(Scheduler&, const Faults&);
    db::Rows read(const db::Sql&, const std::vector<db::Value>& arguments = {}, std::size_t slots = 0);
    db::Rows write(const std::string& text);
    /// The open transaction of a pod ends with it.
    /// No more faults.
    void calm() { faults_ = {}; }
    /// For making what schedules begin with: as it is, without faults.
    void attach(Scheduler& scheduler) { scheduler_ = &scheduler; }
    void drop(const Life&);

    struct Counts {
        std::int64_t statements = 0, conflicts = 0, lost = 0, lost_commits = 0;
    };
    Counts counts;

private:
    friend class SimulatedConnection;

    MemoryDisk& disk_;
    db::SqliteHandle writer_;
    db::SqliteHandle reader_;
    Scheduler* scheduler_ = nullptr;
    Faults faults_;
    class SimulatedConnection* holder_ = nullptr;   // of the one write transaction
};

/// A pod's way to the server.
std::unique_ptr<db::Driver> open_simulated(Server&, std::shared_ptr<const Life>);

}  // namespace caddy::simulation
