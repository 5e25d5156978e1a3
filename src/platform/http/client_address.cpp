#include "platform/http/client_address.hpp"

#include "platform/http/head.hpp"

#include <array>
#include <charconv>
#include <optional>

namespace caddy::http {

namespace ip = boost::asio::ip;

namespace {

/// An IPv4 address that came in IPv6 clothes, as itself.
ip::address plain(const ip::address& address) {
    if (address.is_v6() && address.to_v6().is_v4_mapped()) return ip::make_address_v4(ip::v4_mapped, address.to_v6());
    return address;
}

/// `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]:80`.
std::optional<ip::address> parse_hop(std::string_view hop) {
    hop = without_blanks(hop);
    if (hop.starts_with('[')) {
        hop = hop.substr(1, hop.find(']') == std::string_view::npos ? 0 : hop.find(']') - 1);
    } else if (const auto colon = hop.find(':');
               colon != std::string_view::npos && hop.find(':', colon + 1) == std::string_view::npos) {
        hop = hop.substr(0, colon);
    }
    boost::system::error_code error;
    const auto address = ip::make_address(std::string(hop), error);
    if (error) return std::nullopt;
    return plain(address);
}

/// The hops, right-most first.
std::vector<std::string_view> hops_of(const std::vector<std::string_view>& forwarded) {
    std::vector<std::string_view> hops;
    for (auto line = forwarded.rbegin(); line != forwarded.rend(); ++line) {
        for (auto rest = *line;;) {
            const auto comma = rest.rfind(',');
            hops.push_back(comma == std::string_view::npos ? rest : rest.substr(comma + 1));
            if (comma == std::string_view::npos) break;
            rest = rest.substr(0, comma);
        }
    }
    return hops;
}

/// `192.0.2.1`, without the C library's formatting, which costs more than the rest of what a request is counted by.
std::string text_of(const ip::address_v4& address) {
    std::array<char, 16> text{};
    char* end = text.data();
    for (const auto byte : address.to_bytes()) {
        if (end != text.data()) *end++ = '.';
        end = std::to_chars(end, text.data() + text.size(), static_cast<unsigned>(byte)).ptr;
    }
    return {text.data(), end};
}

template <class Network, class Address>
bool contains(const Network& network, const Address& address) {
    return Network(address, network.prefix_length()).canonical() == network;
}

}  // namespace

Result<TrustedProxies> TrustedProxies::parse(const std::vector<std::string>& networks) {
    TrustedProxies proxies;
    for (const auto& text : networks) {
        const auto trimmed = std::string(without_blanks(text));
        const bool is_v6 = trimmed.find(':') != std::string::npos;
        const bool has_prefix = trimmed.find('/') != std::string::npos;
        boost::system::error_code error;
        if (is_v6) {
            proxies.v6_.push_back(ip::make_network_v6(has_prefix ? trimmed : trimmed + "/128", error).canonical());
        } else {
            proxies.v4_.push_back(ip::make_network_v4(has_prefix ? trimmed : trimmed + "/32", error).canonical());
        }
        if (error) {
            return Error{ErrorKind::invalid, "config.invalid_network",
                         "'" + text + "' is no address or network such as 10.0.0.0/8."};
        }
    }
    return proxies;
}

bool TrustedProxies::trusts(const ip::address& given) const {
    const auto address = plain(given);
    if (address.is_v4()) {
        for (const auto& network : v4_) {
            if (contains(network, address.to_v4())) return true;
        }
        return false;
    }
    for (const auto& network : v6_) {
        if (contains(network, address.to_v6())) return true;
    }
    return false;
}

ip::address TrustedProxies::client(const ip::address& peer, const std::vector<std::string_view>& forwarded) const {
    auto client = plain(peer);
    if (!trusts(client)) return client;
    for (const auto hop : hops_of(forwarded)) {
        const auto address = parse_hop(hop);
        if (!address) return client;
        client = *address;
        if (!trusts(client)) return client;
    }
    return client;
}

std::string limit_key(const ip::address& given) {
    const auto address = plain(given);
    if (address.is_v4()) return text_of(address.to_v4());
    return ip::network_v6(address.to_v6(), 64).canonical().to_string();
}

}  // namespace caddy::http
