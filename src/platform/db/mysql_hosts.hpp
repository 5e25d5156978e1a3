#pragma once
// The servers of a pool and what is known of each: a host that was away is tried again after a while, by one caller.
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace caddy::db {

class MysqlHost {
public:
    using Moment = std::chrono::steady_clock::time_point;

    MysqlHost(std::string name, std::uint16_t port) : name_(std::move(name)), port_(port) {}

    const std::string& name() const { return name_; }
    std::uint16_t port() const { return port_; }
    std::string text() const { return name_ + ":" + std::to_string(port_); }

    /// Whether a caller may try it now: always while it answers; else one at a time, and not before the wait is over.
    bool may_try(Moment now) const { return failures_ == 0 || (!probed_ && now >= again_at_); }
    /// Between this and succeeded(), failed() or given_up() the caller is the one who tries.
    void trying() { probed_ = true; }
    void given_up() { probed_ = false; }
    void succeeded();
    /// What it failed for may be over.
    void try_at_once() { again_at_ = {}; }
    /// Doubles the wait: 50 ms to a second, with jitter.
    void failed(Moment now, std::string why);
    const std::string& last_failure() const { return why_; }

private:
    std::string name_;
    std::uint16_t port_;
    int failures_ = 0;
    bool probed_ = false;
    Moment again_at_{};
    std::string why_;
};

/// `a,b:3307,[::1]:3306`. Throws Fault.
std::vector<MysqlHost> parse_hosts(std::string_view text, int port);

}   // namespace caddy::db
