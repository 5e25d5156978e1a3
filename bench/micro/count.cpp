// Runs each piece of the hot path a fixed number of times under callgrind, which writes one profile for each: see
// bench/count, which reads them. Without callgrind it only shows that the pieces run.
#include "bench/micro/hot_path.hpp"
#include "platform/telemetry/log.hpp"

#include <valgrind/callgrind.h>

#include <cstdio>

int main() {
    constexpr int warm_up = 50;
    constexpr int runs = 200;   // as bench/count divides by
    caddy::log::configure(caddy::log::Level::info, caddy::log::Format::json, caddy::log::Stream::standard_error);
    const auto& pieces = caddy::bench::hot_path();
    for (const auto& piece : pieces) {
        for (int i = 0; i < warm_up; ++i) piece.run();
        CALLGRIND_START_INSTRUMENTATION;
        CALLGRIND_ZERO_STATS;
        for (int i = 0; i < runs; ++i) piece.run();
        CALLGRIND_DUMP_STATS_AT(piece.name.c_str());
        CALLGRIND_STOP_INSTRUMENTATION;
        std::printf("%s\n", piece.name.c_str());
    }
}
