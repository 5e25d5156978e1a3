#include "platform/http/plain_get.hpp"

#include "platform/http/chars.hpp"
#include "platform/http/head.hpp"

#include <algorithm>
#include <array>
#include <bitset>

namespace caddy::http {
namespace {

enum class Line { other, without_meaning, host, accept_encoding, if_none_match, request_id, forwarded_for, connection };

struct Named {
    std::string_view name;   // in lower case
    Line line;
};

// What stands here without a meaning has none for any answer that is kept; whatever is not listed takes the whole path.
constexpr std::array known_lines{
    Named{"host", Line::host},
    Named{"accept", Line::without_meaning},
    Named{"user-agent", Line::without_meaning},
    Named{"accept-encoding", Line::accept_encoding},
    Named{"accept-language", Line::without_meaning},
    Named{"connection", Line::connection},
    Named{"if-none-match", Line::if_none_match},
    Named{"x-forwarded-for", Line::forwarded_for},
    Named{"x-request-id", Line::request_id},
    Named{"referer", Line::without_meaning},
    Named{"cookie", Line::without_meaning},
    Named{"cache-control", Line::without_meaning},
    Named{"pragma", Line::without_meaning},
    Named{"priority", Line::without_meaning},
    Named{"dnt", Line::without_meaning},
    Named{"forwarded", Line::without_meaning},
    Named{"via", Line::without_meaning},
    Named{"x-real-ip", Line::without_meaning},
    Named{"x-forwarded-host", Line::without_meaning},
    Named{"x-forwarded-port", Line::without_meaning},
    Named{"x-forwarded-proto", Line::without_meaning},
    Named{"x-forwarded-scheme", Line::without_meaning},
    Named{"x-scheme", Line::without_meaning},
    Named{"upgrade-insecure-requests", Line::without_meaning},
};

Line line_of(std::string_view name) {
    for (const auto& known : known_lines) {
        if (known.name.size() == name.size() && is_named(name, known.name)) return known.line;
    }
    constexpr std::string_view of_browsers = "sec-";   // fetch metadata and client hints
    const bool is_hint = name.size() > of_browsers.size() && is_named(name.substr(0, of_browsers.size()), of_browsers);
    return is_hint ? Line::without_meaning : Line::other;
}

/// Reads line after line; each that has a meaning may come once.
class Reader {
public:
    Reader(std::string_view bytes, std::size_t at) : bytes_(bytes), at_(at) {}

    /// False at the empty line, and where this reader gives up.
    bool next() {
        const auto colon = skip(token_chars);
        if (colon >= bytes_.size() || bytes_[colon] != ':' || colon == at_) return false;
        const auto name = bytes_.substr(at_, colon - at_);
        at_ = colon + 1;
        const auto end = skip(value_chars);
        if (end + 1 >= bytes_.size() || bytes_[end] != '\r' || bytes_[end + 1] != '\n') return give_up();
        const auto value = without_blanks(bytes_.substr(at_, end - at_));
        at_ = end + 2;
        ++lines_;
        return take(line_of(name), value) || give_up();
    }

    bool is_whole() const { return !given_up_ && has_host_ && bytes_.substr(at_, 2) == "\r\n"; }
    std::size_t end() const { return at_ + 2; }
    std::size_t lines() const { return lines_; }

    PlainGet found;

private:
    std::size_t skip(const CharSet& set) const {
        auto at = at_;
        while (at < bytes_.size() && is_in(set, bytes_[at])) ++at;
        return at;
    }
    bool give_up() {
        given_up_ = true;
        return false;
    }
    bool take(Line line, std::string_view value) {
        if (line == Line::without_meaning) return true;
        if (line == Line::other || seen_.test(static_cast<std::size_t>(line))) return false;
        seen_.set(static_cast<std::size_t>(line));
        switch (line) {
            case Line::host: return has_host_ = is_host(value);
            case Line::connection: return is_named(value, "keep-alive");
            case Line::accept_encoding: found.accept_encoding = value; return true;
            case Line::if_none_match: found.if_none_match = value; return true;
            case Line::request_id: found.request_id = value; return true;
            case Line::forwarded_for: found.forwarded_for = value; return true;
            case Line::other:
            case Line::without_meaning: break;
        }
        return false;
    }

    std::string_view bytes_;
    std::size_t at_;
    std::size_t lines_ = 0;
    std::bitset<8> seen_;
    bool has_host_ = false;
    bool given_up_ = false;
};

}   // namespace

std::optional<PlainGet> read_plain_get(std::string_view bytes, std::size_t header_count_max) {
    constexpr std::string_view method = "GET ";
    constexpr std::string_view version = " HTTP/1.1\r\n";
    if (!bytes.starts_with("GET /")) return std::nullopt;   // other forms of a target are never kept
    const auto target_end = bytes.find(' ', method.size());
    if (target_end == std::string_view::npos) return std::nullopt;
    if (bytes.substr(target_end, version.size()) != version) return std::nullopt;
    Reader reader(bytes, target_end + version.size());
    while (reader.next()) continue;
    if (!reader.is_whole() || reader.lines() > header_count_max) return std::nullopt;
    reader.found.head_bytes = reader.end();
    reader.found.target = bytes.substr(method.size(), target_end - method.size());
    return reader.found;
}

}   // namespace caddy::http
