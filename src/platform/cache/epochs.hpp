#pragma once
// When what answers are made from last changed, in memory that the workers of a pod share. Whatever is read from the
// database remembers the moment before it was read; it is of use as long as nothing that it was made from has moved
// since. So a change costs two writes however many answers it touches, and a slow reader cannot bring an old value
// back: its moment is from before the change.
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace caddy::cache {

/// Where a tag's changes are noted. Several tags may share a place: then a change of one drops what has the other, too.
using Place = std::uint32_t;

/// Plain atomics; any process and thread.
class Epochs {
public:
    /// Counts changes. REQUIRES: taken before the database is asked.
    using Moment = std::uint64_t;
    using Instant = std::chrono::steady_clock::time_point;

    static constexpr std::size_t places = 8'192;
    static std::size_t bytes();

    /// In memory of its own.
    Epochs();
    /// In zeroed memory of bytes() that others use, too, which outlives this.
    explicit Epochs(std::span<std::byte>);
    Epochs(const Epochs&) = delete;

    static Place place_of(std::string_view tag);

    Moment now() const;
    /// What was read before this is of no more use where it was made from one of these.
    void move(std::span<const Place>);
    /// The same for everything.
    void move_all();
    bool unmoved_since(Moment, std::span<const Place>) const;
    /// True when one of these moved less than `age` ago.
    bool moved_within(std::chrono::milliseconds age, std::span<const Place>) const;

    /// Some process has done what this event asks for. Of the latest thousand or so.
    bool knows(std::int64_t event) const;
    void remember(std::int64_t event);

private:
    struct Table;

    std::vector<std::uint64_t> own_;
    Table* table_;
};

}   // namespace caddy::cache
