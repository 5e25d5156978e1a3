#include "bench/load/script.hpp"

#include <unistd.h>

#include <fstream>
#include <stdexcept>

namespace caddy::bench {
namespace {

std::vector<std::string> split(std::string_view text, char mark) {
    std::vector<std::string> parts;
    for (;;) {
        const auto end = text.find(mark);
        parts.emplace_back(text.substr(0, end));
        if (end == std::string_view::npos) return parts;
        text.remove_prefix(end + 1);
    }
}

/// A place is a name in braces; a body in JSON has other braces, too.
bool is_name(std::string_view text) {
    return !text.empty() && text.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string_view::npos;
}

/// Calls `literal` and `place` for what the text is made of.
template <class Literal, class Place>
void walk(std::string_view text, Literal literal, Place place) {
    while (!text.empty()) {
        const auto open = text.find('{');
        const auto close = open == std::string_view::npos ? open : text.find_first_of("{}", open + 1);
        const bool found =
            close != std::string_view::npos && text[close] == '}' && is_name(text.substr(open + 1, close - open - 1));
        if (found) {
            literal(text.substr(0, open));
            place(text.substr(open + 1, close - open - 1));
            text.remove_prefix(close + 1);
        } else {
            const auto end = open == std::string_view::npos ? text.size() : open + 1;
            literal(text.substr(0, end));
            text.remove_prefix(end);
        }
    }
}

bool has_places(std::string_view text) {
    bool found = false;
    walk(
        text, [](std::string_view) {}, [&](std::string_view) { found = true; });
    return found;
}

std::string unique() {
    static std::uint64_t count = 0;
    return "bench-" + std::to_string(::getpid()) + "-" + std::to_string(++count);
}

std::string filled(std::string_view text, const Shopper& shopper) {
    std::string out;
    walk(
        text, [&](std::string_view literal) { out.append(literal); },
        [&](std::string_view key) {
            if (key == "unique") out.append(unique());
            for (const auto& [name, value] : shopper.values) {
                if (name == key) out.append(value);
            }
        });
    return out;
}

std::string on_the_wire(const Step& step, const Shopper& shopper) {
    const auto body = filled(step.body, shopper);
    auto text = step.method + " " + filled(step.target, shopper) + " HTTP/1.1\r\nHost: localhost\r\n" +
                filled(step.headers, shopper);
    if (!body.empty())
        text += "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
    return text + "\r\n" + body;
}

Step read_step(const std::string& line) {
    const auto cells = split(line, '\t');
    if (cells.size() != 8) throw std::runtime_error("a request has eight cells, not: " + line);
    Step step{.name = cells[1],
              .method = cells[2],
              .target = cells[3],
              .headers = {},
              .body = cells[5],
              .takes = {},
              .statuses = {},
              .has_places = has_places(line),
              .ready = {}};
    if (!cells[4].empty()) {
        for (const auto& header : split(cells[4], '|')) step.headers += header + "\r\n";
    }
    if (!cells[6].empty()) {
        for (const auto& take : split(cells[6], ';')) {
            const auto first = take.find(':'), second = take.find(':', first + 1);
            step.takes.push_back({take.substr(0, first), std::stoi(take.substr(first + 1, second - first - 1)),
                                  take.substr(second + 1)});
        }
    }
    for (const auto& status : split(cells[7], ',')) step.statuses.push_back(std::stoi(status));
    if (!step.has_places) step.ready = on_the_wire(step, {});
    return step;
}

}   // namespace

Script read_script(const std::string& file) {
    std::ifstream in(file);
    if (!in) throw std::runtime_error("cannot read " + file);
    Script script;
    std::size_t part = 0;
    for (std::string line; std::getline(in, line);) {
        if (line.empty() || line.front() == '#') continue;
        if (line == "S") {
            script.sessions.emplace_back();
            part = 0;
        } else if (script.sessions.empty()) {
            throw std::runtime_error("a request before the first shopper");
        } else if (line == "M") {
            part = 1;
            script.has_marks = true;
        } else {
            script.sessions.back().parts[part].push_back(read_step(line));
        }
    }
    for (const auto& session : script.sessions) {
        if (session.parts[0].empty() || (script.has_marks && session.parts[1].empty()))
            throw std::runtime_error("a shopper has nothing to do before a mark or behind it");
    }
    if (script.sessions.empty()) throw std::runtime_error("no shoppers in " + file);
    return script;
}

std::string_view write_request(const Step& step, const Shopper& shopper) {
    if (!step.has_places) return step.ready;
    static std::string text;
    text = on_the_wire(step, shopper);
    return text;
}

void take_values(const Step& step, std::string_view message, Shopper& shopper) {
    for (const auto& take : step.takes) {
        std::size_t at = 0;
        for (int i = 0; i < take.place && at != std::string_view::npos; ++i) {
            at = message.find(take.before, at);
            if (at != std::string_view::npos) at += take.before.size();
        }
        if (at == std::string_view::npos) continue;
        std::string value(message.substr(at, message.find_first_of("\"\r", at) - at));
        std::erase_if(shopper.values, [&](const auto& known) { return known.first == take.key; });
        shopper.values.emplace_back(take.key, std::move(value));
    }
}

}   // namespace caddy::bench
