#pragma once
// The only place that knows the statuses of errors: refusals and faults become RFC 9457 problem documents.
#include "core/error.hpp"
#include "platform/http/response.hpp"
#include "platform/runtime/context.hpp"

#include <exception>

namespace caddy::http {

int status_of(ErrorKind);

/// `application/problem+json` with type, title, status, detail, instance, code, errors, request_id, retryable.
Response problem(const Error&, const Context&, std::string_view instance);

/// A fault: 503 with Retry-After where trying again helps (deadline, database gone), else 500. Never what() in the body;
/// the fault is logged here, once.
Response problem(const std::exception& fault, const Context&, std::string_view instance);

}  // namespace caddy::http
