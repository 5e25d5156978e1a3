#pragma once
// Digests, signatures and random secrets, all by OpenSSL.
#include <string>
#include <string_view>

namespace caddy::crypto {

/// 64 hexadecimal digits.
std::string sha256_hex(std::string_view data);
/// HMAC-SHA-256 (RFC 2104) as 64 hexadecimal digits.
std::string hmac_sha256_hex(std::string_view key, std::string_view data);
/// `bytes` random bytes in URL-safe base64 without padding (RFC 4648, section 5). Throws when the system has none.
std::string random_token(std::size_t bytes);
/// True when equal; takes as long for one differing byte as for all.
bool equal_in_constant_time(std::string_view a, std::string_view b);

}  // namespace caddy::crypto
