#pragma once
// One page of a list: keyset paging, a bounded number of rows, an opaque way on.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace caddy {

constexpr int page_limit_default = 24;
constexpr int page_limit_max = 100;
constexpr std::int64_t page_count_max = 10'000;   // `count=exact` stops counting here

/// What a caller asks of a list.
struct PageRequest {
    int limit = page_limit_default;
    std::optional<std::string> cursor{};   // as an earlier page gave it
    bool count = false;
};

template <class T>
struct Page {
    std::vector<T> data;
    std::optional<std::string> next{};
    int limit = page_limit_default;
    std::optional<std::int64_t> count{};   // capped at page_count_max
};

}   // namespace caddy
