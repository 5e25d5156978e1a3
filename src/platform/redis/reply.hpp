#pragma once
// What Redis answers, and what can go wrong on the way there.
#include "platform/runtime/fault.hpp"

#include <boost/describe.hpp>

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace caddy::redis {

/// Why Redis cannot be had; the labels of a metric.
BOOST_DEFINE_ENUM_CLASS(GoneReason, unreachable, timed_out, overloaded, loading, read_only, out_of_memory, busy,
                        cluster_down, master_down, misconfigured, closed)

/// Redis cannot be had now. Callers do without it, or let it become a 503; they never take it for an empty answer.
struct Gone : Unavailable {
    enum class Effect { none, unknown };   // none: the command has certainly not run
    Gone(GoneReason why, Effect what, const std::string& text) : Unavailable(text), reason(why), effect(what) {}
    GoneReason reason;
    Effect effect;
};

/// What kind of refusal an error reply is.
BOOST_DEFINE_ENUM_CLASS(ErrorKind, other, wrong_type, out_of_memory, read_only, loading, busy, cluster_down,
                        master_down, misconfigured, no_script, no_permission, moved, ask, try_again, cross_slot,
                        busy_group, no_group)

/// Redis refused a command, or answered what the program does not understand: a bug, or a server set up wrongly.
struct Fault : std::runtime_error {
    Fault(ErrorKind what, const std::string& text) : std::runtime_error(text), kind(what) {}
    ErrorKind kind;
};

/// One answer. The accessors throw Fault (or Gone, where the error reply says that) instead of making something up.
struct Reply {
    enum class Kind { nil, integer, status, text, list, error };

    Kind kind = Kind::nil;
    std::int64_t number = 0;
    std::string bytes;          // of a status, a text or an error
    std::vector<Reply> items;   // of a list

    bool is_nil() const { return kind == Kind::nil; }
    bool is_error() const { return kind == Kind::error; }
    /// Of an error reply, by its first word.
    ErrorKind error_kind() const;
    /// Throws when it is an error.
    const Reply& checked() const;

    std::int64_t as_integer() const;
    const std::string& as_text() const;                   // status or text
    std::optional<std::string> as_optional_text() const;  // nil: nothing
    const std::vector<Reply>& as_list() const;            // nil: empty
};

}   // namespace caddy::redis
