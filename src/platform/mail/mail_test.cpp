#include "platform/mail/message.hpp"
#include "platform/runtime/fault.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace caddy::mail {
namespace {

using namespace std::chrono_literals;

const Mailbox shop{"Tea & Pots", "shop@example.com"};
const Time moment = std::chrono::sys_days{std::chrono::year{2026} / 11 / 22} + 20h + 5min + 9s;

Mail hello() { return {"evt_1", "lin@example.com", "Hello", "One\nTwo\n"}; }

std::size_t longest_line(const std::string& bytes) {
    std::size_t longest = 0;
    std::istringstream lines(bytes);
    for (std::string line; std::getline(lines, line);) longest = std::max(longest, line.size());
    return longest;
}

TEST(Mail, AMessageHasItsHeadersAndItsTextInBase64) {
    EXPECT_EQ(message(hello(), shop, moment),
              "Date: Sun, 22 Nov 2026 20:05:09 +0000\r\n"
              "From: \"Tea & Pots\" <shop@example.com>\r\n"
              "To: lin@example.com\r\n"
              "Subject: Hello\r\n"
              "Message-ID: <evt_1@example.com>\r\n"
              "Auto-Submitted: auto-generated\r\n"
              "MIME-Version: 1.0\r\n"
              "Content-Type: text/plain; charset=utf-8\r\n"
              "Content-Transfer-Encoding: base64\r\n"
              "\r\n"
              "T25lDQpUd28NCg==\r\n");
}

TEST(Mail, AMailWithAPageHasBothFormsThePageLast) {
    auto mail = hello();
    mail.html = "<p>One</p>\n";
    const auto bytes = message(mail, shop, moment);
    EXPECT_TRUE(bytes.ends_with("Content-Type: multipart/alternative; boundary=\"=_alternative\"\r\n"
                                "\r\n--=_alternative\r\n"
                                "Content-Type: text/plain; charset=utf-8\r\n"
                                "Content-Transfer-Encoding: base64\r\n\r\n"
                                "T25lDQpUd28NCg==\r\n"
                                "\r\n--=_alternative\r\n"
                                "Content-Type: text/html; charset=utf-8\r\n"
                                "Content-Transfer-Encoding: base64\r\n\r\n"
                                "PHA+T25lPC9wPg0K\r\n"
                                "\r\n--=_alternative--\r\n"));
}

TEST(Mail, ASubjectOfOtherScriptsIsEncodedInWordsOfWholeCharacters) {
    auto mail = hello();
    for (int i = 0; i < 40; ++i) mail.subject += "壶";
    const auto bytes = message(mail, shop, moment);
    EXPECT_NE(bytes.find("Subject: Hello"), 0U);
    EXPECT_NE(bytes.find("=?UTF-8?B?"), std::string::npos);
    EXPECT_LE(longest_line(bytes), 86U);
    EXPECT_EQ(bytes.find("壶"), std::string::npos);
}

TEST(Mail, ASubjectThatLooksEncodedIsEncodedAgain) {
    auto mail = hello();
    mail.subject = "=?UTF-8?B?SGVsbG8=?=";
    EXPECT_EQ(message(mail, shop, moment).find("Subject: =?UTF-8?B?SGVsbG8=?="), std::string::npos);
}

TEST(Mail, NothingBreaksOutOfAHeader) {
    for (const auto* subject : {"a\r\nBcc: x@example.com", "a\nb", "a\rb"}) {
        auto mail = hello();
        mail.subject = subject;
        EXPECT_THROW(message(mail, shop, moment), std::invalid_argument) << subject;
    }
    for (const auto* to : {"a@example.com\r\nBcc: b@example.com", "a@example.com, b@example.com", "<a@example.com>",
                           "nobody", "@example.com", "a@"}) {
        auto mail = hello();
        mail.to = to;
        EXPECT_THROW(message(mail, shop, moment), std::invalid_argument) << to;
    }
    auto mail = hello();
    mail.id = "a>\r\nX: y";
    EXPECT_THROW(message(mail, shop, moment), std::invalid_argument);
    EXPECT_THROW(message(hello(), {"a\r\nBcc: b", "shop@example.com"}, moment), std::invalid_argument);
}

TEST(Mail, QuotesInANameAreQuoted) {
    const auto bytes = message(hello(), {"The \"Best\" Shop", "shop@example.com"}, moment);
    EXPECT_NE(bytes.find(R"(From: "The \"Best\" Shop" <shop@example.com>)"), std::string::npos);
}

TEST(Mail, ASenderIsANameAndAnAddressOrAnAddress) {
    EXPECT_EQ(parse_mailbox("shop@example.com")->address, "shop@example.com");
    EXPECT_EQ(parse_mailbox("茶 <shop@example.com>")->name, "茶");
    EXPECT_FALSE(parse_mailbox("shop"));
    EXPECT_FALSE(parse_mailbox("Shop <shop@example.com"));
    EXPECT_FALSE(parse_mailbox("a\n<shop@example.com>"));
}

TEST(Mail, AConfigurationThatCannotWorkIsToldOf) {
    Config config;
    EXPECT_TRUE(faults(config).empty());
    config.from = "nobody";
    config.smtp_host = "smtp://mail.example.com";
    EXPECT_EQ(faults(config).size(), 2U);
    config = {};
    config.smtp_host = "mail.example.com";
    config.smtp_user = "shop";
    config.smtp_tls = Tls::none;
    EXPECT_EQ(faults(config).size(), 1U);
}

/// Runs one sending to its end.
void send(Mailer& mailer, const Mail& mail) {
    asio::io_context loop(1);
    const SystemClock clock;
    Context ctx;
    ctx.clock = &clock;
    std::exception_ptr fault;
    asio::co_spawn(loop, mailer.send(ctx, mail), [&](std::exception_ptr thrown) { fault = thrown; });
    loop.run();
    if (fault) std::rethrow_exception(fault);
}

TEST(Mail, TheFolderGetsOneFileThatOnlyItsOwnerReads) {
    std::string place = ::testing::TempDir() + "caddy_mail_XXXXXX";
    ASSERT_NE(::mkdtemp(place.data()), nullptr);
    const std::filesystem::path folder = std::filesystem::path(place) / "mail";
    const auto mailer = make_mailer(Config{}, folder);

    send(*mailer, hello());

    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) files.push_back(entry.path());
    ASSERT_EQ(files.size(), 1U);
    EXPECT_EQ(files[0].extension(), ".eml");
    using std::filesystem::perms;
    EXPECT_EQ(std::filesystem::status(files[0]).permissions(), perms::owner_read | perms::owner_write);
    std::ifstream file(files[0]);
    std::string first;
    std::getline(file, first);
    EXPECT_TRUE(first.starts_with("Date: "));
    std::filesystem::remove_all(place);
}

TEST(Mail, AServerThatIsNotThereIsAFaultThatMayBeTriedAgain) {
    Config config;
    config.smtp_host = "127.0.0.1";
    config.smtp_port = 1;
    config.smtp_tls = Tls::none;
    const auto mailer = make_mailer(config, "unused");
    EXPECT_THROW(send(*mailer, hello()), Unavailable);
}

}   // namespace
}   // namespace caddy::mail
