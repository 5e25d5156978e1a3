#pragma once
// What the business says when it says no. A refusal is a value that travels upward in a Result;
// only platform/http/problem.cpp turns one into a status line. Immutable once made; any thread.
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace caddy {

/// The closed set of reasons. Features add codes, never kinds.
enum class ErrorKind {
    malformed,               // 400
    unauthenticated,         // 401
    forbidden,               // 403
    not_found,               // 404, also for what is not the caller's
    not_allowed,             // 405
    not_acceptable,          // 406
    timeout,                 // 408
    conflict,                // 409
    gone,                    // 410
    stale,                   // 412
    too_large,               // 413
    unsupported_media,       // 415
    invalid,                 // 422
    precondition_required,   // 428
    limited,                 // 429
    unavailable,             // 503, refused on purpose (draining, read-only, queue full)
};

/// One bad field: where it stands in the request body, and what to do about it.
struct FieldError {
    std::string pointer;   // JSON pointer (RFC 6901), or "query:limit", "header:Idempotency-Key"
    std::string code;
    std::string message;
};

/// Extra members of an answer to a refusal (lines left, new totals, current version).
///
/// The feature that refuses knows their shape and the layer above knows the notation, so the object
/// renders itself; core stays free of both. See platform/json/more.hpp.
struct ErrorMore {
    virtual ~ErrorMore() = default;
    /// The members, rendered, without the enclosing braces.
    virtual std::string members() const = 0;
};

struct Error {
    ErrorKind kind{};
    std::string_view code;   // `<feature>.<reason>`, a literal, stable forever
    std::string detail;      // public text: what happened and what to do
    std::vector<FieldError> fields{};
    std::optional<std::chrono::seconds> retry_after{};
    std::shared_ptr<const ErrorMore> more{};
};

}   // namespace caddy
