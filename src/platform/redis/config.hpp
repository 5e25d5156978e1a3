#pragma once
// Where Redis is and how it is spoken to.
#include <boost/describe.hpp>

#include <string>
#include <vector>

namespace caddy::redis {

/// required: encrypted, the server is not checked; verify_ca: its certificate must come from the authority;
/// verify_identity: and be made out for the name that was asked for.
BOOST_DEFINE_ENUM_CLASS(Tls, disabled, required, verify_ca, verify_identity)

struct Config {
    std::string host;                         // empty, and no cluster nodes: there is no Redis
    int port = 6379;                          // 1..65535
    std::vector<std::string> cluster_nodes;   // `host:port`, any few of a Redis Cluster; then host and port say nothing
    std::string username;                     // empty: AUTH with the password alone
    std::string password;                     // empty: no AUTH
    int database = 0;                         // 0..15; single nodes only
    int pool_size = 100;                      // 1..10000 connections of all workers of a pod together
    int workers = 1;                          // processes that share pool_size
    Tls tls = Tls::disabled;
    std::string ca_file;                      // empty: the system's authorities
    std::string key_prefix = "caddy:";        // 1..64 bytes without `{` and `}`
    int connect_limit_ms = 1'000;             // 10..30000 for connecting, TLS and AUTH together
    int command_limit_ms = 500;               // 1..30000 for one call, or what its context has left if that is less
    int stall_limit_ms = 1'500;               // 10..60000 without an answer: the connection is given up
    int ping_every_ms = 2'000;                // 10..60000 of silence: is anybody there?
    int backoff_ms = 50;                      // 1..10000 before the first new attempt; doubles each time, with jitter
    int backoff_ms_max = 1'000;               // 1..60000
    int commands_max = 20'000;                // 1..1000000 unanswered on one connection; past it Gone at once
    int reply_bytes_max = 16 << 20;           // 1024..512 MiB of one answer; a longer one costs the connection

    bool present() const { return !host.empty() || !cluster_nodes.empty(); }
};

/// What is wrong with it, one line each, as the settings are named.
std::vector<std::string> faults_of(const Config&);

}   // namespace caddy::redis
