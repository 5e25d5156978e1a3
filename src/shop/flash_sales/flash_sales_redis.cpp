#include "shop/flash_sales/flash_sales_redis.hpp"

#include "platform/json/decode.hpp"

#include <array>

namespace caddy::flash_sales {
namespace {

// All keys of a sale have its hash tag and so one slot: one script sees window, quota, stock and queue in one step. The
// price is that one node carries a sale. A script is a few commands, so a node admits tens of thousands in a second;
// many sales spread over the nodes.
constexpr std::chrono::days life_max{32};
const redis::KeyPattern sale_key({.owner = "flash_sales",
                                  .pattern = "flash_sales:{<sale>}:sale",
                                  .content = "hash: window, quota, units left, the last number of the queue",
                                  .ttl_max = life_max,
                                  .size = "six fields; one for each sale that runs"});
const redis::KeyPattern held_key({.owner = "flash_sales",
                                  .pattern = "flash_sales:{<sale>}:held",
                                  .content = "hash: units by customer",
                                  .ttl_max = life_max,
                                  .size = "a field for each customer with a ticket: not more than the stock"});
const redis::KeyPattern requests_key({.owner = "flash_sales",
                                      .pattern = "flash_sales:{<sale>}:requests",
                                      .content = "hash: digest of an idempotency key to its ticket and request",
                                      .ttl_max = life_max,
                                      .size = "a field for each ticket that was given"});
const redis::KeyPattern tickets_key({.owner = "flash_sales",
                                     .pattern = "flash_sales:{<sale>}:tickets",
                                     .content = "hash: tickets that wait, as JSON with what their orders are made of",
                                     .ttl_max = life_max,
                                     .size = "a field for each ticket that waits: not more than the stock"});
const redis::KeyPattern units_key({.owner = "flash_sales",
                                   .pattern = "flash_sales:{<sale>}:units",
                                   .content = "hash: units of each ticket that waits",
                                   .ttl_max = life_max,
                                   .size = "as the tickets"});
const redis::KeyPattern queue_key({.owner = "flash_sales",
                                   .pattern = "flash_sales:{<sale>}:queue",
                                   .content = "sorted set: tickets in the order of their admission",
                                   .ttl_max = life_max,
                                   .size = "as the tickets"});
const redis::KeyPattern claims_key({.owner = "flash_sales",
                                    .pattern = "flash_sales:{<sale>}:claims",
                                    .content = "sorted set: tickets in the hands of a process, by the end of its lease",
                                    .ttl_max = life_max,
                                    .size = "as the tickets"});

// A repeat is known by its key, or by the ticket's own id: after a lost connection the script may run again.
const redis::Script admit_script({.name = "flash_sales.admit", .source = R"lua(
if redis.replicate_commands then redis.replicate_commands() end
local sale, held, requests, tickets, units, queue = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local ticket, customer, quantity, key, hash = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4], ARGV[5]
local made = redis.call('HGET', requests, key)
if made then
  local at = string.find(made, ' ')
  return {'repeated', string.sub(made, 1, at - 1), string.sub(made, at + 1)}
end
if ARGV[7] == 'repeat_only' then return {'sold_out', '0'} end
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local now_is = redis.call('HMGET', sale, 'starts', 'ends', 'quota', 'left')
if not now_is[1] then return {'unknown'} end
if now < tonumber(now_is[1]) then return {'not_started'} end
if now >= tonumber(now_is[2]) then return {'ended'} end
local left = tonumber(now_is[4])
if left < quantity then return {'sold_out', tostring(left)} end
local has = tonumber(redis.call('HGET', held, customer) or '0')
if has + quantity > tonumber(now_is[3]) then return {'quota'} end
redis.call('HINCRBY', sale, 'left', -quantity)
redis.call('HINCRBY', held, customer, quantity)
redis.call('HSET', requests, key, ticket .. ' ' .. hash)
redis.call('HSET', tickets, ticket, ARGV[6])
redis.call('HSET', units, ticket, quantity)
redis.call('ZADD', queue, redis.call('HINCRBY', sale, 'number', 1), ticket)
local life = redis.call('PTTL', sale)
for i = 2, 6 do redis.call('PEXPIRE', KEYS[i], life) end
return {'admitted', tostring(redis.call('ZCARD', queue))}
)lua", .repeat = redis::Repeat::safe});

const redis::Script claim_script({.name = "flash_sales.claim", .source = R"lua(
if redis.replicate_commands then redis.replicate_commands() end
local tickets, queue, claims = KEYS[1], KEYS[2], KEYS[3]
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local chosen = redis.call('ZRANGEBYSCORE', claims, '-inf', now, 'LIMIT', 0, 1)
if #chosen == 0 then
  chosen = redis.call('ZRANGE', queue, 0, tonumber(ARGV[1]) - 1)
end
local out = {}
for _, ticket in ipairs(chosen) do
  redis.call('ZREM', queue, ticket)
  local text = redis.call('HGET', tickets, ticket)
  if text then
    redis.call('ZADD', claims, string.format('%.0f', now + ARGV[2]), ticket)
    out[#out + 1] = text
  else
    redis.call('ZREM', claims, ticket)
  end
end
if #out > 0 then redis.call('PEXPIRE', claims, redis.call('PTTL', tickets)) end
return out
)lua"});

const redis::Script settle_script({.name = "flash_sales.settle", .source = R"lua(
local sale, held, tickets, units, queue, claims = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
for i = 1, #ARGV, 3 do
  local ticket, customer, returned = ARGV[i], ARGV[i + 1], tonumber(ARGV[i + 2])
  redis.call('ZREM', queue, ticket)
  redis.call('ZREM', claims, ticket)
  redis.call('HDEL', tickets, ticket)
  if redis.call('HDEL', units, ticket) == 1 and returned > 0 and redis.call('HEXISTS', sale, 'left') == 1 then
    redis.call('HINCRBY', sale, 'left', returned)
    if redis.call('HINCRBY', held, customer, -returned) <= 0 then redis.call('HDEL', held, customer) end
  end
end
return 'OK'
)lua", .repeat = redis::Repeat::safe});

const redis::Script find_script({.name = "flash_sales.find", .source = R"lua(
local text = redis.call('HGET', KEYS[1], ARGV[1])
if not text then return {} end
local rank = redis.call('ZRANK', KEYS[2], ARGV[1])
return {text, rank and rank + 1 or 1}
)lua", .repeat = redis::Repeat::safe});

const redis::Script load_script({.name = "flash_sales.load", .source = R"lua(
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
local last = 6 + 2 * tonumber(ARGV[6])
for i = 7, last, 2 do redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 1]) end
for i = last + 1, #ARGV, 2 do redis.call('HSET', KEYS[3], ARGV[i], ARGV[i + 1]) end
redis.call('PEXPIRE', KEYS[2], ARGV[5])
redis.call('PEXPIRE', KEYS[3], ARGV[5])
redis.call('HSET', KEYS[1], 'starts', ARGV[1], 'ends', ARGV[2], 'quota', ARGV[3], 'left', ARGV[4], 'number', 0)
redis.call('PEXPIRE', KEYS[1], ARGV[5])
return 1
)lua", .repeat = redis::Repeat::safe});

const redis::Script change_script({.name = "flash_sales.change", .source = R"lua(
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('HSET', KEYS[1], 'starts', ARGV[1], 'ends', ARGV[2], 'quota', ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return 1
)lua", .repeat = redis::Repeat::safe});

const redis::Script count_script({.name = "flash_sales.count", .source = R"lua(
local left = redis.call('HGET', KEYS[1], 'left')
if not left then return {} end
return {left, redis.call('HGETALL', KEYS[2])}
)lua", .repeat = redis::Repeat::safe});

const redis::Script correct_script({.name = "flash_sales.correct", .source = R"lua(
local left = redis.call('HGET', KEYS[1], 'left')
if not left then return 0 end
redis.call('HSET', KEYS[1], 'left', math.max(0, tonumber(left) + tonumber(ARGV[1])))
return 1
)lua"});

const redis::Script withdraw_script({.name = "flash_sales.withdraw", .source = R"lua(
local left = redis.call('HGET', KEYS[1], 'left')
if not left then return 1 end
if tonumber(left) < tonumber(ARGV[1]) then return 0 end
redis.call('HINCRBY', KEYS[1], 'left', -tonumber(ARGV[1]))
return 1
)lua"});

const redis::Script forget_script({.name = "flash_sales.forget_units", .source = R"lua(
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then return 0 end
if redis.call('HINCRBY', KEYS[1], ARGV[1], -tonumber(ARGV[2])) <= 0 then redis.call('HDEL', KEYS[1], ARGV[1]) end
return 1
)lua"});

std::string micros(Time time) { return std::to_string(time.time_since_epoch().count()); }

std::string life_of(const Sale& sale, Time now) {
    const auto life = std::chrono::ceil<std::chrono::milliseconds>(sale.ends_at - now) + std::chrono::days(1);
    const auto least = std::chrono::milliseconds(std::chrono::hours(1));
    const auto most = std::chrono::milliseconds(life_max);
    return std::to_string(std::clamp(life, least, most).count());
}

Ticket ticket_of(const std::string& text) {
    auto ticket = json::from_json<Ticket>(text);
    if (ticket.has_error()) throw redis::Fault(redis::ErrorKind::other, "a ticket in Redis is not one");
    return std::move(*ticket);
}

}  // namespace

Task<Admission> RedisDoor::admit(const Context& ctx, const Ticket& ticket, Wanted wanted) {
    const auto sale = ticket.sale_id.text();
    std::vector<redis::Key> keys{sale_key(sale),    held_key(sale),  requests_key(sale),
                                 tickets_key(sale), units_key(sale), queue_key(sale)};
    std::vector<std::string> arguments{ticket.id.text(),
                                       std::to_string(ticket.customer),
                                       std::to_string(ticket.quantity),
                                       ticket.request_key,
                                       ticket.request_hash,
                                       json::to_json(ticket),
                                       wanted == Wanted::repeat_only ? "repeat_only" : "ticket"};
    const auto reply = co_await redis_.eval(ctx, admit_script, std::move(keys), std::move(arguments));
    const auto& items = reply.as_list();
    Admission admission;
    if (!boost::describe::enum_from_string(items.at(0).as_text().c_str(), admission.answer)) {
        throw redis::Fault(redis::ErrorKind::other, "the admission script answers something else");
    }
    if (admission.answer == Answer::admitted) admission.position = std::stoll(items.at(1).as_text());
    if (admission.answer == Answer::sold_out) admission.left = std::stoll(items.at(1).as_text());
    if (admission.answer == Answer::repeated) {
        admission.ticket = TicketId::parse(items.at(1).as_text()).value();
        admission.request_hash = items.at(2).as_text();
    }
    co_return admission;
}

Task<std::vector<Ticket>> RedisDoor::claim(const Context& ctx, SaleId id, int count, std::chrono::seconds lease) {
    const auto sale = id.text();
    std::vector<redis::Key> keys{tickets_key(sale), queue_key(sale), claims_key(sale)};
    std::vector<std::string> arguments{std::to_string(count),
                                       std::to_string(std::chrono::milliseconds(lease).count())};
    const auto reply = co_await redis_.eval(ctx, claim_script, std::move(keys), std::move(arguments));
    std::vector<Ticket> tickets;
    for (const auto& item : reply.as_list()) tickets.push_back(ticket_of(item.as_text()));
    co_return tickets;
}

Task<> RedisDoor::settle(const Context& ctx, SaleId id, std::span<const Settled> settled) {
    if (settled.empty()) co_return;
    const auto sale = id.text();
    std::vector<redis::Key> keys{sale_key(sale),  held_key(sale),  tickets_key(sale),
                                 units_key(sale), queue_key(sale), claims_key(sale)};
    std::vector<std::string> arguments;
    for (const auto& each : settled) {
        arguments.push_back(each.ticket.text());
        arguments.push_back(std::to_string(each.customer));
        arguments.push_back(std::to_string(each.returned));
    }
    (void)co_await redis_.eval(ctx, settle_script, std::move(keys), std::move(arguments));
}

Task<std::optional<RedisDoor::Waiting>> RedisDoor::find(const Context& ctx, SaleId id, TicketId ticket) {
    const auto sale = id.text();
    std::vector<redis::Key> keys{tickets_key(sale), queue_key(sale)};
    std::vector<std::string> arguments{ticket.text()};
    const auto reply = co_await redis_.eval(ctx, find_script, std::move(keys), std::move(arguments));
    const auto& items = reply.as_list();
    if (items.empty()) co_return std::nullopt;
    co_return Waiting{ticket_of(items.at(0).as_text()), items.at(1).as_integer()};
}

Task<> RedisDoor::load(const Context& ctx, const Sale& sale, std::span<const store::Held> held,
                       std::span<const store::Given> given) {
    const auto name = sale.id.text();
    std::vector<redis::Key> keys{sale_key(name), held_key(name), requests_key(name)};
    std::vector<std::string> arguments{micros(sale.starts_at),         micros(sale.ends_at),
                                       std::to_string(sale.quota),     std::to_string(sale.remaining),
                                       life_of(sale, ctx.now()),       std::to_string(held.size())};
    for (const auto& each : held) {
        arguments.push_back(std::to_string(each.customer));
        arguments.push_back(std::to_string(each.quantity));
    }
    for (const auto& each : given) {
        arguments.push_back(each.request_key);
        arguments.push_back(each.id.text() + ' ' + each.request_hash);
    }
    (void)co_await redis_.eval(ctx, load_script, std::move(keys), std::move(arguments));
}

Task<> RedisDoor::change(const Context& ctx, const Sale& sale) {
    std::vector<redis::Key> keys{sale_key(sale.id.text())};
    std::vector<std::string> arguments{micros(sale.starts_at), micros(sale.ends_at), std::to_string(sale.quota),
                                       life_of(sale, ctx.now())};
    (void)co_await redis_.eval(ctx, change_script, std::move(keys), std::move(arguments));
}

Task<Count> RedisDoor::count(const Context& ctx, SaleId id) {
    const auto sale = id.text();
    std::vector<redis::Key> keys{sale_key(sale), units_key(sale)};
    const auto reply = co_await redis_.eval(ctx, count_script, std::move(keys));
    Count count;
    const auto& items = reply.as_list();
    if (items.empty()) co_return count;
    count.known = true;
    count.left = std::stoll(items.at(0).as_text());
    const auto& units = items.at(1).as_list();
    for (std::size_t i = 0; i + 1 < units.size(); i += 2) {
        const auto ticket = TicketId::parse(units[i].as_text());
        if (ticket) count.pending.emplace_back(*ticket, std::stoll(units[i + 1].as_text()));
    }
    co_return count;
}

Task<> RedisDoor::correct(const Context& ctx, SaleId id, std::int64_t difference) {
    std::vector<redis::Key> keys{sale_key(id.text())};
    std::vector<std::string> arguments{std::to_string(difference)};
    (void)co_await redis_.eval(ctx, correct_script, std::move(keys), std::move(arguments));
}

Task<bool> RedisDoor::withdraw(const Context& ctx, SaleId id, std::int64_t quantity) {
    std::vector<redis::Key> keys{sale_key(id.text())};
    std::vector<std::string> arguments{std::to_string(quantity)};
    const auto reply = co_await redis_.eval(ctx, withdraw_script, std::move(keys), std::move(arguments));
    co_return reply.as_integer() == 1;
}

Task<> RedisDoor::forget_units(const Context& ctx, SaleId id, std::int64_t customer, std::int64_t quantity) {
    std::vector<redis::Key> keys{held_key(id.text())};
    std::vector<std::string> arguments{std::to_string(customer), std::to_string(quantity)};
    (void)co_await redis_.eval(ctx, forget_script, std::move(keys), std::move(arguments));
}

}  // namespace caddy::flash_sales
