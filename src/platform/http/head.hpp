#pragma once
// The head of a request, read once and strictly: what two readers could understand differently is refused, so that
// nothing can be smuggled past a proxy (RFC 9110, RFC 9112). Pure; any thread.
#include "platform/http/problem.hpp"

#include <boost/system/result.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace caddy::http {

using NamedValues = std::vector<std::pair<std::string, std::string>>;

struct HeadFault {
    ProtocolFault kind = ProtocolFault::malformed;
    std::string detail;
};

// Found by argument-dependent lookup from boost::system::result<T, HeadFault>::value().
[[noreturn]] void throw_exception_from_error(const HeadFault&, const boost::source_location&);

template <class T>
using HeadResult = boost::system::result<T, HeadFault>;

struct HeadLimits {
    std::size_t target_bytes_max = 8 * 1024;
    std::size_t header_count_max = 100;
};

struct Target {
    std::string raw{};    // as it came
    std::string path{};   // decoded; `*` for the whole server
    NamedValues query{};  // decoded, in order
};

struct Head {
    std::string method;
    Target target;
    NamedValues headers;   // names in lower case
    bool is_http_1_0 = false;
    bool keep_alive = true;
    bool expects_continue = false;
    bool chunked = false;
    std::uint64_t content_length = 0;

    bool has_body() const { return chunked || content_length > 0; }
    std::optional<std::string_view> header(std::string_view name) const;
};

/// Reads `raw`, which ends with the first empty line.
HeadResult<Head> parse_head(std::string_view raw, const HeadLimits&);

/// Reads the target of a request line: origin form, absolute form, or `*`.
HeadResult<Target> parse_target(std::string_view text);

/// True for what a Host header may say.
bool is_host(std::string_view);

/// True for the characters of methods and header names.
bool is_token_char(char);

/// ASCII letters in lower case.
std::string in_lower_case(std::string_view);

/// Without blanks and tabs at both ends.
std::string_view without_blanks(std::string_view);

/// The members of a comma-separated list, without blanks and without empty ones.
std::vector<std::string_view> list_members(std::string_view);

}  // namespace caddy::http
