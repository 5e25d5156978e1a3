#pragma once
// What is wrong with a shop's surroundings, judged from facts that somebody else has gathered: each finding says what
// was found, what that means for the shop, and what to do next. Pure; any thread.
#include <boost/describe.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace caddy::diagnosis {

/// critical: the shop does not work or may lose what it acknowledged; warning: it will one day; note: worth knowing.
BOOST_DEFINE_ENUM_CLASS(Gravity, critical, warning, note, ok)

struct Finding {
    Gravity gravity = Gravity::ok;
    std::string check;     // `redis.eviction`: the same in every release
    std::string found;     // what is
    std::string means{};   // what that does to the shop; empty where all is well
    std::string next{};    // what to do
};
BOOST_DESCRIBE_STRUCT(Finding, (), (gravity, check, found, means, next))

using Findings = std::vector<Finding>;

Finding fine(std::string check, std::string found);

/// The gravest first; of equal ones in the order in which they were found.
void sort_by_gravity(Findings&);
/// Gravity::ok where there is nothing.
Gravity worst_of(const Findings&);
/// For people: a paragraph for each, and a line that counts them.
std::string to_text(const Findings&);

// -- settings ------------------------------------------------------------------------------------------------

/// What stands behind a name of the settings; the value itself is never repeated.
struct Secret {
    std::string name;
    std::string value;
    std::size_t length_min = 0;   // below which it can be guessed
};
/// Nothing to complain of: ok.
Finding judge(const Secret&);

struct AdminPort {
    std::string host;
    int port = 0;
    bool has_token = false;
};
Finding judge(const AdminPort&);

/// A server that the shop talks to over the network.
struct Connection {
    std::string check;    // `database.encryption`
    std::string server;   // `the database`
    std::string host{};   // as it is set; several with commas
    bool encrypted = false;
    bool proven = false;    // that it is the one it says to be
    std::string setting{};  // which setting changes it
};
Finding judge(const Connection&);

/// False where a packet to it leaves the machine.
bool is_this_machine(std::string_view host);

// -- the database --------------------------------------------------------------------------------------------

struct Schema {
    int applied = 0;   // highest migration in the database
    int known = 0;     // highest of the program
    int missing = 0;   // the program's that are not applied
};
Finding judge(const Schema&);

struct DatabaseServer {
    std::string version;
    std::map<std::string, std::string, std::less<>> variables;   // of a session of the shop, by name
    std::int64_t connections_open = 0;
    int pool_size = 0;   // of a pod
    int pods = 0;
    std::int64_t statements = 0;         // that a connection may prepare
    std::int64_t packet_bytes = 0;       // the longest that the shop sends
};
/// Connections, prepared statements, session, durability, packets.
Findings judge(const DatabaseServer&);

// -- Redis ---------------------------------------------------------------------------------------------------

struct RedisNode {
    std::string name;                                       // `10.0.0.7:6379`
    std::map<std::string, std::string, std::less<>> info;   // of INFO
    double round_trip_ms = 0;                               // the median of some
    int pool_size = 0;                                      // of a pod
    int pods = 0;
    bool keeps_a_stream = false;   // that others read: it should outlive a restart
};
/// Version, eviction, memory, persistence, connections, latency of a node; what is well with all of it is one finding.
Findings judge(const RedisNode&);

/// `text` is what INFO, or CLUSTER INFO, answers.
std::map<std::string, std::string, std::less<>> lines_of(std::string_view text);

struct RedisCluster {
    std::string state;   // of CLUSTER INFO: `ok`
    std::int64_t slots_ok = 0;
    std::int64_t slots_failing = 0;
};
Finding judge(const RedisCluster&);

// -- time, machine -------------------------------------------------------------------------------------------

struct ClockSkew {
    std::string check;    // `database.clock`
    std::string server;   // `the database`
    std::int64_t ahead_ms = 0;          // of this machine; negative: behind it
    std::int64_t uncertain_ms = 0;      // half a round trip
};
Finding judge(const ClockSkew&);

struct FileLimit {
    std::uint64_t granted = 0;   // descriptors of a process
    std::uint64_t wanted = 0;    // by a worker with all the connections that it may have
};
Finding judge(const FileLimit&);

struct Disk {
    std::string folder;
    std::uint64_t bytes_free = 0;
    std::uint64_t bytes_all = 0;
    std::uint64_t files_free = 0;
    std::uint64_t files_all = 0;   // 0: the file system does not count them
    bool holds_the_shop = false;   // the embedded database lives there
};
Finding judge(const Disk&);

struct Certificate {
    std::string check;   // `database.certificate`
    std::string whose;   // `the database server's certificate (db.example)`
    std::chrono::sys_seconds not_before{};
    std::chrono::sys_seconds not_after{};
};
Finding judge(const Certificate&, std::chrono::sys_seconds now);

// -- work that waits -----------------------------------------------------------------------------------------

struct Waiting {
    std::int64_t due = 0;
    std::int64_t lag_s = 0;           // age of the oldest due event
    std::int64_t parked = 0;          // failed for good
    std::int64_t leased = 0;          // in hand
    std::int64_t mails_due = 0;
    std::int64_t mails_parked = 0;
    std::vector<std::string> parked_types{};    // `orders.paid (3)`
    std::int64_t overdue_leases = 0;            // claimed, and not ended long after the claim ran out
    std::int64_t webhooks_broken = 0;
    std::int64_t webhook_deliveries_late = 0;   // due for a while, at webhooks that are not resting
};
Findings judge(const Waiting&);

}   // namespace caddy::diagnosis
