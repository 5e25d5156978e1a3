// HTML from people, rebuilt from its parsed tree by an allow-list: what is not known to be harmless does not come out.
#include "platform/text/text.hpp"

#include <gumbo.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>

namespace caddy::text {

namespace {

struct Allowed {
    std::string_view element;
    std::string_view attributes = "";   // separated by blanks, with one at both ends
};

// clang-format off
constexpr std::array allowed_elements = {
    Allowed{"p"}, Allowed{"br"}, Allowed{"hr"}, Allowed{"div"}, Allowed{"span"}, Allowed{"strong"}, Allowed{"b"},
    Allowed{"em"}, Allowed{"i"}, Allowed{"u"}, Allowed{"s"}, Allowed{"del"}, Allowed{"ins"}, Allowed{"sub"},
    Allowed{"sup"}, Allowed{"small"}, Allowed{"mark"}, Allowed{"code"}, Allowed{"pre"}, Allowed{"blockquote"},
    Allowed{"ul"}, Allowed{"ol", " start "}, Allowed{"li"}, Allowed{"dl"}, Allowed{"dt"}, Allowed{"dd"},
    Allowed{"h1"}, Allowed{"h2"}, Allowed{"h3"}, Allowed{"h4"}, Allowed{"h5"}, Allowed{"h6"}, Allowed{"figure"},
    Allowed{"figcaption"}, Allowed{"table"}, Allowed{"caption"}, Allowed{"thead"}, Allowed{"tbody"},
    Allowed{"tfoot"}, Allowed{"tr"}, Allowed{"th", " colspan rowspan "}, Allowed{"td", " colspan rowspan "},
    Allowed{"a", " href title "}, Allowed{"img", " src alt title width height "}};
// clang-format on

// Their content is not text for a reader. Foreign content (svg, math) parses by other rules in other places, the usual
// way around a cleaner.
constexpr std::array<std::string_view, 17> dropped_elements = {
    "script",   "style", "iframe", "object", "embed",    "applet", "noscript", "noembed",  "noframes",
    "template", "svg",   "math",   "title",  "textarea", "select", "xmp",      "plaintext"};

const Allowed* find_allowed(std::string_view element) {
    for (const auto& row : allowed_elements) {
        if (row.element == element) return &row;
    }
    return nullptr;
}

bool is_dropped(std::string_view element) {
    return std::find(dropped_elements.begin(), dropped_elements.end(), element) != dropped_elements.end();
}

bool is_void(std::string_view element) { return element == "br" || element == "hr" || element == "img"; }

void append_escaped(std::string& out, std::string_view text) {
    for (const char c : text) {
        switch (c) {
            case '&': out.append("&amp;"); break;
            case '<': out.append("&lt;"); break;
            case '>': out.append("&gt;"); break;
            case '"': out.append("&quot;"); break;
            case '\r': out.push_back('\n'); break;   // of &#13;, which the next reading would take for a line break
            default: out.push_back(c);
        }
    }
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// The scheme of an absolute URL in lower case, empty for a relative one; nothing when a browser might read it
/// otherwise than we do.
std::optional<std::string> scheme_of(std::string_view url) {
    for (const char c : url) {
        if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7F || c == '\\') return std::nullopt;
    }
    if (url.starts_with("//")) return std::nullopt;
    const auto end = url.find_first_of(":/?#");
    if (end == std::string_view::npos || url[end] != ':') return "";
    std::string scheme(url.substr(0, end));
    std::transform(scheme.begin(), scheme.end(), scheme.begin(), lower);
    return scheme;
}

std::string_view without_outer_blanks(std::string_view url) {
    constexpr std::string_view blanks = " \t\r\n\f";
    const auto begin = url.find_first_not_of(blanks);
    if (begin == std::string_view::npos) return {};
    return url.substr(begin, url.find_last_not_of(blanks) - begin + 1);
}

bool is_small_number(std::string_view value) {
    return !value.empty() && value.size() <= 4 && value.find_first_not_of("0123456789") == std::string_view::npos;
}

/// The value that may stand for this attribute, or nothing.
std::optional<std::string_view> accepted_value(std::string_view attribute, std::string_view value) {
    if (attribute == "alt" || attribute == "title") return value;
    if (attribute == "href" || attribute == "src") {
        const auto url = without_outer_blanks(value);
        const auto scheme = scheme_of(url);
        if (!scheme) return std::nullopt;
        const bool follows = attribute == "href" && (*scheme == "http" || *scheme == "mailto");
        if (scheme->empty() || *scheme == "https" || follows) return url;
        return std::nullopt;
    }
    if (is_small_number(value)) return value;
    return std::nullopt;
}

class Cleaner {
public:
    std::string take() { return std::move(out_); }

