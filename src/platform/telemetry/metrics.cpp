#include "platform/telemetry/metrics.hpp"

#include "platform/telemetry/metrics_exemplars.hpp"

#include <algorithm>
#include <bit>
#include <map>
#include <unordered_map>

namespace caddy::metrics {
namespace {

constexpr std::size_t own_bytes = 512 * 1024;

/// The memory that this process counts in, and what stood in it when it was attached.
struct Counting {
    std::vector<std::uint64_t> own;   // until something is attached
    std::span<std::byte> memory;
    Area area{{}};
    std::map<std::pair<std::string, std::string>, Cell*> inherited;   // by name and labels

    Counting() : own(own_bytes / sizeof(std::uint64_t)) { use(std::as_writable_bytes(std::span(own))); }
    void use(std::span<std::byte> given) {
        memory = given;
        area = Area(given);
    }
};

Counting& counting() {
    static Counting one;
    return one;
}

std::vector<const Family*>& families() {
    static std::vector<const Family*> all;
    return all;
}

void append_escaped(std::string& out, std::string_view text) {
    for (const char c : text) {
        if (c == '\n') {
            out += "\\n";
            continue;
        }
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
}

std::string written(const std::vector<std::string_view>& names, LabelValues values) {
    std::string out;
    auto value = values.begin();
    for (const auto& name : names) {
        const auto text = value != values.end() ? *value++ : std::string_view();
        if (text.empty()) continue;   // an empty label is one that is not there
        if (!out.empty()) out += ',';
        out.append(name).append("=\"");
        append_escaped(out, text);
        out += '"';
    }
    return out;
}

const Counter series_refused{
    {"caddy_metrics_series_refused_total", "Counts that had no room left in the process's area of metrics."}};

}   // namespace

/// A family's series by the values of their labels, so that a count costs one look-up and no allocation.
struct Family::Index {
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
    };
    std::unordered_map<std::string, Cell*, Hash, std::equal_to<>> series;
    std::string key;   // kept for its capacity
    std::string last_key;   // most counts of a moment are of one series
    Cell* last = nullptr;

    void forget() {
        series.clear();
        last = nullptr;
    }
    std::vector<Cell> nowhere;   // takes the counts that have no room
};

Family::Family(Kind kind, Description description)
    : kind_(kind), description_(std::move(description)), index_(std::make_unique<Index>()) {
    index_->nowhere.resize(description_.bounds.size() + 2);
    families().push_back(this);
}

Family::~Family() { std::erase(families(), this); }

std::span<const Family* const> Family::all() { return families(); }

Cell* Family::cells(LabelValues values) const {
    auto& index = *index_;
    index.key.clear();
    for (const auto value : values) index.key.append(value).push_back('\x1f');
    if (index.last && index.key == index.last_key) return index.last;
    const auto known = index.series.find(std::string_view(index.key));
    if (known != index.series.end()) {
        index.last_key = index.key;
        return index.last = known->second;
    }
    const auto labels = written(description_.labels, values);
    auto& counts = counting();
    const auto inherited = counts.inherited.find({std::string(description_.name), labels});
    Cell* cells = inherited != counts.inherited.end() ? inherited->second : counts.area.append(*this, labels);
    if (!cells) {
        if (this != &series_refused) series_refused.add();
        return index.nowhere.data();
    }
    index.series.emplace(index.key, cells);
    return cells;
}

void Counter::add(LabelValues values, std::uint64_t amount) const {
    Cell& cell = *cells(values);
    store(cell, load(cell) + amount);
}

void Gauge::set(LabelValues values, double value) const { store(*cells(values), std::bit_cast<std::uint64_t>(value)); }

void Histogram::observe(LabelValues values, double value) const { count(cells(values), bucket_of(value), value); }

void Histogram::observe(LabelValues values, double value, const trace::TraceContext& of) const {
    Cell* cell = cells(values);
    const auto bucket = bucket_of(value);
    count(cell, bucket, value);
    keep_exemplar(counting().memory, cell, bucket, value, of);
}

std::size_t Histogram::bucket_of(double value) const {
    const auto& bounds = description().bounds;
    return static_cast<std::size_t>(std::lower_bound(bounds.begin(), bounds.end(), value) - bounds.begin());
}

void Histogram::count(Cell* cell, std::size_t bucket, double value) const {
    store(cell[bucket], load(cell[bucket]) + 1);
    Cell& sum = cell[description().bounds.size() + 1];
    store(sum, std::bit_cast<std::uint64_t>(std::bit_cast<double>(load(sum)) + value));
}

void forget_gauges(std::span<std::byte> area) {
    Area(area).each([](const Series& series) {
        if (series.kind == Kind::gauge) store(*series.cells, std::bit_cast<std::uint64_t>(no_gauge));
    });
}

void attach(std::span<std::byte> area) {
    auto& counts = counting();
    counts.use(area);
    counts.inherited.clear();
    counts.area.each([&](const Series& series) {
        counts.inherited.emplace(std::pair(std::string(series.name), std::string(series.labels)), series.cells);
    });
    forget_gauges(area);
    // A series that is there from the start shows zero before the first event, and a rate has where to begin.
    for (const auto* family : families()) family->index_->forget();
    for (const auto* family : families()) {
        if (family->description().labels.empty() && family->kind() == Kind::counter) {
            static_cast<const Counter*>(family)->add({}, 0);
        }
    }
}

std::span<const std::byte> own_area() { return counting().area.memory(); }

}   // namespace caddy::metrics
