#pragma once
// The memory that the workers of one supervisor share: who sits in which seat and how it does, what each of them
// counts, what they count together, and what the supervisor tells them all. Made before the workers are and inherited
// by descriptor, so that it outlives each of them and a later one goes on with the counts of its seat. Plain POSIX.
//
// A slot is the place of one worker, with its listening socket; a seat is one process's line here. A slot has several
// seats, since a worker that ends its connections and its successor live side by side.
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace caddy {

class WorkerBoard {
public:
    struct Layout {
        int slots = 1;                             // 1..64
        std::size_t counting_bytes = 512 * 1024;   // for each seat's metrics
        std::size_t shared_bytes = 0;              // for what the workers count together
    };
    static constexpr int seats_per_slot = 4;

    /// What the process in a seat does. `retiring`: its successor accepts, it ends what it has; `draining`: the same
    /// without a successor; `ending`: done with requests, and no longer turning its loop.
    enum class State : std::uint32_t { absent, starting, serving, retiring, draining, ending };
    /// What the worker found when it last looked at its way to the database.
    enum class Reach : std::uint32_t { unknown, whole, broken, broken_here_alone };

    /// One seat's line; its worker and the supervisor write it, everybody reads it.
    struct alignas(64) Worker {
        std::atomic<std::int32_t> pid;
        std::atomic<std::int32_t> slot;
        std::atomic<State> state;
        std::atomic<Reach> reach;
        std::atomic<std::int64_t> heartbeat_us;    // steady clock, which all processes of a machine share
        std::atomic<std::int64_t> started_at_us;   // system clock
    };

    /// Memory for so many workers, all zeros; pages are taken when they are first written. Throws std::system_error.
    static WorkerBoard create(const Layout&);
    /// What another process created. Takes the descriptor over. Throws std::runtime_error when it is no such board.
    static WorkerBoard inherit(int descriptor);

    WorkerBoard(WorkerBoard&&) noexcept;
    WorkerBoard& operator=(WorkerBoard&&) = delete;
    ~WorkerBoard();

    int descriptor() const { return descriptor_; }
    int slots() const;
    int seats() const { return slots() * seats_per_slot; }
    /// REQUIRES: 0 <= seat < seats(), here and below.
    Worker& worker(int seat) const;
    std::span<std::byte> counting_area(int seat) const;
    std::span<std::byte> shared_area() const;
    /// 16 KiB that the supervisor writes and the workers read.
    std::span<std::byte> orders_area() const;

    /// A seat of the slot that nobody sits in.
    std::optional<int> free_seat(int slot) const;
    /// From now on the seat is that of a worker that is being started.
    void assign(int seat, int slot) const;
    /// Its worker is no more.
    void vacate(int seat) const;

    /// Readiness is taken back, for workers that begin later, too.
    void announce_drain() const;
    bool draining() const;

    /// The calling process is the seat's worker, and in this state.
    void enter(int seat, State) const;
    /// Still turning: called about every second from the worker's loop.
    void beat(int seat) const;
    /// How long ago the worker of that seat gave its last sign of life.
    std::int64_t silence_us(int seat) const;
    /// The slots whose worker serves and has given a sign of life within `fresh_us`.
    int serving(std::int64_t fresh_us) const;

private:
    struct Head;
    WorkerBoard(int descriptor, std::span<std::byte> memory) : descriptor_(descriptor), memory_(memory) {}
    Head& head() const;

    int descriptor_;
    std::span<std::byte> memory_;
};

}   // namespace caddy
