#include "simulation/base.hpp"

#include "platform/db/migrate.hpp"

#include <stdexcept>

namespace caddy::simulation {
namespace {

struct Good {
    const char* handle;
    std::int64_t price_minor;
    std::int64_t on_hand;
    bool requires_shipping = true;
};
constexpr Good goods[] = {{"rare", 5'000, 2}, {"scarce", 1'250, 4}, {"plenty", 300, 40}, {"craved", 900, 5, false}};
constexpr std::size_t craved = 3;
constexpr std::int64_t for_sale = 4;   // of what is craved
constexpr std::chrono::seconds sale_time{90};

struct Wanted {
    std::size_t good;
    std::int64_t quantity;
};
const std::vector<std::vector<Wanted>> kinds = {
    {{0, 1}}, {{0, 2}}, {{1, 3}}, {{0, 1}, {1, 2}}, {{1, 1}, {2, 5}}, {{craved, 1}, {2, 1}}};

class Preparation {
public:
    explicit Preparation(Server& server)
        : server_(server), bank_(scheduler_, faults_), pod_(scheduler_, server, bank_, "preparation", Sales::off) {
        server_.attach(scheduler_);
    }

    Base make() {
        run(migrate());
        run(pod_.shipping.ensure_defaults(pod_.context()));
        for (const auto& good : goods) run(stock(good));
        run(announce());
        for (const auto& kind : kinds) {
            base_.carts.emplace_back();
            for (int buyer = 0; buyer < buyers_max; ++buyer) run(fill(kind, base_.carts.back()));
        }
        return std::move(base_);
    }

private:
    void run(Task<> task) {
        scheduler_.spawn(std::move(task));
        scheduler_.until([this] { return scheduler_.live() == 0; }, std::chrono::minutes(10));
        if (!scheduler_.escaped.empty()) throw std::runtime_error("preparing: " + scheduler_.escaped.front());
    }

    Task<> migrate() { (void)co_await db::migrate(pod_.database, pod_.context()); }

    Task<> stock(Good good) {
        const auto ctx = pod_.context();
        catalog::ProductDraft draft;
        draft.handle = good.handle;
        draft.title = good.handle;
        draft.status = catalog::ProductStatus::active;
        draft.published = true;
        auto& variant = draft.variants.emplace_back();
        variant.price = Money{good.price_minor, cny()};
        variant.requires_shipping = good.requires_shipping;
        const auto saved = co_await pod_.database.transact(
            ctx, "simulation.stock", [&](db::Transaction& tx) -> Task<Result<catalog::VariantId>> {
                CADDY_CO_TRY(const auto made, co_await pod_.catalog.save_product(tx, ctx, draft));
                const auto id = made.variants.at(0);
                CADDY_CO_TRY(co_await pod_.inventory.set_on_hand(tx, ctx, id, good.on_hand,
                                                                 inventory::MovementKind::received, "delivery"));
                co_return id;
            });
        variants_.push_back(saved.value());
        base_.on_hand[saved.value()] = good.on_hand;
    }

    Task<> announce() {
        auto ctx = pod_.context();
        ctx.principal.user = 7;
        ctx.principal.role = Role::admin;
        flash_sales::SaleDraft draft;
        draft.title = "An hour of happiness";
        draft.variant_id = variants_[craved];
        draft.currency = cny();
        draft.price_minor = BaseSale::price_minor;
        draft.quota = BaseSale::quota;
        draft.stock = for_sale;
        draft.starts_at = ctx.now();
        draft.ends_at = ctx.now() + sale_time;
        const auto made = (co_await pod_.flash_sales.create(ctx, draft)).value();
        (void)(co_await pod_.flash_sales.arm(ctx, made.sale.id)).value();
        base_.sale.id = made.sale.id.text();
    }

    Task<> fill(const std::vector<Wanted>& kind, std::vector<BaseCart>& carts) {
        const auto ctx = pod_.context();
        auto cart = (co_await open(ctx)).value();
        const cart::Access access{0, cart.token};
        for (const auto& wanted : kind) {
            const auto variant = variants_[wanted.good];
            cart = (co_await pod_.carts.add_line(ctx, cart.id, access, variant, wanted.quantity)).value();
        }
        const auto quotes = (co_await pod_.carts.shipping_methods(ctx, cart.id, access)).value();
        cart::Details method;
        method.shipping_method_id.present = true;
        method.shipping_method_id.value = quotes.at(0).id;
        cart = (co_await pod_.carts.change(ctx, cart.id, access, method)).value();
        BaseCart made{cart.id.text(), cart.token, cart.totals.total.minor, {}};
        for (const auto& wanted : kind) made.pieces.push_back({variants_[wanted.good], wanted.quantity});
        carts.push_back(std::move(made));
    }

    Task<Result<cart::Cart>> open(const Context& ctx) {
        cart::Details details;
        details.email.present = true;
        details.email.value = "lin@example.com";
        cart::Address address;
        address.name = "Lin Yue";
        address.phone = "13800000000";
        address.province = "Zhejiang";
        address.city = "Hangzhou";
        address.line1 = "1 Lakeside Road";
        details.shipping_address.present = true;
        details.shipping_address.value = address;
        co_return co_await pod_.carts.open(ctx, cny(), details);
    }

    static Currency cny() { return Currency::parse("CNY").value(); }

    Server& server_;
    Scheduler scheduler_{1, false};
    Faults faults_;
    Bank bank_;
    Pod pod_;
    Base base_;
    std::vector<catalog::VariantId> variants_;
};

}  // namespace

Base prepare(Server& server) {
    Preparation preparation(server);
    return preparation.make();
}

}  // namespace caddy::simulation
