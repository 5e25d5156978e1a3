#include "app/pods.hpp"

#include "app/version.hpp"
#include "platform/db/migrate.hpp"
#include "platform/json/decode.hpp"
#include "platform/telemetry/log.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <iterator>
#include <sstream>

namespace caddy::app {
namespace {

using State = WorkerBoard::State;
using Reach = WorkerBoard::Reach;

constexpr std::chrono::milliseconds saying_interval{4'000};
constexpr std::chrono::milliseconds starting_interval{250};   // while a worker begins, what was said is soon not true
constexpr std::chrono::milliseconds patience{900};
// One that was killed is shown for so long: whoever looks after a fault shall see who is missing.
constexpr std::chrono::minutes word_life{5};
constexpr std::int64_t fresh_us = 5'000'000;

const redis::KeyPattern pods_key{{.owner = "pods",
                                  .pattern = "pods",
                                  .content = "hash: pod, when it spoke, and its version, settings' hash and workers",
                                  .ttl_max = word_life,
                                  .size = "one field of about 1 KiB for each pod"}};

// ARGV: how long words count; then, of a pod that speaks, its name and its word. Answers how old each word is, by the
// clock of Redis, and the word.
const redis::Script pods_script{{.name = "pods.say",
                                 .source = R"lua(
if redis.replicate_commands then redis.replicate_commands() end
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local life = tonumber(ARGV[1])
if ARGV[2] then
  redis.call('HSET', KEYS[1], ARGV[2], string.format('%.0f %s', now, ARGV[3]))
  redis.call('PEXPIRE', KEYS[1], life)
end
local answer = {}
local all = redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
  local said, word = string.match(all[i + 1], '^(%d+) (.*)$')
  local age = now - tonumber(said)
  if age > life then redis.call('HDEL', KEYS[1], all[i])
  else
    answer[#answer + 1] = string.format('%.0f', math.max(0, age))
    answer[#answer + 1] = word
  end
end
return answer
)lua",
                                 .repeat = redis::Repeat::safe}};

std::string machine_name() {
    std::array<char, 256> name{};
    ::gethostname(name.data(), name.size() - 1);
    return name.data();
}

/// When the process began, by proc(5): field 22 of its line, in ticks since the machine's start.
Time began_at(pid_t pid, Time now) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    const std::string stat((std::istreambuf_iterator<char>(file)), {});
    const auto name_end = stat.rfind(')');   // a name may hold blanks
    timespec up{};
    if (name_end == std::string::npos || ::clock_gettime(CLOCK_BOOTTIME, &up) != 0) return now;
    std::istringstream fields(stat.substr(name_end + 2));
    const std::vector<std::string> values{std::istream_iterator<std::string>(fields), {}};
    constexpr std::size_t start_time = 22 - 3;   // the first of ours is field 3
    if (values.size() <= start_time) return now;
    const auto begun_s = std::stod(values[start_time]) / static_cast<double>(::sysconf(_SC_CLK_TCK));
    const auto age_s = static_cast<double>(up.tv_sec) + static_cast<double>(up.tv_nsec) / 1e9 - begun_s;
    return now - std::chrono::milliseconds(static_cast<std::int64_t>(age_s * 1'000));
}

std::string_view text_of(State state) {
    constexpr std::array<std::string_view, 6> texts{"absent",   "starting", "serving",
                                                    "retiring", "draining", "ending"};
    return texts.at(static_cast<std::size_t>(state));
}

std::string_view text_of(Reach reach) {
    constexpr std::array<std::string_view, 4> texts{"unknown", "whole", "broken", "broken_here_alone"};
    return texts.at(static_cast<std::size_t>(reach));
}

/// Of a program of another version, what this one knows of it; nothing where it is no word of a pod.
std::optional<Pod> read_word(std::string_view text) {
    const auto value = json::parse(text);
    if (!value) return std::nullopt;
    Pod pod;
    json::Decoder decoder;
    decoder.read(value.value(), pod, "");
    if (pod.id.empty()) return std::nullopt;
    return pod;
}

}   // namespace

Pod PodRegister::own() const {
    static const auto name = machine_name();
    static const auto started_at = began_at(::getppid(), platform_.clock.now());   // the supervisor
    Pod pod;
    pod.id = std::to_string(platform_.windows.identity());
    pod.name = name;
    pod.version = version();
    pod.schema_known = db::migrations_for(platform_.database.engine()).back().version;
    pod.started_at = started_at;
    pod.worker_slots = board_.slots();
    for (int slot = 0; slot < board_.slots(); ++slot) {
        for (int seat = slot; seat < board_.seats(); seat += board_.slots()) {
            const auto& line = board_.worker(seat);
            const State state = line.state;
            if (state == State::absent) continue;
            PodWorker worker{slot, std::string(text_of(state)), std::string(text_of(line.reach)), 0, {}};
            worker.silent_ms = std::max<std::int64_t>(0, board_.silence_us(seat) / 1'000);
            worker.started_at = Time(std::chrono::microseconds(line.started_at_us));
            pod.workers.push_back(std::move(worker));
        }
    }
    describe_(pod);
    return pod;
}

/// One that is told to end speaks as long as no other does.
bool PodRegister::speaks_for_all() const {
    for (int slot = 0; slot < slot_; ++slot) {
        for (int seat = slot; seat < board_.seats(); seat += board_.slots()) {
            const State state = board_.worker(seat).state;
            const bool lives = state == State::serving || state == State::draining;
            if (lives && board_.silence_us(seat) < fresh_us) return false;
        }
    }
    return true;
}

Task<std::optional<std::vector<KnownPod>>> PodRegister::all(const Context& ctx) {
    if (!platform_.redis) co_return std::nullopt;
    const std::vector<redis::Key> keys{pods_key()};
    const auto life_ms = std::chrono::milliseconds(word_life).count();
    const std::vector<std::string> arguments{std::to_string(life_ms)};
    try {
        const auto reply = co_await platform_.redis->run(ctx, redis::Command(pods_script, keys, arguments));
        const auto& parts = reply.as_list();
        std::vector<KnownPod> known;
        for (std::size_t i = 0; i + 1 < parts.size(); i += 2) {
            auto pod = read_word(parts[i + 1].as_text());
            if (pod) known.push_back({std::move(*pod), std::stoll(std::string(parts[i].as_text()))});
        }
        co_return known;
    } catch (const std::exception& fault) {
        log::warn("pods.redis", {{"fault", fault.what()}});
    }
    co_return std::nullopt;
}

Task<> PodRegister::keep_saying() {
    if (!platform_.redis) co_return;
    co_await asio::this_coro::throw_if_cancelled(false);
    asio::steady_timer timer(co_await asio::this_coro::executor);
    const std::vector<redis::Key> keys{pods_key()};
    const auto life_ms = std::chrono::milliseconds(word_life).count();
    for (;;) {
        timer.expires_after(saying_interval);
        if (!left_ && speaks_for_all()) {
            auto ctx = platform_.context("pods");
            ctx.deadline = std::chrono::steady_clock::now() + patience;
            const auto pod = own();
            const auto is_starting = [](const PodWorker& worker) { return worker.state == text_of(State::starting); };
            if (std::ranges::any_of(pod.workers, is_starting)) timer.expires_after(starting_interval);
            const std::vector<std::string> arguments{std::to_string(life_ms), pod.id, json::to_json(pod)};
            try {
                (void)co_await platform_.redis->run(ctx, redis::Command(pods_script, keys, arguments));
            } catch (const std::exception& fault) {
                log::debug("pods.redis", {{"fault", fault.what()}});
            }
        }
        const auto state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none) co_return;
        const auto [cancelled] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
        if (cancelled) co_return;
    }
}

Task<> PodRegister::leave() {
    left_ = true;
    if (!platform_.redis) co_return;
    auto ctx = platform_.context("pods");
    ctx.deadline = std::chrono::steady_clock::now() + patience;
    try {
        const std::vector<std::string> own{std::to_string(platform_.windows.identity())};
        co_await platform_.redis->hash_del(ctx, pods_key(), own);
    } catch (const std::exception& fault) {
        log::debug("pods.redis", {{"fault", fault.what()}});
    }
}

}   // namespace caddy::app
