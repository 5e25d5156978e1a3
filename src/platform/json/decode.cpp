#include "platform/json/decode.hpp"

#include <boost/json/basic_parser_impl.hpp>

#include <algorithm>

namespace caddy::json {

namespace {

namespace bj = boost::json;
using Code = boost::system::error_code;

/// Receives the parser's events and builds the document bottom-up; knows at every moment where it stands.
class Builder {
public:
    // Bodies are bounded before they come here, so the parser's own size limits stay out of the way.
    static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);

    bool on_document_begin(Code&) { return true; }
    bool on_document_end(Code&) { return true; }
    bool on_object_begin(Code&) { return open(Object{}); }
    bool on_array_begin(Code&) { return open(Array{}); }
    bool on_array_end(std::size_t, Code&) { return close(); }
    bool on_object_end(std::size_t, Code& error) {
        if (note_duplicate(std::get<Object>(open_.back().container.data))) return fail(error);
        return close();
    }

    bool on_key_part(bj::string_view part, std::size_t, Code&) { return gather(part); }
    bool on_key(bj::string_view part, std::size_t, Code&) {
        gather(part);
        open_.back().key = std::exchange(text_, {});
        return true;
    }
    bool on_string_part(bj::string_view part, std::size_t, Code&) { return gather(part); }
    bool on_string(bj::string_view part, std::size_t, Code&) {
        gather(part);
        return place(Value{std::exchange(text_, {})});
    }
    bool on_number_part(bj::string_view part, Code&) { return gather(part); }
    bool on_int64(std::int64_t number, bj::string_view, Code&) {
        text_.clear();
        return place(Value{number});
    }
    bool on_uint64(std::uint64_t, bj::string_view part, Code&) { return place_number(part); }
    bool on_double(double, bj::string_view part, Code&) { return place_number(part); }
    bool on_bool(bool flag, Code&) { return place(Value{flag}); }
    bool on_null(Code&) { return place(Value{}); }
    bool on_comment_part(bj::string_view, Code&) { return true; }
    bool on_comment(bj::string_view, Code&) { return true; }

    Value take() { return std::move(root_); }
    const std::optional<std::string>& duplicate() const { return duplicate_; }

    /// Where the event that comes next belongs.
    std::string pointer() const {
        std::string path;
        for (const auto& frame : open_) {
            if (const auto* list = std::get_if<Array>(&frame.container.data)) {
                path.append("/").append(std::to_string(list->size()));
            } else if (frame.key) {
                path = pointer_to(path, *frame.key);
            }
        }
        return path;
    }

private:
    struct Frame {
        Value container;
        std::optional<std::string> key{};   // of the member whose value comes next
    };

    bool gather(bj::string_view part) {
        text_.append(part.data(), part.size());
        return true;
    }
    template <class Container>
    bool open(Container empty) {
        open_.push_back(Frame{Value{std::move(empty)}});
        return true;
    }
    bool close() {
        auto done = std::move(open_.back().container);
        open_.pop_back();
        return place(std::move(done));
    }
    bool place_number(bj::string_view part) {
        gather(part);
        return place(Value{Value::Number{std::exchange(text_, {})}});
    }
    bool place(Value value) {
        if (open_.empty()) {
            root_ = std::move(value);
            return true;
        }
        auto& [container, key] = open_.back();
        if (auto* list = std::get_if<Array>(&container.data)) {
            list->push_back(std::move(value));
        } else {
            std::get<Object>(container.data).emplace_back(std::move(*key), std::move(value));
            key.reset();
        }
        return true;
    }
    // Sorted views, since a scan per member would let one large object cost its square.
    bool note_duplicate(const Object& object) {
        std::vector<std::string_view> names;
        names.reserve(object.size());
        for (const auto& [name, value] : object) names.push_back(name);
        std::sort(names.begin(), names.end());
        const auto twin = std::adjacent_find(names.begin(), names.end());
        if (twin == names.end()) return false;
        duplicate_ = pointer_to(pointer(), *twin);
        return true;
    }
    static bool fail(Code& error) {
        error = bj::make_error_code(bj::error::exception);
        return false;
    }

    Value root_;
    std::vector<Frame> open_;
    std::string text_;   // of a key, string or number that came in pieces
    std::optional<std::string> duplicate_;
};

Error refuse_duplicate(const std::string& pointer) {
    return {ErrorKind::malformed,
            "request.duplicate_member",
            "The JSON object at errors[0] has a member twice; send it once.",
            {{pointer, "duplicate_member", "This member stands there twice."}}};
}

Error refuse_depth(std::string pointer) {
    return {ErrorKind::malformed,
            "request.too_deep",
            "The JSON text nests deeper than " + std::to_string(depth_max) + " levels; send a flatter one.",
            {{std::move(pointer), "too_deep", "The nesting begins to be too deep here."}}};
}

Error refuse_text(std::size_t at, const std::string& reason, std::string pointer) {
    return {ErrorKind::malformed,
            "request.malformed_json",
            "The text is not one valid JSON value: " + reason + " at byte " + std::to_string(at) + ".",
            {{std::move(pointer), "malformed_json", "Reading failed here: " + reason + "."}}};
}

}  // namespace

Result<Value> parse(std::string_view text) {
    bj::parse_options options;   // strict by default: no comments, no trailing commas, valid UTF-8
    options.max_depth = depth_max;
    bj::basic_parser<Builder> parser(options);
    Code error;
    const auto read = parser.write_some(false, text.data(), text.size(), error);
    const auto& builder = parser.handler();
    if (builder.duplicate()) return refuse_duplicate(*builder.duplicate());
    if (error == bj::error::too_deep) return refuse_depth(builder.pointer());
    if (error) return refuse_text(read, error.message(), builder.pointer());
    const auto rest = text.find_first_not_of(" \t\r\n", read);
    if (rest != std::string_view::npos) return refuse_text(rest, "extra data", "");
    return parser.handler().take();
}

void write_value(std::string& out, const Value& value) {
    if (const auto* flag = std::get_if<bool>(&value.data))
        out.append(*flag ? "true" : "false");
    else if (const auto* number = std::get_if<std::int64_t>(&value.data))
        write_number(out, *number);
    else if (const auto* text_number = std::get_if<Value::Number>(&value.data))
        out.append(text_number->text);
    else if (const auto* text = std::get_if<std::string>(&value.data))
        write_string(out, *text);
    else if (const auto* list = std::get_if<Array>(&value.data)) {
        out.push_back('[');
        for (const auto& item : *list) {
            if (&item != list->data()) out.push_back(',');
            write_value(out, item);
        }
        out.push_back(']');
    } else if (const auto* object = std::get_if<Object>(&value.data)) {
        out.push_back('{');
        for (const auto& member : *object) {
            if (&member != object->data()) out.push_back(',');
            write_string(out, member.first);
            out.push_back(':');
            write_value(out, member.second);
        }
        out.push_back('}');
    } else
        out.append("null");
}

const Value* Value::find(std::string_view member) const {
    const auto* object = std::get_if<Object>(&data);
    if (!object) return nullptr;
    for (const auto& [name, value] : *object) {
        if (name == member) return &value;
    }
    return nullptr;
}

std::string pointer_to(const std::string& parent, std::string_view member) {
    std::string pointer = parent + "/";
    for (const char c : member) {
        if (c == '~')
            pointer.append("~0");
        else if (c == '/')
            pointer.append("~1");
        else
            pointer.push_back(c);
    }
    return pointer;
}

}  // namespace caddy::json
