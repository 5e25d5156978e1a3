#include "platform/idempotency/idempotency.hpp"

#include "core/assert.hpp"
#include "platform/crypto/digest.hpp"
#include "platform/idempotency/idempotency_store.hpp"
#include "platform/telemetry/log.hpp"

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <cctype>
#include <memory>
#include <sstream>

namespace caddy::idempotency {
namespace {

constexpr std::size_t key_length_min = 8;
constexpr std::size_t key_length_max = 255;
constexpr std::size_t made_length_max = 80;
constexpr std::size_t body_length_max = 1'048'576;
constexpr std::size_t location_length_max = 500;
constexpr std::size_t headers_length_max = 1'024;
constexpr std::string_view header_name = "idempotency-key";

namespace refuse {

Error key_required() {
    return {
        ErrorKind::malformed,
        "idempotency.key_required",
        "This request needs an Idempotency-Key header: a value of your own, new for each thing that you ask for and "
        "the same when you ask again.",
        {{"header:Idempotency-Key", "required", "Send 8 to 255 visible ASCII characters, such as a UUID."}}};
}

Error key_malformed() {
    return {ErrorKind::malformed,
            "idempotency.key_malformed",
            "The Idempotency-Key header is not acceptable.",
            {{"header:Idempotency-Key", "malformed",
              "Send it once, with 8 to 255 visible ASCII characters, such as a UUID."}}};
}

Error key_reused() {
    return {ErrorKind::invalid, "idempotency.key_reused",
            "This Idempotency-Key was used for another request; send a new key for a new request.",
            {{"header:Idempotency-Key", "reused", "Send a new key."}}};
}

Error in_progress() {
    Error error{ErrorKind::conflict, "idempotency.in_progress",
                "A request with this Idempotency-Key is still running; ask again in a moment."};
    error.retry_after = std::chrono::seconds(1);
    return error;
}

}  // namespace refuse

/// Texts one after the other, each behind its length: no two lists give the same.
class Digest {
public:
    Digest& add(std::string_view text) {
        joined_.append(std::to_string(text.size())).append(":").append(text);
        return *this;
    }
    std::string hex() const { return crypto::sha256_hex(joined_); }

private:
    std::string joined_;
};

/// Who sends the key. Equal keys of two callers are two keys.
std::string caller_of(const http::Request& request) {
    if (request.ctx.principal.signed_in()) return "user:" + std::to_string(request.ctx.principal.user);
    for (const std::string_view name : {"x-cart-token", "x-order-token"}) {
        const auto token = request.header(name);
        if (token && !token->empty()) return std::string(name) + ":" + std::string(*token);
    }
    return "client:" + request.ctx.client;
}

std::string scope_of(const http::Request& request, std::string_view key) {
    return Digest().add(caller_of(request)).add(request.ctx.route).add(key).hex();
}

std::string hash_of(const http::Request& request) {
    Digest digest;
    digest.add(request.method).add(request.path);
    for (const auto& [name, value] : request.query) digest.add(name).add(value);
    return digest.add("body").add(request.upload ? request.upload->sha256() : request.body).hex();
}

bool well_formed(std::string_view key) {
    return key.size() >= key_length_min && key.size() <= key_length_max &&
           std::all_of(key.begin(), key.end(), [](char c) { return c > ' ' && c <= '~'; });
}

/// The key that the caller sent, or an empty text.
Result<std::string_view> key_of(const http::Request& request, Key wanted) {
    const auto is_key = [](const auto& header) { return header.first == header_name; };
    const auto count = std::count_if(request.headers.begin(), request.headers.end(), is_key);
    if (count == 0 && wanted == Key::required) return refuse::key_required();
    if (count == 0) return std::string_view();
    const auto key = request.header(header_name).value();
    if (count > 1 || !well_formed(key)) return refuse::key_malformed();
    return key;
}

bool same_name(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
        return std::tolower(x) == std::tolower(y);
    });
}

http::Response replay(const store::Stored& stored) {
    http::Response response;
    response.status = static_cast<int>(stored.status);
    response.content_type = stored.content_type;
    response.body = stored.body;
    response.etag = stored.etag.value_or("");
    if (stored.location) response.with("Location", *stored.location);
    std::istringstream lines(stored.headers);
    for (std::string line; std::getline(lines, line);) {
        const auto colon = line.find(": ");
        if (colon != std::string::npos) response.with(line.substr(0, colon), line.substr(colon + 2));
    }
    response.with("Idempotent-Replayed", "true");
    return response;
}

/// The shop's own fields, such as the token that opens a guest's order: a reply is worth nothing without them.
bool is_own_field(std::string_view name) { return name.size() > 2 && same_name(name.substr(0, 2), "x-"); }

/// A reply as it can be kept: only what is safe to say again; nothing when it is too long.
std::optional<store::Stored> to_store(const http::Response& response) {
    store::Stored stored;
    stored.status = response.status;
    stored.content_type = response.content_type;
    if (!response.etag.empty()) stored.etag = response.etag;
    for (const auto& [name, value] : response.headers) {
        if (same_name(name, "location")) stored.location = value;
        if (is_own_field(name)) stored.headers.append(name).append(": ").append(value).append("\n");
    }
    if (response.body.size() > body_length_max || stored.location.value_or("").size() > location_length_max ||
        stored.headers.size() > headers_length_max)
        return std::nullopt;
    stored.body = response.body;
    return stored;
}

