#include "shop/media/media_svg.hpp"

#include "platform/text/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <vector>

namespace caddy::media {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t depth_max = 200;
constexpr auto svg_namespace = "http://www.w3.org/2000/svg"sv;
constexpr auto blanks = " \t\r\n"sv;
constexpr auto npos = std::string_view::npos;

/// In order, for a binary search.
constexpr std::array elements{
    "circle"sv, "clipPath"sv, "defs"sv, "desc"sv, "ellipse"sv, "feBlend"sv, "feColorMatrix"sv,
    "feComponentTransfer"sv, "feComposite"sv, "feConvolveMatrix"sv, "feDiffuseLighting"sv, "feDisplacementMap"sv,
    "feDistantLight"sv, "feDropShadow"sv, "feFlood"sv, "feFuncA"sv, "feFuncB"sv, "feFuncG"sv, "feFuncR"sv,
    "feGaussianBlur"sv, "feMerge"sv, "feMergeNode"sv, "feMorphology"sv, "feOffset"sv, "fePointLight"sv,
    "feSpecularLighting"sv, "feSpotLight"sv, "feTile"sv, "feTurbulence"sv, "filter"sv, "g"sv, "image"sv, "line"sv,
    "linearGradient"sv, "marker"sv, "mask"sv, "metadata"sv, "path"sv, "pattern"sv, "polygon"sv, "polyline"sv,
    "radialGradient"sv, "rect"sv, "stop"sv, "style"sv, "svg"sv, "switch"sv, "symbol"sv, "text"sv, "textPath"sv,
    "title"sv, "tspan"sv, "use"sv, "view"sv};

std::string lower(std::string_view text) {
    std::string made(text);
    std::transform(made.begin(), made.end(), made.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return made;
}

bool is_name_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == ':' || c == '.';
}

/// Nothing but fragments of the same drawing, and pictures that it holds itself.
bool is_inner_reference(std::string_view value) {
    const auto reference = lower(text::trimmed(value));
    if (reference.empty() || reference.starts_with('#')) return true;
    constexpr std::array held{"data:image/png;base64,"sv, "data:image/jpeg;base64,"sv, "data:image/webp;base64,"sv,
                              "data:image/gif;base64,"sv};
    return std::any_of(held.begin(), held.end(), [&](auto beginning) { return reference.starts_with(beginning); });
}

/// Style rules and presentation attributes: no rule that loads, and no way to write one so that it is not seen.
bool is_passive_style(std::string_view value) {
    const auto style = lower(value);
    constexpr std::array banned{"\\"sv,          "@import"sv,    "@font-face"sv, "@namespace"sv, "@charset"sv,
                                "expression"sv,  "javascript:"sv, "-moz-binding"sv, "behavior"sv, "image-set"sv,
                                "/*"sv,          "src("sv,       "src ("sv};
    for (const auto word : banned) {
        if (style.find(word) != npos) return false;
    }
    for (auto at = style.find("url"); at != npos; at = style.find("url", at + 3)) {
        const auto open = style.find_first_not_of(blanks, at + 3);
        if (open == npos || style[open] != '(') continue;
        const auto target = style.find_first_not_of(" \t\r\n\"'", open + 1);
        if (target == npos || style[target] != '#') return false;
    }
    return true;
}

/// Attributes that no browser reads as style; a name or a path may hold any word.
bool is_plain_data(std::string_view name) {
    constexpr std::array known{"id"sv, "class"sv, "d"sv, "points"sv, "role"sv, "viewbox"sv, "title"sv, "lang"sv};
    return name.starts_with("data-") || name.starts_with("aria-") ||
           std::find(known.begin(), known.end(), name) != known.end();
}

struct Attribute {
    std::string name;
    std::string value;
};

class Reader {
public:
    explicit Reader(std::string_view content) : rest_(content), all_(content) {}

