#pragma once
// Outgoing HTTP by libcurl, off the event loop: webhooks and payment providers. Bounded in parallel and in time.
// One per process; used from the event loop only.
#include "platform/runtime/context.hpp"
#include "platform/runtime/task.hpp"

#include <cstdint>
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

/// Which addresses a call may connect to. The check is made on the very address that is connected to, for each of a
/// host's addresses, so that no name can lead elsewhere between the check and the call.
enum class Reach { anywhere, public_only };

/// What one call allows itself.
struct HttpBounds {
    Reach reach = Reach::anywhere;
    int time_limit_ms = 0;          // 0: the client's
    int body_keep_bytes = 4'096;    // the call ends when the answer is longer; what came until then is kept
};

/// What became of a call whose failure is an outcome like any other.
struct HttpAttempt {
    int status = 0;        // 0: there was no answer
    std::string body;      // its beginning
    std::string failure;   // why there was none
    std::int64_t duration_ms = 0;
};

class HttpClient {
public:
    explicit HttpClient(const HttpClientConfig&);
    ~HttpClient();

    /// Posts `body`. Redirects are not followed; any status is an answer. Throws Unavailable when there is none.
    Task<HttpReply> post(const Context&, std::string url, HttpHeaders headers, std::string body);

    /// The same for a caller who keeps book of failures: no answer is an outcome, not a fault. Throws Unavailable when
    /// too many calls wait, DeadlineExceeded when there is no time left.
    Task<HttpAttempt> try_post(const Context&, std::string url, HttpHeaders headers, std::string body,
                               HttpBounds bounds);

private:
    struct Call;
    struct Outcome;
    static Outcome perform(const Call&);
    Task<Outcome> run(const Context&, Call);

    struct Pool;
    HttpClientConfig config_;
    std::unique_ptr<Pool> pool_;
};

}   // namespace caddy::net
