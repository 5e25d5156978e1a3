#pragma once
// Where a piece of work belongs: the identity of its trace and of the span above it, as it travels between processes.
// W3C Trace Context, level 1 (https://www.w3.org/TR/trace-context-1/), and W3C Baggage. Pure; any thread.
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace caddy::trace {

struct TraceContext {
    std::array<std::uint8_t, 16> trace_id{};
    std::array<std::uint8_t, 8> span_id{};
    bool sampled = false;
    std::string state{};     // `tracestate`: what other systems on the way keep there, handed on as it came
    std::string baggage{};   // handed on as it came; there without a trace, too

    /// False when the work belongs to no trace yet.
    bool valid() const;
    /// 32 and 16 hexadecimal digits in lower case.
    std::string trace_id_text() const;
    std::string span_id_text() const;
};

/// Names in lower case.
using HeaderFields = std::vector<std::pair<std::string, std::string>>;

/// Which of the two travel.
struct Propagation {
    bool trace_context = true;
    bool baggage = true;
};

/// What the caller said. A `traceparent` that is malformed or comes twice counts as none, and `tracestate` counts only
/// beside a good one; a malformed `tracestate` is dropped alone (sections 3.2.2.3, 3.3.1 and 4.3).
TraceContext extract(std::span<const std::pair<std::string, std::string>> headers, Propagation = {});

/// The header fields for a call that this context is above.
HeaderFields inject(const TraceContext&, Propagation = {});

/// The same as one text, a field a line, to be kept with work that waits; empty when there is nothing to say.
std::string to_text(const TraceContext&);
/// Reads what to_text wrote; anything else counts as nothing.
TraceContext from_text(std::string_view);

}   // namespace caddy::trace
