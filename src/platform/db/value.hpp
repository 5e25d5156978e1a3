#pragma once
// What crosses the seam to a driver: integers, texts and NULL; and how C++ values become them and come back.
// Times are 64-bit microseconds since 1970, money is two columns, enums are their described names.
#include "core/clock.hpp"
#include "core/id.hpp"
#include "core/money.hpp"
#include "platform/runtime/fault.hpp"

#include <boost/describe.hpp>
#include <boost/mp11.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace caddy::db {

using Value = std::variant<std::monostate, std::int64_t, std::string>;

/// A whole result, untyped: the columns' names and the cells row by row.
struct Rows {
    std::string_view statement{};   // its name, for messages
    std::vector<std::string> columns;
    std::vector<Value> cells;
    std::int64_t changed = 0;   // rows that an INSERT, UPDATE or DELETE touched

    std::size_t size() const { return columns.empty() ? 0 : cells.size() / columns.size(); }
};

/// The database answered something that the program does not understand, or refused a statement.
struct Fault : std::runtime_error {
    using std::runtime_error::runtime_error;
};
/// The database cannot be reached or its queue is full: 503, safe to retry.
struct Gone : Unavailable {
    using Unavailable::Unavailable;
};
/// A unique key already holds such a row.
struct Conflict : Fault {
    Conflict(const std::string& what, std::string key) : Fault(what), constraint(std::move(key)) {}
    std::string constraint;   // as the engine names it
};
/// A deadlock or write conflict: the transaction may be run again as a whole.
struct Retry : Fault {
    using Fault::Fault;
};

template <class T>
concept DescribedEnum = std::is_enum_v<T> && boost::describe::has_describe_enumerators<T>::value;

template <class T>
Value encode(const T& value) {
    if constexpr (std::is_same_v<T, bool> || std::is_integral_v<T>) return static_cast<std::int64_t>(value);
    else if constexpr (StrongId<T>) return value.value;
    else if constexpr (DescribedEnum<T>) return std::string(boost::describe::enum_to_string(value, "?"));
    else if constexpr (std::is_same_v<T, Time>) return std::int64_t{value.time_since_epoch().count()};
    else if constexpr (std::is_same_v<T, Currency>) return std::string(value.code());
    else if constexpr (std::is_convertible_v<const T&, std::string_view>) return std::string(std::string_view(value));
    else if constexpr (std::is_same_v<T, std::nullopt_t>) return std::monostate{};
    else return value ? encode(*value) : Value{};   // optional
}

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

/// Throws Fault when the cell is not such a value.
template <class T>
T decode(const Value& cell) {
    if constexpr (is_optional<T>) {
        if (std::holds_alternative<std::monostate>(cell)) return std::nullopt;
        return decode<typename T::value_type>(cell);
    } else if constexpr (std::is_same_v<T, std::string>) {
        if (const auto* text = std::get_if<std::string>(&cell)) return *text;
    } else if constexpr (std::is_same_v<T, Currency>) {
        const auto* text = std::get_if<std::string>(&cell);
        const auto currency = text ? Currency::parse(*text) : std::nullopt;
        if (currency) return *currency;
    } else if constexpr (DescribedEnum<T>) {
        T value{};
        const auto* text = std::get_if<std::string>(&cell);
        if (text && boost::describe::enum_from_string(text->c_str(), value)) return value;
    } else if (const auto* number = std::get_if<std::int64_t>(&cell)) {
        if constexpr (std::is_same_v<T, bool>) return *number != 0;
        else if constexpr (std::is_integral_v<T>) {
            if (std::in_range<T>(*number)) return static_cast<T>(*number);
        } else if constexpr (std::is_same_v<T, Time>) return Time(std::chrono::microseconds(*number));
        else return T{*number};   // strong id
    }
    throw Fault("a column has an unexpected type");
}

}  // namespace caddy::db
