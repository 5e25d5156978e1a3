// How long the pieces of the hot path take, by Google Benchmark. See --help.
#include "bench/micro/hot_path.hpp"
#include "platform/telemetry/log.hpp"

#include <benchmark/benchmark.h>

int main(int argc, char** argv) {
    caddy::log::configure(caddy::log::Level::error, caddy::log::Format::json, caddy::log::Stream::standard_error);
    for (const auto& piece : caddy::bench::hot_path()) {
        benchmark::RegisterBenchmark(piece.name.c_str(), [&piece](benchmark::State& state) {
            for (auto _ : state) piece.run();
        });
    }
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 64;
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
}
