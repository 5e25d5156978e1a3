// The only file that knows OpenTelemetry's library.
#include "platform/telemetry/log.hpp"
#include "platform/telemetry/metrics.hpp"
#include "platform/telemetry/trace_recorder.hpp"

#include <opentelemetry/exporters/otlp/otlp_http_exporter_factory.h>
#include <opentelemetry/exporters/otlp/otlp_http_exporter_options.h>
#include <opentelemetry/sdk/common/global_log_handler.h>
#include <opentelemetry/sdk/resource/resource.h>
#include <opentelemetry/sdk/trace/batch_span_processor_factory.h>
#include <opentelemetry/sdk/trace/batch_span_processor_options.h>
#include <opentelemetry/sdk/trace/exporter.h>
#include <opentelemetry/sdk/trace/processor.h>
#include <opentelemetry/sdk/trace/recordable.h>
#include <opentelemetry/sdk/trace/sampler.h>
#include <opentelemetry/sdk/trace/samplers/always_off_factory.h>
#include <opentelemetry/sdk/trace/samplers/always_on_factory.h>
#include <opentelemetry/sdk/trace/samplers/parent_factory.h>
#include <opentelemetry/sdk/trace/samplers/trace_id_ratio_factory.h>
#include <opentelemetry/sdk/trace/tracer_provider.h>
#include <opentelemetry/sdk/trace/tracer_provider_factory.h>
#include <opentelemetry/trace/span_startoptions.h>
#include <opentelemetry/trace/tracer.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <optional>
#include <random>
#include <utility>

namespace caddy::trace {
namespace {

namespace otel = opentelemetry;
namespace sdk = opentelemetry::sdk::trace;

const metrics::Counter spans_total{{"caddy_trace_spans_total",
                                    "Spans that ended, by what became of them: sent, failed (the collector did not "
                                    "take them) or dropped (too many waited).",
                                    {"result"}}};

/// Of this process. Counters have one writer, the event loop; the thread that sends leaves its figures here.
struct Tally {
    std::atomic<std::int64_t> waiting = 0;   // ended, and neither sent nor failed
    std::atomic<std::uint64_t> sent = 0;
    std::atomic<std::uint64_t> failed = 0;

    void tell() {
        if (const auto count = sent.exchange(0)) spans_total.add({"sent"}, count);
        if (const auto count = failed.exchange(0)) spans_total.add({"failed"}, count);
    }
};

/// Whether the library complained while this thread was sending. Its exporter over HTTP calls every batch a success and
/// says only in its log that the collector was away or refused.
thread_local bool complained = false;

/// Sends spans by another exporter, and counts them.
class CountingExporter final : public sdk::SpanExporter {
public:
    CountingExporter(std::unique_ptr<sdk::SpanExporter> inner, std::shared_ptr<Tally> tally)
        : inner_(std::move(inner)), tally_(std::move(tally)) {}

    std::unique_ptr<sdk::Recordable> MakeRecordable() noexcept override { return inner_->MakeRecordable(); }
    otel::sdk::common::ExportResult Export(
        const otel::nostd::span<std::unique_ptr<sdk::Recordable>>& spans) noexcept override {
        complained = false;
        const auto result = inner_->Export(spans);
        const bool is_sent = !complained && result == otel::sdk::common::ExportResult::kSuccess;
        (is_sent ? tally_->sent : tally_->failed) += spans.size();
        tally_->waiting -= static_cast<std::int64_t>(spans.size());
        return result;
    }
    bool ForceFlush(std::chrono::microseconds limit) noexcept override { return inner_->ForceFlush(limit); }
    bool Shutdown(std::chrono::microseconds limit) noexcept override { return inner_->Shutdown(limit); }

private:
    std::unique_ptr<sdk::SpanExporter> inner_;
    std::shared_ptr<Tally> tally_;
};

/// Hands ended spans to another processor as long as not too many wait: that one would drop them without a word.
class BoundedProcessor final : public sdk::SpanProcessor {
public:
    BoundedProcessor(std::unique_ptr<sdk::SpanProcessor> inner, std::shared_ptr<Tally> tally, std::int64_t waiting_max)
        : inner_(std::move(inner)), tally_(std::move(tally)), waiting_max_(waiting_max) {}

