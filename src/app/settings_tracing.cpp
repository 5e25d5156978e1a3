#include "app/settings_tracing.hpp"

#include "app/version.hpp"

#include <charconv>

namespace caddy::app {

void bind_tracing(config::Binder& b, trace::Config& c) {
    bool is_disabled = false;
    std::string ratio = "1";
    std::vector<std::string> propagators{"tracecontext", "baggage"};
    b.toggle("TRACING_ENABLED", c.enabled, "Traces are sent to a collector, by OTLP over HTTP")
        .toggle("OTEL_SDK_DISABLED", is_disabled, "on: none are sent, whatever TRACING_ENABLED says")
        .text("OTEL_EXPORTER_OTLP_ENDPOINT", c.endpoint, "The collector, without /v1/traces")
        .integer("OTEL_EXPORTER_OTLP_TIMEOUT", c.time_limit_ms, {100, 60'000}, "Milliseconds for one call of it")
        .choice("OTEL_TRACES_SAMPLER", c.sampler, "Which traces are recorded; parentbased: as the caller decided")
        .text("OTEL_TRACES_SAMPLER_ARG", ratio, "The share of traces that the ratio samplers record, 0..1")
        .list("OTEL_PROPAGATORS", propagators, "What is read from requests and sent along: tracecontext, baggage")
        .text("OTEL_SERVICE_NAME", c.service_name, "The shop's name in traces")
        .text("OTEL_RESOURCE_ATTRIBUTES", c.resource_attributes, "What else is said of it: key=value,key=value")
        .integer("OTEL_BSP_MAX_QUEUE_SIZE", c.queue_spans, {1, 1'000'000},
                 "Spans of a worker that wait to be sent; further ones are dropped and counted")
        .integer("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", c.batch_spans, {1, 1'000'000}, "Spans in one call at most")
        .integer("OTEL_BSP_SCHEDULE_DELAY", c.delay_ms, {10, 60'000}, "Milliseconds between two calls");
    c.service_version = version();
    if (is_disabled) c.enabled = false;
    const auto [end, fault] = std::from_chars(ratio.data(), ratio.data() + ratio.size(), c.ratio);
    if (fault != std::errc() || end != ratio.data() + ratio.size() || !(c.ratio >= 0 && c.ratio <= 1))
        b.fault("OTEL_TRACES_SAMPLER_ARG: '" + ratio + "' is no number in 0..1");
    c.propagation = {false, false};
    for (const auto& each : propagators) {
        if (each == "tracecontext") c.propagation.trace_context = true;
        else if (each == "baggage") c.propagation.baggage = true;
        else if (each != "none") b.fault("OTEL_PROPAGATORS: '" + each + "' is not one of tracecontext, baggage, none");
    }
}

}   // namespace caddy::app
