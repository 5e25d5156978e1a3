#include "platform/net/address.hpp"

#include <gtest/gtest.h>

namespace caddy::net {
namespace {

bool reachable(const std::string& address) { return is_public(boost::asio::ip::make_address(address)); }

TEST(Addresses, of_the_open_internet_are_public) {
    for (const auto* each : {"1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.1", "172.15.0.1", "172.32.0.1",
                             "192.169.0.1", "169.253.1.1", "198.17.0.1", "198.20.0.1", "223.255.255.254",
                             "2606:4700:4700::1111", "2a00:1450::1"}) {
        EXPECT_TRUE(reachable(each)) << each;
    }
}

TEST(Addresses, inside_and_reserved_are_not) {
    for (const auto* each :
         {"0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.254", "127.0.0.1", "127.9.9.9",
          "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.168.1.1", "198.18.0.1",
          "198.19.255.255", "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255",
          "::", "::1", "::ffff:10.0.0.1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::7f00:1", "64:ff9b::a00:1", "fc00::1",
          "fd12::1", "fe80::1", "fec0::1", "ff02::1", "2001::1", "2001:db8::1", "2002:7f00:1::", "3fff::1"}) {
        EXPECT_FALSE(reachable(each)) << each;
    }
}

TEST(Urls, have_the_host_that_will_be_called_however_it_is_written) {
    for (const auto* each : {"http://2130706433/", "http://0x7f.1/", "http://0177.0.0.1/", "http://127.1/"}) {
        const auto parts = parse_url(each);
        ASSERT_TRUE(parts) << each;
        const auto literal = literal_address(parts->host);
        ASSERT_TRUE(literal) << each << " " << parts->host;
        EXPECT_EQ(literal->to_string(), "127.0.0.1");
    }
    const auto mapped = parse_url("https://[::ffff:10.0.0.1]:8443/hook").value();
    EXPECT_EQ(mapped.port, 8443);
    EXPECT_FALSE(is_public(literal_address(mapped.host).value()));
}

TEST(Urls, show_credentials_and_fragments_and_default_ports) {
    EXPECT_TRUE(parse_url("https://me:secret@example.com/")->has_credentials);
    EXPECT_TRUE(parse_url("https://example.com/#part")->has_fragment);
    const auto plain = parse_url("https://example.com/hook?a=b").value();
    EXPECT_FALSE(plain.has_credentials);
    EXPECT_FALSE(plain.has_fragment);
    EXPECT_EQ(plain.port, 443);
    EXPECT_EQ(plain.scheme, "https");
    EXPECT_FALSE(literal_address(plain.host));
}

TEST(Urls, that_no_call_could_use_are_none) {
    for (const auto* each : {"", "nonsense", "https://", "https://exa mple.com/", "https://example.com:99999/"}) {
        EXPECT_FALSE(parse_url(each)) << each;
    }
}

}   // namespace
}   // namespace caddy::net
