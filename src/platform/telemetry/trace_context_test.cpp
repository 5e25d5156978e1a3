#include "platform/telemetry/trace_context.hpp"

#include <gtest/gtest.h>

namespace caddy::trace {
namespace {

const std::string trace_id = "0af7651916cd43dd8448eb211c80319c";
const std::string span_id = "b7ad6b7169203331";
const std::string good = "00-" + trace_id + "-" + span_id + "-01";

TraceContext parent(std::string value) { return extract(HeaderFields{{"traceparent", std::move(value)}}); }

TraceContext with_state(std::vector<std::string> states) {
    HeaderFields headers{{"traceparent", good}};
    for (auto& state : states) headers.emplace_back("tracestate", std::move(state));
    return extract(headers);
}

std::string members(int count) {
    std::string list;
    for (int i = 0; i < count; ++i) list += (i > 0 ? ",k" : "k") + std::to_string(i) + "=v";
    return list;
}

TEST(TraceContext, a_good_parent_is_taken_as_it_is) {
    const auto context = parent(good);
    ASSERT_TRUE(context.valid());
    EXPECT_EQ(context.trace_id_text(), trace_id);
    EXPECT_EQ(context.span_id_text(), span_id);
    EXPECT_TRUE(context.sampled);
    EXPECT_FALSE(parent("00-" + trace_id + "-" + span_id + "-00").sampled);
}

TEST(TraceContext, of_the_flags_the_lowest_bit_alone_counts) {
    EXPECT_TRUE(parent("00-" + trace_id + "-" + span_id + "-ff").sampled);
    EXPECT_FALSE(parent("00-" + trace_id + "-" + span_id + "-fe").sampled);
}

TEST(TraceContext, blanks_around_the_value_do_not_count) { EXPECT_TRUE(parent(" \t" + good + "\t ").valid()); }

TEST(TraceContext, a_malformed_parent_counts_as_none) {
    const std::string zeros32(32, '0');
    for (const std::string& bad : {
             std::string(), std::string("00"), good.substr(0, 54), good + ".", good + "-", good + "-what",
             "0-" + trace_id + "-" + span_id + "-01", "000-" + trace_id + "-" + span_id + "-01",
             "ff-" + trace_id + "-" + span_id + "-01", ".0-" + trace_id + "-" + span_id + "-01",
             "0.-" + trace_id + "-" + span_id + "-01", "00-" + zeros32 + "-" + span_id + "-01",
             "00-" + trace_id + "-0000000000000000-01", "00-" + trace_id.substr(1) + "-" + span_id + "-01",
             "00-" + trace_id + "0-" + span_id + "-01", "00-." + trace_id.substr(1) + "-" + span_id + "-01",
             "00-0AF7651916CD43DD8448EB211C80319C-" + span_id + "-01", "00-" + trace_id + "-B7AD6B7169203331-01",
             "00-" + trace_id + "-" + span_id.substr(1) + "-01", "00-" + trace_id + "-" + span_id + "0-01",
             "00-" + trace_id + "-" + span_id + "-1", "00-" + trace_id + "-" + span_id + "-.0",
             "00-" + trace_id + "-" + span_id + "-0.", "00-" + trace_id + "-" + span_id + "-001",
             "00_" + trace_id + "_" + span_id + "_01", good + "," + good}) {
        EXPECT_FALSE(parent(bad).valid()) << bad;
    }
}

TEST(TraceContext, of_a_later_version_the_known_beginning_counts) {
    EXPECT_TRUE(parent("cc-" + trace_id + "-" + span_id + "-01").valid());
    EXPECT_TRUE(parent("cc-" + trace_id + "-" + span_id + "-01-what-the-future-will-be-like").valid());
    EXPECT_FALSE(parent("cc-" + trace_id + "-" + span_id + "-01.what-the-future-will-be-like").valid());
    EXPECT_EQ(inject(parent("cc-" + trace_id + "-" + span_id + "-01-more"))[0].second, good);
}

TEST(TraceContext, two_parents_count_as_none) {
    EXPECT_FALSE(extract(HeaderFields{{"traceparent", good}, {"traceparent", good}}).valid());
}

TEST(TraceContext, a_state_without_a_good_parent_is_dropped) {
    EXPECT_TRUE(extract(HeaderFields{{"tracestate", "foo=1"}}).state.empty());
    EXPECT_TRUE(extract(HeaderFields{{"traceparent", good + "x"}, {"tracestate", "foo=1"}}).state.empty());
}

TEST(TraceContext, states_in_several_lines_are_one_list) {
    EXPECT_EQ(with_state({"foo=1,bar=2", "rojo=1,congo=2", "baz=3"}).state, "foo=1,bar=2,rojo=1,congo=2,baz=3");
}

TEST(TraceContext, empty_members_and_blanks_between_members_go) {
    EXPECT_EQ(with_state({" foo=1 \t,\t, bar=2, ", "", ",baz=3"}).state, "foo=1,bar=2,baz=3");
}

TEST(TraceContext, a_key_that_comes_twice_is_handed_on) {
    EXPECT_EQ(with_state({"foo=1,foo=2"}).state, "foo=1,foo=2");
}

TEST(TraceContext, good_states_are_kept) {
    for (const std::string& state :
         {std::string("0tenant@vendor=1"), std::string("a_-*/b=1"), std::string(256, 'z') + "=1",
          std::string(241, 't') + "@" + std::string(14, 'v') + "=1", "foo=" + std::string(256, 'v'),
          std::string("foo=a b:;?!<>"), members(32)}) {
        EXPECT_EQ(with_state({state}).state, state);
    }
}

TEST(TraceContext, a_malformed_state_is_dropped_alone) {
    for (const std::string& bad :
         {std::string("foo"), std::string("foo="), std::string("=1"), std::string("foo =1"), std::string("FOO=1"),
          std::string("foo.bar=1"), std::string("0foo=1"), std::string("foo@=1,bar=2"), std::string("@foo=1,bar=2"),
          std::string("foo@@bar=1,bar=2"), std::string("foo@bar@baz=1,bar=2"), std::string("foo=bar=baz"),
          std::string("foo=,bar=3"), std::string(257, 'z') + "=1", std::string(242, 't') + "@v=1",
          "t@" + std::string(15, 'v') + "=1", "foo=" + std::string(257, 'v'), std::string("foo=\xc3\xa9"),
          std::string("foo=a\tb"), members(33)}) {
        const auto context = with_state({bad});
        EXPECT_TRUE(context.valid()) << bad;
        EXPECT_TRUE(context.state.empty()) << bad;
    }
}

TEST(TraceContext, baggage_travels_without_a_trace) {
    const auto context = extract(HeaderFields{{"baggage", "a=1;p=x"}, {"baggage", "b=%20"}});
    EXPECT_FALSE(context.valid());
    EXPECT_EQ(context.baggage, "a=1;p=x,b=%20");
    EXPECT_EQ(inject(context), (HeaderFields{{"baggage", "a=1;p=x,b=%20"}}));
}

TEST(TraceContext, baggage_that_is_too_long_or_no_text_is_dropped) {
    EXPECT_TRUE(extract(HeaderFields{{"baggage", std::string(8'193, 'b')}}).baggage.empty());
    EXPECT_TRUE(extract(HeaderFields{{"baggage", "a=\x01"}}).baggage.empty());
}

TEST(TraceContext, what_is_switched_off_does_not_travel) {
    const HeaderFields headers{{"traceparent", good}, {"tracestate", "foo=1"}, {"baggage", "a=1"}};
    const auto context = extract(headers, {.trace_context = false, .baggage = true});
    EXPECT_FALSE(context.valid());
    EXPECT_EQ(context.baggage, "a=1");
    EXPECT_EQ(inject(extract(headers), {.trace_context = true, .baggage = false}).size(), 2U);
}

TEST(TraceContext, it_survives_being_kept_as_text) {
    auto context = with_state({"foo=1"});
    context.baggage = "a=1: 2";
    const auto again = from_text(to_text(context));
    EXPECT_EQ(inject(again), inject(context));
    EXPECT_EQ(to_text(TraceContext{}), "");
    EXPECT_FALSE(from_text("").valid());
    EXPECT_FALSE(from_text("no field\n: \ntraceparent: x").valid());
}

}   // namespace
}   // namespace caddy::trace