    std::unique_ptr<sdk::Recordable> MakeRecordable() noexcept override { return inner_->MakeRecordable(); }
    void OnStart(sdk::Recordable& span, const otel::trace::SpanContext& above) noexcept override {
        inner_->OnStart(span, above);
    }
    void OnEnd(std::unique_ptr<sdk::Recordable>&& span) noexcept override {
        tally_->tell();
        if (tally_->waiting >= waiting_max_) return spans_total.add({"dropped"});
        ++tally_->waiting;
        inner_->OnEnd(std::move(span));
    }
    bool ForceFlush(std::chrono::microseconds limit) noexcept override { return inner_->ForceFlush(limit); }
    bool Shutdown(std::chrono::microseconds limit) noexcept override { return inner_->Shutdown(limit); }

private:
    std::unique_ptr<sdk::SpanProcessor> inner_;
    std::shared_ptr<Tally> tally_;
    std::int64_t waiting_max_;
};

/// The library's own messages, among the others. A collector that is away is told of once in a while, not per batch.
class LogHandler final : public otel::sdk::common::internal_log::LogHandler {
public:
    void Handle(otel::sdk::common::internal_log::LogLevel level, const char*, int, const char* message,
                const otel::sdk::common::AttributeMap&) noexcept override {
        if (level != otel::sdk::common::internal_log::LogLevel::Error || !message) return;
        complained = true;
        const auto now = std::chrono::steady_clock::now().time_since_epoch();
        auto next = next_.load();
        if (now < next || !next_.compare_exchange_strong(next, now + std::chrono::seconds(60))) return;
        log::warn("trace.not_sent", {{"why", std::string_view(message)}});
    }

private:
    std::atomic<std::chrono::steady_clock::duration> next_{};
};

otel::trace::SpanKind kind_of(Kind kind) {
    switch (kind) {
        case Kind::internal: return otel::trace::SpanKind::kInternal;
        case Kind::server: return otel::trace::SpanKind::kServer;
        case Kind::client: return otel::trace::SpanKind::kClient;
        case Kind::producer: return otel::trace::SpanKind::kProducer;
        case Kind::consumer: return otel::trace::SpanKind::kConsumer;
    }
    return otel::trace::SpanKind::kInternal;
}

otel::nostd::string_view view_of(std::string_view text) { return {text.data(), text.size()}; }

otel::trace::SpanContext remote(const TraceContext& context) {
    if (!context.valid()) return otel::trace::SpanContext::GetInvalid();
    using Flags = otel::trace::TraceFlags;
    return otel::trace::SpanContext(otel::trace::TraceId(context.trace_id), otel::trace::SpanId(context.span_id),
                                    Flags(context.sampled ? Flags::kIsSampled : std::uint8_t{0}), true,
                                    otel::trace::TraceState::FromHeader(context.state));
}

/// Decides about the first span of a trace; where somebody had it decided beforehand, as was said then.
class RootSampler final : public sdk::Sampler {
public:
    explicit RootSampler(std::unique_ptr<sdk::Sampler> inner) : inner_(std::move(inner)) {}

    bool draw() {
        std::array<std::uint8_t, otel::trace::TraceId::kSize> id{};
        const auto bits = dice_();   // samplers by ratio look at the first half
        std::memcpy(id.data(), &bits, sizeof(bits));
        const auto result =
            inner_->ShouldSample(otel::trace::SpanContext::GetInvalid(), otel::trace::TraceId(std::as_const(id)), "",
                                 otel::trace::SpanKind::kServer, no_attributes_, no_links_);
        drawn_ = result.decision == sdk::Decision::RECORD_AND_SAMPLE;
        return drawn_;
    }
    sdk::SamplingResult ShouldSample(const otel::trace::SpanContext& above, otel::trace::TraceId id,
                                     otel::nostd::string_view name, otel::trace::SpanKind kind,
                                     const otel::common::KeyValueIterable& attributes,
                                     const otel::trace::SpanContextKeyValueIterable& links) noexcept override {
        if (std::exchange(drawn_, false)) return {sdk::Decision::RECORD_AND_SAMPLE, nullptr, above.trace_state()};
        return inner_->ShouldSample(above, id, name, kind, attributes, links);
    }
    otel::nostd::string_view GetDescription() const noexcept override { return inner_->GetDescription(); }

private:
    std::unique_ptr<sdk::Sampler> inner_;
    std::mt19937_64 dice_{std::random_device{}()};
    bool drawn_ = false;
    otel::common::NoopKeyValueIterable no_attributes_;
    otel::trace::NullSpanContext no_links_;
};

std::unique_ptr<sdk::Sampler> root_sampler(const Config& config) {
    switch (config.sampler) {
        case Sampler::always_on:
        case Sampler::parentbased_always_on: return sdk::AlwaysOnSamplerFactory::Create();
        case Sampler::traceidratio:
        case Sampler::parentbased_traceidratio: return sdk::TraceIdRatioBasedSamplerFactory::Create(config.ratio);
        case Sampler::always_off:
        case Sampler::parentbased_always_off: break;
    }
    return sdk::AlwaysOffSamplerFactory::Create();
}

bool asks_parent(Sampler sampler) {
    return sampler == Sampler::parentbased_always_on || sampler == Sampler::parentbased_always_off ||
           sampler == Sampler::parentbased_traceidratio;
}

otel::sdk::resource::Resource resource_of(const Config& config) {
    otel::sdk::resource::ResourceAttributes attributes;
    std::string_view list = config.resource_attributes;
    while (!list.empty()) {
        const auto comma = std::min(list.find(','), list.size());
        const auto pair = list.substr(0, comma);
        const auto equals = pair.find('=');
        if (equals != std::string_view::npos)
            attributes.SetAttribute(view_of(pair.substr(0, equals)), std::string(pair.substr(equals + 1)));
        list.remove_prefix(std::min(comma + 1, list.size()));
    }
    attributes.SetAttribute("service.name", config.service_name);
    attributes.SetAttribute("service.version", config.service_version);
    return otel::sdk::resource::Resource::Create(attributes);
}

class OtelSpan final : public Span::Recorded {
public:
    explicit OtelSpan(otel::nostd::shared_ptr<otel::trace::Span> span) : span_(std::move(span)) {}
    OtelSpan(const OtelSpan&) = delete;
    ~OtelSpan() override { span_->End(); }

