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

const db::Sql sql_refund_sandbox{{
    .name = "payments.refund_sandbox",
    .any = "UPDATE sandbox_payments SET refunded_minor = ? "
           "WHERE payment_id = ? AND status = ? AND amount_minor = ? AND currency = ? AND refunded_minor = 0"}};

Task<bool> refund_sandbox(db::Transaction& tx, PaymentId id, Money amount) {
    const auto changed = co_await tx.exec(sql_refund_sandbox, amount.minor, id, SandboxStatus::approved, amount.minor,
                                          amount.currency);
    co_return changed == 1;
}

}  // namespace caddy::payments::store