/// A scope among those in flight, while it lives.
class InFlight {
public:
    InFlight(std::unordered_set<std::string>& scopes, std::string scope) : scopes_(scopes), scope_(std::move(scope)) {
        first_ = scopes_.insert(scope_).second;
    }
    InFlight(const InFlight&) = delete;
    ~InFlight() {
        if (first_) scopes_.erase(scope_);
    }
    bool first() const { return first_; }

private:
    std::unordered_set<std::string>& scopes_;
    std::string scope_;
    bool first_ = false;
};

/// Lends the key to the handler by way of its context, and takes it back.
class KeyLent {
public:
    KeyLent(Context& ctx, const IdempotencyKey& key) : ctx_(ctx) { ctx_.idempotency = &key; }
    KeyLent(const KeyLent&) = delete;
    ~KeyLent() { ctx_.idempotency = nullptr; }

private:
    Context& ctx_;
};

}  // namespace

http::Handler Ledger::keyed(Key key, http::Handler handler, Resume resume) {
    const auto row = std::make_shared<const Row>(Row{key, std::move(handler), std::move(resume)});
    return [this, row](http::Request& request) { return answer(request, *row); };
}

Task<Result<http::Response>> Ledger::answer(http::Request& request, const Row& row) {
    CADDY_CO_TRY(const auto text, key_of(request, row.key));
    if (text.empty()) co_return co_await row.handler(request);
    const std::chrono::hours kept(row.key == Key::required ? config_.keep_money_hours : config_.keep_hours);
    const IdempotencyKey key{scope_of(request, text), hash_of(request), request.ctx.now() + kept};
    const InFlight in_flight(in_flight_, key.scope);
    if (!in_flight.first()) co_return refuse::in_progress();

    std::optional<store::Stored> stored;
    {
        auto session = co_await db_.read(request.ctx);
        stored = co_await store::find(session, key.scope);
    }
    if (stored && stored->expires_at <= request.ctx.now()) {
        (void)co_await db_.transact(request.ctx, "idempotency.expire", [&](db::Transaction& tx) -> Task<Result<void>> {
            co_await store::remove_expired(tx, key.scope, request.ctx.now());
            co_return Result<void>();
        });
        stored.reset();
    }
    if (!stored) co_return co_await answer_once(request, row, key);
    if (stored->request_hash != key.request_hash) co_return refuse::key_reused();
    if (stored->phase == store::Phase::answered) co_return replay(*stored);
    co_return co_await go_on(request, row, key, stored->made);
}

/// The first time: effect and key are committed by the handler's use case, the reply here.
Task<Result<http::Response>> Ledger::answer_once(http::Request& request, const Row& row, const IdempotencyKey& key) {
    const KeyLent lent(request.ctx, key);
    auto outcome = co_await row.handler(request);
    if (outcome.has_value()) co_await keep(request.ctx, key, *outcome);
    co_return outcome;
}

/// The effect is there, its reply is not: a process ended between the two.
Task<Result<http::Response>> Ledger::go_on(http::Request& request, const Row& row, const IdempotencyKey& key,
                                           const std::string& made) {
    auto outcome = co_await row.resume(request, made);
    if (outcome.has_value()) {
        co_await keep(request.ctx, key, *outcome);
        outcome->with("Idempotent-Replayed", "true");
    }
    co_return outcome;
}

/// Stores a reply. A fault here does not take the reply from the caller: a repeat renders it from what was made.
Task<> Ledger::keep(const Context& ctx, const IdempotencyKey& key, const http::Response& response) {
    if (response.status < 200 || response.status > 299) co_return;
    const auto stored = to_store(response);
    if (!stored) co_return;
    std::string fault;
    try {
        const auto kept =
            co_await db_.transact(ctx, "idempotency.answer", [&](db::Transaction& tx) -> Task<Result<bool>> {
                co_return co_await store::answer(tx, key.scope, *stored);
            });
        if (!kept.value()) log::debug("idempotency.nothing_recorded", {{"route", ctx.route}});
    } catch (const std::exception& thrown) {
        fault = thrown.what();
    }
    if (!fault.empty()) log::warn("idempotency.reply_not_kept", {{"route", ctx.route}, {"error", fault}});
}

Task<std::int64_t> Ledger::sweep(const Context& ctx) {
    std::int64_t rows = 0;
    for (;;) {
        const auto part =
            co_await db_.transact(ctx, "idempotency.sweep", [&](db::Transaction& tx) -> Task<Result<std::int64_t>> {
                co_return co_await store::sweep_some(tx, ctx.now());
            });
        if (part.value() == 0) co_return rows;
        rows += part.value();
    }
}

Task<Result<void>> record(db::Transaction& tx, const Context& ctx, std::string_view made) {
    if (!ctx.idempotency) co_return Result<void>();
    CADDY_ASSERT(made.size() <= made_length_max);
    const bool first = co_await store::insert_made(tx, *ctx.idempotency, made, ctx.now());
    if (!first) co_return refuse::in_progress();
    co_return Result<void>();
}

}  // namespace caddy::idempotency
