#pragma once
// Time as the shop sees it: UTC, microseconds. Services ask a Clock, so that tests can say what time it is.
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace caddy {

using Time = std::chrono::sys_time<std::chrono::microseconds>;

/// The wall clock of a process. Two implementations: the machine's, and the one that tests set.
class Clock {
public:
    virtual ~Clock() = default;
    virtual Time now() const = 0;
};

class SystemClock final : public Clock {
public:
    Time now() const override;
};

/// RFC 3339, UTC, milliseconds: `2026-11-22T20:15:00.123Z`.
std::string to_rfc3339(Time);

/// The same back, with any fraction of up to six digits; nothing when the text is not such a time.
std::optional<Time> parse_rfc3339(std::string_view);

}   // namespace caddy
