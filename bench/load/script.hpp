#pragma once
// A file of bench/traffic, in memory.
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace caddy::bench {

struct Take {
    std::string key;
    int place = 1;
    std::string before;
};

struct Step {
    std::string name;
    std::string method;
    std::string target;
    std::string headers;   // as on the wire, with places
    std::string body;
    std::vector<Take> takes;
    std::vector<int> statuses;
    bool has_places = false;
    std::string ready;   // the whole request, where it has no places
};

struct Session {
    std::vector<std::vector<Step>> parts{2};   // before the mark, behind it
};

struct Script {
    std::vector<Session> sessions;
    bool has_marks = false;
};

/// What a shopper was told: few values, so a list.
struct Shopper {
    std::vector<std::pair<std::string, std::string>> values;
};

Script read_script(const std::string& file);

/// The bytes of a request, with this shopper's values in their places. Good until the next call.
std::string_view write_request(const Step&, const Shopper&);

/// Keeps what the answer tells, head and body: each value ends at a quote, or with its header.
void take_values(const Step&, std::string_view message, Shopper&);

}   // namespace caddy::bench
