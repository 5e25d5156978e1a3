#include "shop/order_mails/order_mails_words.hpp"
#include "tests/support/test_database.hpp"

#include "platform/json/decode.hpp"
#include "platform/json/encode.hpp"
#include "platform/runtime/permanent.hpp"

#include <gtest/gtest.h>

#include <array>

namespace caddy::order_mails {
namespace {

Money money(std::int64_t minor, std::string_view currency) { return {minor, *Currency::parse(currency)}; }

constexpr std::array kinds{MailKind::placed, MailKind::paid, MailKind::shipped, MailKind::cancelled,
                           MailKind::refunded};

orders::Order order_in(std::string language) {
    orders::Order order;
    order.id = orders::OrderId{77};
    order.number = "CS-20261122-7F3K9Q";
    order.token = "secret";
    order.email = "lin@example.com";
    order.language = std::move(language);
    order.currency = *Currency::parse("CNY");
    auto& totals = order.totals;
    totals.subtotal = money(123'400, "CNY");
    totals.discount = money(500, "CNY");
    totals.shipping = money(1'000, "CNY");
    totals.tax = money(77, "CNY");
    totals.tax_included = money(0, "CNY");
    totals.total = money(123'977, "CNY");
    return order;
}

Story full_story(MailKind kind, const orders::Order& order) {
    return {kind,          order, {{"Celadon <teapot>", "Small", 2, money(123'400, "CNY")}},
            "SF & 1234", money(700, "CNY"), "https://shop.example/o/1#secret"};
}

TEST(OrderMailAmounts, AreWrittenAsTheLanguageWritesThem) {
    EXPECT_EQ(amount_text(money(123'456'789, "CNY"), "zh-CN"), "¥1,234,567.89");
    EXPECT_EQ(amount_text(money(123'456'789, "CNY"), "en"), "CN¥1,234,567.89");
    EXPECT_EQ(amount_text(money(120'000, "JPY"), "en"), "¥120,000");
    EXPECT_EQ(amount_text(money(120'000, "JPY"), "zh-CN"), "JP¥120,000");
    EXPECT_EQ(amount_text(money(99'999, "USD"), "en"), "$999.99");
    EXPECT_EQ(amount_text(money(100'000, "USD"), "zh-CN"), "US$1,000.00");
    EXPECT_EQ(amount_text(money(1'234'567, "KWD"), "en"), "KWD\u00a01,234.567");
    EXPECT_EQ(amount_text(money(5, "EUR"), "en"), "€0.05");
    EXPECT_EQ(amount_text(money(-123'400, "EUR"), "zh-CN"), "-€1,234.00");
    EXPECT_EQ(amount_text(money(0, "JPY"), "en"), "¥0");
}

TEST(OrderMailWords, NameEverythingOfALine) {
    const std::vector<Piece> pieces{{"Pot", "Small", 2, money(1'000, "CNY")}, {"Cup", "", 1}};
    EXPECT_EQ(pieces_text(pieces, "en"), "2 × Pot, Small: CN¥10.00\n1 × Cup");
    EXPECT_EQ(pieces_text(pieces, "zh-CN"), "Pot（Small） × 2：¥10.00\nCup × 1");
}

TEST(OrderMailWords, LeadAGuestToHisOrderAndACustomerWithoutAToken) {
    auto order = order_in("en");
    EXPECT_EQ(link_of({{}, "https://s.example/o/{order}#{token}"}, order),
              "https://s.example/o/" + order.id.text() + "#secret");
    order.token.reset();
    EXPECT_EQ(link_of({{}, "https://s.example/o/{order}#{token}"}, order),
              "https://s.example/o/" + order.id.text() + "#");
    EXPECT_EQ(link_of({}, order), "");
}

/// What each mail has to say, where there is something to say.
std::vector<std::string> facts_of(MailKind kind, bool english) {
    const std::string sign = english ? "CN¥" : "¥";
    switch (kind) {
        case MailKind::placed:
            return {"Celadon <teapot>", sign + "1,234.00", "-" + sign + "5.00", sign + "10.00", sign + "0.77",
                    sign + "1,239.77"};
        case MailKind::paid:
        case MailKind::cancelled: return {sign + "1,239.77"};
        case MailKind::shipped: return {"Celadon <teapot>", "SF & 1234"};
        case MailKind::refunded: return {sign + "7.00"};
    }
    return {};
}

TEST(OrderMailWords, SayAllThatThereIsInEveryKindAndLanguage) {
    for (const auto kind : kinds) {
        for (const auto* language : {"en", "zh-CN"}) {
            SCOPED_TRACE(std::string(boost::describe::enum_to_string(kind, "?")) + " " + language);
            const auto order = order_in(language);
            const auto words = words_of(full_story(kind, order));
            EXPECT_NE(words.subject.find(order.number), std::string::npos);
            EXPECT_NE(words.text.find(order.number), std::string::npos);
            EXPECT_NE(words.text.find("\n\nhttps://shop.example/o/1#secret\n"), std::string::npos);
            EXPECT_NE(words.html.find("<a href=\"https://shop.example/o/1#secret\">"), std::string::npos);
            EXPECT_EQ(words.html.find("<teapot>"), std::string::npos);
            for (const auto& fact : facts_of(kind, language == std::string("en"))) {
                EXPECT_NE(words.text.find(fact), std::string::npos) << fact << " in\n" << words.text;
            }
            EXPECT_EQ(words.text.find('{'), std::string::npos) << words.text;
        }
    }
}

TEST(OrderMailWords, LeaveOutWhatThereIsNot) {
    for (const auto kind : kinds) {
        for (const auto* language : {"en", "zh-CN"}) {
            auto order = order_in(language);
            for (auto* amount : {&order.totals.discount, &order.totals.shipping, &order.totals.tax,
                                 &order.totals.total}) {
                amount->minor = 0;
            }
            auto story = full_story(kind, order);
            story.tracking.reset();
            story.link.clear();
            const auto text = words_of(story).text;
            for (const auto* word : {"Discount", "优惠", "Shipping", "运费", "Tax", "税费", "Tracking", "运单号",
                                     "look a", "查看订单", "not paid in time", "逾期"}) {
                EXPECT_EQ(text.find(word), std::string::npos) << text;
            }
            EXPECT_EQ(text.find("\n\n\n"), std::string::npos) << text;
            EXPECT_TRUE(text.ends_with("\n") && !text.ends_with("\n\n"));
        }
    }
}

TEST(OrderMailSettings, NameTheirFaults) {
    EXPECT_TRUE(faults({}).empty());
    EXPECT_TRUE(faults({{}, "https://shop.example/orders/{order}#{token}"}).empty());
    EXPECT_EQ(faults({{"paid", "lost"}, ""}).size(), 1U);
    EXPECT_EQ(faults({{}, "shop.example/orders"}).size(), 2U);
}

class FakeMailer final : public mail::Mailer {
public:
    Task<> send(const Context&, mail::Mail mail) override {
        if (away) throw Unavailable("no mail server");
        sent.push_back(std::move(mail));
        co_return;
    }
    std::vector<mail::Mail> sent;
    bool away = false;
};

class OrderMailsTest : public ::testing::Test {
protected:
    /// An order as checkout writes it.
    orders::OrderId place(const std::string& language) {
        orders::Draft draft;
        draft.id = orders::OrderId::next();
        draft.caller = "test";
        draft.email = "lin@example.com";
        draft.language = language;
        draft.cart_id = "cart_" + draft.id.text();
        draft.totals = order_in(language).totals;
        draft.payment = {orders::PaymentId::next(), "manual", "created", std::nullopt};
        db.in_transaction([&](db::Transaction& tx) -> Task<> { (void)co_await orders.place(tx, ctx, draft); });
        return draft.id;
    }
    std::int64_t due_events() {
        return db.count("SELECT COUNT(*) FROM outbox_events WHERE type = 'order_mails.due'");
    }

    testing::TestDatabase db;
    Context ctx = db.context();
    orders::OrderService orders{db.database()};
    FakeMailer mailer;
    OrderMails mails{db.database(), orders, mailer, {}};
};

TEST_F(OrderMailsTest, OfAnEventAreQueuedOnceHoweverOftenItComes) {
    const Due due{jobs::EventId{5}, place("en"), MailKind::paid};
    db.run(mails.queue(ctx, due));
    db.run(mails.queue(ctx, due));
    EXPECT_EQ(due_events(), 1);
    EXPECT_EQ(db.count("SELECT COUNT(*) FROM order_mails WHERE event_id = 5 AND kind = 'paid'"), 1);
    EXPECT_EQ(db.count("SELECT COUNT(*) FROM outbox_events WHERE aggregate LIKE 'mails.%'"), 1)
        << "they have an order of their own, so that they hold up nothing else";
}

TEST_F(OrderMailsTest, KindsThatTheShopDoesNotWriteAreNotQueued) {
    OrderMails quiet{db.database(), orders, mailer, {{"shipped"}, ""}};
    db.run(quiet.queue(ctx, {jobs::EventId{5}, place("en"), MailKind::paid}));
    EXPECT_EQ(due_events(), 0);
    EXPECT_EQ(db.count("SELECT COUNT(*) FROM order_mails"), 0);
}

TEST_F(OrderMailsTest, AreInTheOrdersLanguageAndHaveTheEventsId) {
    for (const auto* language : {"en", "zh-CN"}) {
        const auto order = place(language);
        db.run(mails.send(ctx, {jobs::EventId{5}, order, MailKind::refunded, std::nullopt, 1'234, "CNY"}));
        const auto& mail = mailer.sent.back();
        EXPECT_EQ(mail.to, "lin@example.com");
        EXPECT_EQ(mail.id, jobs::EventId{5}.text());
        EXPECT_NE(mail.text.find(language == std::string("en") ? "given back CN¥12.34" : "退款 ¥12.34"),
                  std::string::npos);
    }
}

TEST_F(OrderMailsTest, OfAnOrderThatIsGoneAreNotSent) {
    db.run(mails.send(ctx, {jobs::EventId{5}, orders::OrderId{9}, MailKind::paid}));
    EXPECT_TRUE(mailer.sent.empty());
}

TEST_F(OrderMailsTest, ThatNobodyTakesAreAFaultForTheJobToTryAgain) {
    const auto order = place("en");
    mailer.away = true;
    EXPECT_THROW(db.run(mails.send(ctx, {jobs::EventId{5}, order, MailKind::paid})), Unavailable);
}

TEST_F(OrderMailsTest, OfAParcelSayWhatIsInItAndUnderWhichNumber) {
    const auto order = place("en");
    orders::Fulfilment parcel{orders::FulfilmentId::next(), "SF1234", "staff", ctx.now(), {}};
    db.in_transaction([&](db::Transaction& tx) { return orders.add_fulfilment(tx, ctx, order, parcel); });
    EXPECT_EQ(db.count("SELECT COUNT(*) FROM outbox_events WHERE type = 'orders.parcel_sent'"), 1);
    db.run(mails.send(ctx, {jobs::EventId{5}, order, MailKind::shipped, parcel.id}));
    ASSERT_EQ(mailer.sent.size(), 1U);
    EXPECT_NE(mailer.sent[0].text.find("Tracking number: SF1234"), std::string::npos);
    db.run(mails.send(ctx, {jobs::EventId{5}, order, MailKind::shipped, orders::FulfilmentId{1}}));
    EXPECT_EQ(mailer.sent.size(), 1U);
}

TEST(OrderMailDue, SurvivesItsWayThroughTheOutbox) {
    const Due due{jobs::EventId{5}, orders::OrderId{6}, MailKind::refunded, std::nullopt, 1'234, "CNY"};
    const auto read = json::from_json<Due>(json::to_json(due)).value();
    EXPECT_EQ(read.event_id, due.event_id);
    EXPECT_EQ(read.kind, due.kind);
    EXPECT_EQ(read.amount_minor, due.amount_minor);
    EXPECT_FALSE(read.fulfilment_id.has_value());
}

}   // namespace
}   // namespace caddy::order_mails
