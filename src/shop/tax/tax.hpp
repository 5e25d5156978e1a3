#pragma once
// Tax: one rate, either inside the prices or on top of them. Pure arithmetic, rounded once per order.
#include "core/money.hpp"

#include <boost/describe.hpp>

namespace caddy::tax {

BOOST_DEFINE_ENUM_CLASS(Mode, inclusive, exclusive)

struct Config {
    int rate_basis_points = 1'300;   // 0..10000; 1300 is 13 %
    Mode mode = Mode::inclusive;
};

struct Tax {
    Money added;      // goes on top of the other sums; zero when prices include tax
    Money included;   // part of the other sums; zero when tax is added
};

/// The tax on a taxable amount. Half minor units are rounded away from zero.
Tax tax_on(Money taxable, const Config&);

}  // namespace caddy::tax
