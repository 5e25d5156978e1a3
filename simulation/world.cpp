#include "simulation/world.hpp"

#include "platform/json/decode.hpp"
#include "simulation/actors.hpp"

#include <algorithm>

namespace caddy::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;

std::string text_of(const json::Value* value) {
    const auto* text = value ? std::get_if<std::string>(&value->data) : nullptr;
    return text ? *text : std::string();
}

std::int64_t number_of(const json::Value* value) {
    const auto* number = value ? std::get_if<std::int64_t>(&value->data) : nullptr;
    return number ? *number : 0;
}

/// Some schedules are calm but for their order, some meet one kind of fault often, some everything.
Faults draw_faults(Chance& chance) {
    Faults faults;
    const auto some = [&](int often) { return chance.per_mille(400) ? static_cast<int>(chance.between(1, often)) : 0; };
    faults.conflict = some(40);
    faults.lost_statement = some(15);
    faults.lost_commit = some(80);
    faults.lost_message = some(150);
    faults.repeated_message = some(250);
    faults.lost_provider_call = some(250);
    faults.crash_per_mega = some(8'000);
    return faults;
}

const db::Sql sql_unfinished{
    {.name = "simulation.unfinished",
     .any = "SELECT (SELECT COUNT(*) FROM outbox_events WHERE status = 'waiting') + "
            "(SELECT COUNT(*) FROM orders WHERE status IN ('pending_payment', 'refunding')) + "
            "? * ((SELECT COUNT(*) FROM flash_sales WHERE state = 'armed') + "
            "(SELECT COUNT(*) FROM flash_sale_tickets WHERE state = 'waiting')) AS unfinished"}};

constexpr int share_with_sale = 250;   // of a thousand schedules

}  // namespace

std::string read_text(const std::string& body, const std::string& path) {
    const auto document = json::parse(body);
    if (!document) return {};
    const auto dot = path.find('.');
    const auto* found = document->find(path.substr(0, dot));
    if (found && dot != std::string::npos) found = found->find(path.substr(dot + 1));
    return text_of(found);
}

std::int64_t read_number(const std::string& body, const std::string& member) {
    const auto document = json::parse(body);
    return document ? number_of(document->find(member)) : 0;
}

std::optional<Shown> read_order(const std::string& body) {
    const auto document = json::parse(body);
    if (!document) return std::nullopt;
    Shown shown;
    shown.id = text_of(document->find("id"));
    shown.token = text_of(document->find("token"));
    shown.status = text_of(document->find("status"));
    const auto* payment = document->find("payment");
    if (payment) shown.payment = text_of(payment->find("id"));
    const auto* totals = document->find("totals");
    const auto* total = totals ? totals->find("total") : nullptr;
    if (total) shown.total_minor = number_of(total->find("amount_minor"));
    const auto* lines = document->find("lines");
    if (!lines || !std::holds_alternative<json::Array>(lines->data)) return std::nullopt;
    for (const auto& line : std::get<json::Array>(lines->data)) {
        shown.lines.emplace_back(text_of(line.find("id")), number_of(line.find("quantity")));
    }
    return shown;
}

http::Request request(std::string method, std::string path, std::string body,
                      std::vector<std::pair<std::string, std::string>> headers) {
    http::Request made;
    made.ctx.request_id = "req_simulated";
    made.ctx.client = "192.0.2.1";
    made.method = std::move(method);
    made.path = std::move(path);
    made.body = std::move(body);
    made.headers = std::move(headers);
    if (!made.body.empty()) made.headers.emplace_back("content-type", "application/json");
    return made;
}

World::World(std::uint64_t seed, bool told, Server& shared, const Base& from)
    : scheduler(seed, told), faults(draw_faults(scheduler.chance)), server(shared), base(from),
      sales(scheduler.chance.per_mille(share_with_sale) ? Sales::on : Sales::off), bank(scheduler, faults) {
    server.restart(scheduler, faults);
    crashes_max_ = static_cast<int>(scheduler.chance.between(0, 3));
    const auto first_pods = scheduler.chance.between(1, 3);
    for (int i = 0; i < first_pods; ++i) start_pod();
    scheduler.between = [this] { maybe_crash(); };
}

World::~World() { end(); }

Pod& World::start_pod() {
    pods.push_back(std::make_unique<Pod>(scheduler, server, bank, "pod " + std::to_string(++pods_started_), sales));
    pods.back()->work();
    return *pods.back();
}

Pod& World::some_pod() {
    std::vector<Pod*> alive;
    for (const auto& pod : pods) {
        if (pod->alive()) alive.push_back(pod.get());
    }
    if (alive.empty()) return *pods.back();
    return *alive[scheduler.chance.below(alive.size())];
}

