#include "platform/net/address.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>

namespace caddy::net {
namespace {

namespace ip = boost::asio::ip;

struct Range4 {
    std::array<std::uint8_t, 4> network;
    int bits;
};

/// The special-purpose registry of IANA (RFC 6890 and its successors), without what is globally reachable.
constexpr std::array<Range4, 15> special4{{
    {{0, 0, 0, 0}, 8},      {{10, 0, 0, 0}, 8},      {{100, 64, 0, 0}, 10},   {{127, 0, 0, 0}, 8},
    {{169, 254, 0, 0}, 16}, {{172, 16, 0, 0}, 12},   {{192, 0, 0, 0}, 24},    {{192, 0, 2, 0}, 24},
    {{192, 88, 99, 0}, 24}, {{192, 168, 0, 0}, 16},  {{198, 18, 0, 0}, 15},
    {{198, 51, 100, 0}, 24}, {{203, 0, 113, 0}, 24}, {{224, 0, 0, 0}, 4},     {{240, 0, 0, 0}, 4},
}};

std::uint32_t number_of(const std::array<std::uint8_t, 4>& b) {
    return (std::uint32_t{b[0]} << 24U) | (std::uint32_t{b[1]} << 16U) | (std::uint32_t{b[2]} << 8U) | b[3];
}

bool is_public_v4(const ip::address_v4& address) {
    return std::none_of(special4.begin(), special4.end(), [&](const Range4& range) {
        const auto mask = ~std::uint32_t{0} << (32 - range.bits);
        return (address.to_uint() & mask) == number_of(range.network);
    });
}

/// Only 2000::/3 is given out; in it, protocol assignments with Teredo, documentation and 6to4 are special.
bool is_public_v6(const ip::address_v6& address) {
    const auto b = address.to_bytes();
    const bool given_out = (b[0] & 0xe0U) == 0x20U;
    const bool protocols = b[0] == 0x20 && b[1] == 0x01 && b[2] < 0x02;
    const bool documentation = (b[0] == 0x20 && b[1] == 0x01 && b[2] == 0x0d && b[3] == 0xb8) ||
                               (b[0] == 0x3f && b[1] == 0xff && b[2] < 0x10);
    const bool six_to_four = b[0] == 0x20 && b[1] == 0x02;
    return given_out && !protocols && !documentation && !six_to_four;
}

using UrlHandle = std::unique_ptr<CURLU, decltype(&curl_url_cleanup)>;

std::optional<std::string> part_of(const UrlHandle& url, CURLUPart part, unsigned flags = 0) {
    char* text = nullptr;
    if (curl_url_get(url.get(), part, &text, flags) != CURLUE_OK) return std::nullopt;
    const std::unique_ptr<char, decltype(&curl_free)> owned(text, &curl_free);
    return std::string(text);
}

}   // namespace

bool is_public(const ip::address& address) {
    return address.is_v4() ? is_public_v4(address.to_v4()) : is_public_v6(address.to_v6());
}

std::optional<UrlParts> parse_url(const std::string& url) {
    const UrlHandle handle(curl_url(), &curl_url_cleanup);
    if (!handle || curl_url_set(handle.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) return std::nullopt;
    const auto scheme = part_of(handle, CURLUPART_SCHEME);
    const auto host = part_of(handle, CURLUPART_HOST);
    const auto port = part_of(handle, CURLUPART_PORT, CURLU_DEFAULT_PORT);
    if (!scheme || !host || host->empty() || !port) return std::nullopt;
    UrlParts parts;
    parts.scheme = *scheme;
    parts.host = *host;
    parts.port = std::stoi(*port);   // libcurl has seen that it is a port
    parts.has_credentials = part_of(handle, CURLUPART_USER).has_value() || part_of(handle, CURLUPART_PASSWORD);
    parts.has_fragment = part_of(handle, CURLUPART_FRAGMENT).has_value();
    return parts;
}

std::optional<ip::address> literal_address(std::string host) {
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
    boost::system::error_code error;
    const auto address = ip::make_address(host, error);
    if (error) return std::nullopt;
    return address;
}

}   // namespace caddy::net
