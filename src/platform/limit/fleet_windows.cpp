#include "platform/limit/fleet_windows.hpp"

#include "core/assert.hpp"
#include "platform/telemetry/log.hpp"

#include <algorithm>
#include <charconv>

namespace caddy::limit {
namespace {

using std::chrono::microseconds;

// A request is not held up by its limit: who does not answer within this is taken for gone.
constexpr std::chrono::milliseconds patience{250};

const redis::KeyPattern window_key{{.owner = "limit",
                                    .pattern = "limit:{<caller>}:<kind>:<seconds>",
                                    .content = "hash: requests by slot of the window, leases, newest slot, when made",
                                    .ttl_max = std::chrono::hours(25),
                                    .size = "105 fields; one key for each tier and caller of the last window"}};
const redis::KeyPattern pods_key{{.owner = "limit",
                                  .pattern = "limit:pods",
                                  .content = "sorted set: pods by when they were last there, when they join again",
                                  .ttl_max = std::chrono::seconds(30),
                                  .size = "one member for each pod, and one"}};
const redis::KeyPattern hot_key{{.owner = "limit",
                                 .pattern = "limit:hot",
                                 .content = "sorted set: windows of which half is used, by when somebody said so",
                                 .ttl_max = std::chrono::seconds(10),
                                 .size = "1000 members"}};

// KEYS: the windows that a request draws from. ARGV: need, want, how many spent, (microseconds ago, untold, told) of
// each; then limit and window in seconds of each key. A slot counts until its own end plus the window. A lease counts
// only when its use is told, so all that are open, or ended with the slot before this one, stay within a hundredth of
// the limit, and none is given near the limit. It is kept under the slot with which it ends: a small one lives for
// several, so that who comes once a second need not be asked for each time. What was told before this window was made
// was lost with the one before it.
const redis::Script draw_script{{.name = "limit.draw", .source = R"lua(
if redis.replicate_commands then redis.replicate_commands() end
local SLOTS = 100
local LEASE_SLOTS = 10
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local need, want, told = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local first = 4 + told * 3
local lives = math.max(1, math.floor(LEASE_SLOTS * 4 / math.max(4, want)))

local function name(slot) return string.format('%.0f', slot) end

local function load(key, limit, length)
  local part = {key = key, limit = limit, length = length, counts = {}, used = 0, open = 0, made = now,
                slot = math.floor(now / length)}
  local fields, over = redis.call('HGETALL', key), {}
  for i = 1, #fields, 2 do
    if fields[i] == 'newest' then part.newest = tonumber(fields[i + 1]) end
    if fields[i] == 'made' then part.made = tonumber(fields[i + 1]) end
  end
  if part.newest and part.newest > part.slot then part.slot = part.newest end
  for i = 1, #fields, 2 do
    local field, count = fields[i], tonumber(fields[i + 1])
    local slot = tonumber(field)
    local lease = not slot and tonumber(string.match(field, '^lease(%d+)$'))
    if slot and slot >= part.slot - SLOTS then
      part.counts[slot] = count
    elseif lease and lease >= part.slot - 1 then
      part.open = part.open + count
    elseif slot or lease then
      over[#over + 1] = field
    end
  end
  if #over > 0 then redis.call('HDEL', key, unpack(over)) end
  for i = 1, told do
    local at = now - tonumber(ARGV[1 + i * 3])
    local count = tonumber(ARGV[2 + i * 3])
    if at < part.made then count = count + tonumber(ARGV[3 + i * 3]) end
    local slot = math.min(math.floor(at / length), part.slot)
    if count > 0 and slot >= part.slot - SLOTS then
      part.counts[slot] = redis.call('HINCRBY', key, name(slot), count)
    end
  end
  for _, count in pairs(part.counts) do part.used = part.used + count end
  return part
end

local function describe(part, admitted)
  local left, reset, room = part.used + admitted, 0, 0
  for slot = part.slot - SLOTS, part.slot do
    local count = part.counts[slot] or 0
    if count > 0 then
      local free = (slot + SLOTS + 1) * part.length - now
      if reset == 0 then reset = free end
      if left < part.limit then break end
      left = left - count
      room = free
    end
  end
  if reset == 0 and admitted > 0 then reset = (part.slot + SLOTS + 1) * part.length - now end
  return part.used + admitted, reset, room
end

local parts, admitted, leased, life = {}, need, want, nil
for i, key in ipairs(KEYS) do
  local limit = tonumber(ARGV[first + i * 2 - 2])
  local part = load(key, limit, tonumber(ARGV[first + i * 2 - 1]) * 1000000 / SLOTS)
  local spare = math.floor(limit / 100) - part.open
  if limit < 1000 or part.used + part.open + need > limit * 0.9 then spare = 0 end
  admitted = math.max(0, math.min(admitted, limit - part.used))
  leased = math.max(0, math.min(leased, spare))
  local until_end = (part.slot + lives) * part.length - now
  life = life and math.min(life, until_end) or until_end
  parts[i] = part
end
local answer = {admitted, leased, life}
for _, part in ipairs(parts) do
  if admitted > 0 then redis.call('HINCRBY', part.key, name(part.slot), admitted) end
  if leased > 0 then redis.call('HINCRBY', part.key, 'lease' .. name(part.slot + lives - 1), leased) end
  if part.newest ~= part.slot and (admitted > 0 or leased > 0 or told > 0) then
    redis.call('HSET', part.key, 'newest', name(part.slot), 'made', name(part.made))
    redis.call('PEXPIRE', part.key, math.ceil(part.length * (SLOTS + 2) / 1000))
  end
  for _, value in ipairs({describe(part, admitted)}) do answer[#answer + 1] = value end
end
return answer
)lua"}};

// ARGV: the pod, 1 when it was without Redis. The first pod that comes back says when all of them join.
const redis::Script pods_script{{.name = "limit.pods", .source = R"lua(
if redis.replicate_commands then redis.replicate_commands() end
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - 10000)
local join = tonumber(redis.call('ZSCORE', KEYS[1], 'join') or 0)
if ARGV[2] == '1' and join <= now then
  join = now + 2000
  redis.call('ZADD', KEYS[1], join, 'join')
end
redis.call('PEXPIRE', KEYS[1], 30000)
local pods = redis.call('ZCARD', KEYS[1])
if join > 0 then pods = pods - 1 end
return {pods, math.max(0, join - now)}
)lua", .repeat = redis::Repeat::safe}};

// ARGV: what is hot. Returns what anybody said within the last two seconds.
const redis::Script hot_script{{.name = "limit.hot", .source = R"lua(
if redis.replicate_commands then redis.replicate_commands() end
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
for i = 1, #ARGV do redis.call('ZADD', KEYS[1], now, ARGV[i]) end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - 2000)
redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -1001)
redis.call('PEXPIRE', KEYS[1], 10000)
return redis.call('ZRANGE', KEYS[1], 0, -1)
)lua", .repeat = redis::Repeat::safe}};

std::vector<std::string> arguments_of(const Question& question) {
    std::vector<std::string> arguments{std::to_string(question.need), std::to_string(question.want),
                                       std::to_string(question.spent.size())};
    for (const auto& spent : question.spent) {
        arguments.push_back(std::to_string(spent.ago.count()));
        arguments.push_back(std::to_string(spent.untold));
        arguments.push_back(std::to_string(spent.told));
    }
    for (const auto& draw : question.draws) {
        arguments.push_back(std::to_string(draw.quota.limit));
        arguments.push_back(std::to_string(draw.quota.window_s));
    }
    return arguments;
}

Answer answer_of(const redis::Reply& reply, std::size_t draws) {
    const auto& numbers = reply.as_list();
    CADDY_ASSERT(numbers.size() == 3 + 3 * draws);
    Answer answer{numbers[0].as_integer(), numbers[1].as_integer(), microseconds(numbers[2].as_integer()), {}};
    for (std::size_t i = 0; i < draws; ++i) {
        Usage usage;
        usage.used = numbers[3 + 3 * i].as_integer();
        usage.until_reset = microseconds(numbers[4 + 3 * i].as_integer());
        usage.until_room = microseconds(numbers[5 + 3 * i].as_integer());
        usage.taken = answer.admitted;
        answer.usage.push_back(usage);
    }
    return answer;
}

// `<seconds> <used> <name>`
std::string text_of(const HotWindow& hot) {
    return std::to_string(hot.window_s) + " " + std::to_string(hot.used) + " " + hot.name;
}

std::optional<HotWindow> hot_window_of(std::string_view text) {
    HotWindow hot;
    const auto* end = text.data() + text.size();
    const auto window = std::from_chars(text.data(), end, hot.window_s);
    if (window.ec != std::errc() || window.ptr == end) return std::nullopt;
    const auto used = std::from_chars(window.ptr + 1, end, hot.used);
    if (used.ec != std::errc() || used.ptr == end || hot.window_s < 1) return std::nullopt;
    hot.name.assign(used.ptr + 1, end);
    return hot;
}

}   // namespace

Task<std::optional<redis::Reply>> FleetWindows::run(redis::Command command) {
    Context ctx;
    ctx.request_id = "limit";
    ctx.route = "limit";
    ctx.deadline = std::chrono::steady_clock::now() + patience;
    try {
        auto reply = co_await redis_.run(ctx, std::move(command));
        co_return std::move(reply);
    } catch (const Unavailable&) {
        co_return std::nullopt;
    } catch (const DeadlineExceeded&) {
        co_return std::nullopt;
    } catch (const redis::Fault& fault) {
        log::error("limit.fault", {{"fault", fault.what()}});
        co_return std::nullopt;
    }
}

Task<std::optional<Answer>> FleetWindows::ask(const Question& question) {
    std::vector<redis::Key> keys;
    for (const auto& draw : question.draws) keys.push_back(window_key(question.caller, draw.kind, draw.quota.window_s));
    const auto reply = co_await run(redis::Command(draw_script, keys, arguments_of(question)));
    if (!reply) co_return std::nullopt;
    co_return answer_of(*reply, question.draws.size());
}

Task<> FleetWindows::forget(std::string_view caller, const Draw& draw) {
    redis::Command command("DEL");
    command.key(window_key(caller, draw.kind, draw.quota.window_s)).repeatable();
    (void)co_await run(std::move(command));
}

Task<std::optional<Census>> FleetWindows::count_pods(std::string pod, Presence presence) {
    const std::vector<redis::Key> keys{pods_key()};
    const std::vector<std::string> arguments{std::move(pod), presence == Presence::returning ? "1" : "0"};
    const auto reply = co_await run(redis::Command(pods_script, keys, arguments));
    if (!reply) co_return std::nullopt;
    const auto& numbers = reply->as_list();
    Census census;
    census.pods = std::max<std::int64_t>(1, numbers.at(0).as_integer());
    census.join_in = std::chrono::milliseconds(numbers.at(1).as_integer());
    co_return census;
}

Task<std::vector<HotWindow>> FleetWindows::exchange_hot(std::span<const HotWindow> own) {
    const std::vector<redis::Key> keys{hot_key()};
    std::vector<std::string> arguments;
    for (const auto& hot : own) arguments.push_back(text_of(hot));
    const auto reply = co_await run(redis::Command(hot_script, keys, arguments));
    std::vector<HotWindow> all;
    if (!reply) co_return all;
    for (const auto& each : reply->as_list()) {
        if (auto hot = hot_window_of(each.as_text())) all.push_back(std::move(*hot));
    }
    co_return all;
}

}   // namespace caddy::limit
