#pragma once
// Mails from templates: a file's first line is the subject, then comes an empty line, then paragraphs with an empty
// line between each two. `{name}` stands for a value; a line that begins with `{?name}` is there only where that value
// is not empty. Pure.
#include <initializer_list>
#include <string>
#include <string_view>

namespace caddy::mail {

struct Value {
    std::string_view name;
    std::string_view text;
};

/// What a mail says: as plain text, and the same as a page, where nothing of a value is markup.
struct Words {
    std::string subject;
    std::string text;
    std::string html;
};

/// A paragraph that is a placeholder alone is a link on the page where its value is an address of the web.
///
/// Throws std::invalid_argument for a template with a placeholder that no value fills, or without a subject.
Words filled(std::string_view from, std::string_view language, std::initializer_list<Value> values);

}   // namespace caddy::mail
