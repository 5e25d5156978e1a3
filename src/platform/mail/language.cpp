#include "platform/mail/language.hpp"

#include "platform/text/text.hpp"

#include <algorithm>

namespace caddy::mail {
namespace {

constexpr std::size_t header_bytes_max = 1'000;

/// `0.8` is 800, `1` is 1000; what is no weight weighs nothing.
int weight_in_thousandths(std::string_view text) {
    if (text.empty() || (text[0] != '0' && text[0] != '1')) return 0;
    if (text[0] == '1') return 1'000;
    if (text.size() == 1 || text[1] != '.') return 0;
    int weight = 0;
    int place = 100;
    for (const char c : text.substr(2, 3)) {
        if (c < '0' || c > '9') return 0;
        weight += (c - '0') * place;
        place /= 10;
    }
    return weight;
}

}   // namespace

bool is_language(std::string_view language) { return language == "zh-CN" || language == "en"; }

std::string language_for(std::string_view accept_language) {
    auto rest = accept_language.substr(0, header_bytes_max);
    std::string best = "zh-CN";
    int most = 0;
    while (!rest.empty()) {
        const auto item = rest.substr(0, rest.find(','));
        rest.remove_prefix(std::min(rest.size(), item.size() + 1));
        if (!text::is_utf8(item)) continue;
        const auto language = text::folded(text::trimmed(item.substr(0, item.find(';'))));
        const auto q = item.find("q=");
        const int weight = q == std::string_view::npos ? 1'000 : weight_in_thousandths(item.substr(q + 2));
        const bool english = language == "en" || language.starts_with("en-");
        const bool chinese = language == "zh" || language.starts_with("zh-");
        if (weight <= most || (!english && !chinese)) continue;
        most = weight;
        best = english ? "en" : "zh-CN";
    }
    return best;
}

}   // namespace caddy::mail
