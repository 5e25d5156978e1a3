#include "shop/flash_sales/flash_sales_rules.hpp"

#include "platform/text/text.hpp"

namespace caddy::flash_sales {

namespace refuse {
Error not_found() {
    return {ErrorKind::not_found, "flash_sale.not_found", "There is no such flash sale; list those that there are."};
}
Error ticket_not_found() {
    return {ErrorKind::not_found, "flash_sale.ticket_not_found",
            "There is no such ticket, or it is not yours. If you took it a moment ago, take another one."};
}
Error not_started(std::chrono::seconds until) {
    Error error{ErrorKind::forbidden, "flash_sale.not_started", "The sale has not started; come back at starts_at."};
    error.retry_after = std::max(std::chrono::seconds(1), until);
    return error;
}
Error ended() { return {ErrorKind::forbidden, "flash_sale.ended", "The sale is over."}; }
Error quota(std::int64_t most) {
    return {ErrorKind::forbidden, "flash_sale.quota",
            "One customer gets at most " + std::to_string(most) + " in this sale; take fewer, or none any more."};
}
Error sold_out() {
    return {ErrorKind::gone, "flash_sale.sold_out",
            "Everything in this sale is taken. Orders that are not paid in time may bring something back."};
}
Error key_reused() {
    return {ErrorKind::invalid, "idempotency.key_reused",
            "This Idempotency-Key was used for another request; send a new key for a new request.",
            {{"header:Idempotency-Key", "reused", "Send a new key."}}};
}
Error wrong_state(SaleState state) {
    return {ErrorKind::conflict, "flash_sale.wrong_state",
            std::string("The sale is ") + boost::describe::enum_to_string(state, "?") +
                " and does not allow that any more; read it again."};
}
Error stock_in_use(std::int64_t least) {
    return {ErrorKind::conflict, "flash_sale.stock_in_use",
            "Some of the stock is taken already; keep at least " + std::to_string(least) + "."};
}
Error variant_not_for_sale() {
    return {ErrorKind::invalid, "flash_sale.variant_not_for_sale",
            "The variant is not for sale in this currency; publish it with a price first.",
            {{"/variant_id", "not_for_sale", "Choose a variant of a published product with a price in the currency."}}};
}
Error not_tracked() {
    return {ErrorKind::invalid, "flash_sale.not_tracked",
            "The variant's stock is not counted, so nothing can be set apart for a sale.",
            {{"/variant_id", "not_tracked", "Choose a variant whose stock is tracked."}}};
}
}  // namespace refuse

namespace {

constexpr std::size_t title_length_max = 255;
constexpr std::int64_t price_max = 1'000'000'000'000;
constexpr std::int64_t quota_max = 1'000;
constexpr std::int64_t stock_max = 1'000'000;
constexpr std::chrono::days window_max{30};

}  // namespace

Phase phase_of(const Sale& sale, Time now) {
    switch (sale.state) {
        case SaleState::draft: return Phase::draft;
        case SaleState::cancelled: return Phase::cancelled;
        case SaleState::ended: return Phase::ended;
        case SaleState::armed: break;
    }
    if (now < sale.starts_at) return Phase::coming;
    return now < sale.ends_at ? Phase::running : Phase::ended;
}

Result<void> check_window(const Sale& sale, Time now) {
    switch (phase_of(sale, now)) {
        case Phase::draft: return refuse::not_found();
        case Phase::coming:
            return refuse::not_started(std::chrono::ceil<std::chrono::seconds>(sale.starts_at - now));
        case Phase::running: return {};
        case Phase::ended:
        case Phase::cancelled: return refuse::ended();
    }
    return refuse::ended();
}

Result<void> check_sale(const Sale& sale) {
    const auto length = text::length(sale.title);
    const bool is_line = length >= 1 && length <= title_length_max && text::is_single_line(sale.title);
    return Checks()
        .require(is_line, "/title", "not_a_line", "Send one line of 1 to 255 characters.")
        .require(sale.price.minor >= 1 && sale.price.minor <= price_max, "/price_minor", "out_of_range",
                 "Send a price from 1 in minor units.")
        .require(sale.quota >= 1 && sale.quota <= quota_max, "/quota", "out_of_range", "Send 1 to 1000 units.")
        .require(sale.stock >= 1 && sale.stock <= stock_max, "/stock", "out_of_range", "Send 1 to 1000000 units.")
        .require(sale.ends_at > sale.starts_at && sale.ends_at - sale.starts_at <= window_max, "/ends_at",
                 "out_of_range", "Let the sale end after its start, and within 30 days.")
        .result();
}

Result<Wish> accepted(const Wish& wish, std::int64_t quota) {
    CADDY_TRY(Checks()
                  .require(wish.quantity >= 1, "/quantity", "out_of_range", "Take at least one.")
                  .require(!wish.request.payment_provider.empty(), "/payment_provider", "required",
                           "Say how it will be paid.")
                  .result());
    if (wish.quantity > quota) return refuse::quota(quota);
    cart::Details details;
    details.email = {true, wish.request.email};
    details.shipping_address = {true, wish.request.shipping_address};
    details.note = {true, wish.request.note};
    CADDY_TRY(auto kept, cart::accepted(details));
    Wish clean = wish;
    clean.request.email = std::move(kept.email.value).value();
    clean.request.shipping_address = std::move(kept.shipping_address.value);
    clean.request.note = std::move(kept.note.value);
    return clean;
}

}  // namespace caddy::flash_sales
