#include "platform/telemetry/metrics.hpp"
#include "platform/telemetry/metrics_exemplars.hpp"
#include "platform/telemetry/trace_context.hpp"

#include <gtest/gtest.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace caddy::metrics {
namespace {

const Counter orders{{"test_orders_total", "Orders.", {"result"}}};
const Gauge depth{{"test_queue_depth", "What waits."}};
const Gauge reload{{"test_reload_successful", "1 when the last one was.", {}, Merge::least}};
const Histogram duration{{"test_duration_seconds", "How long.", {"route"}, Merge::sum, {0.1, 1}}};

using Memory = std::vector<std::uint64_t>;
std::span<std::byte> bytes(Memory& memory) { return std::as_writable_bytes(std::span(memory)); }

// Each case counts in memory of its own.
class Metrics : public testing::Test {
protected:
    std::string text(Format format = Format::prometheus_text) const {
        const std::span<const std::byte> areas[] = {own_area()};
        return expose(format, areas, {});
    }
    void SetUp() override { attach(bytes(memory_)); }
    Memory memory_ = Memory(32 * 1024);
};

bool has_line(const std::string& text, const std::string& line) {
    return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

TEST_F(Metrics, counts_by_label) {
    orders.add({"placed"});
    orders.add({"placed"}, 2);
    orders.add({"refused"});
    EXPECT_TRUE(has_line(text(), "test_orders_total{result=\"placed\"} 3"));
    EXPECT_TRUE(has_line(text(), "test_orders_total{result=\"refused\"} 1"));
    EXPECT_TRUE(has_line(text(), "# TYPE test_orders_total counter"));
    EXPECT_TRUE(has_line(text(), "# HELP test_orders_total Orders."));
}

TEST_F(Metrics, writes_buckets_that_add_up) {
    duration.observe({"/a"}, 0.1);   // a bound belongs to its bucket
    duration.observe({"/a"}, 0.5);
    duration.observe({"/a"}, 7);
    const auto shown = text();
    EXPECT_TRUE(has_line(shown, "test_duration_seconds_bucket{route=\"/a\",le=\"0.1\"} 1"));
    EXPECT_TRUE(has_line(shown, "test_duration_seconds_bucket{route=\"/a\",le=\"1\"} 2"));
    EXPECT_TRUE(has_line(shown, "test_duration_seconds_bucket{route=\"/a\",le=\"+Inf\"} 3"));
    EXPECT_TRUE(has_line(shown, "test_duration_seconds_sum{route=\"/a\"} 7.6"));
    EXPECT_TRUE(has_line(shown, "test_duration_seconds_count{route=\"/a\"} 3"));
}

TEST_F(Metrics, goes_on_where_a_predecessor_stopped) {
    orders.add({"placed"}, 41);
    depth.set(5);
    attach(bytes(memory_));   // what a successor does in its slot
    orders.add({"placed"});
    EXPECT_TRUE(has_line(text(), "test_orders_total{result=\"placed\"} 42"));
    EXPECT_EQ(text().find("test_queue_depth 5"), std::string::npos) << "a gauge tells of the living";
    depth.set(2);
    EXPECT_TRUE(has_line(text(), "test_queue_depth 2"));
}

TEST_F(Metrics, merges_processes) {
    orders.add({"placed"}, 1);
    depth.set(2);
    reload.set(1);
    Memory other(32 * 1024);
    attach(bytes(other));
    orders.add({"placed"}, 10);
    depth.set(3);
    reload.set(0);
    const std::span<const std::byte> areas[] = {bytes(memory_), bytes(other)};
    const auto shown = expose(Format::prometheus_text, areas, {});
    EXPECT_TRUE(has_line(shown, "test_orders_total{result=\"placed\"} 11"));
    EXPECT_TRUE(has_line(shown, "test_queue_depth 5"));
    EXPECT_TRUE(has_line(shown, "test_reload_successful 0"));
    attach(bytes(memory_));
}

TEST_F(Metrics, escapes_label_values) {
    orders.add({"a\"b\\c\nd"});
    EXPECT_TRUE(has_line(text(), "test_orders_total{result=\"a\\\"b\\\\c\\nd\"} 1"));
}

TEST_F(Metrics, speaks_openmetrics_where_it_is_wanted) {
    EXPECT_EQ(negotiate("application/openmetrics-text;version=1.0.0,text/plain;q=0.5"), Format::openmetrics);
    EXPECT_EQ(negotiate("*/*"), Format::prometheus_text);
    orders.add({"placed"});
    const auto shown = text(Format::openmetrics);
    EXPECT_TRUE(has_line(shown, "# TYPE test_orders counter"));
    EXPECT_TRUE(has_line(shown, "test_orders_total{result=\"placed\"} 1"));
    EXPECT_TRUE(shown.ends_with("# EOF\n"));
}

TEST_F(Metrics, adds_what_is_known_at_the_moment_of_asking) {
    const Sample samples[] = {{Kind::gauge, "test_up", "Up.", "worker=\"0\"", 1},
                              {Kind::gauge, "test_up", "Up.", "worker=\"1\"", 0}};
    const auto shown = expose(Format::prometheus_text, {}, samples);
    EXPECT_EQ(shown, "# HELP test_up Up.\n# TYPE test_up gauge\ntest_up{worker=\"0\"} 1\ntest_up{worker=\"1\"} 0\n");
}

TEST_F(Metrics, counts_what_has_no_room_and_goes_on) {
    Memory small(40);
    attach(bytes(small));
    for (int i = 0; i < 50; ++i) orders.add({"result " + std::to_string(i)});
    const auto shown = text();
    EXPECT_TRUE(has_line(shown, "test_orders_total{result=\"result 0\"} 1"));
    EXPECT_EQ(shown.find("result 49"), std::string::npos);
    EXPECT_EQ(shown.find("caddy_metrics_series_refused_total 0"), std::string::npos);
    EXPECT_NE(shown.find("caddy_metrics_series_refused_total 4"), std::string::npos) << shown;
    attach(bytes(memory_));
}

trace::TraceContext trace_of(std::uint8_t byte) {
    trace::TraceContext context{.sampled = true};
    context.trace_id.fill(byte);
    context.span_id.fill(byte);
    return context;
}

/// Where the time begins in a bucket's line with an exemplar of such a trace; npos when there is none.
std::size_t find_bucket(const std::string& text, const std::string& route, const std::string& bound,
                        const std::string& count, const std::string& digits) {
    std::string trace, span;
    for (int i = 0; i < 16; ++i) trace += digits;
    for (int i = 0; i < 8; ++i) span += digits;
    return text.find("test_duration_seconds_bucket{route=\"" + route + "\",le=\"" + bound + "\"} " + count +
                     " # {trace_id=\"" + trace + "\",span_id=\"" + span + "\"} ");
}

TEST_F(Metrics, shows_the_trace_of_a_request_behind_the_bucket_it_fell_into) {
    duration.observe({"/a"}, 0.5, trace_of(0xAB));
    duration.observe({"/a"}, 0.05);
    const auto shown = text(Format::openmetrics);
    EXPECT_NE(find_bucket(shown, "/a", "1", "2", "ab"), std::string::npos) << shown;
    EXPECT_TRUE(has_line(shown, "test_duration_seconds_bucket{route=\"/a\",le=\"0.1\"} 1")) << "it has none";
    EXPECT_TRUE(has_line(shown, "test_duration_seconds_bucket{route=\"/a\",le=\"+Inf\"} 2")) << "nor has that above";
    EXPECT_EQ(text().find("trace_id"), std::string::npos) << "Prometheus' text has no such thing";
}

TEST_F(Metrics, shows_the_newest_exemplar_of_all_processes) {
    duration.observe({"/a"}, 0.5, trace_of(1));
    Memory other(32 * 1024);
    attach(bytes(other));
    duration.observe({"/a"}, 0.6, trace_of(2));
    const std::span<const std::byte> areas[] = {bytes(other), bytes(memory_)};
    const auto shown = expose(Format::openmetrics, areas, {});
    EXPECT_NE(find_bucket(shown, "/a", "1", "2", "02"), std::string::npos) << shown;
    attach(bytes(memory_));
}

TEST_F(Metrics, keeps_few_exemplars_and_never_one_of_another_bucket) {
    for (std::uint8_t i = 0; i < 200; ++i) {
        const std::array values{0.05, 0.5, 5.0};
        for (std::size_t bucket = 0; bucket < values.size(); ++bucket) {
            const auto byte = static_cast<std::uint8_t>(i + bucket);
            duration.observe({"/" + std::to_string(i)}, values.at(bucket), trace_of(byte));
        }
    }
    const auto shown = text(Format::openmetrics);
    int kept = 0;
    for (std::uint8_t i = 0; i < 200; ++i) {
        const std::array bounds{"0.1", "1", "+Inf"};
        for (std::size_t bucket = 0; bucket < bounds.size(); ++bucket) {
            const auto line = "le=\"" + std::string(bounds.at(bucket)) + "\"} " + std::to_string(bucket + 1) + " # {";
            const auto at = shown.find("{route=\"/" + std::to_string(i) + "\"," + line);
            if (at == std::string::npos) continue;
            ++kept;
            const auto digits = fmt::format("{:02x}", static_cast<std::uint8_t>(i + bucket));
            const auto route = "/" + std::to_string(i);
            EXPECT_NE(find_bucket(shown, route, bounds.at(bucket), std::to_string(bucket + 1), digits),
                      std::string::npos);
        }
    }
    EXPECT_GT(kept, 128);
    EXPECT_LE(kept, 256);
}

TEST_F(Metrics, does_not_show_an_exemplar_whose_writer_died_in_the_middle) {
    duration.observe({"/a"}, 0.5, trace_of(7));
    const auto table = bytes(memory_).last(exemplar_bytes(memory_.size() * sizeof(std::uint64_t)));
    for (std::size_t slot = 0; slot < table.size(); slot += 64) {
        auto& sequence = *reinterpret_cast<std::uint64_t*>(table.data() + slot);
        if (sequence != 0) ++sequence;
    }
    EXPECT_EQ(text(Format::openmetrics).find("trace_id"), std::string::npos);
    duration.observe({"/a"}, 0.5, trace_of(8));
    EXPECT_NE(find_bucket(text(Format::openmetrics), "/a", "1", "2", "08"), std::string::npos);
}

}   // namespace
}   // namespace caddy::metrics
