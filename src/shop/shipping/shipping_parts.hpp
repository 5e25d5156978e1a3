#pragma once
// What the back office's halves share. Private to the feature.
#include "platform/crypto/digest.hpp"
#include "shop/shipping/shipping_rules.hpp"

namespace caddy::shipping {

namespace refuse {
Error zone_not_found();
Error cursor_mismatch();
}  // namespace refuse

/// Opaque, and of use in the same list alone.
template <class IdType>
std::string cursor_after(std::string_view list, IdType last) {
    constexpr std::size_t digits = 12;
    return last.text() + crypto::sha256_hex(std::string(list) + last.text()).substr(0, digits);
}

template <class IdType>
Result<IdType> read_cursor(std::string_view list, const std::string& cursor) {
    constexpr std::size_t digits = 12;
    if (cursor.size() <= digits) return refuse::cursor_mismatch();
    const auto last = IdType::parse(std::string_view(cursor).substr(0, cursor.size() - digits));
    if (!last || cursor_after(list, *last) != cursor) return refuse::cursor_mismatch();
    return *last;
}

}  // namespace caddy::shipping