    Result<SvgSize> run() {
        if (!text::is_utf8(all_)) return refuse("it is not UTF-8");
        if (rest_.starts_with("\xEF\xBB\xBF"sv)) rest_.remove_prefix(3);
        CADDY_TRY(prologue());
        while (!rest_.empty()) CADDY_TRY(piece());
        if (!open_.empty() || !rooted_) return refuse("it is cut off or is no drawing");
        return size_;
    }

private:
    Error refuse(std::string_view what) const {
        const auto line = 1 + std::count(all_.begin(), all_.begin() + static_cast<std::ptrdiff_t>(read()), '\n');
        return {ErrorKind::invalid, "media.svg_not_passive",
                "The SVG was refused since " + std::string(what) + " (line " + std::to_string(line) +
                    "). Export it as a plain SVG with nothing but shapes, or as PNG."};
    }
    std::size_t read() const { return all_.size() - rest_.size(); }

    bool skip(std::string_view beginning) {
        if (!rest_.starts_with(beginning)) return false;
        rest_.remove_prefix(beginning.size());
        return true;
    }
    void skip_blanks() { rest_.remove_prefix(std::min(rest_.find_first_not_of(blanks), rest_.size())); }
    std::string_view name() {
        std::size_t length = 0;
        while (length < rest_.size() && is_name_char(rest_[length])) ++length;
        const auto taken = rest_.substr(0, length);
        rest_.remove_prefix(length);
        return taken;
    }

    /// `<?xml version="1.0" encoding="UTF-8"?>`, if anything.
    Result<void> prologue() {
        if (!rest_.starts_with("<?xml"sv) || rest_.size() < 6 || blanks.find(rest_[5]) == npos) return {};
        const auto end = rest_.find("?>");
        if (end == npos) return refuse("its first line is cut off");
        const auto declaration = lower(rest_.substr(0, end));
        const auto encoding = declaration.find("encoding");
        if (encoding != npos && declaration.find("utf-8", encoding) == npos) return refuse("it is not UTF-8");
        rest_.remove_prefix(end + 2);
        return {};
    }

    Result<void> piece() {
        if (rest_.front() != '<') return characters();
        if (skip("<!--")) return comment();
        if (rest_.starts_with("<![CDATA["sv)) return character_data();
        if (rest_.starts_with("<!"sv)) return refuse("it has a document type or entities");
        if (rest_.starts_with("<?"sv)) return refuse("it has a processing instruction");
        if (skip("</")) return end_tag();
        rest_.remove_prefix(1);
        return start_tag();
    }

    Result<void> comment() {
        const auto end = rest_.find("--");
        if (end == npos || !rest_.substr(end).starts_with("-->"sv)) return refuse("a comment does not end well");
        rest_.remove_prefix(end + 3);
        return {};
    }

    Result<void> character_data() {
        const auto end = rest_.find("]]>");
        if (open_.empty() || end == npos) return refuse("a CDATA section stands in the wrong place");
        if (open_.back() == "style") CADDY_TRY(more_styles(rest_.substr(9, end - 9)));
        rest_.remove_prefix(end + 3);
        return {};
    }

    /// Seen as one text: split by comments or sections, harmless parts could make one harmful rule.
    Result<void> more_styles(std::string_view text) {
        styles_.append(text);
        if (!is_passive_style(styles_)) return refuse("its styles could load something");
        return {};
    }

    Result<void> characters() {
        const auto raw = rest_.substr(0, rest_.find('<'));
        CADDY_TRY(const auto plain, decoded(raw));
        if (open_.empty() && raw.find_first_not_of(blanks) != npos) return refuse("text stands outside the drawing");
        if (!open_.empty() && open_.back() == "style") CADDY_TRY(more_styles(plain));
        rest_.remove_prefix(raw.size());
        return {};
    }

    Result<void> end_tag() {
        const auto closed = name();
        skip_blanks();
        if (open_.empty() || open_.back() != closed || !skip(">")) return refuse("its tags do not match");
        open_.pop_back();
        styles_.clear();
        return {};
    }

