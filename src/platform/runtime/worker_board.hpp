#pragma once
// The memory that the workers of one supervisor share: who runs in which slot and how it does, what each of them
// counts, and what they count together. Made before the workers are and inherited by descriptor, so that it outlives
// each of them and a successor goes on in its slot. Plain POSIX.
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

namespace caddy {

class WorkerBoard {
public:
    struct Layout {
        int slots = 1;                            // 1..64
        std::size_t counting_bytes = 512 * 1024;  // for each slot's metrics
        std::size_t shared_bytes = 0;             // for what the workers count together
    };

    enum class State : std::uint32_t { absent, starting, serving, draining };

    /// One slot's line on the board; its worker writes it, everybody reads it.
    struct alignas(64) Worker {
        std::atomic<std::int32_t> pid;
        std::atomic<State> state;
        std::atomic<std::int64_t> heartbeat_us;   // steady clock, which all processes of a machine share
        std::atomic<std::int64_t> started_at_us;  // system clock
        std::atomic<std::int64_t> starts;         // workers that this slot has had
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
    /// REQUIRES: 0 <= slot < slots(), here and below.
    Worker& worker(int slot) const;
    std::span<std::byte> counting_area(int slot) const;
    std::span<std::byte> shared_area() const;

    /// The calling process is the slot's worker from now on.
    void enter(int slot, State) const;
    /// Still turning: called about every second from the worker's loop.
    void beat(int slot) const;

private:
    struct Head;
    WorkerBoard(int descriptor, std::span<std::byte> memory) : descriptor_(descriptor), memory_(memory) {}
    Head& head() const;

    int descriptor_;
    std::span<std::byte> memory_;
};

}   // namespace caddy
