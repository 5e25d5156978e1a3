#include "simulation/actors.hpp"

namespace caddy::simulation {
namespace {

using std::chrono::milliseconds;

Task<> wait(World& world, std::int64_t low_ms, std::int64_t high_ms) {
    co_await world.scheduler.pause(milliseconds(world.scheduler.chance.between(low_ms, high_ms)));
}

// Not in the coroutines themselves: g++ 12 makes nothing of lists in braces there.
http::Request by_guest(std::string path, std::string body, std::string proof, std::string token) {
    return request("POST", std::move(path), std::move(body), {{std::move(proof), std::move(token)}});
}
http::Request look_at(const Shown& order) {
    return request("GET", "/api/v1/orders/" + order.id, "", {{"x-order-token", order.token}});
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
Task<> deliver(World& world, PaymentId payment) {
    co_await wait(world, 0, world.scheduler.chance.per_mille(100) ? 120'000 : 2'000);
    for (;;) {
        const auto reply = co_await world.send(by_bank(world.bank.message(payment)));
        if (reply.status == 200) co_return;
        co_await wait(world, 500, 5'000);
    }
}

void decide(World& world, const std::string& payment, bool approve) {
    const auto id = PaymentId::parse(payment);
    if (!id || !world.bank.decide(*id, approve)) return;
    const auto copies = world.scheduler.chance.per_mille(300) ? world.scheduler.chance.between(2, 3) : 1;
    for (int copy = 0; copy < copies; ++copy) world.act(deliver(world, *id));
}

// ---- shoppers ----

Task<> check_out(World& world, const BaseCart& cart, Ask& ask) {
    const auto body = R"({"payment_provider":"bank","expected_total_minor":)" + std::to_string(cart.total_minor) + "}";
    auto sent = by_guest("/api/v1/carts/" + cart.id + "/checkout", body, "x-cart-token", cart.token);
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
        const auto reply = co_await world.send(look_at(order));
        if (reply.status != 200) continue;
        const auto now = read_order(reply.body);
        if (now) world.saw(*now);
    }
}

Task<> cancel(World& world, Shown order) {
    co_await wait(world, 0, 60'000);
    auto& ask = world.new_ask("cancel", order.id);
    auto sent = by_guest("/api/v1/orders/" + order.id + "/cancel", "", "x-order-token", order.token);
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
    auto sent = by_guest("/api/v1/orders/" + order.id + "/payments", R"({"provider":"bank"})", "x-order-token",
                         order.token);
    co_await world.ask(ask, std::move(sent), 5);
    if (ask.shown) decide(world, ask.shown->payment, true);
}

Task<> shop(World& world, std::size_t number) {
    auto& chance = world.scheduler.chance;
    const auto& cart = world.base.carts[chance.below(world.base.carts.size())][number];
    if (chance.per_mille(150)) world.act(check_out_again(world, cart));
    auto& ask = world.new_ask("checkout", cart.id);
    co_await wait(world, 0, 3'000);
    co_await check_out(world, cart, ask);
    if (!ask.shown) co_return;
    const auto order = *ask.shown;
    if (chance.per_mille(200)) world.act(cancel(world, order));
    if (chance.per_mille(500)) world.act(look(world, order, 2));
    if (chance.per_mille(850)) co_await pay(world, order);
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
        body += R"("amount_minor":)" + std::to_string(ask.amount_minor) + "}";
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
    const auto shoppers = static_cast<std::size_t>(chance.between(2, static_cast<std::int64_t>(buyers_max) - 1));
    for (std::size_t number = 0; number < shoppers; ++number) world.act(shop(world, number));
    if (chance.per_mille(500)) world.act(work(world, static_cast<int>(chance.between(1, 5))));
    if (chance.per_mille(250)) world.act(work(world, static_cast<int>(chance.between(1, 4))));
}

}  // namespace caddy::simulation
