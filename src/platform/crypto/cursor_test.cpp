#include "platform/crypto/cursor.hpp"

#include <gtest/gtest.h>

namespace caddy::crypto {
namespace {

const Place place{Time(std::chrono::microseconds(1'700'000'000'000'001)), 42};

TEST(Cursor, reads_back_what_was_written) {
    EXPECT_EQ(read_cursor("orders", cursor_at("orders", place)).value(), place);
}

TEST(Cursor, is_of_no_use_in_another_list) {
    const auto narrowed = list_name("orders", {"paid"});
    EXPECT_TRUE(read_cursor(narrowed, cursor_at("orders", place)).has_error());
    EXPECT_NE(list_name("orders", {"a", ""}), list_name("orders", {"", "a"}));
}

TEST(Cursor, is_refused_when_it_was_changed_or_made_up) {
    for (const std::string_view made_up : {"", ".", "..", "1.2.3", "x.y.z", "1", "1.2", "-1.-2.000000000000"}) {
        EXPECT_TRUE(read_cursor("orders", made_up).has_error()) << made_up;
    }
    auto changed = cursor_at("orders", place);
    changed.front() = '2';
    EXPECT_EQ(read_cursor("orders", changed).error().code, "request.cursor_mismatch");
}

}   // namespace
}   // namespace caddy::crypto
