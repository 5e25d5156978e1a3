// `search rebuild`: makes the index of the search anew, from what the catalogue says now.
#include "app/command.hpp"
#include "app/platform.hpp"
#include "app/shop.hpp"

#include <iostream>

namespace caddy::app {
namespace {

/// In parts, each saved: when this is ended, a shop that serves goes on where it stopped.
Task<> rebuild(Platform& platform, search::SearchService& search) {
    auto ctx = platform.context("search.rebuild");
    co_await search.rebuild(ctx);
    for (bool finished = false; !finished;) {
        ctx.deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
        finished = co_await search.build(ctx);
    }
}

}   // namespace

int search_rebuild(const Settings& given) {
    Settings settings = given;
    complete_secrets(settings);
    Platform platform(settings);
    platform.require_schema();
    Shop shop(platform, settings);
    platform.run(rebuild(platform, shop.search));
    std::cout << "the index of the search was made anew\n";
    return exit_ok;
}

}   // namespace caddy::app
