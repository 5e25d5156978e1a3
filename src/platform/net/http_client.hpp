#pragma once
// Outgoing HTTP by libcurl, off the event loop: webhooks and payment providers. Bounded in parallel and in time.
// One per process; used from the event loop only.
#include "platform/runtime/context.hpp"
#include "platform/runtime/task.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace caddy::net {

struct HttpClientConfig {
    int parallel = 4;             // 1..64 calls at once
    int queue_limit = 256;        // 1..10000 calls that wait for one of them; past it Unavailable at once
    int time_limit_ms = 10'000;   // 100..60000 for one call, or what the context has left if that is less
    int body_limit_bytes = 1 << 20;
};

struct HttpReply {
    int status = 0;
    std::string body;
};

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

class HttpClient {
public:
    explicit HttpClient(const HttpClientConfig&);
    ~HttpClient();

    /// Posts `body`. Redirects are not followed; any status is an answer. Throws Unavailable when there is none.
    Task<HttpReply> post(const Context&, std::string url, HttpHeaders headers, std::string body);

private:
    struct Pool;
    HttpClientConfig config_;
    std::unique_ptr<Pool> pool_;
};

}   // namespace caddy::net
