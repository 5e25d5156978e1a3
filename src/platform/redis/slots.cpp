#include "platform/redis/slots.hpp"

#include <charconv>

namespace caddy::redis {
namespace {

constexpr std::array<std::uint16_t, 256> crc_table = [] {
    std::array<std::uint16_t, 256> table{};
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
        std::uint32_t crc = byte << 8U;
        for (int bit = 0; bit < 8; ++bit) crc = (crc & 0x8000U) != 0 ? (crc << 1U) ^ 0x1021U : crc << 1U;
        table[byte] = static_cast<std::uint16_t>(crc & 0xFFFFU);
    }
    return table;
}();

std::string_view hashed_part(std::string_view key) {
    const auto open = key.find('{');
    if (open == std::string_view::npos) return key;
    const auto close = key.find('}', open + 1);
    if (close == std::string_view::npos || close == open + 1) return key;
    return key.substr(open + 1, close - open - 1);
}

bool is_slot(std::int64_t number) { return number >= 0 && number < static_cast<std::int64_t>(slot_count); }

std::uint16_t primary_index(SlotMap& map, const Endpoint& endpoint) {
    for (std::size_t at = 0; at < map.primaries.size(); ++at)
        if (map.primaries[at] == endpoint) return static_cast<std::uint16_t>(at);
    map.primaries.push_back(endpoint);
    return static_cast<std::uint16_t>(map.primaries.size() - 1);
}

}   // namespace

std::uint16_t slot_of(std::string_view key) {
    std::uint32_t crc = 0;
    for (const char c : hashed_part(key))
        crc = ((crc << 8U) ^ crc_table[((crc >> 8U) ^ static_cast<unsigned char>(c)) & 0xFFU]) & 0xFFFFU;
    return static_cast<std::uint16_t>(crc % slot_count);
}

std::optional<SlotMap> SlotMap::read(const Reply& reply, const Endpoint& asked) {
    SlotMap map;
    map.owner.fill(nobody);
    for (const auto& range : reply.as_list()) {
        const auto& parts = range.as_list();
        if (parts.size() < 3) throw Fault(ErrorKind::other, "redis: CLUSTER SLOTS answered a range without a node");
        const auto first = parts[0].as_integer();
        const auto last = parts[1].as_integer();
        const auto& node = parts[2].as_list();
        if (!is_slot(first) || !is_slot(last) || first > last || node.size() < 2)
            throw Fault(ErrorKind::other, "redis: CLUSTER SLOTS answered a range that is none");
        const auto port = node[1].as_integer();
        if (port < 1 || port > 65'535) throw Fault(ErrorKind::other, "redis: CLUSTER SLOTS answered a port of none");
        auto host = node[0].as_optional_text().value_or("");
        if (host.empty() || host == "?") host = asked.host;
        const auto index = primary_index(map, {host, static_cast<std::uint16_t>(port)});
        for (auto slot = first; slot <= last; ++slot) map.owner[static_cast<std::size_t>(slot)] = index;
    }
    if (map.primaries.empty()) return std::nullopt;
    return map;
}

std::optional<Redirection> Redirection::read(std::string_view text, const Endpoint& asked) {
    const auto after_word = text.find(' ');
    if (after_word == std::string_view::npos) return std::nullopt;
    const auto after_slot = text.find(' ', after_word + 1);
    if (after_slot == std::string_view::npos) return std::nullopt;
    Redirection found;
    const auto digits = text.substr(after_word + 1, after_slot - after_word - 1);
    const auto [end, fault] = std::from_chars(digits.data(), digits.data() + digits.size(), found.slot);
    if (fault != std::errc{} || end != digits.data() + digits.size() || found.slot >= slot_count) return std::nullopt;
    std::string address(text.substr(after_slot + 1));
    const bool names_no_host = address.starts_with(':') && address.find(':', 1) == std::string::npos;
    if (names_no_host) address.insert(0, asked.host);
    const auto endpoint = parse_endpoint(address);
    if (!endpoint) return std::nullopt;
    found.to = *endpoint;
    return found;
}

}   // namespace caddy::redis
