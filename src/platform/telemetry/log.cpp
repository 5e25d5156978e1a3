#include "platform/telemetry/log.hpp"

#include "core/clock.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <array>
#include <memory>

namespace caddy::log {
namespace {

constexpr std::array<std::string_view, 4> level_names{"debug", "info", "warn", "error"};

bool as_json = true;

spdlog::level::level_enum spdlog_level(Level level) {
    switch (level) {
        case Level::debug:
            return spdlog::level::debug;
        case Level::info:
            return spdlog::level::info;
        case Level::warn:
            return spdlog::level::warn;
        case Level::error:
            return spdlog::level::err;
    }
    return spdlog::level::info;
}

std::shared_ptr<spdlog::logger> logger_on(std::shared_ptr<spdlog::sinks::sink> sink) {
    auto made = std::make_shared<spdlog::logger>("caddy", std::move(sink));
    made->set_pattern("%v");
    made->flush_on(spdlog::level::debug);
    return made;
}

std::shared_ptr<spdlog::logger>& logger() {
    static auto instance = logger_on(std::make_shared<spdlog::sinks::stderr_sink_mt>());
    return instance;
}

/// JSON string contents (RFC 8259, section 7). Bytes that are not ASCII pass: texts are UTF-8.
void append_escaped(std::string& out, std::string_view text) {
    constexpr std::string_view hex = "0123456789abcdef";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') out.append({'\\', c});
        else if (byte < 0x20) out.append("\\u00").append({hex[byte >> 4], hex[byte & 15]});
        else out.push_back(c);
    }
}

void append_value(std::string& out, const Field& field) {
    if (const auto* text = std::get_if<std::string>(&field.value)) {
        out.push_back('"');
        append_escaped(out, *text);
        out.push_back('"');
    } else if (const auto* number = std::get_if<std::int64_t>(&field.value)) {
        out.append(std::to_string(*number));
    } else {
        out.append(std::get<bool>(field.value) ? "true" : "false");
    }
}

std::string json_line(Level level, std::string_view event, std::initializer_list<Field> fields,
                      const trace::TraceContext* of) {
    std::string line = R"({"time":")" + to_rfc3339(SystemClock{}.now()) + R"(","level":")";
    line.append(level_names[static_cast<std::size_t>(level)]).append(R"(","event":")");
    append_escaped(line, event);
    line.push_back('"');
    for (const Field& field : fields) {
        line.append(",\"").append(field.name).append("\":");
        append_value(line, field);
    }
    if (of && of->valid()) {
        line.append(R"(,"trace_id":")").append(of->trace_id_text());
        line.append(R"(","span_id":")").append(of->span_id_text());
        line.append(of->sampled ? R"(","trace_flags":"01")" : R"(","trace_flags":"00")");
    }
    line.push_back('}');
    return line;
}

std::string text_line(Level level, std::string_view event, std::initializer_list<Field> fields,
                      const trace::TraceContext* of) {
    std::string line = to_rfc3339(SystemClock{}.now()).substr(11, 12);
    line.push_back(' ');
    line.append(level_names[static_cast<std::size_t>(level)])
        .append(level == Level::info || level == Level::warn ? "  " : " ");
    append_escaped(line, event);
    for (const Field& field : fields) {
        line.append(" ").append(field.name).append("=");
        append_value(line, field);
    }
    if (of && of->valid()) line.append(" trace_id=").append(of->trace_id_text());
    return line;
}

}   // namespace

void configure(Level level, Format format, Stream stream) {
    const bool to_output = stream == Stream::standard_output;
    as_json = format == Format::json ||
              (format == Format::automatic && ::isatty(to_output ? STDOUT_FILENO : STDERR_FILENO) == 0);
    if (to_output) logger() = logger_on(std::make_shared<spdlog::sinks::stdout_sink_mt>());
    else logger() = logger_on(std::make_shared<spdlog::sinks::stderr_sink_mt>());
    set_level(level);
}

void set_level(Level level) { logger()->set_level(spdlog_level(level)); }

bool enabled(Level level) { return logger()->should_log(spdlog_level(level)); }

void write(Level level, std::string_view event, std::initializer_list<Field> fields) {
    write(level, event, fields, nullptr);
}

void write(Level level, std::string_view event, std::initializer_list<Field> fields, const trace::TraceContext* of) {
    if (!enabled(level)) return;
    logger()->log(spdlog_level(level), "{}",
                  as_json ? json_line(level, event, fields, of) : text_line(level, event, fields, of));
}

}   // namespace caddy::log
