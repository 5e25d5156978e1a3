#pragma once
// Tax: which rates hold at a destination for a category of goods, and the one rate of the shop that holds while no
// other is set up. What rates come to is the work of pricing.
#include "core/money.hpp"
#include "core/page.hpp"
#include "core/result.hpp"
#include "platform/db/database.hpp"
#include "platform/http/precondition.hpp"
#include "platform/json/decode.hpp"

#include <boost/describe.hpp>

namespace caddy::tax {

struct RateTag { static constexpr std::string_view prefix = "tax"; };
using RateId = Id<RateTag>;

BOOST_DEFINE_ENUM_CLASS(Mode, inclusive, exclusive)

/// Where a fraction of a minor unit is rounded: on each line, or once per rate and order.
BOOST_DEFINE_ENUM_CLASS(Rounding, line, order)

/// What a province's rate does to its country's rates. A country's rate always `replaces`.
BOOST_DEFINE_ENUM_CLASS(Stacking, replaces, adds)

constexpr std::int64_t whole_millionths = 1'000'000;   // 100 %

/// Categories that the rules know by name; all others are the shop's own words.
constexpr std::string_view category_standard = "standard";
constexpr std::string_view category_zero = "zero";
constexpr std::string_view category_exempt = "exempt";

/// True for two capitals, as ISO 3166-1 has them.
bool is_country(std::string_view);

/// 1 to 64 characters of a-z, A-Z, 0-9, `_`, `-` and `.`.
bool is_category(std::string_view);

struct Config {
    int rate_basis_points = 1'300;           // 0..10000; 1300 is 13 %: the one rate while no others are set up
    Mode mode = Mode::inclusive;
    Rounding rounding = Rounding::order;
    std::string home_country = "CN";         // ISO 3166-1 alpha-2: where a cart without an address is taxed
    std::string home_province{};
};

/// How an order was taxed. Orders that were made before rates were kept with their lines have no rounding; theirs is
/// the one rate.
struct Terms {
    int rate_basis_points = 1'300;
    Mode mode = Mode::inclusive;
    std::optional<Rounding> rounding{};
};

struct Tax {
    Money added;      // goes on top of the other sums; zero when prices include tax
    Money included;   // part of the other sums; zero when tax is added
};

/// The tax on a taxable amount at one rate. Half minor units are rounded away from zero.
Tax tax_on(Money taxable, const Terms&);

/// A rate as it is applied and kept with an order.
struct Rate {
    std::string name;
    std::int64_t millionths = 0;   // 0..1000000; 99750 is 9.975 %
    friend bool operator==(const Rate&, const Rate&) = default;
};

/// Where goods go.
struct Destination {
    std::string country;
    std::string province;
};

/// A rate as the back office keeps it.
struct RateRow {
    RateId id;
    std::string name;
    std::string country;
    std::optional<std::string> province;   // none: the whole country
    std::string category;
    std::int64_t rate_millionths = 0;
    Stacking stacking = Stacking::replaces;
    Time created_at{};
    Time updated_at{};
    std::int64_t version = 1;
};
BOOST_DESCRIBE_STRUCT(RateRow, (), (id, name, country, province, category, rate_millionths, stacking, created_at,
                                    updated_at, version))

/// The rates at one destination, by category.
class RateTable {
public:
    /// The one rate of the shop, whatever the category, unless that is never taxed.
    static RateTable of_one_rate(int rate_basis_points);
    /// Those of a country's rates that hold at the destination.
    static RateTable at(const Destination&, const std::vector<RateRow>& of_country);

    /// The rates that add up for a category, in a fixed order; none: nothing is taxed.
    std::vector<Rate> of(std::string_view category) const;

private:
    struct Entry {
        std::string category;
        Rate rate;
    };
    static void pick(const std::vector<Entry>& level, std::string_view category, std::vector<Rate>& picked);

    std::vector<Entry> country_;
    std::vector<Entry> province_;
};

/// The key by which provinces are compared: without regard to case and outer blanks.
std::string province_key(std::string_view);

/// A new rate.
struct Draft {
    std::string name;
    std::string country;
    std::optional<std::string> province{};
    std::optional<std::string> category{};   // none: standard
    std::int64_t rate_millionths = 0;
    std::optional<Stacking> stacking{};      // none: replaces
};
BOOST_DESCRIBE_STRUCT(Draft, (), (name, country, province, category, rate_millionths, stacking))

/// What of a rate changes; the place and the category of a rate stay.
struct Change {
    json::Patch<std::string> name{};
    json::Patch<std::int64_t> rate_millionths{};
    json::Patch<Stacking> stacking{};
};
BOOST_DESCRIBE_STRUCT(Change, (), (name, rate_millionths, stacking))

class TaxService {
public:
    TaxService(db::Database& database, const Config& config) : db_(database), config_(config) {}

    const Config& config() const { return config_; }
    /// What an order keeps of how it is taxed now.
    Terms terms() const { return {config_.rate_basis_points, config_.mode, config_.rounding}; }

    /// The rates at a destination; without one, at the shop's home.
    ///
    /// While no rate is set up at all, the shop's one rate holds everywhere; from the first one on, nothing is taxed
    /// where no rate is set up.
    Task<RateTable> rates(db::Session&, const std::optional<Destination>&);

    // ---- what staff do ----

    /// Every rate, or those of a country, the oldest first. Refuses: request.cursor_mismatch
    Task<Result<Page<RateRow>>> list(const Context&, const std::string& country, const PageRequest&);
    /// Refuses: tax.not_found
    Task<Result<RateRow>> show(const Context&, RateId);
    /// Refuses: request.invalid_field, tax.duplicate_rate (409)
    Task<Result<RateRow>> create(const Context&, const Draft&);
    /// Refuses: tax.not_found, request.version_mismatch, request.invalid_field, tax.duplicate_rate
    Task<Result<RateRow>> change(const Context&, RateId, const http::ExpectedVersion&, const Change&);
    /// Refuses: tax.not_found, request.version_mismatch
    Task<Result<void>> remove(const Context&, RateId, const http::ExpectedVersion&);

private:
    db::Database& db_;
    Config config_;
};

}  // namespace caddy::tax
