#include "platform/mail/template.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace caddy::mail {
namespace {

TEST(MailTemplate, IsFilledAsTextAndAsAPage) {
    const auto words = filled("Hello {name}\n\nDear {name},\nwelcome.\n\n{link}\n\nBye.\n", "en",
                              {{"name", "Lin"}, {"link", "https://shop.example/#token=t"}});
    EXPECT_EQ(words.subject, "Hello Lin");
    EXPECT_EQ(words.text, "Dear Lin,\nwelcome.\n\nhttps://shop.example/#token=t\n\nBye.\n");
    EXPECT_EQ(words.html,
              "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>Hello Lin</title></head>\n"
              "<body style=\"font-family:sans-serif;line-height:1.5;max-width:36em\">\n"
              "<p>Dear Lin,<br>\nwelcome.</p>\n"
              "<p><a href=\"https://shop.example/#token=t\">https://shop.example/#token=t</a></p>\n"
              "<p>Bye.</p>\n</body>\n</html>\n");
}

TEST(MailTemplate, NothingOfAValueIsMarkupOrAPlaceholder) {
    const auto words = filled("S\n\nDear {name},\n\n{link}\n", "en",
                              {{"name", "<b>\"{link}\" & co</b>"}, {"link", "javascript:alert(1)"}});
    EXPECT_EQ(words.text, "Dear <b>\"{link}\" & co</b>,\n\njavascript:alert(1)\n");
    EXPECT_NE(words.html.find("<p>Dear &lt;b&gt;&quot;{link}&quot; &amp; co&lt;/b&gt;,</p>"), std::string::npos);
    EXPECT_EQ(words.html.find("<a "), std::string::npos) << "only addresses of the web are links";
}

TEST(MailTemplate, LinesOfAnEmptyValueAreLeftOutAndSoAreTheirParagraphs) {
    const auto from = "S\n\nSum: 5\n{?tax}Tax: {tax}\n{?gift}Gift: {gift}\n\n"
                      "{?link}See here:\n\n{?link}{link}\n\nBye.\n";
    const auto bare = filled(from, "en", {{"tax", ""}, {"gift", "card"}, {"link", ""}});
    EXPECT_EQ(bare.text, "Sum: 5\nGift: card\n\nBye.\n");
    EXPECT_NE(bare.html.find("<p>Sum: 5<br>\nGift: card</p>\n<p>Bye.</p>"), std::string::npos);
    const auto full = filled(from, "en", {{"tax", "1"}, {"gift", ""}, {"link", "https://shop.example/"}});
    EXPECT_EQ(full.text, "Sum: 5\nTax: 1\n\nSee here:\n\nhttps://shop.example/\n\nBye.\n");
    EXPECT_NE(full.html.find("<a href=\"https://shop.example/\">"), std::string::npos);
    EXPECT_THROW(filled(from, "en", {{"tax", "1"}, {"link", ""}}), std::invalid_argument);
}

TEST(MailTemplate, APlaceholderThatNobodyFillsIsAFault) {
    EXPECT_THROW(filled("S\n\n{link}\n", "en", {{"name", "Lin"}}), std::invalid_argument);
    EXPECT_THROW(filled("S\n\n{link\n", "en", {{"link", "x"}}), std::invalid_argument);
    EXPECT_THROW(filled("no subject", "en", {}), std::invalid_argument);
}

}   // namespace
}   // namespace caddy::mail
