#include "platform/http/precondition.hpp"

#include <gtest/gtest.h>

namespace caddy::http {
namespace {

Request with_if_match(std::string value) {
    Request request;
    request.headers.emplace_back("if-match", std::move(value));
    return request;
}

TEST(Precondition, a_change_without_if_match_is_refused) {
    EXPECT_EQ(expected_version(Request{}).error().kind, ErrorKind::precondition_required);
}

TEST(Precondition, the_version_that_was_seen_passes_and_another_is_stale) {
    const auto seen = expected_version(with_if_match("\"v6\", \"v7\"")).value();

    EXPECT_TRUE(seen.check(7));
    const auto refusal = seen.check(8).error();
    EXPECT_EQ(refusal.kind, ErrorKind::stale);
    EXPECT_EQ(refusal.more->members(), R"("current_version":8)");
}

TEST(Precondition, a_star_meets_every_version) { EXPECT_TRUE(expected_version(with_if_match("*")).value().check(99)); }

TEST(Precondition, weak_and_foreign_tags_meet_none) {
    for (const auto* tag : {"W/\"v7\"", "\"7\"", "\"v\"", "\"v7x\"", "\"\""}) {
        EXPECT_TRUE(expected_version(with_if_match(tag)).value().check(7).has_error()) << tag;
    }
}

TEST(Precondition, what_is_no_tag_is_malformed) {
    for (const auto* text : {"v7", "\"v7", "\"v7\",", ""}) {
        EXPECT_EQ(expected_version(with_if_match(text)).error().kind, ErrorKind::malformed) << text;
    }
}

}   // namespace
}   // namespace caddy::http
