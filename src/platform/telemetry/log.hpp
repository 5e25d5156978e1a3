#pragma once
// Structured logs: an event name and fields. Readable lines on a terminal, one JSON object a line elsewhere.
// Personal data never goes in. Any thread.
#include "platform/telemetry/trace_context.hpp"

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

namespace caddy::log {

enum class Level { debug, info, warn, error };

struct Field {
    Field(std::string_view key, std::string_view text) : name(key), value(std::string(text)) {}
    Field(std::string_view key, const char* text) : name(key), value(std::string(text)) {}
    Field(std::string_view key, bool flag) : name(key), value(flag) {}
    template <class Integer>
    requires std::is_integral_v<Integer> Field(std::string_view key, Integer number)
        : name(key), value(static_cast<std::int64_t>(number)) {}

    std::string_view name;
    std::variant<std::string, std::int64_t, bool> value;
};

enum class Format { automatic, text, json };   // automatic: text on a terminal, JSON elsewhere
enum class Stream { standard_output, standard_error };

/// Before the first line; afterwards set_level alone may be called. Before it, lines go to standard error as JSON.
void configure(Level, Format, Stream);
void set_level(Level);
bool enabled(Level);

/// `event` is a stable name such as "order.placed"; what varies goes into fields.
void write(Level, std::string_view event, std::initializer_list<Field> fields = {});
/// The same with `trace_id`, `span_id` and `trace_flags` of what it tells of, where that belongs to a trace
/// (OpenTelemetry, Trace Context in non-OTLP Log Formats).
void write(Level, std::string_view event, std::initializer_list<Field> fields, const trace::TraceContext* of);

inline void debug(std::string_view event, std::initializer_list<Field> fields = {}) {
    write(Level::debug, event, fields);
}
inline void info(std::string_view event, std::initializer_list<Field> fields = {}) {
    write(Level::info, event, fields);
}
inline void warn(std::string_view event, std::initializer_list<Field> fields = {}) {
    write(Level::warn, event, fields);
}
inline void error(std::string_view event, std::initializer_list<Field> fields = {}) {
    write(Level::error, event, fields);
}

}   // namespace caddy::log
