#include "platform/crypto/digest.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <array>
#include <stdexcept>

namespace caddy::crypto {

namespace {

constexpr std::size_t sha256_bytes = 32;
using Digest = std::array<unsigned char, sha256_bytes>;

std::string hex(const Digest& digest) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    text.reserve(digest.size() * 2);
    for (const auto byte : digest) {
        text.push_back(digits[byte >> 4U]);
        text.push_back(digits[byte & 15U]);
    }
    return text;
}

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

}  // namespace

std::string sha256_hex(std::string_view data) {
    Digest digest{};
    unsigned int length = 0;
    if (EVP_Digest(data.data(), data.size(), digest.data(), &length, EVP_sha256(), nullptr) != 1) {
        throw std::runtime_error("SHA-256 failed");
    }
    return hex(digest);
}

std::string hmac_sha256_hex(std::string_view key, std::string_view data) {
    // A null key means "the key before" to OpenSSL; an empty one must still be an address.
    const void* key_bytes = key.empty() ? "" : key.data();
    Digest digest{};
    unsigned int length = 0;
    if (!HMAC(EVP_sha256(), key_bytes, static_cast<int>(key.size()), bytes_of(data), data.size(), digest.data(),
              &length)) {
        throw std::runtime_error("HMAC-SHA-256 failed");
    }
    return hex(digest);
}

std::string random_token(std::size_t bytes) {
    constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    std::string random(bytes, '\0');
    if (RAND_bytes(reinterpret_cast<unsigned char*>(random.data()), static_cast<int>(bytes)) != 1) {
        throw std::runtime_error("the system has no random bytes");
    }
    std::string token;
    token.reserve((bytes * 4 + 2) / 3);
    unsigned int window = 0;
    int held_bits = 0;
    for (const char byte : random) {
        window = (window << 8U) | static_cast<unsigned char>(byte);
        for (held_bits += 8; held_bits >= 6; held_bits -= 6) {
            token.push_back(digits[(window >> static_cast<unsigned>(held_bits - 6)) & 63U]);
        }
    }
    if (held_bits > 0) token.push_back(digits[(window << static_cast<unsigned>(6 - held_bits)) & 63U]);
    OPENSSL_cleanse(random.data(), random.size());
    return token;
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace caddy::crypto
