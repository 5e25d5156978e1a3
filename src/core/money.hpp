#pragma once
// Money: an exact number of minor units of one currency. No float comes near it; overflow is a fault.
#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace caddy {

/// An ISO 4217 code that the program knows the exponent of.
class Currency {
public:
    Currency() = default;   // "XXX": no currency
    /// Nothing when the code is not one of ISO 4217's active currencies.
    static std::optional<Currency> parse(std::string_view code);

    std::string_view code() const { return {code_.data(), code_.size()}; }
    /// Decimal digits of the minor unit: CNY 2, JPY 0, KWD 3.
    int exponent() const { return exponent_; }

    friend bool operator==(const Currency&, const Currency&) = default;

private:
    std::array<char, 3> code_{'X', 'X', 'X'};
    std::int8_t exponent_ = 0;
};

struct Money {
    std::int64_t minor = 0;
    Currency currency{};

    friend bool operator==(const Money&, const Money&) = default;
};

/// Throws std::overflow_error past 64 bits, std::logic_error for two currencies.
Money operator+(Money, Money);
Money operator-(Money, Money);
Money operator*(Money, std::int64_t factor);

/// `amount × numerator / denominator`, rounded half away from zero; the product is kept in 128 bits.
///
/// REQUIRES: denominator > 0. Throws std::overflow_error when the result does not fit.
std::int64_t scale_minor(std::int64_t amount, std::int64_t numerator, std::int64_t denominator);

/// Reads a decimal amount such as `59.99`, `75`, `1,299.00` or `-3` exactly.
///
/// Nothing when the text is not a number, has more digits after the point than the currency (zeros apart),
/// or does not fit.
std::optional<Money> parse_money(std::string_view text, Currency);

/// `59.99`, with exactly the currency's digits and no currency sign.
std::string format_amount(Money);

}   // namespace caddy
