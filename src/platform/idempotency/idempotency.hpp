#pragma once
// One key, one effect (after the IETF draft "The Idempotency-Key HTTP Header Field").
//
// The effect, the key, a hash of the request and the id of what was made are committed in one transaction (phase
// `made`); the rendered reply follows in a second short one (phase `answered`). A repeat in phase `answered` gets the
// stored bytes; in phase `made` the route's `resume` renders them from what was made. One per process; event loop only.
#include "platform/db/database.hpp"
#include "platform/http/router.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <unordered_set>

namespace caddy::idempotency {

enum class Key { accepted, required };

/// Renders the reply again from the id that was recorded, after a crash between effect and reply.
using Resume = std::function<Task<Result<http::Response>>(http::Request&, const std::string& made)>;

struct Config {
    int keep_hours = 24;           // 1..720
    int keep_money_hours = 168;    // for routes whose key is required
};

/// A `resume` function and its services, as http::bind does for handlers.
template <class... Services>
Resume bind_resume(Task<Result<http::Response>> (*resume)(http::Request&, const std::string&, Services&...),
                   std::type_identity_t<Services>&... services) {
    return [resume, &services...](http::Request& request, const std::string& made) {
        return resume(request, made, services...);
    };
}

class Ledger {
public:
    Ledger(db::Database& database, const Config& config) : db_(database), config_(config) {}

    /// Wraps a POST handler, in its route row:
    /// `r.post(path, access, ledger.keyed(Key::required, bind(…), bind_resume(…)))`.
    ///
    /// Replies below 300 are stored: status, body (up to 1 MiB), content type, Location and ETag; a replay carries
    /// `Idempotent-Replayed: true`. Refusals roll back and are not stored: a repeat is looked at anew.
    ///
    /// Refuses: idempotency.key_required (400), idempotency.key_malformed (400), idempotency.key_reused (422),
    ///          idempotency.in_progress (409, Retry-After: 1)
    http::Handler keyed(Key, http::Handler handler, Resume resume);

    /// Deletes what is past its time, a bounded part at a time; how many rows.
    Task<std::int64_t> sweep(const Context&);

private:
    struct Row {
        Key key;
        http::Handler handler;
        Resume resume;
    };
    Task<Result<http::Response>> answer(http::Request&, const Row&);
    Task<Result<http::Response>> answer_once(http::Request&, const Row&, const IdempotencyKey&);
    Task<Result<http::Response>> go_on(http::Request&, const Row&, const IdempotencyKey&, const std::string& made);
    Task<> keep(const Context&, const IdempotencyKey&, const http::Response&);

    db::Database& db_;
    Config config_;
    std::unordered_set<std::string> in_flight_;   // scopes that this process is working on
};

/// Writes the key beside the effect. The first statement of every use case behind a keyed route; nothing when the
/// caller sent no key. `made` is the id of what the transaction makes.
///
/// Refuses: idempotency.in_progress when another process has just used the key
Task<Result<void>> record(db::Transaction&, const Context&, std::string_view made);

}  // namespace caddy::idempotency
