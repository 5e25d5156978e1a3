#include "core/id.hpp"

#include <array>
#include <chrono>
#include <mutex>
#include <random>

namespace caddy {
namespace {

constexpr std::string_view alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
constexpr int characters = 13;   // 13 × 5 bits hold 63
constexpr int random_bits = 21;
constexpr std::chrono::sys_days epoch{std::chrono::year(2024) / 1 / 1};

constexpr std::array<signed char, 256> reverse_alphabet() {
    std::array<signed char, 256> table{};
    table.fill(-1);
    for (std::size_t i = 0; i < alphabet.size(); ++i) {
        table[static_cast<unsigned char>(alphabet[i])] = static_cast<signed char>(i);
    }
    return table;
}

/// Random low bits for each new millisecond, then one more for each id of the same one: ids of one process
/// never collide and always ascend.
struct Generator {
    std::mutex mutex;
    std::mt19937_64 random{std::random_device{}()};
    std::int64_t last = 0;
};

}   // namespace

std::int64_t next_id() {
    static Generator generator;
    const auto elapsed = std::chrono::system_clock::now() - epoch;
    const auto millis = std::chrono::duration_cast<std::chrono::milliseconds>(elapsed).count();
    const std::lock_guard lock(generator.mutex);
    // Half of the random range, so that counting on within one millisecond does not run into the next.
    const auto low = static_cast<std::int64_t>(generator.random() & ((1ULL << (random_bits - 1)) - 1));
    const auto fresh = (millis << random_bits) | low;
    const bool same_millisecond = (fresh >> random_bits) <= (generator.last >> random_bits);
    generator.last = same_millisecond ? generator.last + 1 : fresh;
    return generator.last;
}

std::string id_text(std::string_view prefix, std::int64_t value) {
    std::string text;
    text.reserve(prefix.size() + 1 + characters);
    text.append(prefix).push_back('_');
    for (int shift = (characters - 1) * 5; shift >= 0; shift -= 5) {
        text.push_back(alphabet[static_cast<std::size_t>((value >> shift) & 31)]);
    }
    return text;
}

std::optional<std::int64_t> parse_id_text(std::string_view prefix, std::string_view text) {
    static constexpr auto reverse = reverse_alphabet();
    if (text.size() != prefix.size() + 1 + characters || text.substr(0, prefix.size()) != prefix ||
        text[prefix.size()] != '_') {
        return std::nullopt;
    }
    const auto body = text.substr(prefix.size() + 1);
    if (reverse[static_cast<unsigned char>(body.front())] > 7) return std::nullopt;   // would not fit in 63 bits
    std::int64_t value = 0;
    for (const char c : body) {
        const auto digit = reverse[static_cast<unsigned char>(c)];
        if (digit < 0) return std::nullopt;
        value = (value << 5) | digit;
    }
    return value;
}

}   // namespace caddy
