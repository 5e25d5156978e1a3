#include "platform/mail/message.hpp"

#include "platform/text/text.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace caddy::mail {
namespace {

constexpr std::string_view line_end = "\r\n";
constexpr std::string_view boundary = "=_alternative";   // what base64 cannot hold

std::string base64(std::string_view data) {
    std::string encoded(4 * ((data.size() + 2) / 3) + 1, '\0');   // OpenSSL ends it with a zero byte
    const auto* from = reinterpret_cast<const unsigned char*>(data.data());
    auto* to = reinterpret_cast<unsigned char*>(encoded.data());
    encoded.resize(static_cast<std::size_t>(EVP_EncodeBlock(to, from, static_cast<int>(data.size()))));
    return encoded;
}

bool is_ascii(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xc0U) == 0x80U; }

/// RFC 2047: words of at most 75 bytes, each of whole characters, one a line.
std::string encoded_words(std::string_view text) {
    constexpr std::size_t bytes_per_word = 45;   // 60 in base64, 72 with `=?UTF-8?B?` and `?=`
    std::string words;
    while (!text.empty()) {
        auto end = std::min(bytes_per_word, text.size());
        while (end < text.size() && end > 1 && is_continuation(text[end])) --end;
        if (!words.empty()) words.append(line_end).append(" ");
        words.append("=?UTF-8?B?").append(base64(text.substr(0, end))).append("?=");
        text.remove_prefix(end);
    }
    return words;
}

/// Text of a header: as it is where that is safe and short, else encoded.
std::string header_text(std::string_view text) {
    constexpr std::size_t plain_length_max = 60;
    const bool plain = is_ascii(text) && text.size() <= plain_length_max && text.find("=?") == std::string_view::npos;
    return plain ? std::string(text) : encoded_words(text);
}

/// A display name: a quoted string, or encoded words.
std::string display_name(std::string_view name) {
    if (!is_ascii(name)) return encoded_words(name);
    std::string quoted = "\"";
    for (const char c : name) {
        if (c == '"' || c == '\\') quoted.push_back('\\');
        quoted.push_back(c);
    }
    return quoted + "\"";
}

bool is_bare_address(std::string_view address) {
    const auto at = address.rfind('@');
    if (at == std::string_view::npos || at == 0 || at + 1 == address.size() || address.size() > 254) return false;
    return text::is_utf8(address) && text::is_single_line(address) &&
           address.find_first_of(" \t<>,;:\"()[]\\") == std::string_view::npos;
}

/// `Sun, 22 Nov 2026 20:15:00 +0000`; the names are English whatever the locale of the machine is.
std::string date_text(Time now) {
    constexpr std::array<const char*, 7> days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array<const char*, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto day = std::chrono::floor<std::chrono::days>(now);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(now - day));
    const auto two = [](auto number) {
        const auto digits = std::to_string(number);
        return digits.size() < 2 ? "0" + digits : digits;
    };
    std::string text = days[std::chrono::weekday(day).c_encoding()];
    text.append(", ").append(two(static_cast<unsigned>(date.day()))).append(" ");
    text.append(months[static_cast<unsigned>(date.month()) - 1]).append(" ");
    text.append(std::to_string(static_cast<int>(date.year()))).append(" ");
    text.append(two(clock.hours().count())).append(":").append(two(clock.minutes().count()));
    return text.append(":").append(two(clock.seconds().count())).append(" +0000");
}

/// The text with CRLF, in lines of base64.
std::string body_lines(std::string_view text) {
    constexpr std::size_t bytes_per_line = 57;   // 76 in base64
    std::string lines_ended;
    for (const char c : text) {
        if (c == '\n') lines_ended.append(line_end);
        else if (c != '\r') lines_ended.push_back(c);
    }
    std::string body;
    for (std::size_t at = 0; at < lines_ended.size(); at += bytes_per_line) {
        body.append(base64(std::string_view(lines_ended).substr(at, bytes_per_line))).append(line_end);
    }
    return body;
}

/// A text with the headers that say how it is written.
std::string part(std::string_view subtype, std::string_view text) {
    std::string bytes = "Content-Type: text/";
    bytes.append(subtype).append("; charset=utf-8").append(line_end).append("Content-Transfer-Encoding: base64");
    return bytes.append(line_end).append(line_end).append(body_lines(text));
}

void demand(bool holds, const char* what) {
    if (!holds) throw std::invalid_argument(std::string("a mail cannot be made: ") + what);
}

bool is_mail_id(std::string_view id) {
    return !id.empty() && id.size() <= 100 && std::ranges::all_of(id, [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' ||
               c == '.';
    });
}

}   // namespace

std::optional<Mailbox> parse_mailbox(std::string_view text) {
    if (!text::is_utf8(text) || !text::is_single_line(text)) return std::nullopt;
    const auto whole = text::trimmed(text);
    const auto open = whole.rfind('<');
    Mailbox mailbox{"", whole};
    if (open != std::string::npos && whole.ends_with('>')) {
        mailbox = {text::trimmed(std::string_view(whole).substr(0, open)),
                   whole.substr(open + 1, whole.size() - open - 2)};
    }
    if (!is_bare_address(mailbox.address)) return std::nullopt;
    return mailbox;
}

std::string message(const Mail& mail, const Mailbox& from, Time now) {
    demand(is_mail_id(mail.id), "its id has other characters than letters, digits and -_.");
    demand(is_bare_address(mail.to), "its recipient is no address");
    demand(is_bare_address(from.address) && text::is_utf8(from.name) && text::is_single_line(from.name),
           "its sender is no address");
    demand(text::is_utf8(mail.subject) && text::is_single_line(mail.subject), "its subject is not one line of text");
    demand(text::is_utf8(mail.text) && text::is_utf8(mail.html), "its text is not UTF-8");
    const auto domain = from.address.substr(from.address.rfind('@') + 1);
    const auto sender = from.name.empty() ? from.address : display_name(from.name) + " <" + from.address + ">";
    std::string bytes;
    const auto header = [&](std::string_view name, std::string_view value) {
        bytes.append(name).append(": ").append(value).append(line_end);
    };
    header("Date", date_text(now));
    header("From", sender);
    header("To", mail.to);
    header("Subject", header_text(mail.subject));
    header("Message-ID", "<" + mail.id + "@" + domain + ">");
    header("Auto-Submitted", "auto-generated");
    header("MIME-Version", "1.0");
    if (mail.html.empty()) return bytes.append(part("plain", mail.text));
    header("Content-Type", "multipart/alternative; boundary=\"" + std::string(boundary) + "\"");
    const auto begin = std::string(line_end) + "--" + std::string(boundary);
    bytes.append(begin).append(line_end).append(part("plain", mail.text));
    bytes.append(begin).append(line_end).append(part("html", mail.html));   // the last is the one to prefer
    return bytes.append(begin).append("--").append(line_end);
}

}   // namespace caddy::mail
