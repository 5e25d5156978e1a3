#pragma once
// JSON in: described structs out of bytes from outside, strictly, with every fault and its JSON pointer.
//
// Strict means: one value, valid UTF-8, no duplicate keys, no unknown members, depth ≤ 32, integers that are written
// as integers and fit, no null where a value is needed. std::optional<T> and Patch<T> members may be absent.
#include "core/checks.hpp"
#include "core/clock.hpp"
#include "core/id.hpp"
#include "core/money.hpp"
#include "platform/json/encode.hpp"

#include <boost/describe.hpp>
#include <boost/mp11.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace caddy::json {

constexpr std::size_t depth_max = 32;
constexpr std::size_t faults_max = 100;   // named in one answer; the rest waits for the next try

/// A member of a PATCH body: absent (leave it), null (clear it) or a value.
template <class T>
struct Patch {
    bool present = false;
    std::optional<T> value{};
};

/// A parsed document. Members keep the order in which they were written.
struct Value;
using Array = std::vector<Value>;
using Object = std::vector<std::pair<std::string, Value>>;
struct Value {
    /// A number that is not a 64-bit integer keeps its text.
    struct Number { std::string text; };
    std::variant<std::monostate, bool, std::int64_t, Number, std::string, Array, Object> data;

    const Value* find(std::string_view member) const;   // null when not an object or without that member
};

/// Parses one JSON text. Refuses: request.malformed_json (400), request.duplicate_member (400), request.too_deep (400)
Result<Value> parse(std::string_view text);

/// Writes a parsed document back.
void write_value(std::string& out, const Value&);

/// Walks a parsed document into described structs and notes every fault.
class Decoder {
public:
    template <class T>
    void read(const Value& from, T& to, const std::string& pointer);

    Checks& checks() { return checks_; }

private:
    void fault(const std::string& pointer, std::string code, std::string message) {
        if (noted_++ < faults_max) checks_.require(false, pointer, std::move(code), std::move(message));
    }
    template <class T>
    void read_object(const Object& from, T& to, const std::string& pointer);
    template <class T>
    void read_integer(const Value& from, T& to, const std::string& pointer);
    template <class T>
    void read_text_like(const Value& from, T& to, const std::string& pointer);
    template <class T>
    void read_entries(const Value& from, T& to, const std::string& pointer);

    Checks checks_;
    std::size_t noted_ = 0;
};

template <class T>
inline constexpr bool is_patch = false;
template <class T>
inline constexpr bool is_patch<Patch<T>> = true;
template <class T>
inline constexpr bool is_opt = false;
template <class T>
inline constexpr bool is_opt<std::optional<T>> = true;

/// Escapes a member name for a JSON pointer (RFC 6901, section 3).
std::string pointer_to(const std::string& parent, std::string_view member);

/// Decodes a described struct from the bytes of a request body.
///
/// Refuses: what parse refuses; request.invalid_field (422) with one entry per fault
template <class T>
Result<T> from_json(std::string_view text) {
    CADDY_TRY(const auto value, parse(text));
    T decoded{};
    Decoder decoder;
    decoder.read(value, decoded, "");
    CADDY_TRY(decoder.checks().result());
    return decoded;
}

template <class T>
void Decoder::read(const Value& from, T& to, const std::string& pointer) {
    if constexpr (is_patch<T>) {
        to.present = true;
        read(from, to.value, pointer);
    } else if constexpr (is_opt<T>) {
        if (std::holds_alternative<std::monostate>(from.data)) to.reset();
        else read(from, to.emplace(), pointer);
    } else if constexpr (std::is_same_v<T, Value>) {
        to = from;
    } else if constexpr (std::is_same_v<T, Raw>) {
        to.text.clear();
        write_value(to.text, from);
    } else if constexpr (std::is_same_v<T, bool>) {
        if (const auto* flag = std::get_if<bool>(&from.data)) to = *flag;
        else fault(pointer, "not_a_boolean", "Send true or false.");
    } else if constexpr (std::is_integral_v<T>) {
        read_integer(from, to, pointer);
    } else if constexpr (std::is_same_v<T, std::string> || StrongId<T> || std::is_same_v<T, Time> ||
                         std::is_same_v<T, Currency> || std::is_enum_v<T>) {
        read_text_like(from, to, pointer);
    } else if constexpr (detail::is_map<T> || detail::is_pairs<T>) {
        read_entries(from, to, pointer);
    } else if constexpr (detail::is_vector<T>) {
        const auto* list = std::get_if<Array>(&from.data);
        if (!list) return fault(pointer, "not_a_list", "Send a JSON array.");
        for (std::size_t i = 0; i < list->size(); ++i) {
            read((*list)[i], to.emplace_back(), pointer + "/" + std::to_string(i));
        }
    } else {
        const auto* object = std::get_if<Object>(&from.data);
        if (!object) return fault(pointer, "not_an_object", "Send a JSON object.");
        read_object(*object, to, pointer);
    }
}

