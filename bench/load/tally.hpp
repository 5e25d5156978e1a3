#pragma once
// How long answers took, and which they were. Times fall into buckets of a hundredth of their size.
#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <map>
#include <string>

namespace caddy::bench {

class Histogram {
public:
    void add(std::chrono::microseconds time) {
        const auto us = static_cast<double>(std::max<std::int64_t>(time.count(), 1));
        const auto place = static_cast<std::size_t>(std::log(us) / step);
        ++buckets_[std::min(place, buckets_.size() - 1)];
        ++count_;
        max_us_ = std::max(max_us_, us);
    }
    std::uint64_t count() const { return count_; }
    double max_ms() const { return max_us_ / 1000; }
    double at_ms(double share) const {
        const auto rank = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_)));
        std::uint64_t seen = 0;
        for (std::size_t i = 0; i < buckets_.size(); ++i) {
            seen += buckets_[i];
            if (seen >= rank && seen > 0) return std::min(std::exp(step * static_cast<double>(i + 1)), max_us_) / 1000;
        }
        return 0;
    }

private:
    static constexpr double step = 0.01;
    std::array<std::uint32_t, 2048> buckets_{};   // up to e^20 µs, some eight minutes
    std::uint64_t count_ = 0;
    double max_us_ = 0;
};

struct Tally {
    double seconds = 0;
    Histogram all;
    std::map<std::string, Histogram> by_name;
    std::map<int, std::uint64_t> by_status;
    std::uint64_t errors = 0;   // another status than the file allows, or none
    int told_errors = 0;

    void add(const std::string& name, int status, std::chrono::microseconds time, bool is_right) {
        all.add(time);
        by_name[name].add(time);
        ++by_status[status];
        errors += is_right ? 0 : 1;
    }

    static std::string describe(const Histogram& times) {
        return "{\"count\":" + std::to_string(times.count()) + ",\"p50_ms\":" + std::to_string(times.at_ms(0.5)) +
               ",\"p90_ms\":" + std::to_string(times.at_ms(0.9)) + ",\"p99_ms\":" + std::to_string(times.at_ms(0.99)) +
               ",\"p999_ms\":" + std::to_string(times.at_ms(0.999)) + ",\"max_ms\":" + std::to_string(times.max_ms()) +
               "}";
    }

    std::string json() const {
        std::string text = "{\"seconds\":" + std::to_string(seconds) + ",\"errors\":" + std::to_string(errors) +
                           ",\"all\":" + describe(all) + ",\"statuses\":{";
        for (const auto& [status, number] : by_status)
            text += (text.back() == '{' ? "\"" : ",\"") + std::to_string(status) + "\":" + std::to_string(number);
        text += "},\"by_name\":{";
        for (const auto& [name, times] : by_name)
            text += (text.back() == '{' ? "\"" : ",\"") + name + "\":" + describe(times);
        return text + "}}";
    }
};

}   // namespace caddy::bench
