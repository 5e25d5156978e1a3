#include "platform/mail/template.hpp"

#include <algorithm>
#include <stdexcept>

namespace caddy::mail {
namespace {

using Values = std::initializer_list<Value>;

/// Lines that begin with `{?name}` go where that value is empty, and lose that mark where it is not; so do paragraphs
/// of which no line is left.
std::string without_empty_lines(std::string_view text, Values values) {
    std::string out;
    while (!text.empty()) {
        auto line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
        if (line.starts_with("{?")) {
            const auto close = line.find('}');
            const auto value = std::ranges::find(values, line.substr(2, close - 2), &Value::name);
            if (close == std::string_view::npos || value == values.end()) {
                throw std::invalid_argument("a mail's template asks for a value that there is not: " +
                                            std::string(line));
            }
            if (value->text.empty()) continue;
            line.remove_prefix(close + 1);
        }
        if (line.empty() && out.ends_with("\n\n")) continue;
        out.append(line) += '\n';
    }
    return out;
}

/// Each value is put in as it is: what looks like a placeholder in it is none.
std::string with_values(std::string_view text, Values values) {
    std::string out;
    while (!text.empty()) {
        const auto open = text.find('{');
        out.append(text.substr(0, open));
        if (open == std::string_view::npos) break;
        text.remove_prefix(open + 1);
        const auto close = text.find('}');
        const auto name = text.substr(0, close);
        const auto value = std::ranges::find(values, name, &Value::name);
        if (close == std::string_view::npos || value == values.end()) {
            throw std::invalid_argument("a mail's template has a placeholder without a value: " + std::string(name));
        }
        out.append(value->text);
        text.remove_prefix(close + 1);
    }
    return out;
}

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '&') out += "&amp;";
        else if (c == '<') out += "&lt;";
        else if (c == '>') out += "&gt;";
        else if (c == '"') out += "&quot;";
        else if (c == '\n') out += "<br>\n";
        else out += c;
    }
    return out;
}

bool is_placeholder_alone(std::string_view paragraph) {
    return paragraph.starts_with('{') && paragraph.find('}') == paragraph.size() - 1;
}

std::string page_paragraph(std::string_view paragraph, Values values) {
    const auto text = escaped(with_values(paragraph, values));
    const bool is_address = text.starts_with("https://") || text.starts_with("http://");
    if (is_placeholder_alone(paragraph) && is_address) return "<p><a href=\"" + text + "\">" + text + "</a></p>\n";
    return "<p>" + text + "</p>\n";
}

std::string_view without_line_ends(std::string_view text) {
    while (text.ends_with('\n')) text.remove_suffix(1);
    while (text.starts_with('\n')) text.remove_prefix(1);
    return text;
}

}   // namespace

Words filled(std::string_view from, std::string_view language, Values values) {
    const auto subject_end = from.find("\n\n");
    if (subject_end == 0 || subject_end == std::string_view::npos) {
        throw std::invalid_argument("a mail's template begins with its subject and an empty line");
    }
    Words words{with_values(from.substr(0, subject_end), values), {}, {}};
    words.html = "<!doctype html>\n<html lang=\"" + escaped(language) + "\">\n<head><meta charset=\"utf-8\"><title>" +
                 escaped(words.subject) +
                 "</title></head>\n<body style=\"font-family:sans-serif;line-height:1.5;max-width:36em\">\n";
    const auto body = without_empty_lines(without_line_ends(from.substr(subject_end)), values);
    auto rest = without_line_ends(body);
    words.text = with_values(rest, values) + "\n";
    while (!rest.empty()) {
        const auto paragraph = rest.substr(0, rest.find("\n\n"));
        words.html += page_paragraph(paragraph, values);
        rest = without_line_ends(rest.substr(paragraph.size()));
    }
    words.html += "</body>\n</html>\n";
    return words;
}

}   // namespace caddy::mail
