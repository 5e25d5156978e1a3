#pragma once
// What both ways to an order share. Private to the feature.
#include "shop/checkout/checkout_rules.hpp"

namespace caddy::checkout {

/// A payment that settles at the last moment finds its stock still there: reservations outlive the order's own time.
constexpr std::chrono::minutes reservation_grace{1};

struct CheckoutService::Placed {
    orders::Order order;
    payments::Payment payment;
};

struct CheckoutService::Repriced {
    rules::Priced priced;
    pricing::Totals totals;
    std::vector<pricing::TaxLine> shipping_taxes;
    std::optional<orders::ShippingMethod> shipping_method;
};

}  // namespace caddy::checkout
