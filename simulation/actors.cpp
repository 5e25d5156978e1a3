#include "simulation/actors.hpp"

namespace caddy::simulation {
namespace {

using std::chrono::milliseconds;

Task<> wait(World& world, std::int64_t low_ms, std::int64_t high_ms) {
    co_await world.scheduler.pause(milliseconds(world.scheduler.chance.between(low_ms, high_ms)));
}

// Not in the coroutines themselves: g++ 12 makes nothing of lists in braces there.
http::Request by_cart(const BaseCart& cart, std::string what, std::string body) {
    return request("POST", "/api/v1/carts/" + cart.id + what, std::move(body), {{"x-cart-token", cart.token}});
}
http::Request by_customer(std::string method, std::string path, std::string body, std::int64_t customer) {
    auto made = request(std::move(method), std::move(path), std::move(body), {});
    made.ctx.principal = {customer, 1, Role::customer};
    return made;
}
/// About an order, by whoever it belongs to.
http::Request by_owner(const Shown& order, std::string method, const std::string& what, std::string body) {
    const auto path = "/api/v1/orders/" + order.id + what;
    if (order.customer != 0) return by_customer(std::move(method), path, std::move(body), order.customer);
    return request(std::move(method), path, std::move(body), {{"x-order-token", order.token}});
}
http::Request by_bank(std::string message) {
    return request("POST", "/api/v1/hooks/payments/bank", std::move(message), {});
}
http::Request by_staff(std::string path, std::string body) {
    auto made = request("POST", std::move(path), std::move(body), {});
    made.ctx.principal = {7, 1, Role::admin};
    return made;
}

// ---- the bank ----

/// One copy of a message, sent until the shop takes it.
Task<> deliver(World& world, PaymentId payment, int event) {
    co_await wait(world, 0, world.scheduler.chance.per_mille(100) ? 120'000 : 2'000);
    for (;;) {
        const auto reply = co_await world.send(by_bank(world.bank.message(payment, event)));
        if (reply.status == 200) co_return;
        co_await wait(world, 500, 5'000);
    }
}

void decide(World& world, const std::string& payment, bool approve) {
    const auto id = PaymentId::parse(payment);
    if (!id || !world.bank.decide(*id, approve)) return;
    auto& chance = world.scheduler.chance;
    const auto copies = chance.per_mille(300) ? chance.between(2, 3) : 1;
    const bool is_new_event = chance.per_mille(400);
    for (int copy = 0; copy < copies; ++copy) world.act(deliver(world, *id, is_new_event ? copy : 0));
}

// ---- shoppers ----

Task<> check_out(World& world, const BaseCart& cart, Ask& ask) {
    const auto body = R"({"payment_provider":"bank","expected_total_minor":)" + std::to_string(cart.total_minor) + "}";
    auto sent = by_cart(cart, "/checkout", body);
    const auto patience = static_cast<int>(world.scheduler.chance.between(1, 12));
    co_await world.ask(ask, std::move(sent), patience);
    if (ask.shown) world.orders.push_back(*ask.shown);
}

/// A second window with the same cart.
Task<> check_out_again(World& world, const BaseCart& cart) {
    auto& ask = world.new_ask("checkout", cart.id);
    co_await wait(world, 0, 500);
    co_await check_out(world, cart, ask);
}

Task<> look(World& world, Shown order, int times) {
    for (int i = 0; i < times; ++i) {
        co_await wait(world, 0, 30'000);
        const auto reply = co_await world.send(by_owner(order, "GET", "", ""));
        if (reply.status != 200) continue;
        const auto now = read_order(reply.body);
        if (now) world.saw(*now);
    }
}

Task<> cancel(World& world, Shown order) {
    co_await wait(world, 0, 60'000);
    auto& ask = world.new_ask("cancel", order.id);
    auto sent = by_owner(order, "POST", "/cancel", "");
    co_await world.ask(ask, std::move(sent), 4);
}

Task<> pay(World& world, Shown order) {
    auto& chance = world.scheduler.chance;
    const bool late = chance.per_mille(150);
    co_await wait(world, 0, late ? 200'000 : 8'000);
    const bool declined = chance.per_mille(250);
    decide(world, order.payment, !declined);
    if (!declined) co_return;
    co_await wait(world, 0, 20'000);
    auto& ask = world.new_ask("pay", order.id);
    auto sent = by_owner(order, "POST", "/payments", R"({"provider":"bank"})");
    co_await world.ask(ask, std::move(sent), 5);
    if (ask.shown) decide(world, ask.shown->payment, true);
}

/// What somebody does about his order.
Task<> go_on(World& world, Shown order) {
    auto& chance = world.scheduler.chance;
    if (chance.per_mille(200)) world.act(cancel(world, order));
    if (chance.per_mille(500)) world.act(look(world, order, 2));
    if (chance.per_mille(850)) co_await pay(world, order);
}

Task<> shop(World& world, std::size_t number) {
    auto& chance = world.scheduler.chance;
    const auto& cart = world.base.carts[chance.below(world.base.carts.size())][number];
    if (chance.per_mille(150)) world.act(check_out_again(world, cart));
    auto& ask = world.new_ask("checkout", cart.id);
    co_await wait(world, 0, 3'000);
    co_await check_out(world, cart, ask);
    if (!ask.shown) co_return;
    co_await go_on(world, *ask.shown);
}

// ---- shoppers at a flash sale ----

/// Waits until his ticket is an order; nothing if it never is, or he is told too late.
Task<std::optional<Shown>> follow(World& world, const std::string& ticket, std::int64_t customer) {
    std::string order;
    for (int look = 0; look < 10; ++look) {
        co_await wait(world, 1'000, 6'000);
        const auto path = order.empty() ? "/api/v1/flash-sales/" + world.base.sale.id + "/tickets/" + ticket
                                        : "/api/v1/orders/" + order;
        const auto reply = co_await world.send(by_customer("GET", path, "", customer));
        if (reply.status != 200) continue;
        if (order.empty()) {
            order = read_text(reply.body, "order.id");
            if (order.empty() && read_text(reply.body, "status") != "waiting") break;
            continue;
        }
        auto shown = read_order(reply.body);
        if (!shown) continue;
        shown->customer = customer;
        world.saw(*shown);
        co_return shown;
    }
    co_return std::nullopt;
}

Task<> hunt(World& world, std::size_t number) {
    auto& chance = world.scheduler.chance;
    const auto customer = static_cast<std::int64_t>(number) + 100;
    const int tries = chance.per_mille(250) ? 2 : 1;
    for (int i = 0; i < tries; ++i) {
        co_await wait(world, 0, chance.per_mille(100) ? 100'000 : 3'000);
        auto& ask = world.new_ask("ticket", world.base.sale.id);
        ask.customer = customer;
        ask.pieces = chance.between(1, BaseSale::quota);
        const auto body = R"({"email":"wei@example.com","payment_provider":"bank","quantity":)" +
                          std::to_string(ask.pieces) + "}";
        auto sent = by_customer("POST", "/api/v1/flash-sales/" + world.base.sale.id + "/tickets", body, customer);
        co_await world.ask(ask, std::move(sent), static_cast<int>(chance.between(1, 6)));
        if (!ask.acknowledged()) continue;
        const auto ticket = read_text(ask.body, "id");
        const auto order = co_await follow(world, ticket, customer);
        if (!order) continue;
        world.orders.push_back(*order);
        co_await go_on(world, *order);
    }
}

// ---- the shop's staff ----

std::string lines_of(World& world, const Shown& order, std::int64_t& pieces) {
    const auto& [line, most] = order.lines[world.scheduler.chance.below(order.lines.size())];
    pieces = world.scheduler.chance.between(1, most);
    return R"([{"line_id":")" + line + R"(","quantity":)" + std::to_string(pieces) + "}]";
}

Task<> send_parcel(World& world, Shown order) {
    auto& ask = world.new_ask("fulfil", order.id);
    const auto lines = lines_of(world, order, ask.pieces);
    const auto body = R"({"lines":)" + lines + R"(,"tracking":")" + ask.key + "\"}";
    co_await world.ask(ask, by_staff("/api/v1/admin/orders/" + order.id + "/fulfil", body), 4);
}

Task<> give_back(World& world, Shown order) {
    auto& ask = world.new_ask("refund", order.id);
    auto& chance = world.scheduler.chance;
    std::string body = R"({"reason":")" + ask.key + R"(",)";
    if (chance.per_mille(500)) {
        ask.amount_minor = chance.per_mille(300) ? order.total_minor : chance.between(1, order.total_minor);
        body += R"("restock":false,"amount_minor":)" + std::to_string(ask.amount_minor) + "}";
    } else {
        const std::string restock = chance.per_mille(500) ? "true" : "false";
        body += R"("restock":)" + restock + R"(,"lines":)" + lines_of(world, order, ask.pieces) + "}";
    }
    co_await world.ask(ask, by_staff("/api/v1/admin/orders/" + order.id + "/refund", body), 4);
}

Task<> cancel_by_staff(World& world, Shown order) {
    auto& ask = world.new_ask("cancel", order.id);
    co_await world.ask(ask, by_staff("/api/v1/admin/orders/" + order.id + "/cancel", R"({"reason":"so"})"), 4);
}

Task<> work(World& world, int acts) {
    auto& chance = world.scheduler.chance;
    for (int i = 0; i < acts; ++i) {
        co_await wait(world, 500, 25'000);
        if (world.orders.empty()) continue;
        const auto order = world.orders[chance.below(world.orders.size())];
        const auto what = chance.below(10);
        if (what < 5) co_await send_parcel(world, order);
        else if (what < 9) co_await give_back(world, order);
        else co_await cancel_by_staff(world, order);
    }
}

}  // namespace

void start_actors(World& world) {
    auto& chance = world.scheduler.chance;
    const bool sale = world.sales == Sales::on;
    const auto shoppers = static_cast<std::size_t>(sale ? chance.between(0, 2) : chance.between(2, buyers_max));
    for (std::size_t number = 0; number < shoppers; ++number) world.act(shop(world, number));
    const auto hunters = static_cast<std::size_t>(sale ? chance.between(2, 5) : 0);
    for (std::size_t number = 0; number < hunters; ++number) world.act(hunt(world, number));
    if (chance.per_mille(500)) world.act(work(world, static_cast<int>(chance.between(1, 5))));
    if (chance.per_mille(250)) world.act(work(world, static_cast<int>(chance.between(1, 4))));
}

}  // namespace caddy::simulation
