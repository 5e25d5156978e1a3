#include "platform/telemetry/trace.hpp"

#include "platform/telemetry/trace_recorder.hpp"

namespace caddy::trace {
namespace {

struct Tracing {
    std::unique_ptr<Recorder> recorder;
    Propagation propagation;
};

Tracing& tracing() {
    static Tracing instance;
    return instance;
}

}   // namespace

void open(const Config& config) {
    tracing().propagation = config.propagation;
    if (config.enabled) tracing().recorder = open_recorder(config);
}

void close(std::chrono::milliseconds limit) {
    if (!tracing().recorder) return;
    tracing().recorder->flush(limit);
    tracing().recorder.reset();
}

bool is_open() { return tracing().recorder != nullptr; }

Propagation propagation() { return tracing().propagation; }

void Span::set(std::string_view key, std::string_view value) {
    if (recorded_) recorded_->set(key, value);
}

void Span::set(std::string_view key, std::int64_t value) {
    if (recorded_) recorded_->set(key, value);
}

void Span::fail(std::string_view kind) {
    if (recorded_) recorded_->fail(kind);
}

Span begin(Kind kind, std::string_view name, const TraceContext& above) {
    Span span(above);
    if (const auto& recorder = tracing().recorder) span.recorded_ = recorder->begin(kind, name, above, span.context_);
    return span;
}

bool draw_root() {
    const auto& recorder = tracing().recorder;
    return recorder && recorder->draw_root();
}

Span begin_below(const Span* above, Kind kind, std::string_view name) {
    if (!above) return Span();
    if (!above->records()) return Span(above->context());
    return begin(kind, name, above->context());
}

}   // namespace caddy::trace
