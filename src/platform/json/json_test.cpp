#include "platform/json/decode.hpp"
#include "platform/json/encode.hpp"
#include "platform/json/more.hpp"

#include <gtest/gtest.h>

namespace caddy::json {
namespace {

struct CartTag {
    static constexpr std::string_view prefix = "cart";
};
using CartId = Id<CartTag>;
BOOST_DEFINE_ENUM_CLASS(Colour, red, green)

struct Inner {
    std::string name;
};
BOOST_DESCRIBE_STRUCT(Inner, (), (name))
struct Everything {
    bool flag = false;
    int number = 0;
    std::uint8_t small = 0;
    std::string text;
    std::optional<std::string> maybe;
    std::vector<Inner> list;
    Colour colour{};
};
BOOST_DESCRIBE_STRUCT(Everything, (), (flag, number, small, text, maybe, list, colour))
struct Change {
    Patch<std::string> title;
    Patch<int> rank;
};
BOOST_DESCRIBE_STRUCT(Change, (), (title, rank))
struct Typed {
    CartId cart;
    Time at;
    Currency currency;
    Raw rest;
    std::map<std::string, int> counts;
};
BOOST_DESCRIBE_STRUCT(Typed, (), (cart, at, currency, rest, counts))

std::string round_trip(std::string_view text) {
    const auto value = parse(text);
    if (value.has_error()) return std::string(value.error().code);
    std::string out;
    write_value(out, *value);
    return out;
}
std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

TEST(Parse, reads_every_kind_of_value_and_writes_it_back) {
    const struct {
        const char* text;
        const char* back;
    } cases[] = {{"null", "null"},
                 {" true ", "true"},
                 {"\n[1,2 ,3]\t", "[1,2,3]"},
                 {R"({"b":1,"a":{"c":[]}})", R"({"b":1,"a":{"c":[]}})"},
                 {"-9223372036854775808", "-9223372036854775808"},
                 {"9223372036854775807", "9223372036854775807"},
                 {R"("\u00e9\n\ud83c\udf75")", "\"\u00e9\\n\U0001F375\""},
                 {"{}", "{}"},
                 {"\"\"", "\"\""}};
    for (const auto& c : cases) EXPECT_EQ(round_trip(c.text), c.back) << c.text;
}

TEST(Parse, keeps_the_text_of_a_number_that_is_no_64_bit_integer) {
    for (const auto* text : {"9223372036854775808", "18446744073709551616", "1.5", "2.0", "1e400", "-1E-7",
                             "123456789012345678901234567890", "0.10000000000000000000000001"}) {
        EXPECT_EQ(round_trip(text), text);
        EXPECT_TRUE(std::holds_alternative<Value::Number>(parse(text)->data)) << text;
    }
}

TEST(Parse, refuses_what_is_not_strictly_json) {
    for (const auto* text : {"",
                             " ",
                             "{",
                             "[1,]",
                             "{\"a\":1,}",
                             "{a:1}",
                             "'a'",
                             "01",
                             "+1",
                             ".5",
                             "1.",
                             "nul",
                             "NaN",
                             "Infinity",
                             "[1]x",
                             "{} {}",
                             "// c\n1",
                             "/**/1",
                             "\"\n\"",
                             "\"\t\"",
                             "\"\\x\"",
                             "\"\\ud800\"",
                             "\"\\udc00\"",
                             "\"\xff\"",
                             "\"\xc0\xaf\"",
                             "\"\xed\xa0\x80\"",
                             "\xef\xbb\xbf{}",
                             "\"abc",
                             "[",
                             "-",
                             "\"\\u12\"",
                             "tru"}) {
        EXPECT_EQ(round_trip(text), "request.malformed_json") << text;
    }
    EXPECT_EQ(round_trip(std::string_view("1\0", 2)), "request.malformed_json");
}

TEST(Parse, names_where_reading_failed) {
    const auto broken = parse("{\"a\":[1,{\"b/c\":\"\xff\"}]}");

    ASSERT_TRUE(broken.has_error());
    EXPECT_EQ(broken.error().fields.at(0).pointer, "/a/1/b~1c");
    EXPECT_NE(broken.error().detail.find("byte 16"), std::string::npos) << broken.error().detail;
}

TEST(Parse, refuses_a_member_that_stands_there_twice) {
    const auto twice = parse(R"({"x":[{"a":1,"b":2,"\u0061":3}]})");

    ASSERT_TRUE(twice.has_error());
    EXPECT_EQ(twice.error().code, "request.duplicate_member");
    EXPECT_EQ(twice.error().fields.at(0).pointer, "/x/0/a");
    EXPECT_EQ(round_trip(R"({"a":{"a":{"a":1}}})"), R"({"a":{"a":{"a":1}}})");
}

TEST(Parse, nests_to_the_limit_and_not_beyond) {
    EXPECT_EQ(round_trip(nested(depth_max)), nested(depth_max));
    EXPECT_EQ(round_trip(nested(depth_max + 1)), "request.too_deep");
    EXPECT_EQ(round_trip(std::string(1'000'000, '[')), "request.too_deep");
}

TEST(FromJson, fills_a_described_struct) {
    const auto all = from_json<Everything>(R"({"flag":true,"number":-7,"small":255,"text":"茶","maybe":null,)"
                                           R"("list":[{"name":"a"},{"name":"b"}],"colour":"green"})");

    ASSERT_TRUE(all.has_value());
    EXPECT_TRUE(all->flag);
    EXPECT_EQ(all->number, -7);
    EXPECT_EQ(all->small, 255);
    EXPECT_EQ(all->text, "茶");
    EXPECT_FALSE(all->maybe);
    EXPECT_EQ(all->list.at(1).name, "b");
    EXPECT_EQ(all->colour, Colour::green);
}

TEST(FromJson, names_every_fault_by_its_pointer) {
    const auto bad = from_json<Everything>(
        R"({"flag":1,"number":2.0,"small":256,"text":null,"list":[{"name":3},{}],"colour":"blue","extra~/":0})");

    ASSERT_TRUE(bad.has_error());
    EXPECT_EQ(bad.error().kind, ErrorKind::invalid);
    std::map<std::string, std::string> faults;
    for (const auto& field : bad.error().fields) faults[field.pointer] = field.code;
    const std::map<std::string, std::string> expected{
        {"/flag", "not_a_boolean"},  {"/number", "out_of_range"},      {"/small", "out_of_range"},
        {"/text", "not_a_string"},   {"/list/0/name", "not_a_string"}, {"/list/1/name", "required"},
        {"/colour", "not_a_choice"}, {"/extra~0~1", "unknown_member"}};
    EXPECT_EQ(faults, expected);
}

TEST(FromJson, takes_no_enumerator_with_bytes_behind_it) {
    EXPECT_TRUE(from_json<Everything>(R"({"flag":true,"number":1,"small":1,"text":"","list":[],"colour":"red\u0000x"})")
                    .has_error());
}

TEST(FromJson, tells_absent_null_and_value_of_a_patch_apart) {
    const auto cleared = from_json<Change>(R"({"title":null,"rank":3})");
    const auto untouched = from_json<Change>("{}");

    ASSERT_TRUE(cleared.has_value() && untouched.has_value());
    EXPECT_TRUE(cleared->title.present && !cleared->title.value);
    EXPECT_EQ(cleared->rank.value, 3);
    EXPECT_FALSE(untouched->title.present || untouched->rank.present);
}

TEST(FromJson, reads_ids_times_currencies_and_free_parts) {
    const CartId id{12345};
    const auto typed =
        from_json<Typed>(R"({"cart":")" + id.text() +
                         R"(","at":"2026-01-31T12:00:00Z","currency":"CNY","rest":{"z":[1.50]},"counts":{"a":1}})");

