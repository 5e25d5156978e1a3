#pragma once
// Every limit of the public edge, with its bounds. A value outside them is refused at start.
#include <cstdint>
#include <string>
#include <vector>

namespace caddy::http {

struct ServerConfig {
    int connections_max = 10'000;                // 1..1000000; past it new ones get 503 and are closed
    int header_bytes_max = 32 * 1024;            // 1024..262144; request line included
    int header_count_max = 100;                  // 10..1000
    int target_bytes_max = 8 * 1024;             // 256..65536
    std::int64_t body_bytes_max = 1024 * 1024;   // 1024..67108864; a route may say otherwise
    int idle_limit_ms = 75'000;                  // 100..3600000; longer than a load balancer's, so that it closes first
    int header_read_limit_ms = 10'000;           // 100..600000; from the first byte to the end of the head
    int body_read_limit_ms = 30'000;             // 100..600000; and longer for what arrives at the least rate
    int write_limit_ms = 30'000;                 // 100..600000; and longer for what leaves at the least rate
    int bytes_per_s_min = 16 * 1024;             // 256..1000000000; the least rate of a body in either direction
    int request_limit_ms = 10'000;               // 100..120000; deadline of a handler; a route may say otherwise
    int stop_grace_ms = 500;                     // 0..60000; how long a stop waits for requests that are on their way
    int compress_bytes_min = 1024;               // 256..1048576
    int access_log_every = 1;                    // 0..1000000; one line for so many requests, 0 none; faults always
    int hsts_max_age_s = 0;                      // 0..63072000; 0 leaves Strict-Transport-Security out
    std::string upload_folder{};                 // for the temporary files of large bodies; empty: the system's
    std::vector<std::string> trusted_proxies{};  // addresses and networks (10.0.0.0/8, fd00::/8)
    std::vector<std::string> cors_origins{};     // https://shop.example; never `*`
};

}  // namespace caddy::http
