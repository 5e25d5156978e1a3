// The two text formats: Prometheus' 0.0.4, and OpenMetrics 1.0 (which names a counter's family without `_total` and
// ends with a marker).
#include "platform/telemetry/metrics_exemplars.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>

namespace caddy::metrics {
namespace {

/// A series as the sum of its like in all areas.
struct Merged {
    std::vector<double> bounds;
    std::vector<std::uint64_t> buckets;   // of a histogram
    std::vector<std::optional<Exemplar>> exemplars;   // the same, where they are wanted
    double value = 0;                     // of the others; a histogram's sum
    bool seen = false;
};

struct MergedFamily {
    Kind kind = Kind::counter;
    std::map<std::string, Merged> series;   // by labels
};
using MergedFamilies = std::map<std::string, MergedFamily, std::less<>>;

void merge_gauge(Merged& into, Merge merge, double value) {
    if (!into.seen) into.value = value;
    else if (merge == Merge::sum) into.value += value;
    else if (merge == Merge::most) into.value = std::max(into.value, value);
    else into.value = std::min(into.value, value);
}

bool is_measured(const Series& series) {
    return series.kind != Kind::gauge || !std::isnan(std::bit_cast<double>(load(series.cells[0])));
}

void merge_in(Merged& into, const Series& series) {
    if (series.kind == Kind::counter) into.value += static_cast<double>(load(series.cells[0]));
    if (series.kind == Kind::gauge) merge_gauge(into, series.merge, std::bit_cast<double>(load(series.cells[0])));
    if (series.kind == Kind::histogram) {
        into.bounds.assign(series.bounds.begin(), series.bounds.end());
        into.buckets.resize(series.bounds.size() + 1);
        for (std::size_t i = 0; i < into.buckets.size(); ++i) into.buckets[i] += load(series.cells[i]);
        into.value += std::bit_cast<double>(load(series.cells[series.bounds.size() + 1]));
    }
    into.seen = true;
}

void merge_exemplars(Merged& into, std::span<const std::byte> area, const Series& series) {
    into.exemplars.resize(into.buckets.size());
    for (std::size_t i = 0; i < into.buckets.size(); ++i) {
        auto found = find_exemplar(area, series.cells, i);
        auto& kept = into.exemplars[i];
        if (found && (!kept || kept->at_us < found->at_us)) kept = std::move(found);
    }
}

MergedFamilies merge(Format format, std::span<const std::span<const std::byte>> areas) {
    MergedFamilies families;
    for (const auto area : areas) {
        // Read only; Area has one type for its readers and its writer.
        Area({const_cast<std::byte*>(area.data()), area.size()}).each([&](const Series& series) {
            if (!is_measured(series)) return;
            auto& family = families[std::string(series.name)];
            family.kind = series.kind;
            auto& merged = family.series[std::string(series.labels)];
            merge_in(merged, series);
            if (format == Format::openmetrics && series.kind == Kind::histogram) merge_exemplars(merged, area, series);
        });
    }
    return families;
}

std::string number(double value) {
    if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
    const bool is_whole = value == std::floor(value) && std::abs(value) < 1e15;
    if (is_whole) return fmt::format("{}", static_cast<std::int64_t>(value));
    return fmt::format("{}", value);
}

void write_line(std::string& out, std::string_view name, std::string_view labels, std::string_view value) {
    out.append(name);
    if (!labels.empty()) out.append("{").append(labels).append("}");
    out.append(" ").append(value).append("\n");
}

/// ` # {trace_id="…"} value time`, behind a bucket.
std::string text_of(const std::optional<Exemplar>& exemplar) {
    if (!exemplar) return {};
    return fmt::format(" # {{trace_id=\"{}\",span_id=\"{}\"}} {} {}.{:06}", exemplar->trace_id, exemplar->span_id,
                       number(exemplar->value), exemplar->at_us / 1'000'000, exemplar->at_us % 1'000'000);
}

void write_head(std::string& out, Format format, std::string_view name, Kind kind, std::string_view help) {
    constexpr std::string_view suffix = "_total";
    if (format == Format::openmetrics && kind == Kind::counter && name.ends_with(suffix)) {
        name.remove_suffix(suffix.size());
    }
    const auto* type = kind == Kind::counter ? "counter" : kind == Kind::gauge ? "gauge" : "histogram";
    if (!help.empty()) out.append("# HELP ").append(name).append(" ").append(help).append("\n");
    out.append("# TYPE ").append(name).append(" ").append(type).append("\n");
}

void write_histogram(std::string& out, std::string_view name, const std::string& labels, const Merged& series) {
    const auto bucket_name = std::string(name) + "_bucket";
    const auto prefix = labels.empty() ? std::string() : labels + ",";
    std::uint64_t count = 0;
    for (std::size_t i = 0; i < series.buckets.size(); ++i) {
        count += series.buckets[i];
        const auto bound = i < series.bounds.size() ? number(series.bounds[i]) : "+Inf";
        const auto exemplar = series.exemplars.empty() ? std::string() : text_of(series.exemplars[i]);
        write_line(out, bucket_name, prefix + "le=\"" + bound + "\"", std::to_string(count) + exemplar);
    }
    write_line(out, std::string(name) + "_sum", labels, number(series.value));
    write_line(out, std::string(name) + "_count", labels, std::to_string(count));
}

std::string_view help_of(std::string_view name) {
    for (const auto* family : Family::all()) {
        if (family->description().name == name) return family->description().help;
    }
    return {};
}

}   // namespace

std::string_view content_type(Format format) {
    return format == Format::openmetrics ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                                         : "text/plain; version=0.0.4; charset=utf-8";
}

Format negotiate(std::string_view accept) {
    return accept.find("application/openmetrics-text") != std::string_view::npos ? Format::openmetrics
                                                                                 : Format::prometheus_text;
}

std::string expose(Format format, std::span<const std::span<const std::byte>> areas, std::span<const Sample> samples) {
    std::string out;
    for (const auto& [name, family] : merge(format, areas)) {
        write_head(out, format, name, family.kind, help_of(name));
        for (const auto& [labels, series] : family.series) {
            if (family.kind == Kind::histogram) write_histogram(out, name, labels, series);
            else write_line(out, name, labels, number(series.value));
        }
    }
    std::string_view last;
    for (const auto& sample : samples) {
        if (sample.name != last) write_head(out, format, sample.name, sample.kind, sample.help);
        last = sample.name;
        write_line(out, sample.name, sample.labels, number(sample.value));
    }
    if (format == Format::openmetrics) out += "# EOF\n";
    return out;
}

}   // namespace caddy::metrics
