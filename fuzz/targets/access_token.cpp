// Access tokens: nobody who does not hold the key has one. Half of the inputs are signed, so that what is behind the
// signature is met, too.
#include "holds.hpp"
#include "platform/crypto/digest.hpp"
#include "shop/identity/identity_tokens.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

using namespace caddy;

namespace {

const std::string secret(40, 'k');
const Time now{std::chrono::hours(24 * 365 * 56)};

std::string base64url(std::string_view bytes) {
    std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
    const int length =
        EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                        reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
    text.resize(static_cast<std::size_t>(length));
    for (auto& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
    while (text.ends_with('=')) text.pop_back();
    return text;
}

std::string signed_token(std::string_view header, std::string_view payload) {
    auto token = base64url(header) + "." + base64url(payload);
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int length = 0;
    HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
         reinterpret_cast<const unsigned char*>(token.data()), token.size(), digest, &length);
    return token + "." + base64url({reinterpret_cast<const char*>(digest), length});
}

}   // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const identity::AccessTokens tokens(secret, "", std::chrono::minutes(15));
    static const auto good = tokens.sign(identity::UserId{7}, identity::SessionId{9}, Role::customer, now);
    const auto text = text_of(data, size);
    holds(!tokens.verify(text, now).has_value() || text == good, "a guess is no token");
    const auto cut = text.find('\n');
    if (cut == std::string_view::npos) return 0;
    const auto key = crypto::sha256_hex(secret).substr(0, 8);
    (void)tokens.verify(signed_token(text.substr(0, cut), text.substr(cut + 1)), now);
    (void)tokens.verify(signed_token(R"({"alg":"HS256","typ":"JWT","kid":")" + key + "\"}", text.substr(cut + 1)), now);
    return 0;
}
