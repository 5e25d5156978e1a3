#pragma once
// What a process counts: counters, gauges and histograms with a few bounded labels, kept as plain cells in an area of
// memory that another process may read. One writer per area (its process's event loop), any number of readers.
//
// A family is a constant at namespace scope beside the code that counts. Names are those of Prometheus.
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace caddy::trace {
struct TraceContext;
}

namespace caddy::metrics {

enum class Kind : std::uint32_t { counter, gauge, histogram };

/// How the gauges of several processes become one. Counters and histograms are summed.
enum class Merge : std::uint32_t { sum, most, least };

struct Description {
    std::string_view name;   // `caddy_orders_total`; counters end in `_total`
    std::string_view help;
    std::vector<std::string_view> labels{};
    Merge merge = Merge::sum;
    std::vector<double> bounds{};   // of a histogram's buckets, ascending
};

using LabelValues = std::initializer_list<std::string_view>;
using Cell = std::uint64_t;

/// The common part of the three; registers itself.
class Family {
public:
    Family(const Family&) = delete;
    Kind kind() const { return kind_; }
    const Description& description() const { return description_; }
    static std::span<const Family* const> all();

protected:
    Family(Kind, Description);
    ~Family();
    /// The cells of one series, made at its first use. REQUIRES: as many values as the family has labels.
    Cell* cells(LabelValues) const;

private:
    friend void attach(std::span<std::byte>);
    struct Index;
    Kind kind_;
    Description description_;
    std::unique_ptr<Index> index_;
};

class Counter : public Family {
public:
    explicit Counter(Description description) : Family(Kind::counter, std::move(description)) {}
    void add(LabelValues = {}, std::uint64_t amount = 1) const;
};

class Gauge : public Family {
public:
    explicit Gauge(Description description) : Family(Kind::gauge, std::move(description)) {}
    void set(LabelValues, double) const;
    void set(double value) const { set({}, value); }
};

class Histogram : public Family {
public:
    explicit Histogram(Description description) : Family(Kind::histogram, std::move(description)) {}
    /// `value` in the unit of the name: seconds, bytes.
    void observe(LabelValues, double value) const;
    /// The same, and an exemplar of its bucket: `of` is a span that is recorded.
    void observe(LabelValues, double value, const trace::TraceContext& of) const;

private:
    std::size_t bucket_of(double value) const;
    void count(Cell* cell, std::size_t bucket, double value) const;
};

/// Takes the gauges out of an area, and leaves the counts: what its process measured is true no longer.
void forget_gauges(std::span<std::byte> area);

/// From now on this process counts in `area`, and goes on with the counters that stand in it; gauges start anew.
/// Called before the first count; without it, the process counts in memory of its own.
void attach(std::span<std::byte> area);

/// The area that this process counts in.
std::span<const std::byte> own_area();

/// A value that is known only when somebody asks, such as the memory of a process.
struct Sample {
    Kind kind;
    std::string_view name;
    std::string_view help;
    std::string labels{};   // `worker="0"`, or empty
    double value = 0;
};

enum class Format { prometheus_text, openmetrics };
std::string_view content_type(Format);
/// OpenMetrics for whoever lists it in `Accept`, else Prometheus' text 0.0.4.
Format negotiate(std::string_view accept);

/// Every family with its series, merged over the areas; then the samples. OpenMetrics has exemplars, too: of the areas'
/// the newest.
std::string expose(Format, std::span<const std::span<const std::byte>> areas, std::span<const Sample> samples);

}   // namespace caddy::metrics
