#include "platform/text/text.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace caddy::text {
namespace {

TEST(Utf8, accepts_exactly_what_rfc_3629_allows) {
    for (const auto* text : {"", "plain", "é茶\U0001F375", "\u07FF\uFFFD\U0010FFFF"})
        EXPECT_TRUE(is_utf8(text)) << text;
    for (const auto* text : {"\xff", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "a\xe8\x8c", "\x80"})
        EXPECT_FALSE(is_utf8(text));
}

TEST(Nfc, makes_composed_and_decomposed_spellings_equal) {
    EXPECT_EQ(nfc("e\u0301"), "\u00e9");
    EXPECT_EQ(nfc("茶"), "茶");
    EXPECT_EQ(nfc(""), "");
}

TEST(Length, counts_code_points) {
    EXPECT_EQ(length(""), 0U);
    EXPECT_EQ(length("aé茶\U0001F375"), 4U);
}

TEST(Lines, refuses_what_changes_reading_without_being_seen) {
    EXPECT_TRUE(is_single_line("龙井 – Spring’s 1st"));
    for (const auto* text : {"a\nb", "a\tb", "\x7f", "\u0085", "\u202e", "\u2066", "\u2028", "\xff"})
        EXPECT_FALSE(is_single_line(text));
    EXPECT_FALSE(is_single_line(std::string_view("a\0b", 3)));
    EXPECT_TRUE(is_multi_line("a\n\tb"));
    for (const auto* text : {"a\rb", "\u202e", "\x1b[0m"}) EXPECT_FALSE(is_multi_line(text));
}

TEST(Trimmed, takes_every_kind_of_white_space_off_both_ends) {
    EXPECT_EQ(trimmed(" \t\u3000\u00a0 a b \u2003\r\n"), "a b");
    EXPECT_EQ(trimmed("\u3000 "), "");
    EXPECT_EQ(trimmed(""), "");
}

TEST(Folded, makes_spellings_comparable) {
    EXPECT_EQ(folded("ÀB@Example.COM"), "àb@example.com");
    EXPECT_EQ(folded("A\u0300"), "\u00e0");
    EXPECT_EQ(folded("Straße"), "strasse");
}

TEST(Email, accepts_addresses_that_take_mail) {
    for (const auto* text : {"a@b.co", "first.last+tag@sub.example.com", "o'hara@example.org", "x_1@xn--fiqs8s.cn"})
        EXPECT_TRUE(is_email(text)) << text;
    const std::string long_name(64, 'a');
    EXPECT_TRUE(is_email(long_name + "@example.com"));
}

TEST(Email, refuses_everything_else) {
    for (const auto* text : {"",         "@",        "a@",        "@b.co",    "a@b",           "a@@b.co",
                             "a b@c.co", "a@b..co",  ".a@b.co",   "a.@b.co",  "a..b@c.co",     "a@-b.co",
                             "a@b-.co",  "a@b.co\n", "a@1.2.3.4", "<a@b.co>", "a@b.co,c@d.co", "é@b.co",
                             "a@b_c.co", "a@b.co."}) {
        EXPECT_FALSE(is_email(text)) << text;
    }
    EXPECT_FALSE(is_email(std::string(65, 'a') + "@example.com"));
    EXPECT_FALSE(is_email("a@" + std::string(250, 'b') + ".co"));
}

TEST(Slug, makes_a_name_for_a_url_in_any_script) {
    EXPECT_EQ(slug("  Spring Longjing -- 2026! "), "spring-longjing-2026");
    EXPECT_EQ(slug("Men's  Tee"), "mens-tee");
    EXPECT_EQ(slug("明前 龙井茶（250g）"), "明前-龙井茶-250g");
    EXPECT_EQ(slug("Café Crème"), "café-crème");
    EXPECT_EQ(slug("!!!"), "");
}

TEST(CleanHtml, keeps_what_a_product_text_needs) {
    for (const auto* html :
         {"<p>One <strong>bold</strong> &amp; <em>fine</em><br>line</p>", "<ul><li>a</li><li>b</li></ul>",
          "<table><tbody><tr><td colspan=\"2\">x</td></tr></tbody></table>", "<h2>茶</h2>", "plain &lt;text&gt;",
          "<a href=\"/products/tea?x=1&amp;y=2\">tea</a>",
          "<img src=\"https://cdn.example/x.jpg\" alt=\"a &quot;b&quot;\" width=\"10\">",
          "<img src=\"/media/x.png\">"}) {
        EXPECT_EQ(clean_html(html), html);
    }
}

TEST(CleanHtml, drops_or_defuses_what_could_run) {
    const struct {
        const char* html;
        const char* clean;
    } cases[] = {
        {"a<script>alert(1)</script>b", "ab"},
        {"<scr<script>ipt>alert(1)</script>", "ipt&gt;alert(1)"},
        {"<style>*{color:red}</style>x", "x"},
        {"<iframe src=//evil>in</iframe>out", "out"},
        {"<img src=x onerror=alert(1)>", "<img src=\"x\">"},
        {"<IMG SRC=\"javascript:alert(1)\">", "<img>"},
        {"<img src=http://plain.example/x.png>", "<img>"},
        {"<img src=\"data:image/svg+xml;base64,AA\">", "<img>"},
        {"<a href=\"javascript:alert(1)\">x</a>", "<a>x</a>"},
        {"<a href=\" JaVaScRiPt:alert(1)\">x</a>", "<a>x</a>"},
        {"<a href=\"java\nscript:alert(1)\">x</a>", "<a>x</a>"},
        {"<a href=\"java&#9;script:alert(1)\">x</a>", "<a>x</a>"},
        {"<a href=\"&#106;avascript:alert(1)\">x</a>", "<a>x</a>"},
        {"<a href=\"\x01javascript:alert(1)\">x</a>", "<a>x</a>"},
        {"<a href=\"vbscript:x\">x</a>", "<a>x</a>"},
        {"<a href=\"data:text/html,<script>\">x</a>", "<a>x</a>"},
        {"<a href=\"//evil.example\">x</a>", "<a>x</a>"},
        {"<a href=\"/\\evil.example\">x</a>", "<a>x</a>"},
        {"<p style=\"x\" class=\"y\" id=\"z\" onclick=\"a()\">t</p>", "<p>t</p>"},
        {"<svg onload=alert(1)><a><text>x</text></a></svg>y", "y"},
        {"<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></mglyph></table></mtext></math>y",
         "y"},
        {"<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\"></noscript>", nullptr},
        {"<!-- <script>alert(1)</script> -->x", "x"},
        {"<form action=/x><input name=a><button>go</button></form>", "go"},
        {"<blink>old</blink>", "old"},
        {"<pre>&#13;a&#13;b</pre>", "<pre>\n\na\nb</pre>"},
        {"<p>a\r\nb</p>", "<p>a\nb</p>"},
        {"<object data=x><p>fallback</p></object>", ""},
        {"<base href=//evil><meta http-equiv=refresh content=0><link rel=stylesheet href=x>t", "t"},
        {"<p>unclosed <b>bold", "<p>unclosed <b>bold</b></p>"},
        {"<a href=\"https://shop.example\" target=_blank rel=opener>x</a>",
         "<a href=\"https://shop.example\" rel=\"nofollow noopener noreferrer\">x</a>"},
        {"<td>stray</td>", "stray"},
        {"<img alt=\"`><script>alert(1)</script>\">", "<img alt=\"`&gt;&lt;script&gt;alert(1)&lt;/script&gt;\">"},
        {"<template><script>x</script></template>y", "y"},
        {"<textarea><img src=x onerror=alert(1)></textarea>", ""}};
    for (const auto& c : cases) {
        const auto clean = clean_html(c.html);
        if (c.clean) {
            EXPECT_EQ(clean, c.clean) << c.html;
        }
        EXPECT_EQ(clean.find("onerror=alert"), clean.find("onerror=alert(1)&gt;")) << clean;   // as text it may stand
        EXPECT_EQ(clean_html(clean), clean) << "cleaning twice changes nothing: " << c.html;
    }
}

TEST(CleanHtml, gives_valid_utf8_whatever_comes_in) {
    EXPECT_TRUE(is_utf8(clean_html("<p>\xff\xfe broken \xe8\x8c</p>")));
    EXPECT_TRUE(is_utf8(clean_html(std::string_view("a\0b", 3))));
}

TEST(CleanHtml, bounds_its_effort_on_hostile_nesting) {
    std::string deep, many;
    for (int i = 0; i < 200'000; ++i) deep += "<div>";
    for (int i = 0; i < 900; ++i) many += "<b id=" + std::to_string(i) + ">";
    for (int i = 0; i < 50'000; ++i) many += "<p>x";
    const auto begin = std::chrono::steady_clock::now();

    EXPECT_EQ(clean_html(deep + "text"), "text");
    EXPECT_EQ(clean_html(many).find('<'), std::string::npos);
    EXPECT_EQ(clean_html("<script>a</script" + deep + "<b").find('<'), std::string::npos);

    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
}

}  // namespace
}  // namespace caddy::text