    ASSERT_TRUE(typed.has_value());
    EXPECT_EQ(typed->cart, id);
    EXPECT_EQ(typed->rest.text, R"({"z":[1.50]})");
    EXPECT_EQ(typed->counts.at("a"), 1);
}

TEST(FromJson, bounds_the_list_of_faults) {
    std::string body = "{";
    for (int i = 0; i < 5000; ++i) body += "\"m" + std::to_string(i) + "\":1,";
    body.back() = '}';
    EXPECT_LE(from_json<Change>(body).error().fields.size(), faults_max);
}

TEST(ToJson, writes_strings_so_that_they_come_back_equal) {
    std::string text;
    for (char c = 0; c < 127; ++c) text.push_back(c);
    text += "茶\U0001F375";
    const auto back = parse(to_json(text));

    ASSERT_TRUE(back.has_value());
    EXPECT_EQ(std::get<std::string>(back->data), text);
}

TEST(ToJson, escapes_a_sign_wherever_in_a_text_it_stands) {
    const std::pair<char, std::string> signs[] = {
        {'"', "\\\""}, {'\\', "\\\\"}, {'\n', "\\n"}, {'\x01', "\\u0001"}, {'\x1f', "\\u001f"}};
    for (const auto& [sign, escaped] : signs) {
        for (std::size_t length = 1; length < 20; ++length) {
            for (std::size_t at = 0; at < length; ++at) {
                std::string text(length, '\xe8');   // a byte with its highest bit set, as in every Chinese text
                text[at] = sign;
                std::string expected(length, '\xe8');
                expected.replace(at, 1, escaped);
                std::string out;
                write_string(out, text);
                EXPECT_EQ(out, '"' + expected + '"') << length << " " << at;
            }
        }
    }
    std::string out;
    write_string(out, "\x7f !#[]~\x80\xff plain");
    EXPECT_EQ(out, "\"\x7f !#[]~\x80\xff plain\"");
}

TEST(ToJson, writes_structs_money_pages_and_absences) {
    Page<Inner> page{{{"a"}}, std::nullopt, 24, 10'000};
    EXPECT_EQ(to_json(page),
              R"({"data":[{"name":"a"}],"page":{"next":null,"limit":24,"count":10000,"relation":"gte"}})");
    EXPECT_EQ(to_json(Money{1999, *Currency::parse("CNY")}), R"({"amount_minor":1999,"currency":"CNY","exponent":2})");
    EXPECT_EQ(to_json(std::vector<std::optional<int>>{1, std::nullopt}), "[1,null]");
    EXPECT_EQ(to_json(INT64_MIN), "-9223372036854775808");
    EXPECT_EQ(to_json(Colour::red), "\"red\"");
    EXPECT_EQ(more(Inner{"x"})->members(), R"("name":"x")");
}

}   // namespace
}   // namespace caddy::json
