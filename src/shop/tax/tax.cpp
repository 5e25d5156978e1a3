#include "shop/tax/tax.hpp"

#include "core/assert.hpp"

namespace caddy::tax {
namespace {
constexpr std::int64_t whole = 10'000;   // basis points
}

Tax tax_on(Money taxable, const Config& config) {
    CADDY_ASSERT(config.rate_basis_points >= 0 && config.rate_basis_points <= whole);
    const std::int64_t rate = config.rate_basis_points;
    Tax tax{{0, taxable.currency}, {0, taxable.currency}};
    switch (config.mode) {
        case Mode::exclusive: tax.added.minor = scale_minor(taxable.minor, rate, whole); break;
        case Mode::inclusive: tax.included.minor = scale_minor(taxable.minor, rate, whole + rate); break;
    }
    return tax;
}

}  // namespace caddy::tax
