#pragma once
// The replies that one process keeps, within a bound of bytes. Who stays is decided by S3-FIFO (Yang, Zhang, Qiu, Yue,
// Rashmi: "FIFO queues are all you need for cache eviction", SOSP 2023): what is new passes through a small queue, and
// only what is asked for again there goes into the main one; what was put out lately is remembered by name alone and
// goes straight to the main queue when it comes back. A crawler that asks for everything once puts out nothing that
// shoppers ask for.
#include "platform/cache/reply.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

namespace caddy::cache {

/// One event loop.
class Store {
public:
    explicit Store(std::size_t bytes_max) : bytes_max_(bytes_max) {}
    Store(const Store&) = delete;

    /// What is kept under this key, and counts as asked for; null when nothing is.
    std::shared_ptr<const Reply> find(std::string_view key);
    /// The same by the target of a request, where it was noted; only the last target of a key is.
    const Reply* find_by_target(std::string_view target);
    /// REQUIRES: the key's reply is kept.
    void note_target(std::string_view key, std::string_view target);
    /// Keeps it in place of what was there. What is larger than an eighth of all room is not kept.
    void put(std::string_view key, std::shared_ptr<const Reply>);
    void erase(std::string_view key);

    std::size_t bytes() const { return small_.bytes + main_.bytes; }
    std::size_t entries() const { return index_.size(); }
    std::int64_t evictions() const { return evictions_; }   // since the start

private:
    struct Node {
        std::string key;
        std::string target{};   // that asks for it; empty: not noted
        std::shared_ptr<const Reply> reply;
        std::size_t bytes = 0;
        std::uint8_t asked = 0;   // counts to 3
        bool in_main = false;
    };
    struct Queue {
        std::list<Node> nodes;   // the newest first
        std::size_t bytes = 0;
    };
    using Position = std::list<Node>::iterator;

    void insert(Queue&, Node);
    void drop(Position);
    void make_room(std::size_t wanted);
    void shrink_small();
    void shrink_main();
    void remember(std::string_view key);

    std::size_t bytes_max_;
    Queue small_, main_;
    std::unordered_map<std::string_view, Position> index_;     // into the nodes' own keys
    std::unordered_map<std::string_view, Position> targets_;   // into the nodes' own targets
    std::deque<std::size_t> ghosts_;                         // hashes of keys put out, the oldest first
    std::unordered_multiset<std::size_t> ghost_names_;
    std::int64_t evictions_ = 0;
};

}   // namespace caddy::cache
