#include "app/fault_toggles.hpp"

#include "platform/http/problem.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <string_view>
#include <utility>

namespace caddy::app {

void FaultToggles::attach(http::Router& router) {
    for (auto* route : router.rows()) {
        if (route->pattern == "/health" || route->pattern == "/readyz") continue;   // probes stay true
        route->handler = [this, inner = std::move(route->handler)](http::Request& request) {
            return rules_.empty() ? inner(request) : disturb(inner, request);
        };
        if (!route->at_once) continue;
        route->at_once = [this, inner = std::move(route->at_once)](const http::Request& request) {
            return rules_.empty() ? inner(request) : std::nullopt;
        };
    }
}

void FaultToggles::look(const Orders& orders) {
    if (orders.fault_count == 0 && rules_.empty()) return;
    rules_ = orders.get_faults();
    const auto now_us =
        std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch())
            .count();
    std::erase_if(rules_, [now_us](const FaultRule& rule) { return rule.until_us <= now_us; });
}

/// The first rule that is for this request and whose share it falls into.
const FaultRule* FaultToggles::draw(const http::Request& request) {
    for (const auto& rule : rules_) {
        const std::string_view route(rule.route.data());
        const std::string_view method(rule.method.data());
        if (route != "*" && route != request.ctx.route) continue;
        if (!method.empty() && method != request.method) continue;
        if (static_cast<std::int32_t>(dice_() % 1'000) < rule.share_per_mille) return &rule;
    }
    return nullptr;
}

Task<Result<http::Response>> FaultToggles::disturb(const http::Handler& handler, http::Request& request) {
    const auto* drawn = draw(request);
    const FaultRule rule = drawn ? *drawn : FaultRule{};
    if (rule.latency_ms > 0) {
        asio::steady_timer pause(co_await asio::this_coro::executor, std::chrono::milliseconds(rule.latency_ms));
        co_await pause.async_wait(asio::use_awaitable);
    }
    if (rule.status == 0) co_return co_await handler(request);
    Error error{ErrorKind::unavailable, "request.fault_injected", "This fault was ordered on the admin port."};
    error.retry_after = std::chrono::seconds(1);
    auto response = http::problem(error, request.ctx, request.path);
    response.status = rule.status;
    co_return response;
}

}   // namespace caddy::app
