#include "shop/identity/identity_password.hpp"

#include "platform/crypto/digest.hpp"
#include "platform/runtime/fault.hpp"
#include "platform/text/text.hpp"
#include "shop/identity/identity_common_passwords.hpp"

#include <argon2.h>

#include <algorithm>
#include <array>

namespace caddy::identity {
namespace {

constexpr std::uint32_t lanes = 1;
constexpr std::size_t hash_bytes = 32;
constexpr std::size_t salt_bytes = 18;

std::uint32_t unsigned_of(int number) { return static_cast<std::uint32_t>(number); }

/// Keyboards differ in how they compose a letter; the account's owner must not notice.
std::string canonical(std::string_view password) {
    return text::is_utf8(password) ? text::nfc(password) : std::string(password);
}

}  // namespace

bool is_common_password(std::string_view folded_password) {
    return std::find(common_passwords.begin(), common_passwords.end(), folded_password) != common_passwords.end();
}

void check_password(Checks& checks, std::string_view password, std::string_view email) {
    const std::string pointer = "/password";
    if (password.size() > password_bytes_max) {
        checks.require(false, pointer, "too_long", "Use at most 256 bytes.");
        return;
    }
    if (!text::is_utf8(password)) {
        checks.require(false, pointer, "not_utf8", "Use characters in UTF-8.");
        return;
    }
    checks.require(text::length(password) >= password_length_min, pointer, "too_short", "Use at least 10 characters.");
    const auto folded = text::folded(password);
    checks.require(!is_common_password(folded), pointer, "too_common",
                   "This is one of the commonest passwords; choose one that others do not use.");
    checks.require(folded != email, pointer, "same_as_email", "Choose a password other than your e-mail address.");
}

std::string hash_password(std::string_view password, HashCost cost) {
    const auto secret = canonical(password);
    const auto salt = crypto::random_token(salt_bytes);
    const auto memory = unsigned_of(cost.memory_kib);
    const auto passes = unsigned_of(cost.passes);
    std::string encoded(
        argon2_encodedlen(passes, memory, lanes, static_cast<std::uint32_t>(salt.size()), hash_bytes, Argon2_id), '\0');
    const int outcome = argon2id_hash_encoded(passes, memory, lanes, secret.data(), secret.size(), salt.data(),
                                              salt.size(), hash_bytes, encoded.data(), encoded.size());
    if (outcome == ARGON2_MEMORY_ALLOCATION_ERROR) throw Unavailable("no memory to hash a password");
    if (outcome != ARGON2_OK) throw std::runtime_error(argon2_error_message(outcome));
    encoded.resize(encoded.find('\0'));
    return encoded;
}

bool matches_hash(std::string_view password, const std::string& hash) {
    const auto secret = canonical(password);
    const int outcome = argon2id_verify(hash.c_str(), secret.data(), secret.size());
    if (outcome == ARGON2_OK) return true;
    if (outcome == ARGON2_VERIFY_MISMATCH) return false;
    if (outcome == ARGON2_MEMORY_ALLOCATION_ERROR) throw Unavailable("no memory to verify a password");
    throw std::runtime_error(argon2_error_message(outcome));
}

bool made_at_cost(std::string_view hash, HashCost cost) {
    const auto start = "$argon2id$v=19$m=" + std::to_string(cost.memory_kib) + ",t=" + std::to_string(cost.passes) +
                       ",p=" + std::to_string(lanes) + "$";
    return hash.starts_with(start);
}

PasswordPool::PasswordPool(int threads, int queue, HashCost cost)
    : places_(threads + queue), cost_(cost), threads_(static_cast<std::size_t>(threads)) {}

PasswordPool::Place PasswordPool::take() {
    if (taken_ >= places_) throw Unavailable("too many passwords wait to be hashed");
    return Place(taken_);
}

Task<std::string> PasswordPool::hash(const Place&, std::string password) {
    auto work = [password = std::move(password), cost = cost_] { return hash_password(password, cost); };
    co_return co_await offload(threads_, std::move(work));
}

Task<bool> PasswordPool::matches(const Place&, std::string password, std::string hash) {
    auto work = [password = std::move(password), hash = std::move(hash)] { return matches_hash(password, hash); };
    co_return co_await offload(threads_, std::move(work));
}

}  // namespace caddy::identity
