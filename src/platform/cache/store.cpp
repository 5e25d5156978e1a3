#include "platform/cache/store.hpp"

#include "core/assert.hpp"

#include <algorithm>

namespace caddy::cache {
namespace {

constexpr std::uint8_t asked_max = 3;
constexpr std::size_t small_share = 10;   // a tenth of the room, as in the paper
constexpr std::size_t largest_share = 8;
constexpr std::size_t overhead_bytes = 512;   // of a node: list, indices, target, control blocks
constexpr std::size_t target_bytes_max = 1'024;

}   // namespace

std::size_t Reply::bytes() const {
    std::size_t sum = sizeof(Reply) + places.size() * sizeof(Place) + content_type.size();
    for (const auto& [name, value] : headers) sum += name.size() + value.size() + 2 * sizeof(std::string);
    if (prepared) {
        sum += sizeof(http::Prepared) + prepared->identity.capacity() + prepared->gzip.capacity() +
               prepared->brotli.capacity() + prepared->etag.capacity();
    }
    if (ready) sum += ready->bytes();
    if (refusal) sum += refusal->detail.size();
    return sum;
}

std::shared_ptr<const Reply> Store::find(std::string_view key) {
    const auto at = index_.find(key);
    if (at == index_.end()) return nullptr;
    auto& node = *at->second;
    if (node.asked < asked_max) ++node.asked;
    return node.reply;
}

const Reply* Store::find_by_target(std::string_view target) {
    const auto at = targets_.find(target);
    if (at == targets_.end()) return nullptr;
    auto& node = *at->second;
    if (node.asked < asked_max) ++node.asked;
    return node.reply.get();
}

void Store::note_target(std::string_view key, std::string_view target) {
    const auto at = index_.find(key);
    CADDY_ASSERT(at != index_.end());
    auto& node = *at->second;
    if (node.target == target || target.empty() || target.size() > target_bytes_max) return;
    if (!node.target.empty()) targets_.erase(node.target);
    node.target = target;
    targets_.erase(node.target);
    targets_.emplace(node.target, at->second);
}

void Store::put(std::string_view key, std::shared_ptr<const Reply> reply) {
    const auto bytes = reply->bytes() + key.size() + overhead_bytes;
    const auto at = index_.find(key);
    if (bytes > bytes_max_ / largest_share) {
        if (at != index_.end()) drop(at->second);
        return;
    }
    if (at != index_.end()) {
        auto& node = *at->second;
        auto& queue = node.in_main ? main_ : small_;
        queue.bytes = queue.bytes - node.bytes + bytes;
        node.bytes = bytes;
        node.reply = std::move(reply);
        make_room(0);
        return;
    }
    make_room(bytes);
    Node node{.key = std::string(key), .reply = std::move(reply), .bytes = bytes};
    node.in_main = ghost_names_.contains(std::hash<std::string_view>{}(key));
    insert(node.in_main ? main_ : small_, std::move(node));
}

void Store::erase(std::string_view key) {
    if (const auto at = index_.find(key); at != index_.end()) drop(at->second);
}

void Store::insert(Queue& queue, Node node) {
    queue.bytes += node.bytes;
    queue.nodes.push_front(std::move(node));
    index_.emplace(queue.nodes.front().key, queue.nodes.begin());
}

void Store::drop(Position position) {
    index_.erase(position->key);
    if (!position->target.empty()) targets_.erase(position->target);
    auto& queue = position->in_main ? main_ : small_;
    queue.bytes -= position->bytes;
    queue.nodes.erase(position);
}

void Store::make_room(std::size_t wanted) {
    while (bytes() + wanted > bytes_max_ && !index_.empty()) {
        if (small_.bytes > bytes_max_ / small_share || main_.nodes.empty())
            shrink_small();
        else
            shrink_main();
    }
}

/// Its oldest goes on to the main queue when it was asked for more than once, else out.
void Store::shrink_small() {
    const auto oldest = std::prev(small_.nodes.end());
    if (oldest->asked > 1) {
        small_.bytes -= oldest->bytes;
        main_.bytes += oldest->bytes;
        oldest->asked = 0;
        oldest->in_main = true;
        main_.nodes.splice(main_.nodes.begin(), small_.nodes, oldest);
        return;
    }
    remember(oldest->key);
    drop(oldest);
    ++evictions_;
}

/// Its oldest gets another round for each time that it was asked for, at most three.
void Store::shrink_main() {
    const auto oldest = std::prev(main_.nodes.end());
    if (oldest->asked > 0) {
        --oldest->asked;
        main_.nodes.splice(main_.nodes.begin(), main_.nodes, oldest);
        return;
    }
    drop(oldest);
    ++evictions_;
}

/// As many names as there are replies in the main queue, which is about what the paper takes.
void Store::remember(std::string_view key) {
    const auto hash = std::hash<std::string_view>{}(key);
    ghosts_.push_back(hash);
    ghost_names_.insert(hash);
    constexpr std::size_t least = 64;
    while (ghosts_.size() > std::max(least, main_.nodes.size())) {
        ghost_names_.erase(ghost_names_.find(ghosts_.front()));
        ghosts_.pop_front();
    }
}

}   // namespace caddy::cache
