// Orders as a file in the manner of Shopify's export.
#include "platform/json/decode.hpp"
#include "shop/audit/audit.hpp"
#include "shop/imports/imports_csv.hpp"
#include "shop/imports/imports_export.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <memory>

namespace caddy::imports {
namespace {

using orders::Order;
using orders::OrderStatus;

constexpr int orders_per_read = 100;
constexpr std::size_t tax_columns = 5;   // as many as Shopify has; the last one holds what is left

constexpr std::string_view columns =
    "Name,Id,Email,Currency,Created at,Status,Financial Status,Paid at,Fulfillment Status,Fulfilled at,Cancelled at,"
    "Subtotal,Discount Amount,Shipping,Taxes,Taxes Included,Total,Refunded Amount,Shipping Method,Payment Method,"
    "Payment Reference,Shipping Name,Shipping Address1,Shipping Address2,Shipping District,Shipping City,Shipping Zip,"
    "Shipping Province,Shipping Country,Shipping Phone,Notes,Tax 1 Name,Tax 1 Value,Tax 2 Name,Tax 2 Value,Tax 3 Name,"
    "Tax 3 Value,Tax 4 Name,Tax 4 Value,Tax 5 Name,Tax 5 Value,Lineitem quantity,Lineitem name,Lineitem price,"
    "Lineitem sku,Lineitem taxable,Lineitem variant\r\n";

/// As checkout kept it.
struct Destination {
    std::string name;
    std::string phone;
    std::string country;
    std::string province;
    std::string city;
    std::string district;
    std::string line1;
    std::string line2;
    std::string postal_code;
};
BOOST_DESCRIBE_STRUCT(Destination, (), (name, phone, country, province, city, district, line1, line2, postal_code))

/// What the audit log keeps of an export.
struct Taken {
    std::optional<Time> from;
    std::optional<Time> to;
    std::optional<OrderStatus> status;
    std::optional<Currency> currency;
};
BOOST_DESCRIBE_STRUCT(Taken, (), (from, to, status, currency))

/// A row that is being written: figures as they are, people's words made harmless.
class Row {
public:
    void plain(std::string_view cell) { add(csv_cell(cell)); }
    void words(std::string_view cell) { add(csv_words(cell)); }
    void amount(const Money& money) { add(format_amount(money)); }
    void time(const std::optional<Time>& time) { add(time ? to_rfc3339(*time) : std::string()); }
    void nothing(std::size_t cells) {
        for (std::size_t i = 0; i < cells; ++i) add("");
    }
    std::string ended() { return std::move(text_) + "\r\n"; }

private:
    void add(std::string_view cell) {
        if (begun_) text_ += ',';
        begun_ = true;
        text_ += cell;
    }

