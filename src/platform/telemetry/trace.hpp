#pragma once
// Spans: pieces of work with a beginning and an end, each below the one that it is done for, sent to a collector by
// OTLP over HTTP. A span travels explicitly, since a thread's state does not survive a suspension. Where tracing is
// off, or a trace is not sampled, a span only hands on where it belongs. Used from the event loop only.
//
// Names and attributes follow OpenTelemetry's semantic conventions. Personal data never goes in.
#include "platform/telemetry/trace_context.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe/enum.hpp>

namespace caddy::trace {

enum class Kind { internal, server, client, producer, consumer };

BOOST_DEFINE_ENUM_CLASS(Sampler, always_on, always_off, traceidratio, parentbased_always_on, parentbased_always_off,
                        parentbased_traceidratio)

struct Config {
    bool enabled = false;
    std::string endpoint = "http://localhost:4318";   // of the collector, without /v1/traces
    Sampler sampler = Sampler::parentbased_always_on;
    double ratio = 1;                                  // 0..1, of the samplers that have one
    std::string service_name = "caddy-shopping-backend";
    std::string service_version;
    std::string resource_attributes;                   // `key=value,key=value`
    Propagation propagation;
    int queue_spans = 2'048;      // 1..1000000 that wait to be sent; further ones are dropped and counted
    int batch_spans = 512;        // 1..queue_spans in one call
    int delay_ms = 5'000;         // 10..60000 between calls
    int time_limit_ms = 10'000;   // 100..60000 for one call
};

/// Begins to record; once, before the first span and after the last fork. Throws std::runtime_error when this program
/// was built without OpenTelemetry.
void open(const Config&);
/// Sends what has ended, for at most `limit`, and records no more.
void close(std::chrono::milliseconds limit);
/// Whether anything is recorded: without it a span needs no name.
bool is_open();
/// What travels in header fields, as configured.
Propagation propagation();

class Span {
public:
    /// Belongs nowhere and records nothing.
    Span() = default;
    /// Records nothing, and hands on what it was given.
    explicit Span(TraceContext context) : context_(std::move(context)) {}
    Span(Span&&) noexcept = default;
    Span& operator=(Span&&) noexcept = default;
    /// Ends here.
    ~Span() = default;

    /// What the work below it belongs to.
    const TraceContext& context() const { return context_; }
    bool records() const { return recorded_ != nullptr; }

    void set(std::string_view key, std::string_view value);
    void set(std::string_view key, std::int64_t value);
    /// The work went wrong; `kind` is one of few, such as a class of errors.
    void fail(std::string_view kind);
    /// Ends before its life does: for one that others still hold.
    void end() { recorded_.reset(); }

    /// What a recorder keeps of a span; ends it when destroyed.
    class Recorded {
    public:
        virtual ~Recorded() = default;
        virtual void set(std::string_view key, std::string_view value) = 0;
        virtual void set(std::string_view key, std::int64_t value) = 0;
        virtual void fail(std::string_view kind) = 0;
    };

private:
    friend Span begin(Kind, std::string_view, const TraceContext&);
    TraceContext context_;
    std::unique_ptr<Recorded> recorded_;
};

/// Where a span's work belongs; null for no span.
inline const TraceContext* context_of(const std::shared_ptr<Span>& span) { return span ? &span->context() : nullptr; }

/// A span below a context that came from elsewhere; below none it is the first of a new trace. The sampler decides.
Span begin(Kind, std::string_view name, const TraceContext& above);

/// Decides whether the next trace that begins in this process is recorded, for work that is spared the span where it is
/// not. Drawn anew each time that it is asked.
bool draw_root();

/// A span below one of this process. Below none, or one that records nothing, it records nothing.
Span begin_below(const Span* above, Kind, std::string_view name);

}   // namespace caddy::trace
