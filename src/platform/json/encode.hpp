#pragma once
// JSON out: described structs, enums, ids, money, times and containers, written straight into a string.
// An absent optional is written as null. Nothing here allocates a tree.
#include "core/clock.hpp"
#include "core/id.hpp"
#include "core/money.hpp"
#include "core/page.hpp"

#include <boost/describe.hpp>
#include <boost/mp11.hpp>

#include <concepts>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace caddy::json {

/// Text that is JSON already: a stored document, copied as it stands.
struct Raw {
    std::string text;
    friend bool operator==(const Raw&, const Raw&) = default;
};

/// Appends `"text"`, escaped. REQUIRES: valid UTF-8.
void write_string(std::string& out, std::string_view text);
void write_number(std::string& out, std::int64_t number);

template <class T>
void write(std::string& out, const T& value);

namespace detail {

template <class T>
inline constexpr bool is_vector = false;
template <class T>
inline constexpr bool is_vector<std::vector<T>> = true;
template <class T>
inline constexpr bool is_map = false;
template <class T>
inline constexpr bool is_map<std::map<std::string, T>> = true;
template <class T>
inline constexpr bool is_pairs = false;   // an object whose members keep their order
template <class T>
inline constexpr bool is_pairs<std::vector<std::pair<std::string, T>>> = true;
template <class T>
inline constexpr bool is_page = false;
template <class T>
inline constexpr bool is_page<Page<T>> = true;

template <class Entries>
void write_entries(std::string& out, const Entries& entries) {
    out.push_back('{');
    bool first = true;
    for (const auto& [name, value] : entries) {
        if (!std::exchange(first, false)) out.push_back(',');
        write_string(out, name);
        out.push_back(':');
        write(out, value);
    }
    out.push_back('}');
}

template <class T>
void write_list(std::string& out, const std::vector<T>& list) {
    out.push_back('[');
    bool first = true;
    for (const auto& item : list) {
        if (!std::exchange(first, false)) out.push_back(',');
        write(out, item);
    }
    out.push_back(']');
}

/// `{"data": […], "page": {"next": …, "limit": n}}`, with a count where one was asked for.
template <class T>
void write_page(std::string& out, const Page<T>& page) {
    out.append(R"({"data":)");
    write_list(out, page.data);
    out.append(R"(,"page":{"next":)");
    write(out, page.next);
    out.append(R"(,"limit":)");
    write_number(out, page.limit);
    if (page.count) {
        out.append(R"(,"count":)");
        write_number(out, *page.count);
        out.append(*page.count >= page_count_max ? R"(,"relation":"gte")" : R"(,"relation":"eq")");
    }
    out.append("}}");
}

}  // namespace detail

/// Appends the members of a described struct (and of its described bases), without the braces.
template <class T>
void write_members(std::string& out, const T& value) {
    using Members = boost::describe::describe_members<T, boost::describe::mod_public | boost::describe::mod_inherited>;
    bool first = true;
    boost::mp11::mp_for_each<Members>([&](auto member) {
        if (!std::exchange(first, false)) out.push_back(',');
        out.push_back('"');
        out.append(member.name);
        out.append("\":");
        write(out, value.*member.pointer);
    });
}

template <class T>
void write(std::string& out, const T& value) {
    if constexpr (std::is_same_v<T, bool>) out.append(value ? "true" : "false");
    else if constexpr (std::is_integral_v<T>) write_number(out, static_cast<std::int64_t>(value));
    else if constexpr (std::is_convertible_v<const T&, std::string_view>) write_string(out, value);
    else if constexpr (std::is_same_v<T, Raw>) out.append(value.text);
    else if constexpr (StrongId<T>) write_string(out, value.text());
    else if constexpr (std::is_same_v<T, Time>) write_string(out, to_rfc3339(value));
    else if constexpr (std::is_same_v<T, Currency>) write_string(out, value.code());
    else if constexpr (std::is_same_v<T, Money>) {
        out.append(R"({"amount_minor":)");
        write_number(out, value.minor);
        out.append(R"(,"currency":)");
        write_string(out, value.currency.code());
        out.append(R"(,"exponent":)");
        write_number(out, value.currency.exponent());
        out.push_back('}');
    } else if constexpr (std::is_enum_v<T>) write_string(out, boost::describe::enum_to_string(value, "?"));
    else if constexpr (detail::is_map<T> || detail::is_pairs<T>) detail::write_entries(out, value);
    else if constexpr (detail::is_vector<T>) detail::write_list(out, value);
    else if constexpr (detail::is_page<T>) detail::write_page(out, value);
    else if constexpr (requires { *value; value.has_value(); }) {
        if (value.has_value()) write(out, *value);
        else out.append("null");
    } else {
        out.push_back('{');
        write_members(out, value);
        out.push_back('}');
    }
}

template <class T>
std::string to_json(const T& value) {
    std::string out;
    write(out, value);
    return out;
}

}  // namespace caddy::json
