#include "platform/net/http_client.hpp"

#include "platform/net/address.hpp"
#include "platform/runtime/fault.hpp"
#include "platform/runtime/offload.hpp"
#include "platform/telemetry/trace.hpp"

#include <curl/curl.h>

#include <arpa/inet.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <cstring>

namespace caddy::net {
namespace {

struct Received {
    std::string body;
    std::size_t limit = 0;
    bool cut = false;
};

using Handle = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;
using HeaderList = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;

std::size_t receive(char* data, std::size_t size, std::size_t count, void* user) {
    auto& received = *static_cast<Received*>(user);
    const std::size_t bytes = size * count;
    const std::size_t kept = std::min(bytes, received.limit - received.body.size());
    received.body.append(data, kept);
    received.cut = kept < bytes;
    return kept;   // less than came: libcurl ends the call with a write error
}

bool allows(const curl_sockaddr& address) {
    const std::size_t length = address.addrlen;
    if (address.family == AF_INET && length == sizeof(sockaddr_in)) {
        sockaddr_in v4{};
        std::memcpy(&v4, &address.addr, length);
        return is_public(asio::ip::address_v4(ntohl(v4.sin_addr.s_addr)));
    }
    if (address.family != AF_INET6 || length != sizeof(sockaddr_in6)) return false;
    sockaddr_in6 v6{};
    std::memcpy(&v6, &address.addr, length);
    asio::ip::address_v6::bytes_type bytes{};
    std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
    return is_public(asio::ip::address_v6(bytes));
}

curl_socket_t open_public_socket(void* refused, curlsocktype, curl_sockaddr* address) {
    if (!allows(*address)) {
        *static_cast<bool*>(refused) = true;
        return CURL_SOCKET_BAD;
    }
    return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

HeaderList header_list(const HttpHeaders& headers) {
    HeaderList list(nullptr, &curl_slist_free_all);
    for (const auto& [name, value] : headers) {
        auto* longer = curl_slist_append(list.get(), (name + ": " + value).c_str());
        if (longer == nullptr) throw std::bad_alloc();
        (void)list.release();
        list.reset(longer);
    }
    return list;
}

/// What stands between the scheme and the path, without who signs in.
std::string_view host_of(std::string_view url) {
    const auto scheme = url.find("://");
    if (scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
    url = url.substr(0, url.find_first_of("/?#"));
    const auto at = url.rfind('@');
    return at == std::string_view::npos ? url : url.substr(at + 1);
}

/// libcurl asks about every second, and ends the transfer where the answer is not zero.
int is_cut(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    return static_cast<const std::atomic<bool>*>(user)->load() ? 1 : 0;
}

void set_up(CURL* curl, Received& received, std::atomic<bool>& cut) {
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, &is_cut);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &cut);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &receive);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &received);
}

}   // namespace

struct HttpClient::Call {
    std::string url;
    HttpHeaders headers;
    std::string body;
    long time_limit_ms = 0;
    std::size_t body_limit = 0;
    Reach reach = Reach::anywhere;
    Cut cut = make_cut();   // by whoever waits for it
};

struct HttpClient::Outcome {
    HttpAttempt attempt;
    bool cut = false;
};

HttpClient::Outcome HttpClient::perform(const Call& call) {
    const Handle handle(curl_easy_init(), &curl_easy_cleanup);
    if (!handle) throw Unavailable("libcurl has no handle");
    const auto headers = header_list(call.headers);
    Received received{{}, call.body_limit};
    bool refused = false;
    CURL* curl = handle.get();
    set_up(curl, received, *call.cut);
    curl_easy_setopt(curl, CURLOPT_URL, call.url.c_str());
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, call.time_limit_ms);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, call.body.data());
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(call.body.size()));
    if (call.reach == Reach::public_only) {
        curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, &open_public_socket);
        curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, &refused);
    }
    const auto begun = std::chrono::steady_clock::now();
    const CURLcode code = curl_easy_perform(curl);
    const auto took = std::chrono::steady_clock::now() - begun;
    Outcome outcome;
    outcome.attempt.duration_ms = std::chrono::duration_cast<std::chrono::milliseconds>(took).count();
    outcome.attempt.body = std::move(received.body);
    outcome.cut = received.cut;
    if (code == CURLE_OK || received.cut) {
        long status = 0;
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
        outcome.attempt.status = static_cast<int>(status);
    } else {
        outcome.attempt.failure = refused ? "the host has no public address" : curl_easy_strerror(code);
    }
    return outcome;
}

struct HttpClient::Pool {
    explicit Pool(std::size_t size) : threads(size) {}
    asio::thread_pool threads;
    int pending = 0;   // touched on the event loop only
};

HttpClient::HttpClient(const HttpClientConfig& config)
    : config_(config), pool_(std::make_unique<Pool>(static_cast<std::size_t>(config.parallel))) {
    static const CURLcode global = curl_global_init(CURL_GLOBAL_DEFAULT);
    if (global != CURLE_OK) throw Unavailable("libcurl cannot start");
}

HttpClient::~HttpClient() { pool_->threads.join(); }

Task<HttpClient::Outcome> HttpClient::run(const Context& ctx, Call call) {
    if (pool_->pending >= config_.parallel + config_.queue_limit) throw Unavailable("too many outgoing calls wait");
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(ctx.remaining()).count();
    if (left <= 0) throw DeadlineExceeded();
    call.time_limit_ms = static_cast<long>(std::min<std::int64_t>(left, call.time_limit_ms));
    struct Count {
        explicit Count(int& pending) : pending_(pending) { ++pending_; }
        ~Count() { --pending_; }
        int& pending_;
    } const count(pool_->pending);
    auto span = trace::begin_below(ctx.span.get(), trace::Kind::client, "POST");
    span.set("http.request.method", "POST");
    if (span.records()) span.set("server.address", host_of(call.url));
    for (auto& field : trace::inject(span.context(), trace::propagation())) call.headers.push_back(std::move(field));
    // Named first: g++ 12 destroys a capturing temporary of a co_await expression twice.
    auto cut = call.cut;
    auto work = [call = std::move(call)] { return perform(call); };
    auto outcome = co_await offload(pool_->threads, std::move(work), std::move(cut));
    const int status = outcome.attempt.status;
    span.set("http.response.status_code", status);
    if (status == 0) span.fail("no_answer");
    else if (status >= 400 && span.records()) span.fail(std::to_string(status));
    co_return outcome;
}

Task<HttpReply> HttpClient::post(const Context& ctx, std::string url, HttpHeaders headers, std::string body) {
    Call call{std::move(url), std::move(headers), std::move(body), config_.time_limit_ms,
              static_cast<std::size_t>(config_.body_limit_bytes)};
    auto outcome = co_await run(ctx, std::move(call));
    if (outcome.cut) throw Unavailable("outgoing HTTP: the answer is too long");
    if (outcome.attempt.status == 0) throw Unavailable("outgoing HTTP: " + outcome.attempt.failure);
    co_return HttpReply{outcome.attempt.status, std::move(outcome.attempt.body)};
}

Task<HttpAttempt> HttpClient::try_post(const Context& ctx, std::string url, HttpHeaders headers, std::string body,
                                       HttpBounds bounds) {
    Call call{std::move(url),
              std::move(headers),
              std::move(body),
              bounds.time_limit_ms > 0 ? bounds.time_limit_ms : config_.time_limit_ms,
              static_cast<std::size_t>(bounds.body_keep_bytes),
              bounds.reach};
    auto outcome = co_await run(ctx, std::move(call));
    co_return std::move(outcome.attempt);
}

}   // namespace caddy::net