    Result<void> start_tag() {
        const auto tag = name();
        CADDY_TRY(check_element(tag));
        std::vector<Attribute> attributes;
        while (true) {
            const auto before = rest_.size();
            skip_blanks();
            if (rest_.starts_with('>') || rest_.starts_with("/>"sv)) break;
            if (before == rest_.size()) return refuse("a tag is not well formed");
            CADDY_TRY(attribute(tag, attributes));
        }
        if (open_.empty()) CADDY_TRY(root(attributes));
        if (skip("/>")) return {};
        rest_.remove_prefix(1);
        open_.emplace_back(tag);
        styles_.clear();
        if (open_.size() > depth_max) return refuse("its elements are nested too deeply");
        return {};
    }

    /// Editors' own elements are in namespaces that draw nothing; see attribute() for those that would.
    Result<void> check_element(std::string_view tag) const {
        if (tag.empty()) return refuse("a tag is not well formed");
        if (!open_.empty() && open_.back() == "style") return refuse("its styles have elements in them");
        if (open_.empty() && (rooted_ || tag != "svg")) return refuse("it is more than one drawing, or none");
        if (tag.find(':') != npos || std::binary_search(elements.begin(), elements.end(), tag)) return {};
        return refuse("it has the element <" + std::string(tag.substr(0, 40)) + ">");
    }

    Result<void> attribute(std::string_view tag, std::vector<Attribute>& attributes) {
        Attribute made{std::string(name()), ""};
        skip_blanks();
        if (made.name.empty() || !skip("=")) return refuse("an attribute is not well formed");
        skip_blanks();
        const char quote = rest_.empty() ? '\0' : rest_.front();
        const auto end = quote == '"' || quote == '\'' ? rest_.find(quote, 1) : npos;
        if (end == npos) return refuse("an attribute is not well formed");
        const auto raw = rest_.substr(1, end - 1);
        if (raw.find('<') != npos) return refuse("an attribute is not well formed");
        CADDY_TRY(made.value, decoded(raw));
        rest_.remove_prefix(end + 1);
        const bool repeated = std::any_of(attributes.begin(), attributes.end(),
                                          [&](const auto& each) { return each.name == made.name; });
        if (repeated) return refuse("an attribute is there twice");
        CADDY_TRY(check_attribute(tag, made));
        attributes.push_back(std::move(made));
        return {};
    }

    Result<void> check_attribute(std::string_view tag, const Attribute& attribute) const {
        const auto full = lower(attribute.name);
        const auto colon = full.rfind(':');
        const auto local = std::string_view(full).substr(colon == std::string::npos ? 0 : colon + 1);
        if (full == "xmlns") {
            if (attribute.value != svg_namespace) return refuse("it changes the namespace");
            return {};
        }
        if (full.starts_with("xmlns:")) {
            // A prefix that means SVG or HTML would name any element past the list.
            const auto space = lower(attribute.value);
            if (space.find("/2000/svg") != npos || space.find("xhtml") != npos || space.find("mathml") != npos) {
                return refuse("it gives a namespace a second name");
            }
            return {};
        }
        if (local.starts_with("on")) return refuse("it has the event attribute " + full.substr(0, 40));
        if (local == "base") return refuse("it has an address to start from");
        const bool refers = local == "href" || local == "src" || local == "data" || local == "action";
        const bool drawn = tag.find(':') == npos;
        if (refers && drawn && !is_inner_reference(attribute.value)) return refuse("it refers to something outside");
        const bool may_style = drawn && colon == std::string::npos && !refers && !is_plain_data(full);
        if (may_style && !is_passive_style(attribute.value)) {
            return refuse("the attribute " + full.substr(0, 40) + " could load something");
        }
        return {};
    }

