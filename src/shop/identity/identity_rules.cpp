#include "shop/identity/identity_rules.hpp"

#include "platform/text/text.hpp"
#include "shop/identity/identity_password.hpp"

namespace caddy::identity {
namespace {

constexpr std::size_t name_length_max = 100;

}   // namespace

std::string folded_email(std::string_view email) { return text::folded(text::trimmed(email)); }

void check_credentials(Checks& checks, std::string_view email, std::string_view password) {
    const bool acceptable = text::is_utf8(email) && text::is_email(text::trimmed(email));
    checks.require(acceptable, "/email", "not_an_email", "Send an e-mail address, like name@example.com.");
    if (acceptable) check_password(checks, password, folded_email(email));
}

void check_name(Checks& checks, std::string_view name) {
    checks.require(text::is_single_line(name), "/name", "not_single_line", "Send one line without control characters.");
    checks.require(text::length(name) <= name_length_max, "/name", "too_long", "Use at most 100 characters.");
}

}   // namespace caddy::identity
