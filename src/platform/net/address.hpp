#pragma once
// Where an outgoing call may go: addresses that belong to the open internet, and the parts of a URL that decide it.
#include <boost/asio/ip/address.hpp>

#include <optional>
#include <string>

namespace caddy::net {

/// False for what only this machine, its network or nobody answers at: private, loopback, link-local (cloud metadata
/// lives there), shared (CGNAT), multicast, documentation, benchmarks, IPv4 inside IPv6 and everything reserved.
bool is_public(const boost::asio::ip::address&);

struct UrlParts {
    std::string scheme;   // `https`
    std::string host;     // as libcurl will connect to it: `http://2130706433/` has the host 127.0.0.1
    int port = 0;         // given, or the scheme's own
    bool has_credentials = false;
    bool has_fragment = false;
};

/// Reads a URL with the parser that will call it, so that no second opinion about its host exists; nothing when that
/// is not possible.
std::optional<UrlParts> parse_url(const std::string& url);

/// The address, when the host is one written in digits.
std::optional<boost::asio::ip::address> literal_address(std::string host);

}   // namespace caddy::net
