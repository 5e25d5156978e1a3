// `audit`: recomputes what must add up, over the whole database, and says where it does not.
#include "app/command.hpp"
#include "app/platform.hpp"
#include "app/shop.hpp"
#include "platform/jobs/outbox.hpp"

#include <iostream>

namespace caddy::app {
namespace {

struct Finding {
    std::string invariant;
    std::string subject;
    std::string detail;
};
BOOST_DESCRIBE_STRUCT(Finding, (), (invariant, subject, detail))

Task<std::vector<Finding>> findings(Platform& platform, Shop& shop) {
    const auto ctx = platform.context("audit");
    std::vector<Finding> all;
    for (auto& each : co_await shop.inventory.audit(ctx)) all.push_back({each.invariant, each.subject, each.detail});
    for (auto& each : co_await shop.checkout.audit(ctx)) all.push_back({each.invariant, each.subject, each.detail});
    for (auto& each : co_await shop.flash_sales.audit(ctx)) all.push_back({each.invariant, each.subject, each.detail});
    auto db = co_await platform.database.read(ctx);
    for (auto& each : co_await jobs::audit_sequences(db)) all.push_back({"outbox.sequence", {}, std::move(each)});
    co_return all;
}

}   // namespace

int audit(const Settings& given, const CommandLine& line) {
    Settings settings = given;
    complete_secrets(settings);
    Platform platform(settings);
    platform.require_schema();
    Shop shop(platform, settings);
    const auto found = platform.run(findings(platform, shop));
    if (line.as_json) std::cout << json::to_json(found) << '\n';
    for (const auto& each : found) {
        if (!line.as_json) std::cout << each.invariant << ": " << each.subject << ' ' << each.detail << '\n';
    }
    if (!line.as_json && found.empty()) std::cout << "everything adds up\n";
    return found.empty() ? exit_ok : exit_failed;
}

}   // namespace caddy::app
