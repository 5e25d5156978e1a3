// How a Redis is set, and how it does.
#include "platform/diagnosis/diagnosis.hpp"

#include <charconv>

namespace caddy::diagnosis {
namespace {

using Info = std::map<std::string, std::string, std::less<>>;

std::string text_of(const Info& info, std::string_view name) {
    const auto found = info.find(name);
    return found == info.end() ? std::string() : found->second;
}

std::int64_t number_of(const Info& info, std::string_view name) {
    const auto text = text_of(info, name);
    std::int64_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

std::string mebibytes(std::int64_t bytes) { return std::to_string(bytes >> 20) + " MiB"; }

constexpr std::int64_t major_min = 6;

void judge_version(const RedisNode& node, Findings& all) {
    const auto version = text_of(node.info, "redis_version");
    std::int64_t major = 0;
    std::from_chars(version.data(), version.data() + version.size(), major);
    if (major >= major_min) return;
    all.push_back({Gravity::warning, "redis.version", node.name + " is Redis " + version,
                   "The shop is tested with Redis 6 and later.", "update Redis"});
}

void judge_eviction(const RedisNode& node, Findings& all) {
    const auto policy = text_of(node.info, "maxmemory_policy");
    if (policy.empty() || policy == "noeviction") return;
    // A full memory then costs the cache alone: calls fail, and the shop does without.
    all.push_back({Gravity::warning, "redis.eviction", node.name + " has maxmemory-policy " + policy,
                   "When its memory is full it throws away what the shop counts on: who used how much of a limit, and "
                   "what is left of a flash sale. Limits then admit too much, and sales are counted anew from the "
                   "database.",
                   "set maxmemory-policy noeviction; the shop's keys expire by themselves"});
}

void judge_memory(const RedisNode& node, Findings& all) {
    const auto most = number_of(node.info, "maxmemory");
    const auto used = number_of(node.info, "used_memory");
    if (most == 0) {
        all.push_back({Gravity::note, "redis.memory", node.name + " has no maxmemory, and uses " + mebibytes(used),
                       "It may grow until the machine kills it.", "set maxmemory below what the machine can give"});
    } else if (used > most / 10 * 9) {
        all.push_back({Gravity::warning, "redis.memory",
                       node.name + " uses " + mebibytes(used) + " of " + mebibytes(most),
                       "When it is full, writes fail and the shop does without Redis.", "raise maxmemory"});
    }
}

void judge_persistence(const RedisNode& node, Findings& all) {
    if (text_of(node.info, "loading") == "1") {
        all.push_back({Gravity::warning, "redis.persistence", node.name + " is loading its data",
                       "Until it is done calls fail, and the shop does without.", "wait, and look again"});
    }
    const bool snapshot_failed = text_of(node.info, "rdb_last_bgsave_status") == "err";
    const bool append_failed = text_of(node.info, "aof_last_write_status") == "err";
    if (snapshot_failed || append_failed) {
        all.push_back({Gravity::critical, "redis.persistence",
                       node.name + " could not write its " + (append_failed ? "append-only file" : "snapshot"),
                       "Redis refuses writes then (MISCONF): the shop does without it.",
                       "look at its disk and its log; then BGSAVE"});
    }
    if (node.keeps_a_stream && text_of(node.info, "aof_enabled") != "1") {
        all.push_back({Gravity::warning, "redis.persistence", node.name + " has no append-only file",
                       "Events in EVENTS_STREAM that no reader has taken yet are gone with a restart of Redis.",
                       "set appendonly yes"});
    }
}

void judge_connections(const RedisNode& node, Findings& all) {
    const auto most = number_of(node.info, "maxclients");
    const auto wanted = std::int64_t{node.pool_size} * node.pods;
    if (most == 0 || wanted <= most) return;
    all.push_back({Gravity::warning, "redis.connections",
                   std::to_string(node.pods) + " pods x " + std::to_string(node.pool_size) + " connections = " +
                       std::to_string(wanted) + ", " + node.name + " grants maxclients = " + std::to_string(most),
                   "Under load the last ones are refused and do without.",
                   "raise maxclients, or lower REDIS_POOL_SIZE"});
}

constexpr double round_trip_ms_max = 5;

void judge_latency(const RedisNode& node, Findings& all) {
    if (node.round_trip_ms <= round_trip_ms_max) return;
    all.push_back({Gravity::warning, "redis.latency",
                   "a round trip to " + node.name + " takes " + std::to_string(node.round_trip_ms) + " ms",
                   "Redis is asked within requests: it should be nearer than the database.",
                   "look for a slow network, a busy machine or long scripts of others (SLOWLOG GET)"});
}

}   // namespace

std::map<std::string, std::string, std::less<>> lines_of(std::string_view text) {
    Info lines;
    while (!text.empty()) {
        const auto end = text.find('\n');
        auto line = text.substr(0, end);
        text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
        if (line.ends_with('\r')) line.remove_suffix(1);
        const auto colon = line.find(':');
        if (line.starts_with('#') || colon == std::string_view::npos) continue;
        lines.emplace(line.substr(0, colon), line.substr(colon + 1));
    }
    return lines;
}

Findings judge(const RedisNode& node) {
    Findings all;
    judge_version(node, all);
    judge_eviction(node, all);
    judge_memory(node, all);
    judge_persistence(node, all);
    judge_connections(node, all);
    judge_latency(node, all);
    const auto described = node.name + " answers: Redis " + text_of(node.info, "redis_version") + ", " +
                           text_of(node.info, "role") + ", " + mebibytes(number_of(node.info, "used_memory")) +
                           " used, maxmemory-policy " + text_of(node.info, "maxmemory_policy");
    all.push_back(fine("redis.node", described));
    return all;
}

Finding judge(const RedisCluster& cluster) {
    const auto found = "the cluster's state is " + cluster.state + ", " + std::to_string(cluster.slots_ok) +
                       " of 16384 slots are served, " + std::to_string(cluster.slots_failing) + " fail";
    if (cluster.state != "ok") {
        return {Gravity::critical, "redis.cluster", found, "Calls fail, and the shop does without Redis.",
                "look at CLUSTER NODES for what is missing and start it"};
    }
    if (cluster.slots_ok < 16'384) {
        return {Gravity::warning, "redis.cluster", found, "A part of the keys cannot be had.",
                "look at CLUSTER NODES for what is missing and start it"};
    }
    return fine("redis.cluster", found);
}

}   // namespace caddy::diagnosis
