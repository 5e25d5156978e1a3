#include "platform/crypto/running_digest.hpp"

#include <openssl/evp.h>

#include <array>
#include <stdexcept>

namespace caddy::crypto {

struct RunningSha256::Impl {
    Impl() : context(EVP_MD_CTX_new(), EVP_MD_CTX_free) {}
    std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context;
};

RunningSha256::RunningSha256() : impl_(std::make_unique<Impl>()) {
    if (!impl_->context || EVP_DigestInit_ex(impl_->context.get(), EVP_sha256(), nullptr) != 1)
        throw std::runtime_error("SHA-256 failed");
}

RunningSha256::~RunningSha256() = default;

void RunningSha256::add(std::string_view bytes) {
    if (EVP_DigestUpdate(impl_->context.get(), bytes.data(), bytes.size()) != 1)
        throw std::runtime_error("SHA-256 failed");
}

std::string RunningSha256::hex() {
    constexpr std::string_view digits = "0123456789abcdef";
    std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
    unsigned int length = 0;
    if (EVP_DigestFinal_ex(impl_->context.get(), bytes.data(), &length) != 1)
        throw std::runtime_error("SHA-256 failed");
    std::string text;
    for (unsigned int i = 0; i < length; ++i) {
        text.push_back(digits[bytes[i] >> 4U]);
        text.push_back(digits[bytes[i] & 15U]);
    }
    return text;
}

}  // namespace caddy::crypto
