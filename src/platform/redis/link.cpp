#include "platform/redis/link.hpp"

#include "platform/telemetry/log.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <array>

namespace caddy::redis {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::size_t write_bytes_max = 256 * 1024;

}   // namespace

void Limit::raise(Gone::Effect effect) const {
    if (owner == Owner::context) throw DeadlineExceeded();
    throw Gone(GoneReason::timed_out, effect, "redis: no answer in time");
}

Link::Link(asio::any_io_executor executor, Dialing dialing, Endpoint endpoint, std::function<void()> on_change)
    : executor_(executor),
      dialing_(std::move(dialing)),
      endpoint_(std::move(endpoint)),
      on_change_(std::move(on_change)),
      work_(executor, TimePoint::max()),
      changed_(executor, TimePoint::max()),
      pause_(executor),
      dice_(std::random_device{}()) {}

void Link::start(Background& background) { background.spawn(keep(shared_from_this())); }

void Link::stop() {
    on_change_ = nullptr;
    reason_ = GoneReason::closed;
    enter(LinkState::stopped);
    break_off(GoneReason::closed, "the client was closed");
    lose_calls();
    pause_.cancel();
}

void Link::renew(const std::string& reason) {
    if (state_ == LinkState::up) break_off(GoneReason::read_only, reason);
}

void Link::enter(LinkState next) {
    if (state_ == next || state_ == LinkState::stopped) return;
    state_ = next;
    changed_.cancel();
    if (on_change_) on_change_();
}

Task<> Link::ready(Limit limit) {
    while (state_ == LinkState::starting) {
        if (limit.passed()) limit.raise(Gone::Effect::none);
        asio::steady_timer timer(executor_, limit.at);
        using namespace asio::experimental::awaitable_operators;
        co_await (wait_for(timer) || wait_for(changed_));
        co_await stop_if_cancelled();
    }
}

std::shared_ptr<Call> Link::submit(std::string bytes, std::size_t count) {
    if (state_ != LinkState::up) throw Gone(reason_, Gone::Effect::none, "redis: " + endpoint_.text() + ": " + text_);
    if (usage_.in_flight + count > static_cast<std::size_t>(dialing_->config.commands_max))
        throw Gone(GoneReason::overloaded, Gone::Effect::none, "redis: too many commands wait for " + endpoint_.text());
    auto call = std::make_shared<Call>(executor_, std::move(bytes), count);
    usage_.in_flight += count;
    usage_.commands += static_cast<std::int64_t>(count);
    if (queued_.empty()) work_.cancel();
    queued_.push_back(call);
    return call;
}

Task<std::vector<Reply>> Link::settle(std::shared_ptr<Call> call, Limit limit) {
    if (!call->ended()) {
        call->wake.expires_at(limit.at);
        co_await wait_for(call->wake);
    }
    if (call->stage == Call::Stage::answered) co_return std::move(call->replies);
    if (call->stage == Call::Stage::lost) throw Gone(call->reason, call->effect(), "redis: " + call->text);
    call->stage = Call::Stage::abandoned;
    co_await stop_if_cancelled();
    limit.raise(call->effect());
}

Task<> Link::keep(std::shared_ptr<Link> self) {   // the parameter keeps it alive
    (void)self;
    int failures = 0;
    while (state_ != LinkState::stopped) {
        const bool connected = co_await connect();
        if (connected) {
            failures = 0;
            co_await serve();
        }
        if (state_ == LinkState::stopped) break;
        enter(LinkState::gone);
        const auto longest = milliseconds(dialing_->config.backoff_ms_max);
        auto delay = milliseconds(dialing_->config.backoff_ms) * (1 << std::min(failures, 12));
        delay = std::min(delay, longest);
        // Half of it is chance, so that a fleet does not come back as one.
        const auto half = std::max<std::int64_t>(1, delay.count() / 2);
        pause_.expires_after(milliseconds(half + std::uniform_int_distribution<std::int64_t>(0, half)(dice_)));
        co_await wait_for(pause_);
        ++failures;
    }
}

Task<bool> Link::connect() {
    std::string text;
    try {
        auto dialogue = co_await dial(dialing_, endpoint_);
        wire_ = dialogue.take_wire();
        decoder_ = std::make_unique<Decoder>(dialogue.take_decoder());
        co_return true;
    } catch (const Gone& gone) {
        reason_ = gone.reason;
        text = gone.what();
    }
    const auto known = "redis: " + endpoint_.text() + ": ";
    if (text.starts_with(known)) text.erase(0, known.size());
    if (text != text_) log::warn("redis.unreachable", {{"node", endpoint_.text()}, {"reason", text}});
    text_ = text;
    co_return false;
}

