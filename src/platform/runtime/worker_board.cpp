#include "platform/runtime/worker_board.hpp"

#include "core/assert.hpp"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace caddy {
namespace {

constexpr std::uint64_t board_magic = 0x3230'6472'616f'6263;   // "cboard02"
constexpr std::size_t page_bytes = 4096;
constexpr std::size_t orders_bytes = 16 * 1024;
constexpr int slots_max = 64;

std::size_t whole_pages(std::size_t bytes) { return (bytes + page_bytes - 1) / page_bytes * page_bytes; }

std::span<std::byte> map(int descriptor, std::size_t bytes) {
    void* memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    if (memory == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "mapping the worker board");
    return {static_cast<std::byte*>(memory), bytes};
}

template <class Clock>
std::int64_t now_us() {
    return std::chrono::duration_cast<std::chrono::microseconds>(Clock::now().time_since_epoch()).count();
}

}   // namespace

struct WorkerBoard::Head {
    std::uint64_t magic = board_magic;
    std::uint64_t bytes = 0;
    std::uint64_t slots = 0;
    std::uint64_t counting_bytes = 0;
    std::uint64_t shared_bytes = 0;
    std::uint64_t draining = 0;
};

WorkerBoard WorkerBoard::create(const Layout& layout) {
    CADDY_ASSERT(layout.slots >= 1 && layout.slots <= slots_max);
    Head head;
    head.slots = static_cast<std::uint64_t>(layout.slots);
    head.counting_bytes = whole_pages(layout.counting_bytes);
    head.shared_bytes = whole_pages(layout.shared_bytes);
    const auto seats = head.slots * seats_per_slot;
    head.bytes = page_bytes + orders_bytes + whole_pages(sizeof(Worker) * seats) + head.counting_bytes * seats +
                 head.shared_bytes;
    const int descriptor = ::memfd_create("caddy-shopping-board", MFD_CLOEXEC);
    if (descriptor < 0) throw std::system_error(errno, std::generic_category(), "creating the worker board");
    if (::ftruncate(descriptor, static_cast<off_t>(head.bytes)) != 0) {
        const int error = errno;
        ::close(descriptor);
        throw std::system_error(error, std::generic_category(), "sizing the worker board");
    }
    WorkerBoard board(descriptor, map(descriptor, head.bytes));
    new (board.memory_.data()) Head(head);
    return board;
}

WorkerBoard WorkerBoard::inherit(int descriptor) {
    struct stat status {};
    if (::fstat(descriptor, &status) != 0 || static_cast<std::size_t>(status.st_size) < page_bytes) {
        throw std::runtime_error("the descriptor of --board is no worker board; it is the supervisor's to give");
    }
    WorkerBoard board(descriptor, map(descriptor, static_cast<std::size_t>(status.st_size)));
    const auto& head = board.head();
    if (head.magic != board_magic || head.bytes != board.memory_.size() || head.slots == 0 || head.slots > slots_max) {
        throw std::runtime_error("the worker board was made by another version; restart the supervisor");
    }
    return board;
}

WorkerBoard::WorkerBoard(WorkerBoard&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), memory_(std::exchange(other.memory_, {})) {}

WorkerBoard::~WorkerBoard() {
    if (!memory_.empty()) ::munmap(memory_.data(), memory_.size());
    if (descriptor_ >= 0) ::close(descriptor_);
}

WorkerBoard::Head& WorkerBoard::head() const { return *reinterpret_cast<Head*>(memory_.data()); }

int WorkerBoard::slots() const { return static_cast<int>(head().slots); }

WorkerBoard::Worker& WorkerBoard::worker(int seat) const {
    CADDY_ASSERT(seat >= 0 && seat < seats());
    return reinterpret_cast<Worker*>(memory_.data() + page_bytes + orders_bytes)[seat];
}

std::span<std::byte> WorkerBoard::counting_area(int seat) const {
    CADDY_ASSERT(seat >= 0 && seat < seats());
    const auto lines = whole_pages(sizeof(Worker) * static_cast<std::size_t>(seats()));
    const auto first = page_bytes + orders_bytes + lines;
    return memory_.subspan(first + head().counting_bytes * static_cast<std::size_t>(seat), head().counting_bytes);
}

std::span<std::byte> WorkerBoard::shared_area() const {
    return memory_.last(static_cast<std::size_t>(head().shared_bytes));
}

std::span<std::byte> WorkerBoard::orders_area() const { return memory_.subspan(page_bytes, orders_bytes); }

std::optional<int> WorkerBoard::free_seat(int slot) const {
    for (int nth = 0; nth < seats_per_slot; ++nth) {
        const int seat = slot + nth * slots();
        if (worker(seat).state == State::absent) return seat;
    }
    return std::nullopt;
}

void WorkerBoard::assign(int seat, int slot) const {
    auto& row = worker(seat);
    row.slot = slot;
    row.reach = Reach::unknown;
    row.started_at_us = now_us<std::chrono::system_clock>();
    row.state = State::starting;
    beat(seat);
}

void WorkerBoard::vacate(int seat) const {
    auto& row = worker(seat);
    row.pid = 0;
    row.state = State::absent;
}

void WorkerBoard::announce_drain() const { std::atomic_ref<std::uint64_t>(head().draining) = 1; }

bool WorkerBoard::draining() const { return std::atomic_ref<std::uint64_t>(head().draining) != 0; }

void WorkerBoard::enter(int seat, State state) const {
    auto& row = worker(seat);
    row.pid = ::getpid();
    row.state = state;
    beat(seat);
}

void WorkerBoard::beat(int seat) const { worker(seat).heartbeat_us = now_us<std::chrono::steady_clock>(); }

std::int64_t WorkerBoard::silence_us(int seat) const {
    return now_us<std::chrono::steady_clock>() - worker(seat).heartbeat_us;
}

int WorkerBoard::serving(std::int64_t fresh_us) const {
    int count = 0;
    for (int slot = 0; slot < slots(); ++slot) {
        bool has_worker = false;
        for (int seat = slot; seat < seats(); seat += slots()) {
            has_worker = has_worker || (worker(seat).state == State::serving && silence_us(seat) < fresh_us);
        }
        count += has_worker ? 1 : 0;
    }
    return count;
}

}   // namespace caddy
