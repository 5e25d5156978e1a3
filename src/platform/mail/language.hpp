#pragma once
// The languages in which the shop writes mails. Pure.
#include <string>
#include <string_view>

namespace caddy::mail {

/// `zh-CN` or `en`.
bool is_language(std::string_view);

/// The language that an Accept-Language header (RFC 9110, section 12.5.4) likes best of those; zh-CN where it likes
/// neither or says nothing.
std::string language_for(std::string_view accept_language);

}   // namespace caddy::mail