/// Until the connection is lost.
Task<> Link::serve() {
    using namespace asio::experimental::awaitable_operators;
    if (state_ == LinkState::stopped) co_return;
    broken_ = false;
    text_.clear();
    heard_ = Clock::now();
    ++usage_.connected;
    log::info("redis.connected", {{"node", endpoint_.text()}});
    enter(LinkState::up);
    co_await (read_answers() || write_commands() || watch_silence());
    break_off(GoneReason::unreachable, "the connection ended");
    if (state_ != LinkState::stopped) {
        ++usage_.lost;
        log::warn("redis.lost", {{"node", endpoint_.text()}, {"reason", text_}, {"unanswered", usage_.in_flight}});
    }
    enter(LinkState::gone);
    lose_calls();
    wire_.reset();
    decoder_.reset();
}

/// The first reason counts; what follows from it is silent.
void Link::break_off(GoneReason reason, const std::string& text) {
    if (broken_) return;
    broken_ = true;
    reason_ = reason;
    text_ = text;
    if (wire_) wire_->close();
    work_.cancel();
}

void Link::lose_calls() {
    auto lost = std::exchange(sent_, {});
    for (auto& call : std::exchange(queued_, {})) lost.push_back(std::move(call));
    usage_.in_flight = 0;
    for (const auto& call : lost) {
        if (call->stage == Call::Stage::abandoned) continue;
        call->stage = Call::Stage::lost;
        call->reason = reason_;
        call->text = endpoint_.text() + ": " + text_;
        call->wake.cancel();
    }
}

Task<> Link::read_answers() {
    std::array<char, 32'768> buffer{};
    try {
        while (!broken_) {
            const auto size = co_await wire_->read_some(buffer);
            heard_ = Clock::now();
            decoder_->feed({buffer.data(), size});
            while (auto reply = decoder_->next()) take(std::move(*reply));
        }
    } catch (const std::exception&) {
        break_off(GoneReason::unreachable, told(std::current_exception()));
    }
}

void Link::take(Reply reply) {
    if (sent_.empty()) throw Malformed("an answer that nobody asked for");
    const auto call = sent_.front();
    call->replies.push_back(std::move(reply));
    --usage_.in_flight;
    if (call->replies.size() < call->expected) return;
    sent_.pop_front();
    if (call->stage == Call::Stage::abandoned) return;
    call->stage = Call::Stage::answered;
    call->wake.cancel();
}

/// What goes out next: of callers who are still there, up to a fair size.
std::string Link::gather() {
    std::string bytes;
    if (sent_.empty()) heard_ = Clock::now();   // from here on an answer is due
    while (!queued_.empty() && bytes.size() < write_bytes_max) {
        auto call = std::move(queued_.front());
        queued_.pop_front();
        if (call->stage == Call::Stage::abandoned) {
            usage_.in_flight -= call->expected;
            continue;
        }
        bytes.append(call->bytes);
        std::string().swap(call->bytes);
        call->stage = Call::Stage::sent;
        call->was_sent = true;
        sent_.push_back(std::move(call));
    }
    return bytes;
}

Task<> Link::write_commands() {
    try {
        while (!broken_) {
            if (queued_.empty()) co_await wait_for(work_);
            co_await stop_if_cancelled();
            const auto bytes = gather();
            if (bytes.empty()) continue;
            ++usage_.round_trips;
            co_await wire_->write(bytes);
        }
    } catch (const std::exception&) {
        break_off(GoneReason::unreachable, told(std::current_exception()));
    }
}

/// An answer that is overdue ends the connection; silence without a question is broken by one.
Task<> Link::watch_silence() {
    const milliseconds stall(dialing_->config.stall_limit_ms);
    const milliseconds ping_every(dialing_->config.ping_every_ms);
    const auto tick = std::clamp(std::min(stall, ping_every) / 4, milliseconds(5), milliseconds(250));
    asio::steady_timer timer(executor_);
    const std::array<std::string_view, 1> ping{"PING"};
    while (!broken_) {
        timer.expires_after(tick);
        co_await wait_for(timer);
        const auto cancelled = (co_await asio::this_coro::cancellation_state).cancelled();
        if (cancelled != asio::cancellation_type::none) break;
        const auto silence = Clock::now() - heard_;
        if (!sent_.empty() && silence > stall)
            break_off(GoneReason::timed_out, "no answer for " + std::to_string(stall.count()) + " ms");
        else if (sent_.empty() && queued_.empty() && silence > ping_every && state_ == LinkState::up)
            (void)submit(encode(ping), 1);
    }
}

}   // namespace caddy::redis