    Result<void> root(const std::vector<Attribute>& attributes) {
        rooted_ = true;
        bool named = false;
        SvgSize view;
        for (const auto& [name, value] : attributes) {
            named = named || name == "xmlns";
            if (name == "width") size_.width = length(value);
            if (name == "height") size_.height = length(value);
            if (name == "viewBox") view = box(value);
        }
        if (!named) return refuse("it does not say that it is an SVG (xmlns)");
        if (!size_.width || !size_.height) size_ = view;
        return {};
    }

    /// A number at the front, rounded and taken off; nothing unless it is positive, plain and below a million.
    static std::optional<int> number(std::string_view& text) {
        constexpr int most = 1'000'000;
        int whole = 0;
        const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), whole);
        if (fault != std::errc{} || whole < 0 || whole > most) return std::nullopt;
        text.remove_prefix(static_cast<std::size_t>(end - text.data()));
        if (text.starts_with('.')) {
            text.remove_prefix(1);
            if (!text.empty() && text.front() >= '5' && text.front() <= '9') ++whole;
            text.remove_prefix(std::min(text.find_first_not_of("0123456789"), text.size()));
        }
        return whole;
    }

    /// Pixels, written with or without their unit.
    static std::optional<int> length(std::string_view value) {
        const auto trimmed = text::trimmed(value);
        std::string_view rest = trimmed;
        const auto pixels = number(rest);
        const bool plain = rest.empty() || rest == "px";
        return plain && pixels && *pixels > 0 ? pixels : std::nullopt;
    }

    /// The last two of four numbers; the first two say where it begins, and may be below zero.
    static SvgSize box(std::string_view value) {
        constexpr auto between = " \t\r\n,"sv;
        std::vector<std::string_view> words;
        while (true) {
            value.remove_prefix(std::min(value.find_first_not_of(between), value.size()));
            if (value.empty()) break;
            words.push_back(value.substr(0, value.find_first_of(between)));
            value.remove_prefix(words.back().size());
        }
        if (words.size() != 4) return {};
        return {length(words[2]), length(words[3])};
    }

    /// References to characters written out; only the five that XML knows by name, and numbers.
    Result<std::string> decoded(std::string_view raw) const {
        std::string plain;
        while (!raw.empty()) {
            const auto amp = raw.find('&');
            plain.append(raw.substr(0, amp));
            if (amp == npos) break;
            raw.remove_prefix(amp + 1);
            const auto end = raw.find(';');
            if (end == npos || end > 10) return refuse("it has a reference that is not well formed");
            const auto character = reference(raw.substr(0, end));
            if (!character) return refuse("it has an entity");
            plain.append(*character);
            raw.remove_prefix(end + 1);
        }
        return plain;
    }

    static std::optional<std::string> reference(std::string_view name) {
        constexpr std::array<std::pair<std::string_view, std::string_view>, 5> known{
            {{"amp", "&"}, {"lt", "<"}, {"gt", ">"}, {"quot", "\""}, {"apos", "'"}}};
        for (const auto& [word, character] : known) {
            if (word == name) return std::string(character);
        }
        if (!name.starts_with('#')) return std::nullopt;
        name.remove_prefix(1);
        const bool hex = name.starts_with('x');
        if (hex) name.remove_prefix(1);
        std::uint32_t code = 0;
        const auto [end, fault] = std::from_chars(name.data(), name.data() + name.size(), code, hex ? 16 : 10);
        if (name.empty() || fault != std::errc{} || end != name.data() + name.size() || code > 0x10FFFF) {
            return std::nullopt;
        }
        // What is checked is ASCII; any other character stands for itself.
        return code < 0x80 ? std::string(1, static_cast<char>(code)) : std::string("\xEF\xBF\xBD");
    }

    std::string_view rest_;
    std::string_view all_;
    std::vector<std::string> open_;
    std::string styles_;
    bool rooted_ = false;
    SvgSize size_;
};

}   // namespace

Result<SvgSize> examine_svg(std::string_view content) { return Reader(content).run(); }

}   // namespace caddy::media