    void set(std::string_view key, std::string_view value) override {
        span_->SetAttribute(view_of(key), view_of(value));
    }
    void set(std::string_view key, std::int64_t value) override { span_->SetAttribute(view_of(key), value); }
    void fail(std::string_view kind) override {
        span_->SetAttribute("error.type", view_of(kind));
        span_->SetStatus(otel::trace::StatusCode::kError);
    }

private:
    otel::nostd::shared_ptr<otel::trace::Span> span_;
};

class OtelRecorder final : public Recorder {
public:
    explicit OtelRecorder(const Config& config) {
        otel::sdk::common::internal_log::GlobalLogHandler::SetLogHandler(
            otel::nostd::shared_ptr<otel::sdk::common::internal_log::LogHandler>(new LogHandler));
        otel::exporter::otlp::OtlpHttpExporterOptions sending;   // what is not set here it takes from OTEL_* itself
        sending.url = config.endpoint + (config.endpoint.ends_with('/') ? "v1/traces" : "/v1/traces");
        sending.timeout = std::chrono::milliseconds(config.time_limit_ms);
        auto exporter = std::make_unique<CountingExporter>(
            otel::exporter::otlp::OtlpHttpExporterFactory::Create(sending), tally_);
        sdk::BatchSpanProcessorOptions batches;
        batches.max_queue_size = static_cast<std::size_t>(config.queue_spans);
        batches.max_export_batch_size = static_cast<std::size_t>(std::min(config.batch_spans, config.queue_spans));
        batches.schedule_delay_millis = std::chrono::milliseconds(config.delay_ms);
        auto processor = std::make_unique<BoundedProcessor>(
            sdk::BatchSpanProcessorFactory::Create(std::move(exporter), batches), tally_, config.queue_spans);
        auto root = std::make_unique<RootSampler>(root_sampler(config));
        root_ = root.get();
        std::unique_ptr<sdk::Sampler> sampler = std::move(root);
        if (asks_parent(config.sampler)) sampler = sdk::ParentBasedSamplerFactory::Create(std::move(sampler));
        provider_ = sdk::TracerProviderFactory::Create(std::move(processor), resource_of(config), std::move(sampler));
        tracer_ = provider_->GetTracer("caddy-shopping", view_of(config.service_version));
    }

    std::unique_ptr<Span::Recorded> begin(Kind kind, std::string_view name, const TraceContext& above,
                                          TraceContext& own) override {
        otel::trace::StartSpanOptions options;
        options.kind = kind_of(kind);
        // Without one given, the library would take what it holds for the thread's own.
        if (above.valid()) options.parent = remote(above);
        else options.parent = otel::context::Context(otel::trace::kIsRootSpanKey, true);
        auto span = tracer_->StartSpan(view_of(name), options);
        const auto context = span->GetContext();
        std::copy_n(context.trace_id().Id().data(), own.trace_id.size(), own.trace_id.begin());
        std::copy_n(context.span_id().Id().data(), own.span_id.size(), own.span_id.begin());
        own.sampled = context.IsSampled();
        if (!span->IsRecording()) return nullptr;
        return std::make_unique<OtelSpan>(std::move(span));
    }

    bool draw_root() override { return root_->draw(); }

    void flush(std::chrono::milliseconds limit) override {
        (void)provider_->ForceFlush(limit);
        tally_->tell();
    }

private:
    std::shared_ptr<Tally> tally_ = std::make_shared<Tally>();
    std::unique_ptr<sdk::TracerProvider> provider_;
    RootSampler* root_ = nullptr;   // inside the provider
    otel::nostd::shared_ptr<otel::trace::Tracer> tracer_;
};

}   // namespace

std::unique_ptr<Recorder> open_recorder(const Config& config) { return std::make_unique<OtelRecorder>(config); }

}   // namespace caddy::trace
