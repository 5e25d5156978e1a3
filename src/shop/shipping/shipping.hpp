#pragma once
// Ways of shipping: a flat price per currency, free above an amount.
#include "core/result.hpp"
#include "platform/db/database.hpp"

#include <boost/describe.hpp>

namespace caddy::shipping {

struct MethodTag { static constexpr std::string_view prefix = "ship"; };
using MethodId = Id<MethodTag>;

/// A method with its price for one cart.
struct Quote {
    MethodId id;
    std::string code;    // `standard`, stable
    std::string name;
    Money price;
    std::optional<Money> free_above;
};
BOOST_DESCRIBE_STRUCT(Quote, (), (id, code, name, price, free_above))

class ShippingService {
public:
    explicit ShippingService(db::Database& database) : db_(database) {}

    /// The active methods that ship in this currency, the cheapest first.
    Task<std::vector<Quote>> quotes(db::Session&, Money subtotal);

    /// One of them. Refuses: shipping.not_available
    Task<Result<Quote>> quote(db::Session&, MethodId, Money subtotal);

    /// Puts the methods that every new shop starts with into an empty table; does nothing otherwise.
    Task<> ensure_defaults(const Context&);

private:
    db::Database& db_;
};

}  // namespace caddy::shipping
