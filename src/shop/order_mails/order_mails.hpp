#pragma once
// Mails that tell the buyer how his order gets on: placed, paid, a parcel sent, cancelled, money given back. Each event
// is mailed about once, however often it is delivered here. Event loop only.
#include "platform/db/database.hpp"
#include "platform/jobs/outbox.hpp"
#include "platform/mail/mail.hpp"
#include "shop/orders/orders.hpp"

#include <boost/describe.hpp>

namespace caddy::order_mails {

BOOST_DEFINE_ENUM_CLASS(MailKind, placed, paid, shipped, cancelled, refunded)

struct Config {
    /// Which of them the shop writes.
    std::vector<std::string> kinds{"placed", "paid", "shipped", "cancelled", "refunded"};
    /// Where a buyer sees his order: an address with `{order}` and, where guests come in by it, `{token}`. Empty: mails
    /// have no link.
    std::string order_page;
};

/// What is wrong with a configuration, one line each; empty when it can be used.
std::vector<std::string> faults(const Config&);

/// A mail to be written about an order.
struct Due {
    jobs::EventId event_id;   // what happened
    orders::OrderId order_id;
    MailKind kind{};
    std::optional<orders::FulfilmentId> fulfilment_id{};   // the parcel, of `shipped`
    std::optional<std::int64_t> amount_minor{};            // what went back, of `refunded`
    std::optional<std::string> currency{};
};
BOOST_DESCRIBE_STRUCT(Due, (), (event_id, order_id, kind, fulfilment_id, amount_minor, currency))

class OrderMails {
public:
    /// REQUIRES: faults(config) is empty
    OrderMails(db::Database& database, orders::OrderService& orders, mail::Mailer& mailer, const Config& config)
        : db_(database), orders_(orders), mailer_(mailer), config_(config) {}

    /// Has a mail written by a job of its own, so that a mail server that is away holds up nothing else that follows
    /// from the event. Nothing where its event has been mailed about, or where the shop does not write such mails.
    ///
    /// Effect:  one transaction
    /// Emits:   order_mails.due
    Task<> queue(const Context&, const Due&);

    /// Writes the mail in the order's language and hands it over; throws as Mailer::send does. Each try has the same
    /// Message-ID, made of the event's id.
    Task<> send(const Context&, const Due&);

private:
    db::Database& db_;
    orders::OrderService& orders_;
    mail::Mailer& mailer_;
    Config config_;
};

}   // namespace caddy::order_mails