    std::string text_;
    bool begun_ = false;
};

std::optional<Time> reached(const Order& order, OrderStatus status) {
    const auto entry = std::ranges::find_if(
        order.timeline, [&](const auto& step) { return step.to == status && step.from != step.to; });
    if (entry == order.timeline.end()) return std::nullopt;
    return entry->at;
}

/// Shopify's words for where the money is.
std::string_view financial_status(const Order& order, const Money& refunded) {
    if (order.status == OrderStatus::pending_payment) return "pending";
    if (!reached(order, OrderStatus::paid)) return order.status == OrderStatus::expired ? "expired" : "voided";
    if (refunded.minor >= order.totals.total.minor && refunded.minor > 0) return "refunded";
    return refunded.minor > 0 ? "partially_refunded" : "paid";
}

std::string percent(std::int64_t rate_millionths) {
    constexpr std::int64_t millionths_per_percent = 10'000;
    auto text = std::to_string(rate_millionths / millionths_per_percent);
    auto digits = std::to_string(millionths_per_percent + rate_millionths % millionths_per_percent).substr(1);
    while (digits.ends_with('0')) digits.pop_back();
    if (!digits.empty()) text.append(".").append(digits);
    return text + "%";
}

void write_taxes(Row& row, const Order& order) {
    const auto& taxes = order.tax_lines;
    const auto named = taxes.size() > tax_columns ? tax_columns - 1 : taxes.size();
    for (std::size_t i = 0; i < named; ++i) {
        row.words(taxes[i].name + " " + percent(taxes[i].rate_millionths));
        row.amount(taxes[i].amount);
    }
    if (named == taxes.size()) return row.nothing(2 * (tax_columns - named));
    Money rest{0, order.currency};
    for (std::size_t i = named; i < taxes.size(); ++i) rest = rest + taxes[i].amount;
    row.words("Other");
    row.amount(rest);
}

void write_destination(Row& row, const Order& order) {
    if (!order.shipping_address) return row.nothing(9);
    const auto to = json::from_json<Destination>(order.shipping_address->text).value();
    const std::array<std::string_view, 9> cells{to.name, to.line1,       to.line2,    to.district, to.city,
                                                to.postal_code, to.province, to.country, to.phone};
    for (const auto cell : cells) row.words(cell);
}

void write_order(Row& row, const Order& order, const Money& refunded) {
    const auto shipped = reached(order, OrderStatus::shipped);
    const bool partly = reached(order, OrderStatus::fulfilling).has_value();
    auto cancelled = reached(order, OrderStatus::cancelled);
    if (!cancelled) cancelled = reached(order, OrderStatus::expired);
    row.plain(boost::describe::enum_to_string(order.status, ""));
    row.plain(financial_status(order, refunded));
    row.time(reached(order, OrderStatus::paid));
    row.plain(shipped ? "fulfilled" : partly ? "partial" : "unfulfilled");
    row.time(shipped);
    row.time(cancelled);
    const auto& totals = order.totals;
    for (const auto& money : {totals.subtotal, totals.discount, totals.shipping, totals.tax, totals.tax_included,
                              totals.total, refunded}) {
        row.amount(money);
    }
    row.words(order.shipping_method ? std::string_view(order.shipping_method->name) : std::string_view());
    row.plain(order.payment.provider);
    row.plain(order.payment.id.text());
    write_destination(row, order);
    row.words(order.note.value_or(""));
    write_taxes(row, order);
}
constexpr std::size_t order_cells = 6 + 7 + 3 + 9 + 1 + 2 * tax_columns;

std::string rows_of(const Order& order, const Money& refunded) {
    std::string text;
    bool first = true;
    for (const auto& line : order.lines) {
        Row row;
        row.plain(order.number);
        row.plain(order.id.text());
        row.words(order.email);
        row.plain(order.currency.code());
        row.time(order.created_at);
        if (first) write_order(row, order, refunded);
        else row.nothing(order_cells);
        first = false;
        row.plain(std::to_string(line.quantity));
        row.words(line.variant_title.empty() ? line.title : line.title + " - " + line.variant_title);
        row.amount(line.unit_price);
        row.words(line.sku.value_or(""));
        row.plain(line.taxable ? "true" : "false");
        row.plain(line.variant_id.text());
        text += row.ended();
    }
    return text;
}

}  // namespace

/// Each page is read by a connection of its own, given back before the next: no transaction lives as long as the file.
class ExportService::OrderFile {
public:
    OrderFile(const Context& ctx, const ExportService& service, const OrderExport& wanted)
        : ctx_(ctx), service_(service), wanted_(wanted) {
        query_.status = wanted.status;
        query_.created_min = wanted.from;
        query_.created_max = wanted.to;
    }

    Task<std::optional<std::string>> next() {
        if (over_) co_return std::nullopt;
        auto db = co_await service_.db_.read(ctx_);
        const auto found = co_await service_.parts_.orders.behind(db, query_, mark_, orders_per_read);
        over_ = found.size() < static_cast<std::size_t>(orders_per_read);
        if (!found.empty()) mark_ = orders::Mark{found.back().created_at, found.back().id};
        const auto refunds = co_await refunded(db, found);
        std::string text;
        for (const auto& order : found) {
            if (wanted_.currency && order.currency != *wanted_.currency) continue;
            const auto at = refunds.find(order.id);
            // A payment that went back as a whole has no refund of its own.
            const bool whole = at == refunds.end() && order.payment.status == "refunded";
            const Money none{0, order.currency};
            text += rows_of(order, whole ? order.totals.total : at == refunds.end() ? none : at->second);
        }
        co_return text;
    }

private:
    Task<std::map<orders::OrderId, Money>> refunded(db::Session& db, const std::vector<Order>& found) {
        std::vector<orders::OrderId> ids;
        for (const auto& order : found) ids.push_back(order.id);
        const auto refunds = co_await service_.parts_.payments.refunds_of_all(db, ids);
        std::map<orders::OrderId, Money> sums;
        for (const auto& refund : refunds) {
            if (refund.status != payments::RefundStatus::done) continue;
            const auto [at, fresh] = sums.emplace(refund.order, refund.amount);
            if (!fresh) at->second = at->second + refund.amount;
        }
        co_return sums;
    }

    const Context& ctx_;
    const ExportService& service_;
    OrderExport wanted_;
    orders::OrderQuery query_;
    std::optional<orders::Mark> mark_;
    bool over_ = false;
};

Task<ExportService::Pieces> ExportService::orders(const Context& ctx, const OrderExport& wanted) {
    const auto noted = co_await db_.transact(ctx, "exports.orders", [&](db::Transaction& tx) -> Task<Result<void>> {
        const Taken taken{wanted.from, wanted.to, wanted.status, wanted.currency};
        audit::Act act{.action = "orders.export", .subject = "orders.csv", .before = {}, .after = {}};
        act.after = json::Raw{json::to_json(taken)};
        co_await audit::record(tx, ctx, act);
        co_return Result<void>{};
    });
    noted.value();
    const auto file = std::make_shared<OrderFile>(ctx, *this, wanted);
    co_return Pieces([file] { return file->next(); });
}

std::string_view ExportService::order_columns() { return columns; }

}  // namespace caddy::imports
