#pragma once
// A mail as bytes (RFC 5322, with RFC 2045 and 2047 for what is not ASCII). Pure: time comes from the caller.
#include "core/clock.hpp"
#include "platform/mail/mail.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace caddy::mail {

/// `Name <address>` taken apart.
struct Mailbox {
    std::string name;   // may be empty
    std::string address;
};
/// Nothing when the text is no such thing, or would end a header line.
std::optional<Mailbox> parse_mailbox(std::string_view);

/// The whole message, lines ended by CRLF, none longer than 78 bytes but for long addresses.
///
/// Throws std::invalid_argument where a text could break out of its header: nothing is repaired in silence.
std::string message(const Mail&, const Mailbox& from, Time now);

}   // namespace caddy::mail
