#pragma once
// The only place that knows the statuses of errors: refusals and faults become RFC 9457 problem documents.
#include "core/error.hpp"
#include "platform/http/response.hpp"
#include "platform/runtime/context.hpp"

#include <exception>

namespace caddy::http {

int status_of(ErrorKind);

/// What is wrong with a message before it is a request: no feature can refuse like this.
enum class ProtocolFault {
    malformed,                // 400
    target_too_long,          // 414
    expectation_failed,       // 417
    headers_too_large,        // 431
    method_not_implemented,   // 501
    version_not_supported,    // 505
};
int status_of(ProtocolFault);

/// `application/problem+json` with type, title, status, detail, instance, code, errors, request_id, retryable.
Response problem(const Error&, const Context&, std::string_view instance);

/// A fault: 503 with Retry-After where trying again helps (deadline, database gone), else 500. Never what() in the
/// body; the fault is logged here, once.
Response problem(const std::exception& fault, const Context&, std::string_view instance);

/// A message that is no request.
Response problem(ProtocolFault, std::string detail, const Context&, std::string_view instance);

/// The address is known, the method is not: 405 with Allow.
Response method_not_allowed(std::string allow, const Context&, std::string_view instance);

}  // namespace caddy::http
