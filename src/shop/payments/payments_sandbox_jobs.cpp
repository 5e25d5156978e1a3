// The sandbox's messages on their way to the shop.
#include "platform/jobs/worker.hpp"
#include "platform/json/decode.hpp"
#include "shop/payments/payments_sandbox.hpp"

namespace caddy::payments {
namespace {

struct WebhookDue {
    PaymentId payment_id;
};
BOOST_DESCRIBE_STRUCT(WebhookDue, (), (payment_id))

Task<> deliver(const Context& ctx, const jobs::Event& event, SandboxProvider& sandbox) {
    const auto due = json::from_json<WebhookDue>(event.payload).value();
    co_await sandbox.deliver(ctx, due.payment_id);
}

}  // namespace

void sandbox_jobs(jobs::JobTable& table, SandboxProvider& sandbox) {
    table.on("sandbox.webhook_due", "payments.deliver_sandbox_webhook", jobs::bind_event(deliver, sandbox));
}

}  // namespace caddy::payments
