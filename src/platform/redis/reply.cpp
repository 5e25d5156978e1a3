#include "platform/redis/reply.hpp"

#include <array>
#include <charconv>
#include <utility>

namespace caddy::redis {
namespace {

struct KindOfWord {
    std::string_view word;
    ErrorKind kind;
};

constexpr std::array kinds{
    KindOfWord{"WRONGTYPE", ErrorKind::wrong_type},     KindOfWord{"OOM", ErrorKind::out_of_memory},
    KindOfWord{"READONLY", ErrorKind::read_only},       KindOfWord{"LOADING", ErrorKind::loading},
    KindOfWord{"BUSY", ErrorKind::busy},                KindOfWord{"CLUSTERDOWN", ErrorKind::cluster_down},
    KindOfWord{"MASTERDOWN", ErrorKind::master_down},   KindOfWord{"MISCONF", ErrorKind::misconfigured},
    KindOfWord{"NOREPLICAS", ErrorKind::misconfigured}, KindOfWord{"NOSCRIPT", ErrorKind::no_script},
    KindOfWord{"NOAUTH", ErrorKind::no_permission},     KindOfWord{"NOPERM", ErrorKind::no_permission},
    KindOfWord{"WRONGPASS", ErrorKind::no_permission},  KindOfWord{"MOVED", ErrorKind::moved},
    KindOfWord{"ASK", ErrorKind::ask},                  KindOfWord{"TRYAGAIN", ErrorKind::try_again},
    KindOfWord{"CROSSSLOT", ErrorKind::cross_slot},     KindOfWord{"BUSYGROUP", ErrorKind::busy_group},
    KindOfWord{"NOGROUP", ErrorKind::no_group}};

/// A state of the server that passes, as opposed to something wrong with the command.
std::optional<GoneReason> passing(ErrorKind kind) {
    switch (kind) {
        case ErrorKind::out_of_memory: return GoneReason::out_of_memory;
        case ErrorKind::read_only: return GoneReason::read_only;
        case ErrorKind::loading: return GoneReason::loading;
        case ErrorKind::busy: return GoneReason::busy;
        case ErrorKind::cluster_down: return GoneReason::cluster_down;
        case ErrorKind::try_again: return GoneReason::cluster_down;
        case ErrorKind::master_down: return GoneReason::master_down;
        case ErrorKind::misconfigured: return GoneReason::misconfigured;
        default: return std::nullopt;
    }
}

[[noreturn]] void unexpected(std::string_view wanted, const Reply& reply) {
    constexpr std::array<std::string_view, 6> names{"nil", "an integer", "a status", "a text", "a list", "an error"};
    throw Fault(ErrorKind::other, "redis: the answer is " + std::string(names[static_cast<std::size_t>(reply.kind)]) +
                                      ", not " + std::string(wanted));
}

}   // namespace

ErrorKind Reply::error_kind() const {
    const auto word = std::string_view(bytes).substr(0, bytes.find(' '));
    for (const auto& each : kinds)
        if (each.word == word) return each.kind;
    // A script hands on the error of a command that it ran behind its own words.
    if (bytes.find("OOM command not allowed") != std::string::npos) return ErrorKind::out_of_memory;
    return ErrorKind::other;
}

const Reply& Reply::checked() const {
    if (!is_error()) return *this;
    const auto what = error_kind();
    if (const auto reason = passing(what)) throw Gone(*reason, Gone::Effect::none, "redis: " + bytes);
    throw Fault(what, "redis: " + bytes);
}

std::int64_t Reply::as_integer() const {
    checked();
    if (kind == Kind::integer) return number;
    if (kind == Kind::text) {   // GET of a counter
        std::int64_t value = 0;
        const auto* end = bytes.data() + bytes.size();
        const auto [stop, fault] = std::from_chars(bytes.data(), end, value);
        if (fault == std::errc{} && stop == end) return value;
    }
    unexpected("an integer", *this);
}

const std::string& Reply::as_text() const {
    checked();
    if (kind != Kind::text && kind != Kind::status) unexpected("a text", *this);
    return bytes;
}

std::optional<std::string> Reply::as_optional_text() const {
    if (is_nil()) return std::nullopt;
    return as_text();
}

const std::vector<Reply>& Reply::as_list() const {
    checked();
    if (kind != Kind::list && kind != Kind::nil) unexpected("a list", *this);
    return items;
}

}   // namespace caddy::redis
