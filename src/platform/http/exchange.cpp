#include "platform/http/exchange.hpp"

#include "platform/http/problem.hpp"
#include "platform/runtime/deadline.hpp"
#include "platform/telemetry/log.hpp"
#include "platform/telemetry/trace.hpp"

#include <algorithm>

namespace caddy::http {

namespace {

constexpr std::string_view every_method = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";
constexpr std::string_view cors_headers =
    "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, X-Cart-Token, X-Order-Token, X-Request-Id";

/// The token of `Authorization: Bearer …`; nothing when the header is another.
std::optional<std::string_view> bearer_token(std::string_view header) {
    constexpr std::string_view scheme = "bearer ";
    if (header.size() <= scheme.size() || in_lower_case(header.substr(0, scheme.size())) != scheme) return std::nullopt;
    const auto token = without_blanks(header.substr(scheme.size()));
    if (token.empty() || token.find_first_of(" \t") != std::string_view::npos) return std::nullopt;
    return token;
}

bool is_known_method(std::string_view method) {
    return method == "GET" || method == "HEAD" || method == "POST" || method == "PUT" || method == "PATCH" ||
           method == "DELETE" || method == "OPTIONS";
}

limit::Tier counted_tier(const Route* route) {
    if (!route) return limit::Tier::global;
    return route->tier == Tier::auth ? limit::Tier::auth : limit::Tier::api;
}

}  // namespace

Exchange::Exchange(Edge& edge, Head head, const asio::ip::address& peer) : edge_(edge), head_(std::move(head)) {
    request_.method = head_.method;
    request_.target = std::move(head_.target.raw);
    request_.path = std::move(head_.target.path);
    request_.query = std::move(head_.target.query);
    request_.headers = std::move(head_.headers);
    for (auto& [name, value] : request_.headers) {
        if (name == "if-match") value = without_encoding_marks(value);
    }
    auto& context = request_.ctx;
    const auto given_id = request_.header("x-request-id").value_or("");
    if (is_request_id(given_id)) context.request_id = given_id;
    else edge_.write_request_id(context.request_id);
    context.clock = &edge_.services.clock;
    auto match = edge_.services.router.match(request_);
    route_ = match.route;
    allow_ = std::move(match.allow);
    if (route_) context.route = route_->pattern;
    context.deadline = begun_ + time_limit();
    read_client(peer);
    begin_span();
}

/// Probes, which come all the time, are left out.
void Exchange::begin_span() {
    if (route_ && route_->tier == Tier::none) return;
    auto& context = request_.ctx;
    auto above = trace::extract(request_.headers, trace::propagation());
    if (!trace::is_open()) {   // nothing is named or measured, and what the caller said is handed on
        if (above.valid() || !above.baggage.empty()) context.span = std::make_shared<trace::Span>(std::move(above));
        return;
    }
    const bool is_known = is_known_method(request_.method);
    const std::string method = is_known ? request_.method : "_OTHER";
    auto span = trace::begin(trace::Kind::server,
                             (is_known ? method : "HTTP") + (route_ ? " " + std::string(route_->pattern) : ""), above);
    if (!span.records() && !span.context().valid() && span.context().baggage.empty()) return;
    span.set("http.request.method", method);
    span.set("http.route", context.route);
    span.set("caddy.request_id", context.request_id);
    context.span = std::make_shared<trace::Span>(std::move(span));
}

void Exchange::end_span(int status) {
    auto& span = request_.ctx.span;
    if (!span) return;
    span->set("http.response.status_code", status);
    if (status >= 500 && span->records()) span->fail(std::to_string(status));
    span->end();
}

void Exchange::read_client(const asio::ip::address& peer) {
    std::vector<std::string_view> forwarded;
    for (const auto& [name, value] : request_.headers) {
        if (name == "x-forwarded-for") forwarded.push_back(value);
    }
    const auto client = edge_.proxies.client(peer, forwarded);
    limit_key_ = limit_key(client);
    request_.ctx.client = client.is_v4() ? limit_key_ : client.to_string();   // the same text, formatted once
}

std::chrono::milliseconds Exchange::time_limit() const {
    if (route_ && route_->time_limit.count() > 0) return route_->time_limit;
    return std::chrono::milliseconds(edge_.config.request_limit_ms);
}

std::size_t Exchange::body_limit() const {
    if (route_ && route_->body_limit > 0) return route_->body_limit;
    return static_cast<std::size_t>(edge_.config.body_bytes_max);
}

Response Exchange::too_large() const {
    return refuse(Error{ErrorKind::too_large, "request.body_too_large",
                        "The body is longer than " + std::to_string(body_limit()) + " bytes."});
}

Response Exchange::timed_out() const {
    return refuse(Error{ErrorKind::timeout, "request.timeout", "The request did not arrive in time; send it again."});
}

Response Exchange::no_room() const {
    return refuse(Error{ErrorKind::unavailable, "request.no_room",
                        "There is no room for a body of this size at the moment; try again."});
}

std::shared_ptr<Upload> Exchange::open_upload() {
    auto upload = Upload::create(edge_.upload_folder(), edge_.upload_pool());
    request_.upload = upload;
    return upload;
}

Task<std::optional<Response>> Exchange::gate() { return guarded(examine()); }

Task<std::optional<Response>> Exchange::handle() { return guarded(run_handler()); }

// The only place where faults of a request are caught.
Task<std::optional<Response>> Exchange::guarded(Task<std::optional<Response>> work) {
    try {
        auto response = co_await std::move(work);
        co_return std::move(response);
    } catch (const std::exception& fault) {
        co_return problem(fault, request_.ctx, request_.path);
    }
}

Task<std::optional<Response>> Exchange::run_handler() {
    if (route_->at_once) {
        if (auto ready = route_->at_once(request_)) co_return std::move(ready);
    }
    request_.ctx.deadline = std::chrono::steady_clock::now() + time_limit();
    auto outcome = co_await with_deadline(route_->handler(request_), request_.ctx.deadline);
    if (outcome.has_error()) co_return refuse(outcome.error());
    // The first piece belongs to the answer: what goes wrong up to there can still be told.
    if (outcome->rest) {
        auto first = co_await with_deadline(outcome->rest(), request_.ctx.deadline);
        if (first) outcome->body.append(*first);
        else outcome->rest = nullptr;
    }
    co_return *std::move(outcome);
}

Task<Exchange::Piece> Exchange::next_piece(WireAnswer& answer) {
    Piece next;
    try {
        request_.ctx.deadline = std::chrono::steady_clock::now() + time_limit();
        auto piece = co_await with_deadline(answer.rest(), request_.ctx.deadline);
        if (piece) {
            next.state = Piece::State::more;
            next.bytes = *std::move(piece);
        }
    } catch (const std::exception& fault) {
        log::write(log::Level::error, "http.answer_cut_off",
                   {{"route", request_.ctx.route}, {"request_id", request_.ctx.request_id}, {"what", fault.what()}},
                   trace::context_of(request_.ctx.span));
        next.state = Piece::State::broken;
    }
    co_return next;
}

Task<std::optional<Response>> Exchange::examine() {
    const bool is_options = request_.method == "OPTIONS" && !route_;
    const bool is_open = route_ && route_->tier == Tier::none && route_->access == Access::anyone;
    if (!is_options && !is_open) {
        auto refused = co_await authenticate();
        if (refused) co_return refused;
    }
    if (!route_ || route_->tier != Tier::none) {
        auto refused = co_await check_limits();
        if (refused) co_return refused;
    }
    if (is_options) {
        if (request_.path == "*") co_return answer_options(std::string(every_method));
        if (!allow_.empty()) co_return answer_options(allow_);
    }
    if (!route_ && !allow_.empty()) co_return method_not_allowed(allow_, request_.ctx, request_.path);
    if (!route_ && edge_.services.missing) {
        if (auto page = edge_.services.missing(request_)) co_return page;
    }
    if (!route_)
        co_return refuse(Error{ErrorKind::not_found, "request.not_found", "There is nothing at this address."});
    if (!admits(route_->access, request_.ctx.principal)) {
        if (request_.ctx.principal.signed_in())
            co_return refuse(Error{ErrorKind::forbidden, "request.forbidden", "Your role does not allow this."});
        co_return refuse(
            Error{ErrorKind::unauthenticated, "request.sign_in_required", "Sign in, and send the access token."});
    }
    if (route_->permission != Permission::none && !may(request_.ctx.principal, route_->permission)) {
        const std::string needed = boost::describe::enum_to_string(route_->permission, "");
        co_return refuse(Error{ErrorKind::forbidden, "request.forbidden",
                               "This needs the permission " + needed + "; ask an administrator for it."});
    }
    if (edge_.services.read_only && *edge_.services.read_only && route_->tier != Tier::none && !only_reads()) {
        Error error{ErrorKind::unavailable, "request.read_only",
                    "The shop here can only be looked at for now; try again, or ask another region."};
        error.retry_after = std::chrono::seconds(30);
        co_return refuse(error);
    }
    const auto coding = in_lower_case(request_.header("content-encoding").value_or("identity"));
    if (coding != "identity") {
        co_return refuse(
            Error{ErrorKind::unsupported_media, "request.encoded_body", "Send the body without a content coding."});
    }
    co_return std::nullopt;
}

bool Exchange::only_reads() const { return request_.method == "GET" || request_.method == "HEAD"; }

Task<std::optional<Response>> Exchange::authenticate() {
    const auto header = request_.header("authorization");
    if (!header || !edge_.services.authenticate) co_return std::nullopt;
    const auto token = bearer_token(*header);
    std::optional<Error> refusal;
    if (token) {
        auto principal =
            co_await with_deadline(edge_.services.authenticate(request_.ctx, *token), request_.ctx.deadline);
        if (principal.has_value()) {
            request_.ctx.principal = *principal;
            co_return std::nullopt;
        }
        refusal = std::move(principal).error();
    } else {
        refusal = Error{ErrorKind::unauthenticated, "request.authorization_malformed",
                        "Send `Authorization: Bearer` and one access token."};
    }
    // Counted under the address: tokens cannot be tried out without end.
    auto limited = co_await check_limits();
    if (limited) co_return limited;
    auto response = refuse(*refusal);
    for (auto& [name, value] : response.headers) {
        if (name == "WWW-Authenticate") value.append(", error=\"invalid_token\"");
    }
    co_return response;
}

Task<std::optional<Response>> Exchange::check_limits() {
    auto* limiter = edge_.services.limiter;
    if (!limiter) co_return std::nullopt;
    const auto& context = request_.ctx;
    const auto caller = context.principal.signed_in() ? "user " + std::to_string(context.principal.user) : limit_key_;
    limits_ = co_await limiter->decide(counted_tier(route_), caller, context.now());
    if (limits_->admitted) co_return std::nullopt;
    Error error{ErrorKind::limited, "request.rate_limited", "Too many requests; wait before the next one."};
    error.retry_after = std::chrono::seconds(limits_->retry_after_s);
    co_return refuse(error);
}

Response Exchange::answer_options(const std::string& allow) const {
    auto response = no_content().with("Allow", allow);
    const auto origin = request_.header("origin");
    const bool is_preflight = origin && request_.header("access-control-request-method");
    if (is_preflight && allows_origin(edge_.config, *origin)) {
        response.with("Access-Control-Allow-Methods", allow);
        response.with("Access-Control-Allow-Headers", std::string(cors_headers));
        response.with("Access-Control-Max-Age", "600");
    }
    return response;
}

WireAnswer Exchange::finish(Response response, bool closes) {
    try {
        return http::finish(std::move(response),
                            {request_, edge_.config, edge_.date(), limits_, head_.is_http_1_0, closes});
    } catch (const std::exception& fault) {   // a compressor without memory
        return http::finish(problem(fault, request_.ctx, request_.path),
                            {request_, edge_.config, edge_.date(), limits_, head_.is_http_1_0, true});
    }
}

void Exchange::note(const WireAnswer& answer, std::size_t body_bytes_in) {
    const auto duration =
        std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begun_);
    const auto& span = request_.ctx.span;
    const Finished finished{.method = request_.method,
                            .route = request_.ctx.route,
                            .status = answer.status,
                            .duration = duration,
                            .bytes_in = body_bytes_in,
                            .bytes_out = answer.body().size() + answer.bytes_streamed,
                            .recorded = span && span->records() ? &span->context() : nullptr};
    if (edge_.services.observe) edge_.services.observe(finished);
    end_span(answer.status);
    const bool is_fault = answer.status >= 500;
    if (edge_.logs_next() || is_fault) log_request(finished, request_.ctx.request_id, trace::context_of(span));
}

}  // namespace caddy::http
