// The sandbox's books: tables that stand for the provider's side.
#include "shop/payments/payments_store.hpp"

namespace caddy::payments::store {
namespace {

struct SandboxRow {
    PaymentId payment_id;
    std::string reference;
    SandboxStatus status{};
    std::string order_number;
    std::int64_t amount_minor = 0;
    Currency currency;
    std::optional<Time> decided_at;
    std::int64_t refunded_minor = 0;
};
BOOST_DESCRIBE_STRUCT(SandboxRow, (), (payment_id, reference, status, order_number, amount_minor, currency, decided_at,
                                       refunded_minor))

struct AmountRow {
    std::int64_t amount_minor = 0;
    Currency currency;
};
BOOST_DESCRIBE_STRUCT(AmountRow, (), (amount_minor, currency))

}  // namespace

const db::Sql sql_insert_sandbox{{
    .name = "payments.insert_sandbox",
    .any = "INSERT INTO sandbox_payments (reference, payment_id, order_number, amount_minor, currency, status, "
           "created_at, decided_at, refunded_minor) VALUES (?, ?, ?, ?, ?, ?, ?, NULL, 0)"}};

Task<bool> insert_sandbox(db::Transaction& tx, const SandboxPayment& payment, Time now) {
    const bool written =
        co_await tx.exec_unique(sql_insert_sandbox, payment.reference, payment.payment_id, payment.order_number,
                                payment.amount.minor, payment.amount.currency, payment.status, now);
    co_return written;
}

const db::Sql sql_load_sandbox{{
    .name = "payments.load_sandbox",
    .any = "SELECT payment_id, reference, status, order_number, amount_minor, currency, decided_at, refunded_minor "
           "FROM sandbox_payments WHERE payment_id = ?"}};

Task<std::optional<SandboxPayment>> load_sandbox(db::Session& db, PaymentId id) {
    auto row = co_await db.one<SandboxRow>(sql_load_sandbox, id);
    if (!row) co_return std::nullopt;
    const Money amount{row->amount_minor, row->currency};
    co_return SandboxPayment{row->payment_id, std::move(row->reference), row->status, std::move(row->order_number),
                             amount,          row->decided_at,           row->refunded_minor};
}

const db::Sql sql_decide_sandbox{{
    .name = "payments.decide_sandbox",
    .any = "UPDATE sandbox_payments SET status = ?, decided_at = ? WHERE payment_id = ? AND status = ?"}};

Task<bool> decide_sandbox(db::Transaction& tx, PaymentId id, SandboxStatus status, Time now) {
    const auto changed = co_await tx.exec(sql_decide_sandbox, status, now, id, SandboxStatus::open);
    co_return changed == 1;
}

const db::Sql sql_take_sandbox_refund{{
    .name = "payments.take_sandbox_refund",
    .any = "UPDATE sandbox_payments SET refunded_minor = refunded_minor + ? "
           "WHERE payment_id = ? AND status = ? AND currency = ? AND refunded_minor + ? <= amount_minor"}};

Task<bool> take_sandbox_refund(db::Transaction& tx, PaymentId id, Money amount) {
    const auto changed = co_await tx.exec(sql_take_sandbox_refund, amount.minor, id, SandboxStatus::approved,
                                          amount.currency, amount.minor);
    co_return changed == 1;
}

const db::Sql sql_insert_sandbox_refund{{
    .name = "payments.insert_sandbox_refund",
    .any = "INSERT INTO sandbox_refunds (refund_key, payment_id, amount_minor, currency, created_at) "
           "VALUES (?, ?, ?, ?, ?)"}};

Task<> insert_sandbox_refund(db::Transaction& tx, std::string_view key, PaymentId id, Money amount, Time now) {
    co_await tx.exec(sql_insert_sandbox_refund, key, id, amount.minor, amount.currency, now);
}

const db::Sql sql_sandbox_refund{{
    .name = "payments.sandbox_refund",
    .any = "SELECT amount_minor, currency FROM sandbox_refunds WHERE refund_key = ?"}};

Task<std::optional<Money>> sandbox_refund(db::Session& db, std::string_view key) {
    const auto row = co_await db.one<AmountRow>(sql_sandbox_refund, key);
    if (!row) co_return std::nullopt;
    co_return Money{row->amount_minor, row->currency};
}

}  // namespace caddy::payments::store
