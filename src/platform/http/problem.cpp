#include "platform/http/problem.hpp"

#include "platform/json/encode.hpp"
#include "platform/runtime/fault.hpp"
#include "platform/telemetry/log.hpp"
#include "platform/telemetry/trace.hpp"

#include <boost/asio/error.hpp>
#include <boost/describe.hpp>
#include <boost/system/system_error.hpp>

namespace caddy::http {

namespace {

struct Entry {
    std::string pointer, code, message;
};
BOOST_DESCRIBE_STRUCT(Entry, (), (pointer, code, message))

struct Document {
    std::string type, title;
    int status = 0;
    std::string detail, instance, code;
    std::vector<Entry> errors;
    std::string request_id;
    bool retryable = false;
};
BOOST_DESCRIBE_STRUCT(Document, (), (type, title, status, detail, instance, code, errors, request_id, retryable))

constexpr std::size_t errors_max = 100;   // a body may have more faults than anybody reads

/// A path as a URI reference may hold it.
std::string encoded(std::string_view path) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    constexpr std::string_view plain = "-._~!$&'()*+,;=:@/";
    std::string out;
    for (const char c : path) {
        const bool keeps = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                           plain.find(c) != std::string_view::npos;
        if (keeps) {
            out.push_back(c);
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        out.push_back('%');
        out.push_back(digits[byte >> 4U]);
        out.push_back(digits[byte & 15U]);
    }
    return out;
}

bool is_retryable(const Error& error) {
    const bool passes =
        error.kind == ErrorKind::timeout || error.kind == ErrorKind::limited || error.kind == ErrorKind::unavailable;
    return passes || error.retry_after.has_value();
}

Response render(int status, const Error& error, bool retryable, const Context& context, std::string_view instance) {
    Document document{"/docs/errors#" + std::string(error.code),
                      std::string(reason_phrase(status)),
                      status,
                      error.detail,
                      encoded(instance),
                      std::string(error.code),
                      {},
                      context.request_id,
                      retryable};
    for (const auto& field : error.fields) {
        if (document.errors.size() == errors_max) break;
        document.errors.push_back({field.pointer, field.code, field.message});
    }
    Response response;
    response.status = status;
    response.content_type = "application/problem+json";
    response.body.push_back('{');
    json::write_members(response.body, document);
    if (const auto more = error.more ? error.more->members() : std::string(); !more.empty())
        response.body.append(",").append(more);
    response.body.push_back('}');
    if (error.retry_after)
        response.with("Retry-After", std::to_string(std::max<std::int64_t>(1, error.retry_after->count())));
    return response;
}

/// What may be tried again, and when; everything else is ours to repair.
bool helps_to_wait(const std::exception& fault) {
    if (dynamic_cast<const DeadlineExceeded*>(&fault) || dynamic_cast<const Unavailable*>(&fault)) return true;
    // A request that was cut off while the process drains.
    const auto* system = dynamic_cast<const boost::system::system_error*>(&fault);
    return system && system->code() == boost::asio::error::operation_aborted;
}

}  // namespace

int status_of(ErrorKind kind) {
    switch (kind) {
        case ErrorKind::malformed: return 400;
        case ErrorKind::unauthenticated: return 401;
        case ErrorKind::forbidden: return 403;
        case ErrorKind::not_found: return 404;
        case ErrorKind::not_allowed: return 405;
        case ErrorKind::not_acceptable: return 406;
        case ErrorKind::timeout: return 408;
        case ErrorKind::conflict: return 409;
        case ErrorKind::gone: return 410;
        case ErrorKind::stale: return 412;
        case ErrorKind::too_large: return 413;
        case ErrorKind::unsupported_media: return 415;
        case ErrorKind::invalid: return 422;
        case ErrorKind::precondition_required: return 428;
        case ErrorKind::limited: return 429;
        case ErrorKind::unavailable: return 503;
    }
    return 500;
}

int status_of(ProtocolFault fault) {
    switch (fault) {
        case ProtocolFault::malformed: return 400;
        case ProtocolFault::target_too_long: return 414;
        case ProtocolFault::expectation_failed: return 417;
        case ProtocolFault::headers_too_large: return 431;
        case ProtocolFault::method_not_implemented: return 501;
        case ProtocolFault::version_not_supported: return 505;
    }
    return 400;
}

namespace {

std::string_view code_of(ProtocolFault fault) {
    switch (fault) {
        case ProtocolFault::malformed: return "request.malformed";
        case ProtocolFault::target_too_long: return "request.target_too_long";
        case ProtocolFault::expectation_failed: return "request.expectation_failed";
        case ProtocolFault::headers_too_large: return "request.headers_too_large";
        case ProtocolFault::method_not_implemented: return "request.method_not_implemented";
        case ProtocolFault::version_not_supported: return "request.version_not_supported";
    }
    return "request.malformed";
}

}  // namespace

Response problem(const Error& error, const Context& context, std::string_view instance) {
    auto response = render(status_of(error.kind), error, is_retryable(error), context, instance);
    if (error.kind == ErrorKind::unauthenticated) response.with("WWW-Authenticate", "Bearer realm=\"caddy-shopping\"");
    if (error.kind == ErrorKind::unavailable && !error.retry_after) response.with("Retry-After", "1");
    return response;
}

Response problem(const std::exception& fault, const Context& context, std::string_view instance) {
    const bool waits = helps_to_wait(fault);
    log::write(waits ? log::Level::warn : log::Level::error, "http.fault",
               {{"route", context.route}, {"request_id", context.request_id}, {"what", fault.what()}},
               trace::context_of(context.span));
    if (!waits) {
        const Error error{ErrorKind::unavailable, "request.internal_error",
                          "Something is broken on our side; the request id helps us to find it."};
        return render(500, error, false, context, instance);
    }
    const bool late = dynamic_cast<const DeadlineExceeded*>(&fault) != nullptr;
    Error error{ErrorKind::unavailable, late ? "request.deadline_exceeded" : "request.unavailable",
                late ? "The request took longer than it may; try again."
                     : "Something that this request needs is away; try again."};
    error.retry_after = std::chrono::seconds(1);
    return render(503, error, true, context, instance);
}

Response problem(ProtocolFault fault, std::string detail, const Context& context, std::string_view instance) {
    return render(status_of(fault), Error{ErrorKind::malformed, code_of(fault), std::move(detail)}, false, context,
                  instance);
}

Response method_not_allowed(std::string allow, const Context& context, std::string_view instance) {
    auto response =
        problem(Error{ErrorKind::not_allowed, "request.method_not_allowed", "This address answers " + allow + " only."},
                context, instance);
    return std::move(response).with("Allow", std::move(allow));
}

}  // namespace caddy::http
