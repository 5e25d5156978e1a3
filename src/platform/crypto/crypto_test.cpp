#include "platform/crypto/digest.hpp"

#include <gtest/gtest.h>

#include <set>

namespace caddy::crypto {
namespace {

TEST(Digest, agrees_with_the_vectors_of_fips_180) {
    EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Hmac, agrees_with_the_vectors_of_rfc_4231) {
    EXPECT_EQ(hmac_sha256_hex(std::string(20, '\x0b'), "Hi There"),
              "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    EXPECT_EQ(hmac_sha256_hex("Jefe", "what do ya want for nothing?"),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    EXPECT_EQ(hmac_sha256_hex(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First"),
              "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(Hmac, takes_an_empty_key_as_an_empty_key) {
    EXPECT_EQ(hmac_sha256_hex("", ""), "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
    EXPECT_EQ(hmac_sha256_hex({}, {}), hmac_sha256_hex("", ""));
}

TEST(RandomToken, has_the_length_of_unpadded_base64_and_only_its_url_safe_alphabet) {
    for (const std::size_t bytes : {0U, 1U, 2U, 3U, 16U, 32U}) {
        const auto token = random_token(bytes);
        EXPECT_EQ(token.size(), (bytes * 8 + 5) / 6);
        EXPECT_EQ(token.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
                  std::string::npos);
    }
}

TEST(RandomToken, does_not_repeat) {
    std::set<std::string> seen;
    for (int i = 0; i < 1000; ++i) EXPECT_TRUE(seen.insert(random_token(16)).second);
}

TEST(Equality, compares_the_whole_text) {
    EXPECT_TRUE(equal_in_constant_time("secret", "secret"));
    EXPECT_TRUE(equal_in_constant_time("", ""));
    EXPECT_FALSE(equal_in_constant_time("secret", "secreT"));
    EXPECT_FALSE(equal_in_constant_time("secret", "secret2"));
}

}  // namespace
}  // namespace caddy::crypto
