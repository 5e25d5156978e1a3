#pragma once
// Who is at the other end, when proxies stand between.
#include "core/result.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace caddy::http {

class TrustedProxies {
public:
    /// Addresses and networks. Refuses: config.invalid_network (422)
    static Result<TrustedProxies> parse(const std::vector<std::string>& networks);

    bool trusts(const boost::asio::ip::address&) const;

    /// The right-most hop that is not trusted: what stands left of it anybody may have written.
    ///
    /// `forwarded` are the values of X-Forwarded-For in the order of their lines. The peer itself where it is not
    /// trusted, or where the hops cannot be read.
    boost::asio::ip::address client(const boost::asio::ip::address& peer,
                                    const std::vector<std::string_view>& forwarded) const;

private:
    std::vector<boost::asio::ip::network_v4> v4_;
    std::vector<boost::asio::ip::network_v6> v6_;
};

/// What a limit is counted under: the address, of IPv6 its network of 64 bits, which is one subscriber's.
std::string limit_key(const boost::asio::ip::address&);

}  // namespace caddy::http
