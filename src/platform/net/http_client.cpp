#include "platform/net/http_client.hpp"

#include "platform/runtime/fault.hpp"
#include "platform/runtime/offload.hpp"

#include <curl/curl.h>

#include <algorithm>

namespace caddy::net {
namespace {

struct Call {
    std::string url;
    HttpHeaders headers;
    std::string body;
    long time_limit_ms = 0;
    std::size_t body_limit = 0;
};

struct Received {
    std::string body;
    std::size_t limit = 0;
};

using Handle = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;
using HeaderList = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;

std::size_t receive(char* data, std::size_t size, std::size_t count, void* user) {
    auto& received = *static_cast<Received*>(user);
    const std::size_t bytes = size * count;
    if (received.body.size() + bytes > received.limit) return 0;   // libcurl ends the call with a write error
    received.body.append(data, bytes);
    return bytes;
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

HttpReply perform(const Call& call) {
    const Handle handle(curl_easy_init(), &curl_easy_cleanup);
    if (!handle) throw Unavailable("libcurl has no handle");
    const auto headers = header_list(call.headers);
    Received received{{}, call.body_limit};
    CURL* curl = handle.get();
    curl_easy_setopt(curl, CURLOPT_URL, call.url.c_str());
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, call.time_limit_ms);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, call.body.data());
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(call.body.size()));
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &receive);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &received);
    const CURLcode outcome = curl_easy_perform(curl);
    if (outcome != CURLE_OK) throw Unavailable(std::string("outgoing HTTP: ") + curl_easy_strerror(outcome));
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    return {static_cast<int>(status), std::move(received.body)};
}

}   // namespace

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

Task<HttpReply> HttpClient::post(const Context& ctx, std::string url, HttpHeaders headers, std::string body) {
    if (pool_->pending >= config_.parallel + config_.queue_limit) throw Unavailable("too many outgoing calls wait");
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(ctx.remaining()).count();
    if (left <= 0) throw DeadlineExceeded();
    Call call{std::move(url), std::move(headers), std::move(body),
              static_cast<long>(std::min<std::int64_t>(left, config_.time_limit_ms)),
              static_cast<std::size_t>(config_.body_limit_bytes)};
    struct Count {
        explicit Count(int& pending) : pending_(pending) { ++pending_; }
        ~Count() { --pending_; }
        int& pending_;
    } const count(pool_->pending);
    // Named first: g++ 12 destroys a capturing temporary of a co_await expression twice.
    auto work = [call = std::move(call)] { return perform(call); };
    auto reply = co_await offload(pool_->threads, std::move(work));
    co_return reply;
}

}   // namespace caddy::net
