#include "platform/http/edge.hpp"

#include "platform/telemetry/log.hpp"

#include <algorithm>
#include <array>
#include <ctime>
#include <stdexcept>

namespace caddy::http {

namespace {

std::uint64_t seed() {
    std::random_device device;
    return (std::uint64_t{device()} << 32U) | device();
}

TrustedProxies parsed_proxies(const ServerConfig& config) {
    auto proxies = TrustedProxies::parse(config.trusted_proxies);
    if (proxies.has_error()) throw std::runtime_error("TRUSTED_PROXIES: " + proxies.error().detail);
    return *std::move(proxies);
}

}  // namespace

void log_request(const Finished& finished, std::string_view request_id, const trace::TraceContext* context) {
    log::write(log::Level::info, "http.request",
               {{"method", finished.method},
                {"route", finished.route.empty() ? "-" : finished.route},
                {"status", finished.status},
                {"duration_us", finished.duration.count()},
                {"bytes", finished.bytes_out},
                {"request_id", request_id}},
               context);
}

bool is_request_id(std::string_view id) {
    if (id.size() < 8 || id.size() > 64) return false;
    return std::all_of(id.begin(), id.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' ||
               c == '-';
    });
}

Edge::Edge(const ServerConfig& limits, Services given)
    : config(limits), services(std::move(given)), proxies(parsed_proxies(limits)), random_(seed()) {}

asio::thread_pool& Edge::upload_pool() {
    if (!upload_pool_) upload_pool_ = std::make_unique<asio::thread_pool>(1);
    return *upload_pool_;
}

std::filesystem::path Edge::upload_folder() const {
    return config.upload_folder.empty() ? std::filesystem::temp_directory_path()
                                        : std::filesystem::path(config.upload_folder);
}

void Edge::write_request_id(std::string& text) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::array<char, 16> id;
    auto bits = random_();
    for (auto& c : id) {
        c = digits[bits & 15U];
        bits >>= 4U;
    }
    text.append(id.data(), id.size());
}

std::string_view Edge::date() {
    const auto second = std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now());
    if (second == date_second_ && !date_.empty()) return date_;
    date_second_ = second;
    const std::time_t time = std::chrono::system_clock::to_time_t(second);
    std::tm parts{};
    gmtime_r(&time, &parts);
    std::array<char, 40> text{};
    date_.assign(text.data(), std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts));
    return date_;
}

bool Edge::logs_next() {
    if (config.access_log_every <= 0) return false;
    return requests_++ % config.access_log_every == 0;
}

}  // namespace caddy::http
