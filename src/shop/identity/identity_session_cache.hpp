#pragma once
// Remembers for two seconds whether a session stands, so that most requests need no query for it. Holds a bounded
// number in two halves: when the younger half is full it becomes the older one, and what nobody asked for goes.
#include "shop/identity/identity.hpp"

#include <unordered_map>

namespace caddy::identity {

/// What the database says of a session.
struct Standing {
    UserId user;
    Role role = Role::customer;
    bool live = false;           // neither revoked nor the account disabled
    Permissions permissions{};   // of a member of staff
};

class SessionCache {
public:
    static constexpr std::chrono::seconds staleness_max{2};

    explicit SessionCache(std::size_t entries_max) : half_max_(entries_max / 2) {}

    std::optional<Standing> find(SessionId session, Time now) const {
        for (const auto* half : {&younger_, &older_}) {
            const auto entry = half->find(session);
            if (entry == half->end()) continue;
            const auto age = now - entry->second.read_at;
            if (age >= Time::duration::zero() && age < staleness_max) return entry->second.standing;
        }
        return std::nullopt;
    }

    /// Taken before a standing is read from the database.
    std::uint64_t generation() const { return generation_; }

    /// Dropped when something was forgotten since `generation`: what was read may be from before.
    void put(SessionId session, const Standing& standing, Time read_at, std::uint64_t generation) {
        if (generation != generation_ || half_max_ == 0) return;
        if (younger_.size() >= half_max_ && !younger_.contains(session)) {
            older_ = std::move(younger_);
            younger_.clear();
        }
        younger_.insert_or_assign(session, Entry{standing, read_at});
    }

    void forget(SessionId session) {
        ++generation_;
        younger_.erase(session);
        older_.erase(session);
    }

    void forget_all() {
        ++generation_;
        younger_.clear();
        older_.clear();
    }

    std::size_t size() const { return younger_.size() + older_.size(); }

private:
    struct Entry {
        Standing standing;
        Time read_at;
    };

    std::size_t half_max_;
    std::uint64_t generation_ = 0;
    std::unordered_map<SessionId, Entry> younger_;
    std::unordered_map<SessionId, Entry> older_;
};

}  // namespace caddy::identity
