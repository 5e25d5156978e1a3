#include "platform/text/words.hpp"

#include <gtest/gtest.h>

namespace caddy::text {
namespace {

std::vector<std::string> texts(std::string_view text) {
    std::vector<std::string> found;
    for (const auto& word : words(text)) found.push_back(word.text);
    return found;
}

using Texts = std::vector<std::string>;

TEST(Words, end_at_whatever_is_no_letter_and_no_digit) {
    EXPECT_EQ(texts("Red-Tea, 50g (new!)"), (Texts{"red", "tea", "50g", "new"}));
    EXPECT_EQ(texts("  "), Texts{});
    EXPECT_EQ(texts("?!…"), Texts{});
}

TEST(Words, are_compared_without_case_and_width) {
    EXPECT_EQ(texts("Ｔｅｅ ＴＸ１００ Straße"), (Texts{"tee", "tx100", "strasse"}));
    EXPECT_EQ(texts("Cafe\u0301 Café"), (Texts{"café", "café"}));
}

TEST(Words, keep_an_apostrophe_out_of_the_way) { EXPECT_EQ(texts("Men's men’s"), (Texts{"mens", "mens"})); }

TEST(Words, tell_runs_without_spaces_apart_from_words_with_them) {
    const std::vector<Word> expected{{"usb", Script::alphabetic},
                                     {"充电线", Script::ideographic},
                                     {"2m", Script::alphabetic},
                                     {"お茶", Script::ideographic}};
    EXPECT_EQ(words("USB充电线2m、お茶"), expected);
}

TEST(Words, characters_are_code_points) {
    EXPECT_EQ(characters("a茶𠮷"), (std::vector<std::string_view>{"a", "茶", "𠮷"}));
    EXPECT_TRUE(characters("").empty());
}

}  // namespace
}  // namespace caddy::text
