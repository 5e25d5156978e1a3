#include "app/admin_orders.hpp"

#include "app/settings.hpp"
#include "platform/crypto/digest.hpp"
#include "platform/telemetry/log.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <vector>

namespace caddy::app {
namespace {

using std::chrono::steady_clock;

struct FaultWire {
    std::string route;
    std::optional<std::string> method;
    std::optional<std::int64_t> share_per_mille;
    std::optional<std::int64_t> latency_ms;
    std::optional<std::int64_t> status;
    std::int64_t seconds = 0;
};
BOOST_DESCRIBE_STRUCT(FaultWire, (), (route, method, share_per_mille, latency_ms, status, seconds))

struct FaultsWire {
    std::vector<FaultWire> faults;
};
BOOST_DESCRIBE_STRUCT(FaultsWire, (), (faults))

struct LogLevelWire {
    std::optional<LogLevel> level;
};
BOOST_DESCRIBE_STRUCT(LogLevelWire, (), (level))

constexpr std::int64_t seconds_max = 3'600;
constexpr std::int64_t profile_seconds_max = 60;

namespace refuse {

Error no_token() {
    return {ErrorKind::forbidden, "admin.no_token", "Nothing may be changed here: ADMIN_TOKEN is not set."};
}
Error wrong_token() {
    return {ErrorKind::unauthenticated, "admin.wrong_token", "Send `Authorization: Bearer` and ADMIN_TOKEN."};
}
Error bad_fault(const std::string& what) { return {ErrorKind::invalid, "admin.fault_invalid", what}; }
Error no_worker() { return {ErrorKind::not_found, "admin.no_worker", "There is no worker of that number now."}; }
Error busy() { return {ErrorKind::conflict, "admin.profile_runs", "A profile is being taken; ask when it is over."}; }
Error no_profiler() {
    return {ErrorKind::unavailable, "admin.no_profiler", "Install libgoogle-perftools4, which takes the profiles."};
}
Error profile_failed() {
    return {ErrorKind::unavailable, "admin.profile_failed",
            "The profile could not be taken; the worker may have ended."};
}

}   // namespace refuse

std::int64_t now_us() {
    return std::chrono::duration_cast<std::chrono::microseconds>(steady_clock::now().time_since_epoch()).count();
}

template <std::size_t size>
void put(std::array<char, size>& into, const std::string& text) {
    into.fill('\0');
    std::copy_n(text.begin(), std::min(text.size(), size - 1), into.begin());
}

Result<FaultRule> rule_of(const FaultWire& wire) {
    FaultRule rule{};
    if (wire.route.empty() || wire.route.size() >= rule.route.size())
        return refuse::bad_fault("route: the pattern of a route as `caddy-shopping routes` lists it, or *.");
    if (wire.method.value_or("").size() >= rule.method.size()) return refuse::bad_fault("method: GET, POST, ….");
    const auto share = wire.share_per_mille.value_or(1'000);
    const auto latency = wire.latency_ms.value_or(0);
    const auto status = wire.status.value_or(0);
    if (share < 1 || share > 1'000) return refuse::bad_fault("share_per_mille: 1..1000.");
    if (latency < 0 || latency > 60'000) return refuse::bad_fault("latency_ms: 0..60000.");
    if (status != 0 && (status < 400 || status > 599)) return refuse::bad_fault("status: 400..599.");
    if (status == 0 && latency == 0) return refuse::bad_fault("latency_ms or status is needed.");
    if (wire.seconds < 1 || wire.seconds > seconds_max)
        return refuse::bad_fault("seconds: 1..3600; it ends by itself.");
    put(rule.route, wire.route);
    put(rule.method, wire.method.value_or(""));
    rule.share_per_mille = static_cast<std::int32_t>(share);
    rule.latency_ms = static_cast<std::int32_t>(latency);
    rule.status = static_cast<std::int32_t>(status);
    rule.until_us = now_us() + wire.seconds * 1'000'000;
    return rule;
}

FaultWire wire_of(const FaultRule& rule) {
    FaultWire wire;
    wire.route = rule.route.data();
    if (rule.method[0] != '\0') wire.method = rule.method.data();
    wire.share_per_mille = rule.share_per_mille;
    wire.latency_ms = rule.latency_ms;
    if (rule.status != 0) wire.status = rule.status;
    wire.seconds = (rule.until_us - now_us()) / 1'000'000;
    return wire;
}

std::optional<int> seat_that_serves(const WorkerBoard& board, std::int64_t slot) {
    for (int seat = 0; seat < board.seats(); ++seat) {
        const auto& worker = board.worker(seat);
        if (worker.slot == slot && worker.state == WorkerBoard::State::serving) return seat;
    }
    return std::nullopt;
}

std::string taken_from(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::string bytes((std::istreambuf_iterator<char>(file)), {});
    std::error_code ignored;
    std::filesystem::remove(path, ignored);
    return bytes;
}

/// Cleared when a profile is over, however it ends.
struct Turn {
    explicit Turn(bool& taken) : taken_(taken) { taken_ = true; }
    Turn(const Turn&) = delete;
    ~Turn() { taken_ = false; }
    bool& taken_;
};

}   // namespace

Result<void> AdminOrders::admit(const http::Request& request) const {
    if (token_.empty()) return refuse::no_token();
    const auto given = request.header("authorization").value_or("");
    if (!crypto::equal_in_constant_time(given, "Bearer " + token_)) return refuse::wrong_token();
    return {};
}

http::Response AdminOrders::faults() const {
    FaultsWire wire;
    for (const auto& rule : orders_of(board_).get_faults()) {
        if (rule.until_us > now_us()) wire.faults.push_back(wire_of(rule));
    }
    return http::ok(wire).with("Cache-Control", "no-store");
}

Task<Result<http::Response>> AdminOrders::show_faults(http::Request& request) {
    CADDY_CO_TRY(admit(request));
    co_return faults();
}

Task<Result<http::Response>> AdminOrders::set_faults(http::Request& request) {
    CADDY_CO_TRY(admit(request));
    CADDY_CO_TRY(const auto wire, request.json<FaultsWire>());
    if (wire.faults.size() > Orders::faults_max) co_return refuse::bad_fault("faults: 32 at most.");
    std::vector<FaultRule> rules;
    for (const auto& each : wire.faults) {
        CADDY_CO_TRY(auto rule, rule_of(each));
        rules.push_back(rule);
    }
    orders_of(board_).set_faults(rules);
    log::warn("admin.faults_set", {{"faults", rules.size()}});
    co_return faults();
}

Task<Result<http::Response>> AdminOrders::end_faults(http::Request& request) {
    CADDY_CO_TRY(admit(request));
    orders_of(board_).set_faults({});
    log::warn("admin.faults_set", {{"faults", 0}});
    co_return faults();
}

Task<Result<http::Response>> AdminOrders::set_log_level(http::Request& request) {
    CADDY_CO_TRY(admit(request));
    CADDY_CO_TRY(const auto wire, request.json<LogLevelWire>());
    orders_of(board_).log_level = wire.level ? static_cast<std::int32_t>(*wire.level) + 1 : 0;
    log::warn("admin.log_level_set",
              {{"level", wire.level ? boost::describe::enum_to_string(*wire.level, "") : "as configured"}});
    co_return http::ok(wire);
}

Task<Result<http::Response>> AdminOrders::profile(http::Request& request) {
    CADDY_CO_TRY(admit(request));
    CADDY_CO_TRY(request.allow_query({"worker", "seconds"}));
    CADDY_CO_TRY(const auto slot, request.query_integer("worker", 0, board_.slots() - 1));
    CADDY_CO_TRY(const auto seconds, request.query_integer("seconds", 1, profile_seconds_max));
    const auto seat = seat_that_serves(board_, slot.value_or(0));
    if (!seat) co_return refuse::no_worker();
    if (profiling_) co_return refuse::busy();
    const Turn turn(profiling_);
    auto& order = orders_of(board_).profile;
    const auto file = std::filesystem::temp_directory_path() /
                      ("caddy-shopping-" + std::to_string(::getpid()) + "-" + crypto::random_token(9) + ".prof");
    order.seat = *seat;
    order.seconds = static_cast<std::int32_t>(seconds.value_or(10));
    put(order.file, file.string());
    const auto number = ++order.number;
    // The worker looks every second, before and after.
    const auto limit = steady_clock::now() + std::chrono::seconds(order.seconds + 5);
    asio::steady_timer pause(co_await asio::this_coro::executor);
    while (order.done != number && steady_clock::now() < limit) {
        pause.expires_after(std::chrono::milliseconds(100));
        co_await pause.async_wait(asio::use_awaitable);
    }
    http::Response response;
    response.body = taken_from(file);
    if (order.done == number && order.outcome == 2) co_return refuse::no_profiler();
    if (order.done != number || order.outcome != 1 || response.body.empty()) co_return refuse::profile_failed();
    response.content_type = "application/octet-stream";
    response.with("Content-Disposition", "attachment; filename=\"caddy-shopping.prof\"");
    co_return response;
}

void AdminOrders::routes(http::Router& router) {
    const auto handler = [this](Task<Result<http::Response>> (AdminOrders::*answer)(http::Request&)) {
        return [this, answer](http::Request& request) { return (this->*answer)(request); };
    };
    router.get("/faults", Access::anyone, handler(&AdminOrders::show_faults)).tier = http::Tier::none;
    router.put("/faults", Access::anyone, handler(&AdminOrders::set_faults)).tier = http::Tier::none;
    router.remove("/faults", Access::anyone, handler(&AdminOrders::end_faults)).tier = http::Tier::none;
    router.put("/log-level", Access::anyone, handler(&AdminOrders::set_log_level)).tier = http::Tier::none;
    auto& route = router.post("/profile", Access::anyone, handler(&AdminOrders::profile));
    route.tier = http::Tier::none;
    route.time_limit = std::chrono::seconds(profile_seconds_max + 10);
}

}   // namespace caddy::app
