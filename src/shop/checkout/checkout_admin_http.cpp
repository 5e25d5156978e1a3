// Orders, parcels, payments and refunds in the back office.
#include "platform/http/router.hpp"
#include "platform/idempotency/idempotency.hpp"
#include "platform/text/text.hpp"
#include "shop/checkout/checkout.hpp"

#include <algorithm>
#include <set>

namespace caddy::checkout {
namespace {

using http::Request;
using http::Response;

constexpr std::size_t reason_length_max = 500;
constexpr std::size_t note_length_max = 2'000;
constexpr std::size_t tracking_length_max = 255;
constexpr std::size_t portions_max = 100;

// ---- what comes in ----

struct FulfilBody {
    std::vector<orders::Portion> lines;
    std::optional<std::string> tracking;
};
BOOST_DESCRIBE_STRUCT(FulfilBody, (), (lines, tracking))

struct ReasonBody {
    std::string reason;
};
BOOST_DESCRIBE_STRUCT(ReasonBody, (), (reason))

struct NoteBody {
    std::string note;
};
BOOST_DESCRIBE_STRUCT(NoteBody, (), (note))

struct EmptyBody {};
BOOST_DESCRIBE_STRUCT(EmptyBody, (), ())

struct RefundBody {
    std::optional<std::int64_t> amount_minor;
    std::optional<std::vector<orders::Portion>> lines;
    std::string reason;
    bool restock = false;
};
BOOST_DESCRIBE_STRUCT(RefundBody, (), (amount_minor, lines, reason, restock))

// ---- what goes out ----

struct WireEntry {
    Time at{};
    std::optional<orders::OrderStatus> from;
    orders::OrderStatus to{};
    std::optional<std::string> note;
    std::string actor;
    orders::Audience audience{};
};
BOOST_DESCRIBE_STRUCT(WireEntry, (), (at, from, to, note, actor, audience))

struct WirePayment {
    PaymentId id;
    std::string provider;
    std::optional<std::string> reference;
    payments::PaymentStatus status{};
    Money amount;
    Money returned;   // went back by refunds, or is on its way
    std::optional<std::string> failure_code;
    std::optional<Time> settled_at;
    Time created_at{};
};
BOOST_DESCRIBE_STRUCT(WirePayment, (), (id, provider, reference, status, amount, returned, failure_code, settled_at,
                                        created_at))

struct WireRefund {
    payments::RefundId id;
    OrderId order_id;
    PaymentId payment_id;
    Money amount;
    std::string reason;
    payments::RefundStatus status{};
    bool restock = false;
    std::vector<payments::RefundLine> lines;
    std::string actor;
    std::optional<Time> finished_at;
    Time created_at{};
};
BOOST_DESCRIBE_STRUCT(WireRefund, (), (id, order_id, payment_id, amount, reason, status, restock, lines, actor,
                                       finished_at, created_at))

struct UserTag { static constexpr std::string_view prefix = "cus"; };

/// An order as staff see it: who did what, and every attempt to pay. Not its token, which is the guest's own.
struct WireOrder {
    OrderId id;
    std::string number;
    orders::OrderStatus status{};
    std::string email;
    std::optional<std::string> customer_id;
    std::string language;
    Currency currency;
    std::vector<orders::Line> lines;
    pricing::Totals totals;
    std::vector<pricing::TaxLine> tax_lines;
    std::optional<json::Raw> shipping_address;
    std::optional<orders::ShippingMethod> shipping_method;
    std::vector<WireEntry> timeline;
    std::vector<orders::Fulfilment> fulfilments;
    std::vector<WirePayment> payments;
    std::vector<WireRefund> refunds;
    std::optional<std::string> note;
    Time expires_at{};
    Time created_at{};
    Time updated_at{};
    std::int64_t version = 1;
};
BOOST_DESCRIBE_STRUCT(WireOrder, (), (id, number, status, email, customer_id, language, currency, lines, totals,
                                      tax_lines, shipping_address, shipping_method, timeline, fulfilments, payments,
                                      refunds, note, expires_at, created_at, updated_at, version))

WireRefund wire(const payments::Refund& refund) {
    return {refund.id,      refund.order, refund.payment, refund.amount,      refund.reason,    refund.status,
            refund.restock, refund.lines, refund.actor,   refund.finished_at, refund.created_at};
}

WirePayment wire(const payments::Payment& payment) {
    const auto returned = payment.status == payments::PaymentStatus::refunded ? payment.amount.minor
                                                                              : payment.returned_minor;
    return {payment.id,     payment.provider, payment.reference,
            payment.status, payment.amount,   {returned, payment.amount.currency},
            payment.failure_code, payment.settled_at, payment.created_at};
}

WireOrder wire(const OrderView& view) {
    const auto& order = view.order;
    WireOrder out;
    out.id = order.id;
    out.number = order.number;
    out.status = order.status;
    out.email = order.email;
    if (order.customer != 0) out.customer_id = Id<UserTag>{order.customer}.text();
    out.language = order.language;
    out.currency = order.currency;
    out.lines = order.lines;
    out.totals = order.totals;
    out.tax_lines = order.tax_lines;
    out.shipping_address = order.shipping_address;
    out.shipping_method = order.shipping_method;
    for (const auto& entry : orders::history_of(order)) {
        out.timeline.push_back({entry.at, entry.from, entry.to, entry.note, entry.actor, entry.audience});
    }
    out.fulfilments = view.fulfilments;
    for (const auto& payment : view.payments) out.payments.push_back(wire(payment));
    for (const auto& refund : view.refunds) out.refunds.push_back(wire(refund));
    out.note = order.note;
    out.expires_at = order.expires_at;
    out.created_at = order.created_at;
    out.updated_at = order.updated_at;
    out.version = order.version;
    return out;
}

Response answer(int status, const OrderView& view) {
    return http::json_response(status, wire(view)).with("Cache-Control", "no-store");
}
Response answer(int status, const payments::Refund& refund) {
    return http::json_response(status, wire(refund)).with("Cache-Control", "no-store");
}

// ---- what is acceptable ----

enum class Lines { one, many };

void check_text(Checks& checks, const std::string& text, std::size_t length_max, Lines lines, const char* pointer) {
    const bool clean = text::is_utf8(text) && !text::trimmed(text).empty() && text::length(text) <= length_max &&
                       (lines == Lines::many ? text::is_multi_line(text) : text::is_single_line(text));
    checks.require(clean, pointer, "not_a_text",
                   "Send a text of at most " + std::to_string(length_max) + " characters.");
}

void check_portions(Checks& checks, const std::vector<orders::Portion>& portions) {
    checks.require(portions.size() <= portions_max, "/lines", "too_many", "Send at most 100 lines.");
    std::set<std::int64_t> seen;
    for (std::size_t i = 0; i < std::min(portions.size(), portions_max); ++i) {
        const auto pointer = "/lines/" + std::to_string(i);
        checks.require(portions[i].quantity > 0, pointer + "/quantity", "out_of_range", "Send one piece or more.");
        checks.require(seen.insert(portions[i].line_id.value).second, pointer + "/line_id", "repeated",
                       "Name each line once.");
    }
}

Result<RefundWish> read_wish(const RefundBody& body) {
    Checks checks;
    const auto lines = body.lines.value_or(std::vector<orders::Portion>{});
    checks.require(body.amount_minor || !lines.empty(), "/amount_minor", "required",
                   "Send an amount, or the lines to give back.");
    checks.require(!body.amount_minor || *body.amount_minor > 0, "/amount_minor", "out_of_range",
                   "Send an amount above zero, in minor units.");
    checks.require(!body.restock || !lines.empty(), "/lines", "required", "Say which pieces come back.");
    check_portions(checks, lines);
    check_text(checks, body.reason, reason_length_max, Lines::one, "/reason");
    CADDY_TRY(checks.result());
    return RefundWish{body.amount_minor, lines, body.reason, body.restock ? Restock::yes : Restock::no};
}

// ---- the routes ----

Task<Result<Response>> show_order(Request& request, CheckoutService& checkout) {
    CADDY_CO_TRY(request.allow_query({}));
    CADDY_CO_TRY(const auto id, request.path_id<OrderId>("order"));
    CADDY_CO_TRY(const auto view, co_await checkout.view(request.ctx, id));
    co_return answer(200, view);
}

Task<Result<Response>> fulfil(Request& request, CheckoutService& checkout) {
    CADDY_CO_TRY(const auto id, request.path_id<OrderId>("order"));
    CADDY_CO_TRY(const auto body, request.json<FulfilBody>());
    Checks checks;
    checks.require(!body.lines.empty(), "/lines", "required", "Say what is in the parcel.");
    check_portions(checks, body.lines);
    if (body.tracking) check_text(checks, *body.tracking, tracking_length_max, Lines::one, "/tracking");
    CADDY_CO_TRY(checks.result());
    const Parcel parcel{body.lines, body.tracking};
    CADDY_CO_TRY(const auto view, co_await checkout.fulfil(request.ctx, id, parcel));
    co_return answer(201, view);
}

Task<Result<Response>> deliver(Request& request, CheckoutService& checkout) {
    CADDY_CO_TRY(const auto id, request.path_id<OrderId>("order"));
    CADDY_CO_TRY(request.json<EmptyBody>());
    CADDY_CO_TRY(const auto view, co_await checkout.advance(request.ctx, id, orders::OrderStatus::delivered));
    co_return answer(200, view);
}

Task<Result<Response>> complete(Request& request, CheckoutService& checkout) {
    CADDY_CO_TRY(const auto id, request.path_id<OrderId>("order"));
    CADDY_CO_TRY(request.json<EmptyBody>());
    CADDY_CO_TRY(const auto view, co_await checkout.advance(request.ctx, id, orders::OrderStatus::completed));
    co_return answer(200, view);
}

Task<Result<Response>> cancel(Request& request, CheckoutService& checkout) {
    CADDY_CO_TRY(const auto id, request.path_id<OrderId>("order"));
    CADDY_CO_TRY(const auto body, request.json<ReasonBody>());
    Checks checks;
    check_text(checks, body.reason, reason_length_max, Lines::one, "/reason");
    CADDY_CO_TRY(checks.result());
    CADDY_CO_TRY(const auto view, co_await checkout.cancel_by_staff(request.ctx, id, body.reason));
    co_return answer(200, view);
}

Task<Result<Response>> add_note(Request& request, CheckoutService& checkout) {
    CADDY_CO_TRY(const auto id, request.path_id<OrderId>("order"));
    CADDY_CO_TRY(const auto body, request.json<NoteBody>());
    Checks checks;
    check_text(checks, body.note, note_length_max, Lines::many, "/note");
    CADDY_CO_TRY(checks.result());
    CADDY_CO_TRY(const auto view, co_await checkout.note(request.ctx, id, body.note));
    co_return answer(201, view);
}

Task<Result<Response>> refund(Request& request, CheckoutService& checkout) {
    CADDY_CO_TRY(const auto id, request.path_id<OrderId>("order"));
    CADDY_CO_TRY(const auto body, request.json<RefundBody>());
    CADDY_CO_TRY(const auto wish, read_wish(body));
    CADDY_CO_TRY(const auto made, co_await checkout.refund_order(request.ctx, id, wish));
    co_return answer(201, made);
}

Task<Result<Response>> mark_paid(Request& request, CheckoutService& checkout) {
    CADDY_CO_TRY(const auto id, request.path_id<PaymentId>("payment"));
    CADDY_CO_TRY(request.json<EmptyBody>());
    CADDY_CO_TRY(const auto view, co_await checkout.mark_paid(request.ctx, id));
    co_return answer(200, view);
}

Task<Result<Response>> mark_refunded(Request& request, CheckoutService& checkout) {
    CADDY_CO_TRY(const auto id, request.path_id<PaymentId>("payment"));
    CADDY_CO_TRY(request.json<EmptyBody>());
    CADDY_CO_TRY(const auto view, co_await checkout.mark_refunded(request.ctx, id));
    co_return answer(200, view);
}

// ---- the same answers again, after a crash between effect and answer ----

Error gone() { return {ErrorKind::not_found, "orders.not_found", "There is no such order any more."}; }

template <int status>
Task<Result<Response>> show_again(Request& request, const std::string& made, CheckoutService& checkout) {
    const auto id = OrderId::parse(made);
    if (!id) co_return gone();
    CADDY_CO_TRY(const auto view, co_await checkout.view(request.ctx, *id));
    co_return answer(status, view);
}

Task<Result<Response>> show_refund_again(Request& request, const std::string& made, CheckoutService& checkout) {
    const auto id = payments::RefundId::parse(made);
    if (!id) co_return gone();
    CADDY_CO_TRY(const auto again, co_await checkout.show_refund(request.ctx, *id));
    co_return answer(201, again);
}

/// What was marked is marked: doing it again changes nothing and shows the order.
Task<Result<Response>> mark_paid_again(Request& request, const std::string&, CheckoutService& checkout) {
    CADDY_CO_TRY(const auto id, request.path_id<PaymentId>("payment"));
    CADDY_CO_TRY(const auto view, co_await checkout.view_of(request.ctx, id));
    co_return answer(200, view);
}

}  // namespace

void admin_routes(http::Router& router, CheckoutService& checkout, idempotency::Ledger& ledger) {
    using idempotency::bind_resume;
    using idempotency::Key;
    const std::string order = "/api/v1/admin/orders/{order}";
    const std::string payment = "/api/v1/admin/payments/{payment}";
    const auto post = [&](const std::string& path, Permission permission, Key key, http::Handler handler,
                          idempotency::Resume resume) {
        auto keyed = ledger.keyed(key, std::move(handler), std::move(resume));
        router.post(path, Access::staff, std::move(keyed)).permission = permission;
    };
    const auto write = Permission::orders_write;
    const auto again = bind_resume(show_again<200>, checkout);
    const auto created_again = bind_resume(show_again<201>, checkout);
    const auto marked_again = bind_resume(mark_paid_again, checkout);

    router.get(order, Access::staff, http::bind(show_order, checkout)).permission = Permission::orders_read;
    post(order + "/fulfil", write, Key::accepted, http::bind(fulfil, checkout), created_again);
    post(order + "/deliver", write, Key::accepted, http::bind(deliver, checkout), again);
    post(order + "/complete", write, Key::accepted, http::bind(complete, checkout), again);
    post(order + "/cancel", write, Key::accepted, http::bind(cancel, checkout), again);
    post(order + "/notes", write, Key::accepted, http::bind(add_note, checkout), created_again);
    post(order + "/refund", Permission::refunds, Key::required, http::bind(refund, checkout),
         bind_resume(show_refund_again, checkout));
    post(payment + "/mark-paid", write, Key::accepted, http::bind(mark_paid, checkout), marked_again);
    post(payment + "/mark-refunded", write, Key::accepted, http::bind(mark_refunded, checkout), marked_again);
}

}  // namespace caddy::checkout
