#include "simulation/scheduler.hpp"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <cstdio>
#include <iterator>

namespace caddy::simulation {

using std::chrono::microseconds;
using std::chrono::milliseconds;

void Story::mix(std::string_view text) {   // FNV-1a
    for (const char c : text) digest_ = (digest_ ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
    digest_ = (digest_ ^ static_cast<std::uint64_t>(elapsed().count())) * 0x100000001b3ULL;
}

void Story::note(std::string_view who, std::string_view what) {
    mix(who);
    mix(what);
    if (told_) write(who, std::string(what));
}

void Story::write(std::string_view who, const std::string& what) const {
    const auto now = elapsed().count();
    std::printf("%5lld.%06lld s  %-12.*s %s\n", static_cast<long long>(now / 1'000'000),
                static_cast<long long>(now % 1'000'000), static_cast<int>(who.size()), who.data(), what.c_str());
}

Scheduler::~Scheduler() = default;

void Scheduler::cancel(std::uint64_t number) {
    for (auto* among : {&waiting_, &blocked_}) {
        const auto found = std::ranges::find(*among, number, &Waiting::number);
        if (found == among->end()) continue;
        auto go = std::move(found->go);
        among->erase(found);
        go(asio::error::operation_aborted);
        return;
    }
}

void Scheduler::unblock() {
    std::ranges::move(blocked_, std::back_inserter(waiting_));
    blocked_.clear();
}

Task<> Scheduler::wait(std::vector<Waiting>& among) {
    const auto initiate = [this, &among](auto handler) {
        const auto number = ++numbers_;
        auto slot = asio::get_associated_cancellation_slot(handler);
        auto kept = std::make_shared<decltype(handler)>(std::move(handler));
        auto go = [this, kept](boost::system::error_code error) {
            asio::post(loop_, [kept, error] {
                auto ended = asio::get_associated_cancellation_slot(*kept);
                if (ended.is_connected()) ended.clear();
                std::move(*kept)(error);
            });
        };
        if (slot.is_connected()) slot.assign([this, number](asio::cancellation_type) { cancel(number); });
        among.push_back({number, std::move(go)});
    };
    co_await asio::async_initiate<const asio::use_awaitable_t<>, void(boost::system::error_code)>(
        initiate, asio::use_awaitable);
}

Task<> Scheduler::pause(milliseconds time) {
    asio::steady_timer timer(loop_, time);
    co_await timer.async_wait(asio::use_awaitable);
}

void Scheduler::spawn(Task<> task) {
    ++live_;
    asio::co_spawn(loop_, std::move(task), [this](std::exception_ptr fault) {
        --live_;
        if (!fault) return;
        try {
            std::rethrow_exception(fault);
        } catch (const std::exception& thrown) {
            escaped.emplace_back(thrown.what());
        }
    });
}

/// Work takes a moment; now and then a machine stands still for longer than those who wait for it like.
void Scheduler::jump() {
    constexpr int short_stall = 4, long_stall = 1;   // of a thousand draws
    pass(microseconds(chance.between(20, 400)));
    if (!stalls) return;
    const auto dice = static_cast<int>(chance.below(1000));
    if (dice < long_stall) pass(milliseconds(chance.between(2'000, 90'000)));
    else if (dice < long_stall + short_stall) pass(milliseconds(chance.between(5, 2'000)));
}

bool Scheduler::step() {
    loop_.restart();
    const bool moved = loop_.poll() > 0;
    if (waiting_.empty()) {
        if (moved) return true;
        return loop_.run_one_for(std::chrono::minutes(2)) > 0;
    }
    between();
    jump();
    loop_.poll();   // timers that are due by now
    if (waiting_.empty()) return true;
    ++steps;
    const auto drawn = waiting_.begin() + static_cast<std::ptrdiff_t>(chance.below(waiting_.size()));
    auto go = std::move(drawn->go);
    *drawn = std::move(waiting_.back());
    waiting_.pop_back();
    go({});
    return true;
}

bool Scheduler::until(const std::function<bool()>& holds, std::chrono::minutes limit) {
    const auto end = elapsed() + limit;
    while (!holds()) {
        if (elapsed() > end || !step()) return holds();
    }
    return true;
}

}  // namespace caddy::simulation
