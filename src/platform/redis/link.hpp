#pragma once
// The shared connection to one node: many callers' commands go out in one write, answers come back in order, and a
// lost connection is made anew in the background. Private to the client.
#include "platform/redis/background.hpp"
#include "platform/redis/dial.hpp"

#include <boost/asio/steady_timer.hpp>

#include <deque>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace caddy::redis {

/// Until when a caller waits, and whose limit that is.
struct Limit {
    enum class Owner { context, client };
    TimePoint at;
    Owner owner = Owner::client;

    bool passed() const { return std::chrono::steady_clock::now() >= at; }
    /// DeadlineExceeded where it is the caller's own, else Gone.
    [[noreturn]] void raise(Gone::Effect) const;
};

/// Commands of one caller that go out together, and their answers.
struct Call {
    enum class Stage { queued, sent, answered, lost, abandoned };

    Call(const asio::any_io_executor& executor, std::string out, std::size_t count)
        : bytes(std::move(out)), expected(count), wake(executor) {}
    bool ended() const { return stage == Stage::answered || stage == Stage::lost; }
    Gone::Effect effect() const { return was_sent ? Gone::Effect::unknown : Gone::Effect::none; }

    std::string bytes;
    std::size_t expected;
    std::vector<Reply> replies;
    Stage stage = Stage::queued;
    bool was_sent = false;
    GoneReason reason = GoneReason::unreachable;   // when it is lost
    std::string text;
    asio::steady_timer wake;
};

enum class LinkState { starting, up, gone, stopped };

struct LinkUsage {
    std::size_t in_flight = 0;
    std::int64_t commands = 0;
    std::int64_t round_trips = 0;
    std::int64_t connected = 0;
    std::int64_t lost = 0;
};

class Link : public std::enable_shared_from_this<Link> {
public:
    /// `on_change` hears of every change between up and gone; the owner clears it by stop().
    Link(asio::any_io_executor, Dialing, Endpoint, std::function<void()> on_change);

    void start(Background&);
    /// For ever: callers get Gone.
    void stop();
    /// Gives this connection up and makes another: a name may lead elsewhere by now.
    void renew(const std::string& reason);

    const Endpoint& endpoint() const { return endpoint_; }
    LinkState state() const { return state_; }
    const LinkUsage& usage() const { return usage_; }

    /// Waits for the outcome of the first attempt to connect. Throws as Limit does.
    Task<> ready(Limit);
    /// Queues `count` commands. Throws Gone at once when the node is away or too many wait.
    std::shared_ptr<Call> submit(std::string bytes, std::size_t count);
    /// Waits for their answers. Throws Gone, or as the limit does; whatever comes later is dropped.
    static Task<std::vector<Reply>> settle(std::shared_ptr<Call>, Limit);

private:
    Task<> keep(std::shared_ptr<Link> self);
    Task<bool> connect();
    Task<> serve();
    Task<> read_answers();
    Task<> write_commands();
    Task<> watch_silence();
    std::string gather();
    void take(Reply);
    void break_off(GoneReason, const std::string& text);
    void lose_calls();
    void enter(LinkState);

    asio::any_io_executor executor_;
    Dialing dialing_;
    Endpoint endpoint_;
    std::function<void()> on_change_;
    LinkState state_ = LinkState::starting;
    LinkUsage usage_;
    std::unique_ptr<Wire> wire_;
    std::unique_ptr<Decoder> decoder_;
    std::deque<std::shared_ptr<Call>> queued_;
    std::deque<std::shared_ptr<Call>> sent_;
    asio::steady_timer work_;      // cancelled when something was queued
    asio::steady_timer changed_;   // cancelled when the state has changed
    asio::steady_timer pause_;
    TimePoint heard_;              // the last sign of life, or when it became due
    GoneReason reason_ = GoneReason::unreachable;
    std::string text_;
    bool broken_ = false;
    std::minstd_rand dice_;
};

}   // namespace caddy::redis
