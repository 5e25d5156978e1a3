// The back office's list of orders. One order, and what is done to it, stand with checkout, which has all its parts.
#include "platform/http/router.hpp"
#include "platform/text/text.hpp"
#include "shop/orders/orders.hpp"

#include <algorithm>
#include <cctype>

namespace caddy::orders {
namespace {

using http::Request;
using http::Response;

struct UserTag { static constexpr std::string_view prefix = "cus"; };

constexpr std::size_t number_length_max = 24;
constexpr std::size_t email_bytes_max = 254;

std::string upper(std::string text) {
    std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return text;
}

bool is_number_part(std::string_view text) {
    return !text.empty() && text.size() <= number_length_max && std::ranges::all_of(text, [](unsigned char c) {
        return std::isalnum(c) != 0 || c == '-';
    });
}

Result<OrderQuery> parse_query(const Request& request) {
    CADDY_TRY(request.allow_query({"filter[status]", "filter[email]", "filter[number]", "filter[customer]",
                                   "filter[created][gte]", "filter[created][lte]", "q", "limit", "cursor", "count"}));
    CADDY_TRY(const auto status, request.query_text("filter[status]"));
    CADDY_TRY(auto email, request.query_text("filter[email]"));
    CADDY_TRY(auto number, request.query_text("filter[number]"));
    CADDY_TRY(const auto customer, request.query_text("filter[customer]"));
    CADDY_TRY(const auto since, request.query_text("filter[created][gte]"));
    CADDY_TRY(const auto until, request.query_text("filter[created][lte]"));
    CADDY_TRY(const auto words, request.query_text("q"));
    OrderQuery query;
    Checks checks;
    if (status) {
        OrderStatus known{};
        const bool found = boost::describe::enum_from_string(status->c_str(), known);
        checks.require(found, "query:filter[status]", "not_a_choice", "Send one of the states of an order.");
        query.status = known;
    }
    if (customer) {
        const auto id = Id<UserTag>::parse(*customer);
        checks.require(id.has_value(), "query:filter[customer]", "not_an_id", "Send a customer's id: cus_…");
        if (id) query.customer = id->value;
    }
    const auto read_time = [&](const std::optional<std::string>& text, const char* pointer) {
        const auto time = text ? parse_rfc3339(*text) : std::nullopt;
        checks.require(!text || time, pointer, "not_a_time",
                       "Send an RFC 3339 time in UTC, like 2026-01-31T12:00:00Z.");
        return time;
    };
    query.created_min = read_time(since, "query:filter[created][gte]");
    query.created_max = read_time(until, "query:filter[created][lte]");
    if (words) {   // what is typed into the one box: an address has an @, a number has none
        checks.require(!words->empty(), "query:q", "not_a_text",
                       "Send an e-mail address or the beginning of a number.");
        auto& target = words->find('@') == std::string::npos ? number : email;
        if (!target) target = *words;
        else checks.require(*target == *words, "query:q", "not_allowed", "Another filter says the same; send one.");
    }
    checks.require(!number || is_number_part(*number), words ? "query:q" : "query:filter[number]", "not_a_number",
                   "Send how an order number begins: letters, digits and dashes.");
    checks.require(!email || (text::is_utf8(*email) && !email->empty() && email->size() <= email_bytes_max),
                   words ? "query:q" : "query:filter[email]", "not_an_email", "Send a whole e-mail address.");
    CADDY_TRY(checks.result());
    query.email = std::move(email);
    if (number) query.number = upper(std::move(*number));
    return query;
}

Task<Result<Response>> search_orders(Request& request, OrderService& orders) {
    CADDY_CO_TRY(const auto query, parse_query(request));
    CADDY_CO_TRY(const auto page, request.page());
    CADDY_CO_TRY(const auto found, co_await orders.search(request.ctx, query, page));
    co_return http::ok(found).with("Cache-Control", "no-store");
}

}  // namespace

void admin_routes(http::Router& router, OrderService& orders) {
    router.get("/api/v1/admin/orders", caddy::Access::staff, http::bind(search_orders, orders)).permission =
        Permission::orders_read;
}

}  // namespace caddy::orders
