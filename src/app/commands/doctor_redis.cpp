// Redis, asked by itself: each node that the settings name, and the cluster as one of them sees it.
#include "app/commands/doctor_probes.hpp"
#include "platform/redis/client.hpp"
#include "platform/runtime/deadline.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <array>

namespace caddy::app::doctor {
namespace {

using diagnosis::Findings;
using diagnosis::Gravity;
using std::chrono::steady_clock;

struct Question {
    const Settings& settings;
    Findings& all;
    std::string name;   // of the node
    SystemClock clock;

    Context context() const {
        Context ctx;
        ctx.route = "doctor";
        ctx.clock = &clock;
        ctx.deadline = steady_clock::now() + probe_limit;
        return ctx;
    }
};

double milliseconds_since(steady_clock::time_point begun) {
    return std::chrono::duration<double, std::milli>(steady_clock::now() - begun).count();
}

Task<double> round_trip_ms(redis::Client& client, Context ctx) {
    std::array<double, 9> times{};
    for (auto& each : times) {
        const auto begun = steady_clock::now();
        (void)co_await client.run(ctx, redis::Command("PING"));
        each = milliseconds_since(begun);
    }
    std::sort(times.begin(), times.end());
    co_return times[times.size() / 2];
}

// True: what with_deadline carries must be something.
Task<bool> ask_node(redis::Client& client, Question& question) {
    const auto ctx = question.context();
    const auto told = co_await client.run(ctx, redis::Command("INFO"));
    const double round_trip = co_await round_trip_ms(client, ctx);
    diagnosis::RedisNode node;
    node.name = question.name;
    node.info = diagnosis::lines_of(told.as_text());
    node.round_trip_ms = round_trip;
    node.pool_size = question.settings.redis.pool_size;
    node.pods = question.settings.fleet_pods;
    node.keeps_a_stream = !question.settings.event_stream.name.empty();
    for (auto& each : judge(node)) question.all.push_back(std::move(each));

    const auto begun = steady_clock::now();
    const auto time = co_await client.run(ctx, redis::Command("TIME"));
    const auto half = static_cast<std::int64_t>(milliseconds_since(begun) / 2);
    const auto& parts = time.as_list();
    const auto theirs_ms = std::stoll(parts.at(0).as_text()) * 1'000 + std::stoll(parts.at(1).as_text()) / 1'000;
    const auto ours = std::chrono::duration_cast<std::chrono::milliseconds>(ctx.now().time_since_epoch()).count();
    const auto ahead_ms = theirs_ms + half - ours;
    question.all.push_back(judge(diagnosis::ClockSkew{"redis.clock", question.name, ahead_ms, half + 1}));
    co_return true;
}

Task<bool> ask_cluster(redis::Client& client, Question& question) {
    const auto told = co_await client.run(question.context(), redis::Command("CLUSTER").arg("INFO"));
    const auto info = diagnosis::lines_of(told.as_text());
    const auto number = [&](const char* name) { return info.contains(name) ? std::stoll(info.at(name)) : 0; };
    const auto state = info.contains("cluster_state") ? info.at("cluster_state") : std::string("unknown");
    question.all.push_back(
        judge(diagnosis::RedisCluster{state, number("cluster_slots_ok"), number("cluster_slots_fail")}));
    co_return true;
}

/// Asks over a connection of its own, which is closed whatever happens.
Task<> ask(redis::Config config, Question& question, Task<bool> (*questions)(redis::Client&, Question&)) {
    redis::Client client(co_await asio::this_coro::executor, std::move(config));
    std::string wrong;
    try {
        (void)co_await with_deadline(questions(client, question), steady_clock::now() + probe_limit);
    } catch (const std::exception& fault) {
        wrong = fault.what();
    }
    co_await client.close();
    if (wrong.empty()) co_return;
    question.all.push_back({Gravity::critical, "redis.answers", question.name + " cannot be asked: " + wrong,
                            "The shop does without Redis: it is slower, counts limits in each pod alone, and /health "
                            "says degraded.",
                            "'caddy-shopping check redis' tries it again; look at REDIS_HOST, REDIS_PASSWORD, the "
                            "network and the server's log"});
}

void ask_alone(const redis::Config& config, Question question, Task<bool> (*questions)(redis::Client&, Question&)) {
    asio::io_context loop{1};
    asio::co_spawn(loop, ask(config, question, questions), [&](const std::exception_ptr& fault) {
        if (!fault) return;
        question.all.push_back({Gravity::critical, "redis.answers", question.name + " cannot be asked",
                                "The probe itself failed.", "run 'caddy-shopping check redis'"});
    });
    loop.run_for(probe_limit + std::chrono::seconds(5));
}

}   // namespace

void look_at_redis(const Settings& settings, Findings& all) {
    if (!settings.redis.present()) {
        const bool is_fleet = settings.fleet_pods > 1;
        all.push_back({is_fleet ? Gravity::warning : Gravity::ok, "redis.answers", "the shop does without Redis",
                       is_fleet ? "Pods count limits apart and keep their own caches." : "",
                       is_fleet ? "set REDIS_HOST or REDIS_CLUSTER_NODES" : ""});
        return;
    }
    auto config = settings.redis;
    config.workers = 1;
    config.command_limit_ms = std::max(config.command_limit_ms, config.connect_limit_ms);
    try {
        if (config.cluster_nodes.empty()) {
            ask_alone(config, {settings, all, config.host + ":" + std::to_string(config.port), {}}, ask_node);
            return;
        }
        ask_alone(config, {settings, all, "the cluster", {}}, ask_cluster);
        for (const auto& node : config.cluster_nodes) {
            auto single = config;
            single.cluster_nodes.clear();
            const auto colon = node.rfind(':');
            single.host = node.substr(0, colon);
            single.port = std::stoi(node.substr(colon + 1));
            ask_alone(single, {settings, all, node, {}}, ask_node);
        }
    } catch (const std::exception& fault) {   // a certificate authority that cannot be read
        all.push_back(
            {Gravity::critical, "redis.answers", fault.what(), "The shop does not start.", "look at REDIS_CA"});
    }
}

}   // namespace caddy::app::doctor
