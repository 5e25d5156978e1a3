#pragma once
// Result<T>: a value, or the refusal that stands in its place; and the two macros that pass refusals on.
#include "core/error.hpp"

#include <boost/assert/source_location.hpp>
#include <boost/system/result.hpp>

#include <stdexcept>
#include <string>
#include <utility>

namespace caddy {

/// Somebody took the value of a refusal: a bug, reported as a fault with the refusal's code.
struct RefusalEscaped : std::logic_error {
    using std::logic_error::logic_error;
};

// Found by argument-dependent lookup from boost::system::result<T, Error>::value().
[[noreturn]] inline void throw_exception_from_error(const Error& error, const boost::source_location&) {
    throw RefusalEscaped(std::string(error.code));
}

template <class T = void>
using Result = boost::system::result<T, Error>;

}   // namespace caddy

#define CADDY_CAT_(a, b) a##b
#define CADDY_CAT(a, b) CADDY_CAT_(a, b)
#define CADDY_TRY_BIND_(ret, tmp, decl, ...)         \
    auto tmp = (__VA_ARGS__);                        \
    if (tmp.has_error()) ret std::move(tmp).error(); \
    decl = *std::move(tmp)
#define CADDY_TRY_CHECK_(ret, tmp, expr) \
    if (auto tmp = (expr); tmp.has_error()) ret std::move(tmp).error()
#define CADDY_PICK_(_1, _2, _3, _4, _5, _6, _7, _8, name, ...) name
#define CADDY_TRY_OF_(ret, ...)                                                                                   \
    CADDY_PICK_(__VA_ARGS__, CADDY_TRY_BIND_, CADDY_TRY_BIND_, CADDY_TRY_BIND_, CADDY_TRY_BIND_, CADDY_TRY_BIND_, \
                CADDY_TRY_BIND_, CADDY_TRY_BIND_, CADDY_TRY_CHECK_, )                                             \
    (ret, CADDY_CAT(caddy_try_, __COUNTER__), __VA_ARGS__)

/// `CADDY_TRY(const auto line, cart.add(offer));` binds the value or returns the refusal;
/// `CADDY_TRY(check(cart));` only checks. A statement of its own, never inside an expression.
#define CADDY_TRY(...) CADDY_TRY_OF_(return, __VA_ARGS__)

/// The same inside a coroutine: `CADDY_CO_TRY(const auto cart, co_await carts.open(ctx));`
#define CADDY_CO_TRY(...) CADDY_TRY_OF_(co_return, __VA_ARGS__)
