// The database: whether it can be had, how it is set, and what waits in it.
#include "app/commands/doctor_probes.hpp"
#include "app/platform.hpp"
#include "platform/db/migrate.hpp"
#include "platform/jobs/overview.hpp"
#include "platform/runtime/deadline.hpp"

#include <algorithm>
#include <set>

namespace caddy::app::doctor {
namespace {

using diagnosis::Findings;
using diagnosis::Gravity;
using std::chrono::steady_clock;

Context context_of(const Platform& platform) {
    auto ctx = platform.context("doctor");
    ctx.deadline = steady_clock::now() + probe_limit;
    return ctx;
}

// A text of the shop with what the protocol puts around it, twice over.
std::int64_t longest_packet(const Settings& settings) {
    return 2 * std::max<std::int64_t>(settings.http.body_bytes_max, std::int64_t{1} << 20);
}

Task<> ask_server(Platform& platform, const Settings& settings, Findings& all) {
    const auto ctx = context_of(platform);
    const auto begun = steady_clock::now();
    const auto report = co_await db::inspect_server(platform.database, ctx);
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now() - begun).count();
    const auto ours = std::chrono::duration_cast<std::chrono::milliseconds>(ctx.now().time_since_epoch()).count();
    diagnosis::DatabaseServer server;
    server.variables = report.variables;
    server.connections_open = report.connections_open;
    server.pool_size = settings.mysql.pool_size;
    server.pods = settings.fleet_pods;
    server.statements = static_cast<std::int64_t>(db::Sql::all().size());
    server.packet_bytes = longest_packet(settings);
    for (auto& each : judge(server)) all.push_back(std::move(each));
    // It was asked for its time last; somewhere within what all the questions took.
    all.push_back(judge(diagnosis::ClockSkew{"database.clock", "the database", report.clock_ms - ours, took + 1}));
}

Task<> ask_copies(Platform& platform, const Settings& settings, Findings& all) {
    auto& driver = platform.database.driver();
    {
        auto lease = co_await driver.acquire(context_of(platform), db::Purpose::replica);
    }
    if (driver.usage(db::Purpose::replica).opened > 0) {
        const auto answers = "a read-only copy answers (" + settings.mysql.read_hosts + ")";
        all.push_back(diagnosis::fine("database.copies", answers));
        co_return;
    }
    all.push_back({Gravity::warning, "database.copies", "no read-only copy answers (" + settings.mysql.read_hosts + ")",
                   "DB_HOST answers for them, with all their load.", "look at DB_READ_HOST and at those servers"});
}

// Those whose only work is to send a mail.
const std::set<std::string, std::less<>> mail_types{"identity.registered", "identity.verification_asked",
                                                    "identity.password_forgotten", "order_mails.due"};

// A claim is renewed while its work goes on, and taken over seconds after it has run out.
constexpr std::chrono::minutes patience{2};

Task<> look_at_work(Platform& platform, Findings& all) {
    const auto ctx = context_of(platform);
    auto session = co_await platform.database.read(ctx);
    const auto now = ctx.now();
    const auto counts = co_await jobs::count_jobs(session, now, now);
    const auto oldest = co_await jobs::oldest_due(session, now);
    diagnosis::Waiting waiting;
    for (const auto& each : counts) {
        const bool is_mail = mail_types.contains(each.type);
        if (each.state == jobs::JobState::leased) waiting.leased += each.count;
        if (each.state == jobs::JobState::due) waiting.due += each.count;
        if (is_mail && each.state != jobs::JobState::parked) waiting.mails_due += each.count;
        if (each.state != jobs::JobState::parked) continue;
        (is_mail ? waiting.mails_parked : waiting.parked) += each.count;
        if (!is_mail) waiting.parked_types.push_back(each.type + " (" + std::to_string(each.count) + ")");
    }
    if (oldest) waiting.lag_s = std::chrono::duration_cast<std::chrono::seconds>(now - *oldest).count();
    waiting.overdue_leases = co_await jobs::count_abandoned(session, now - patience);
    const auto trouble = co_await webhooks::trouble(session, now, now - patience);
    waiting.webhooks_broken = trouble.broken;
    waiting.webhook_deliveries_late = trouble.late;
    for (auto& each : judge(waiting)) all.push_back(std::move(each));
}

/// True: what with_deadline carries must be something.
Task<bool> ask(Platform& platform, const Settings& settings, Findings& all) {
    const auto state = co_await db::schema_state(platform.database, context_of(platform));
    all.push_back(diagnosis::fine("database.answers", "the database answers"));
    all.push_back(judge(diagnosis::Schema{state.applied, state.known, state.missing}));
    if (!settings.embedded()) co_await ask_server(platform, settings, all);
    if (!settings.mysql.read_hosts.empty()) co_await ask_copies(platform, settings, all);
    if (state.missing == 0) co_await look_at_work(platform, all);
    co_return true;
}

}   // namespace

void look_at_database(const Settings& settings, Findings& all) {
    if (settings.embedded() && !std::filesystem::exists(settings.database_file())) {
        all.push_back({Gravity::note, "database.answers", "there is no shop in " + settings.process.data_dir.string(),
                       "'serve' makes an empty one.", "see that --data-dir is the one you mean"});
        return;
    }
    auto alone = settings;
    alone.redis = {};
    try {
        Platform platform(alone);
        (void)platform.run(with_deadline(ask(platform, settings, all), steady_clock::now() + probe_limit));
    } catch (const std::exception& fault) {
        const auto why = "the database cannot be asked: " + std::string(fault.what());
        all.push_back({Gravity::critical, "database.answers", why,
                       "Nothing can be ordered; what is cached is still shown.",
                       settings.embedded()
                           ? "look at the folder's owner and its disk; restore the file where it is damaged"
                           : "look at DB_HOST, DB_USERNAME, DB_PASSWORD, the network and the server's log"});
    }
}

}   // namespace caddy::app::doctor
