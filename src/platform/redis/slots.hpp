#pragma once
// Redis Cluster's 16384 slots: which one a key is in, and who owns them. Private to the client.
#include "platform/redis/reply.hpp"
#include "platform/redis/wire.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace caddy::redis {

constexpr std::size_t slot_count = 16'384;

/// CRC16 (XMODEM) of the key, or of what stands between its first `{` and the next `}` when that is not empty.
std::uint16_t slot_of(std::string_view key);

struct SlotMap {
    static constexpr std::uint16_t nobody = 0xFFFF;
    std::array<std::uint16_t, slot_count> owner{};   // index into primaries
    std::vector<Endpoint> primaries;

    /// From the answer to CLUSTER SLOTS; `asked` stands in for a node that does not know its own address. Nothing when
    /// it names no slot. Throws Fault when it is no such answer.
    static std::optional<SlotMap> read(const Reply&, const Endpoint& asked);
};

/// `MOVED 3999 127.0.0.1:6381` and `ASK …`.
struct Redirection {
    std::uint16_t slot = 0;
    Endpoint to;

    static std::optional<Redirection> read(std::string_view text, const Endpoint& asked);
};

}   // namespace caddy::redis
