// Events fan out as they happen; lanes send side by side, each for one endpoint at a time.
#include "platform/jobs/worker.hpp"
#include "shop/webhooks/webhooks.hpp"

namespace caddy::webhooks {
namespace {

constexpr std::chrono::minutes sweep_interval{10};

Task<> fan_out(const Context& ctx, const jobs::Event& event, WebhookService& webhooks) {
    return webhooks.fan_out(ctx, event);
}
Task<> send_due(const Context& ctx, WebhookService& webhooks) { return webhooks.send_due(ctx); }
Task<> sweep(const Context& ctx, WebhookService& webhooks) { return webhooks.sweep(ctx); }

}   // namespace

void jobs(jobs::JobTable& table, WebhookService& webhooks) {
    for (const auto type : public_types) {
        table.on(std::string(type), "webhooks.fan_out", jobs::bind_event(fan_out, webhooks));
    }
    for (int lane = 1; lane <= webhooks.config().parallel; ++lane) {
        table.every(std::chrono::milliseconds(webhooks.config().poll_ms), "webhooks.send_" + std::to_string(lane),
                    jobs::bind_scheduled(send_due, webhooks));
    }
    table.every(sweep_interval, "webhooks.sweep", jobs::bind_scheduled(sweep, webhooks));
}

}   // namespace caddy::webhooks