    void children(const GumboVector& nodes) {
        for (unsigned i = 0; i < nodes.length; ++i) node(*static_cast<const GumboNode*>(nodes.data[i]));
    }

private:
    void node(const GumboNode& node) {
        switch (node.type) {
            case GUMBO_NODE_TEXT:
            case GUMBO_NODE_WHITESPACE: append_escaped(out_, node.v.text.text); return;
            case GUMBO_NODE_ELEMENT: element(node.v.element); return;
            default: return;   // comments, CDATA, templates, documents
        }
    }

    void element(const GumboElement& element) {
        const bool foreign = element.tag_namespace != GUMBO_NAMESPACE_HTML;
        const std::string_view name = gumbo_normalized_tagname(element.tag);
        if (foreign || is_dropped(name)) return;
        const auto* allowed = find_allowed(name);
        if (!allowed) return children(element.children);
        out_.append("<").append(name);
        attributes(element, *allowed);
        out_.push_back('>');
        if (is_void(name)) return;
        // A parser swallows the line break right behind <pre>; one that is content must survive the next reading.
        if (name == "pre" && begins_with_line_break(element.children)) out_.push_back('\n');
        children(element.children);
        out_.append("</").append(name).append(">");
    }

    static bool begins_with_line_break(const GumboVector& nodes) {
        if (nodes.length == 0) return false;
        const auto& first = *static_cast<const GumboNode*>(nodes.data[0]);
        const bool is_text = first.type == GUMBO_NODE_TEXT || first.type == GUMBO_NODE_WHITESPACE;
        return is_text && (first.v.text.text[0] == '\n' || first.v.text.text[0] == '\r');
    }

    void attributes(const GumboElement& element, const Allowed& allowed) {
        bool leads_away = false;
        for (unsigned i = 0; i < element.attributes.length; ++i) {
            const auto& attribute = *static_cast<const GumboAttribute*>(element.attributes.data[i]);
            const std::string name = attribute.name;
            if (allowed.attributes.find(" " + name + " ") == std::string_view::npos) continue;
            const auto value = accepted_value(name, attribute.value);
            if (!value) continue;
            out_.append(" ").append(name).append("=\"");
            append_escaped(out_, *value);
            out_.push_back('"');
            leads_away = leads_away || (name == "href" && value->find(':') != std::string_view::npos);
        }
        if (leads_away) out_.append(" rel=\"nofollow noopener noreferrer\"");
    }

    std::string out_;
};

/// What parsing may cost: nesting is recursion in the parser, and every open formatting element is copied into
/// every block that follows it. Counted without trust in the end tags.
bool is_affordable(std::string_view html) {
    constexpr std::size_t tags_max = 5'000;
    constexpr std::size_t copies_max = 500'000;
    constexpr std::string_view formatting_initials =
        "abcefinstuABCEFINSTU";   // a b big code em font i nobr s small strike strong tt u
    std::size_t tags = 0;
    std::size_t formatting = 0;
    for (auto at = html.find('<'); at != std::string_view::npos && at + 1 < html.size(); at = html.find('<', at + 1)) {
        const char initial = lower(html[at + 1]);
        if (initial < 'a' || initial > 'z') continue;
        ++tags;
        const auto name = html.substr(at + 1, html.find_first_of(" \t\r\n\f/>", at + 1) - at - 1);
        const bool structural = name == "br" || name == "tr" || name == "td" || name == "th" || name == "table" ||
                                name == "tbody" || name == "span" || name == "ul" || name == "img" || name == "iframe";
        if (!structural && formatting_initials.find(initial) != std::string_view::npos) ++formatting;
    }
    return tags <= tags_max && tags * formatting <= copies_max;
}

/// The text alone, everything between angle brackets left out.
std::string text_only(std::string_view html) {
    std::string out;
    while (!html.empty()) {
        const auto open = html.find('<');
        append_escaped(out, html.substr(0, open));
        const auto close = open == std::string_view::npos ? open : html.find('>', open);
        if (close == std::string_view::npos) break;
        html.remove_prefix(close + 1);
    }
    return out;
}

}  // namespace

std::string clean_html(std::string_view html) {
    if (!is_affordable(html)) return text_only(html);
    GumboOptions options = kGumboDefaultOptions;
    options.fragment_context = GUMBO_TAG_DIV;
    const auto release = [&options](GumboOutput* tree) { gumbo_destroy_output(&options, tree); };
    const std::unique_ptr<GumboOutput, decltype(release)> tree(
        gumbo_parse_with_options(&options, html.data(), html.size()), release);
    Cleaner cleaner;
    cleaner.children(tree->root->v.element.children);
    return cleaner.take();
}

}  // namespace caddy::text