void World::maybe_crash() {
    if (crashes >= crashes_max_ || faults.crash_per_mega == 0) return;
    if (scheduler.chance.below(1'000'000) >= static_cast<std::uint64_t>(faults.crash_per_mega)) return;
    auto& pod = some_pod();
    if (!pod.alive()) return;
    ++crashes;
    pod.crash();
    act(replace(scheduler.chance.between(0, 20'000)));
}

Task<> World::replace(std::int64_t after_ms) {
    co_await scheduler.pause(milliseconds(after_ms));
    scheduler.story.note(start_pod().life->name, "starts");
}

void World::act(Task<> task) {
    ++actors_;
    scheduler.spawn(count(std::move(task)));
}

Task<> World::count(Task<> task) {
    co_await std::move(task);
    --actors_;
}

Ask& World::new_ask(std::string what, std::string subject) {
    auto ask = std::make_unique<Ask>();
    ask->what = std::move(what);
    ask->subject = std::move(subject);
    ask->key = ask->what + "-asked-" + std::to_string(asks.size() + 1);
    asks.push_back(std::move(ask));
    return *asks.back();
}

void World::saw(const Shown& shown) { seen[shown.id].push_back(shown.status); }

Task<> World::repeat(Pod& pod, http::Request copy) {
    co_await scheduler.turn();
    if (!pod.alive()) co_return;
    scheduler.story.note(pod.life->name, "gets a request that was sent twice");
    (void)co_await pod.answer(std::move(copy));
}

Task<Reply> World::send(http::Request sent) {
    Reply nothing;
    auto& pod = some_pod();
    const auto call = ++calls_;
    const auto name = "call " + std::to_string(call);
    scheduler.story.note(name, "sends", [&] { return sent.method + " " + sent.path + " to " + pod.life->name; });
    co_await scheduler.turn();
    if (scheduler.chance.per_mille(faults.lost_message)) {
        scheduler.story.note(name, "is lost on its way there");
        co_return nothing;
    }
    nothing.copied = scheduler.chance.per_mille(faults.repeated_message);
    if (nothing.copied) act(repeat(some_pod(), sent));
    if (!pod.alive()) co_return nothing;
    auto reply = co_await pod.answer(std::move(sent));
    reply.copied = nothing.copied;
    if (pod.alive()) co_await scheduler.turn();
    if (!pod.alive() || scheduler.chance.per_mille(faults.lost_message)) {
        scheduler.story.note(name, "gets no answer");
        co_return nothing;
    }
    scheduler.story.note(name, "is answered", [&] { return std::to_string(reply.status) + " " + reply.code; });
    co_return reply;
}

Task<> World::ask(Ask& ask, http::Request sent, int patience) {
    sent.headers.emplace_back("idempotency-key", ask.key);
    scheduler.story.note(ask.key, "asks", [&] { return ask.subject + " " + sent.body; });
    for (int turn = 0; turn < patience; ++turn) {
        const auto reply = co_await send(sent);
        if (reply.copied) ++ask.unclear;
        if (!reply.clear() || reply.code == "idempotency.in_progress") {
            ++ask.unclear;
        } else {
            ask.final_status = reply.status;
            ask.code = reply.code;
            if (ask.acknowledged()) ask.body = reply.body;
            if (ask.acknowledged()) ask.shown = read_order(reply.body);
            if (ask.shown) saw(*ask.shown);
            co_return;
        }
        co_await scheduler.pause(milliseconds(scheduler.chance.between(100, 3'000)));
    }
    scheduler.story.note(ask.key, "gives up");
}

Task<> World::look_for_rest() {
    while (!came_to_rest) {
        co_await scheduler.pause(std::chrono::seconds(15));
        const std::vector<db::Value> arguments{db::encode(sales == Sales::on ? 1 : 0)};
        const auto rows = server.read(sql_unfinished, arguments);
        came_to_rest = std::get<std::int64_t>(rows.cells.front()) == 0;
    }
}

void World::run() {
    start_actors(*this);
    scheduler.until([this] { return actors_ == 0; }, minutes(60));
    faults = Faults{};
    server.calm();
    scheduler.stalls = false;
    scheduler.story.note("world", "is calm now");
    if (!some_pod().alive()) start_pod();
    scheduler.spawn(look_for_rest());
    scheduler.until([this] { return came_to_rest && actors_ == 0; }, minutes(30));
}

/// Every task has ended before what it works with goes.
void World::end() {
    came_to_rest = true;
    for (const auto& pod : pods) pod->rest();
    scheduler.until([this] { return scheduler.live() == 0; }, minutes(10));
}

}  // namespace caddy::simulation
