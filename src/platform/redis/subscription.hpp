#pragma once
// Listening to channels across lost connections, with every gap told.
#include "platform/redis/key.hpp"
#include "platform/runtime/task.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace caddy::redis {

struct Event {
    enum class Kind {
        listening,   // from here on nothing is missed until `lost`; whatever came before may have been
        lost,        // nothing is heard until the next `listening`
        message,
        heard,   // the server has answered a question: what was published before it has come
    };
    Kind kind = Kind::message;
    const Channel* channel = nullptr;   // of a message
    std::string payload;
    std::chrono::steady_clock::time_point heard_until{};   // of `heard`, when it was asked; of `listening`, its begin
};

/// A connection of its own that listens to a few channels. The caller's loop drives it:
///
///     for (auto events = redis_.subscribe({&changes});;) {
///         const auto event = co_await events.next();
///         …
///     }
///
/// Redis keeps nothing for who is away: after each `listening` the caller drops what a missed message would have told
/// it to drop. The first event is `listening`.
class Subscription {
public:
    struct Link;
    explicit Subscription(std::unique_ptr<Link>);
    Subscription(Subscription&&) noexcept;
    ~Subscription();

    /// The next event, however long that takes; connects again by itself. Ends by cancellation of the caller, or with
    /// Gone once the client is closed.
    Task<Event> next();

private:
    std::unique_ptr<Link> link_;
};

}   // namespace caddy::redis