template <class T>
void Decoder::read_integer(const Value& from, T& to, const std::string& pointer) {
    const auto* number = std::get_if<std::int64_t>(&from.data);
    if (number && std::in_range<T>(*number)) to = static_cast<T>(*number);
    else if (number || std::holds_alternative<Value::Number>(from.data)) {
        fault(pointer, "out_of_range", "Send a whole number in range, without point or exponent.");
    } else fault(pointer, "not_an_integer", "Send a whole number.");
}

template <class T>
void Decoder::read_text_like(const Value& from, T& to, const std::string& pointer) {
    const auto* text = std::get_if<std::string>(&from.data);
    if (!text) return fault(pointer, "not_a_string", "Send a string.");
    if constexpr (std::is_same_v<T, std::string>) {
        to = *text;
    } else if constexpr (StrongId<T>) {
        if (const auto id = T::parse(*text)) to = *id;
        else fault(pointer, "not_an_id", "Send an id as the API gave it: " + std::string(T::tag::prefix) + "_….");
    } else if constexpr (std::is_same_v<T, Time>) {
        if (const auto time = parse_rfc3339(*text)) to = *time;
        else fault(pointer, "not_a_time", "Send an RFC 3339 time in UTC, like 2026-01-31T12:00:00Z.");
    } else if constexpr (std::is_same_v<T, Currency>) {
        if (const auto currency = Currency::parse(*text)) to = *currency;
        else fault(pointer, "not_a_currency", "Send an ISO 4217 code, like CNY.");
    } else if (text->find('\0') != std::string::npos || !boost::describe::enum_from_string(text->c_str(), to)) {
        std::string names;
        boost::mp11::mp_for_each<boost::describe::describe_enumerators<T>>([&](auto each) {
            names.append(names.empty() ? "" : ", ").append(each.name);
        });
        fault(pointer, "not_a_choice", "Send one of: " + names + ".");
    }
}

template <class T>
void Decoder::read_entries(const Value& from, T& to, const std::string& pointer) {
    const auto* object = std::get_if<Object>(&from.data);
    if (!object) return fault(pointer, "not_an_object", "Send a JSON object.");
    for (const auto& [name, value] : *object) {
        if constexpr (detail::is_map<T>) read(value, to[name], pointer_to(pointer, name));
        else {
            to.emplace_back(name, typename T::value_type::second_type{});
            read(value, to.back().second, pointer_to(pointer, name));
        }
    }
}

template <class T>
void Decoder::read_object(const Object& from, T& to, const std::string& pointer) {
    using Members = boost::describe::describe_members<T, boost::describe::mod_public | boost::describe::mod_inherited>;
    for (const auto& [name, value] : from) {
        bool known = false;
        boost::mp11::mp_for_each<Members>([&, &given = name](auto member) { known = known || given == member.name; });
        if (known) continue;
        fault(pointer_to(pointer, name), "unknown_member", "This member is not part of the request; leave it out.");
    }
    boost::mp11::mp_for_each<Members>([&](auto member) {
        auto& field = to.*member.pointer;
        using Field = std::remove_reference_t<decltype(field)>;
        const Value* value = nullptr;
        for (const auto& [name, candidate] : from) {
            if (name == member.name) value = &candidate;
        }
        if (value) read(*value, field, pointer_to(pointer, member.name));
        else if constexpr (!is_opt<Field> && !is_patch<Field>) {
            fault(pointer_to(pointer, member.name), "required", "This member is required.");
        }
    });
}

}  // namespace caddy::json
