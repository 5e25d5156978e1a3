#include "core/money.hpp"

#include <algorithm>
#include <stdexcept>

namespace caddy {
namespace {

__extension__ using wide = __int128;

// ISO 4217 (active codes, 2024-06), those whose minor unit is not a hundredth first.
constexpr std::string_view exponent_0 = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF UYI";
constexpr std::string_view exponent_3 = "BHD IQD JOD KWD LYD OMR TND";
constexpr std::string_view exponent_2 =
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF "
    "CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF "
    "IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR "
    "MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD "
    "SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD YER "
    "ZAR ZMW ZWL";

bool listed(std::string_view list, std::string_view code) {
    for (std::size_t at = 0; at < list.size(); at += 4) {
        if (list.substr(at, 3) == code) return true;
    }
    return false;
}

std::int64_t narrow(wide value) {
    const auto narrowed = static_cast<std::int64_t>(value);
    if (narrowed != value) throw std::overflow_error("an amount does not fit in 64 bits");
    return narrowed;
}

Currency same(Money a, Money b) {
    if (a.currency != b.currency) throw std::logic_error("two currencies in one sum");
    return a.currency;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// The digits before the point; commas are thousands' signs where every group behind one has three digits.
std::optional<std::string> whole_digits(std::string_view text) {
    std::string digits;
    std::size_t group = 0;
    bool grouped = false;
    for (const char c : text) {
        if (c == ',') {
            if (group == 0 || group > 3 || (grouped && group != 3)) return std::nullopt;
            grouped = true;
            group = 0;
        } else if (is_digit(c)) {
            digits.push_back(c);
            ++group;
        } else {
            return std::nullopt;
        }
    }
    if (grouped && group != 3) return std::nullopt;
    return digits;
}

}   // namespace

std::optional<Currency> Currency::parse(std::string_view code) {
    if (code.size() != 3) return std::nullopt;
    Currency currency;
    std::copy(code.begin(), code.end(), currency.code_.begin());
    if (listed(exponent_2, code)) currency.exponent_ = 2;
    else if (listed(exponent_0, code)) currency.exponent_ = 0;
    else if (listed(exponent_3, code)) currency.exponent_ = 3;
    else return std::nullopt;
    return currency;
}

Money operator+(Money a, Money b) {
    const auto currency = same(a, b);
    return {narrow(wide{a.minor} + b.minor), currency};
}
Money operator-(Money a, Money b) {
    const auto currency = same(a, b);
    return {narrow(wide{a.minor} - b.minor), currency};
}
Money operator*(Money a, std::int64_t factor) { return {narrow(wide{a.minor} * factor), a.currency}; }

std::int64_t scale_minor(std::int64_t amount, std::int64_t numerator, std::int64_t denominator) {
    const wide product = wide{amount} * numerator;
    const wide half = denominator / 2;
    // Twice the remainder against the denominator would also do; adding half first is exact for odd and even.
    return narrow(product >= 0 ? (product + half) / denominator : -((-product + half) / denominator));
}

std::optional<Money> parse_money(std::string_view text, Currency currency) {
    const bool negative = !text.empty() && text.front() == '-';
    if (negative) text.remove_prefix(1);
    const auto point = text.find('.');
    const auto whole = whole_digits(text.substr(0, point));
    auto part = point == std::string_view::npos ? std::string_view{} : text.substr(point + 1);
    if (!whole || (whole->empty() && part.empty()) || !std::all_of(part.begin(), part.end(), is_digit)) {
        return std::nullopt;
    }
    const auto places = static_cast<std::size_t>(currency.exponent());
    while (part.size() > places && part.back() == '0') part.remove_suffix(1);
    if (part.size() > places) return std::nullopt;
    std::string digits = *whole + std::string(part) + std::string(places - part.size(), '0');
    std::int64_t minor = 0;
    for (const char c : digits) {
        if (__builtin_mul_overflow(minor, 10, &minor) || __builtin_add_overflow(minor, c - '0', &minor)) {
            return std::nullopt;
        }
    }
    return Money{negative ? -minor : minor, currency};
}

std::string format_amount(Money money) {
    const bool negative = money.minor < 0;
    auto magnitude = static_cast<std::uint64_t>(money.minor);
    if (negative) magnitude = ~magnitude + 1;
    std::string digits = std::to_string(magnitude);
    const auto places = static_cast<std::size_t>(money.currency.exponent());
    if (digits.size() <= places) digits.insert(0, places + 1 - digits.size(), '0');
    if (places > 0) digits.insert(digits.size() - places, 1, '.');
    return negative ? "-" + digits : digits;
}

}   // namespace caddy
