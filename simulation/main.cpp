// Runs schedules: each a world of its own, drawn from a number; several processes, one for each core.
#include "platform/telemetry/log.hpp"
#include "simulation/base.hpp"
#include "simulation/crew.hpp"
#include "simulation/judge.hpp"

#include <CLI/CLI.hpp>

#include <malloc.h>

#include <thread>

namespace caddy::simulation {
namespace {

struct Stage {
    MemoryDisk& disk = MemoryDisk::install();
    Server server{disk};
    Base base = prepare(server);
    Stage() { disk.keep(); }
};

struct Played {
    std::vector<std::string> wrong;
    std::uint64_t digest = 0;
    Tally tally;
};

Played play(Stage& stage, std::uint64_t seed, bool told) {
    Played played;
    // A thread of its own: what draws its chance once for each thread draws it anew for each schedule.
    std::thread([&] {
        restart_time(seed);
        stage.server.counts = {};
        World world(seed, told, stage.server, stage.base);
        world.run();
        played.wrong = judge(world);
        played.digest = world.scheduler.story.digest();
        const auto& counts = stage.server.counts;
        played.tally = {world.scheduler.steps, counts.statements, counts.conflicts, counts.lost + counts.lost_commits,
                        world.crashes, static_cast<std::int64_t>(world.orders.size()), 0};
    }).join();
    return played;
}

/// Plays a schedule; now and then twice, since a failure that cannot be repeated is worth little.
Outcome judge_seed(Stage& stage, std::uint64_t seed) {
    constexpr std::uint64_t twice_every = 257;
    auto played = play(stage, seed, false);
    if (seed % twice_every == 0 && play(stage, seed, false).digest != played.digest) {
        played.wrong.emplace_back("played again, it went another way: something here is not simulated");
    }
    return {std::move(played.wrong), played.tally};
}

int explain(Stage& stage, std::uint64_t seed) {
    const auto played = play(stage, seed, true);
    for (const auto& wrong : played.wrong) std::printf("WRONG %s\n", wrong.c_str());
    const bool well = played.wrong.empty();
    std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed), well ? "all is well" : "wrong");
    return well ? 0 : 1;
}

}  // namespace
}  // namespace caddy::simulation

int main(int argc, char** argv) {
    using namespace caddy;
    CLI::App app("Sells by the shop's own services and SQL under simulated time, order, conflicts, crashes and lost "
                 "messages; the same for the same seed. Exit status 1 when something was wrong.");
    simulation::Plan plan;
    bool told = false;
    app.add_option("--schedules", plan.schedules, "How many schedules")
        ->capture_default_str()
        ->check(CLI::PositiveNumber);
    app.add_option("--seed", plan.first_seed, "The first one's seed; the others follow")->capture_default_str();
    app.add_option("--jobs", plan.jobs, "Processes")->capture_default_str()->check(CLI::Range(1, 64));
    app.add_flag("--explain", told, "Play the one schedule of --seed and tell it step by step");
    CLI11_PARSE(app, argc, argv);
    log::configure(told ? log::Level::info : log::Level::error, log::Format::text, log::Stream::standard_output);
    ::mallopt(M_ARENA_MAX, 1);   // short-lived threads, never two at a time
    simulation::Stage stage;
    if (told) return simulation::explain(stage, plan.first_seed);
    plan.program = argv[0];
    return simulation::run(plan, [&](std::uint64_t seed) { return simulation::judge_seed(stage, seed); });
}
