#include "platform/runtime/worker_board.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>

namespace caddy {
namespace {

TEST(WorkerBoard, gives_each_slot_its_own_memory) {
    const auto board = WorkerBoard::create({.slots = 3, .counting_bytes = 5'000, .shared_bytes = 100});
    EXPECT_EQ(board.slots(), 3);
    std::memset(board.counting_area(0).data(), 1, board.counting_area(0).size());
    std::memset(board.counting_area(2).data(), 2, board.counting_area(2).size());
    std::memset(board.shared_area().data(), 3, board.shared_area().size());
    EXPECT_GE(board.counting_area(1).size(), 5'000U);
    EXPECT_GE(board.shared_area().size(), 100U);
    for (const auto byte : board.counting_area(1)) ASSERT_EQ(byte, std::byte{0});
    for (const auto byte : board.counting_area(0)) ASSERT_EQ(byte, std::byte{1});
}

TEST(WorkerBoard, shows_what_another_process_wrote) {
    const auto board = WorkerBoard::create({.slots = 2});
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        const auto inherited = WorkerBoard::inherit(::dup(board.descriptor()));
        inherited.enter(1, WorkerBoard::State::serving);
        inherited.counting_area(1)[7] = std::byte{42};
        std::_Exit(0);
    }
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    EXPECT_EQ(board.worker(1).pid.load(), child);
    EXPECT_EQ(board.worker(1).state.load(), WorkerBoard::State::serving);
    EXPECT_GT(board.worker(1).heartbeat_us.load(), 0);
    EXPECT_EQ(board.worker(0).pid.load(), 0);
    EXPECT_EQ(board.counting_area(1)[7], std::byte{42});
}

TEST(WorkerBoard, has_a_seat_for_the_successor_while_the_predecessor_sits) {
    const auto board = WorkerBoard::create({.slots = 2});
    for (int nth = 0; nth < WorkerBoard::seats_per_slot; ++nth) {
        const auto seat = board.free_seat(1);
        ASSERT_TRUE(seat.has_value());
        board.assign(*seat, 1);
        EXPECT_EQ(board.worker(*seat).slot.load(), 1);
    }
    EXPECT_FALSE(board.free_seat(1).has_value());
    EXPECT_TRUE(board.free_seat(0).has_value());
    board.vacate(3);
    EXPECT_EQ(board.free_seat(1), 3);
}

TEST(WorkerBoard, counts_slots_that_serve_and_not_workers) {
    const auto board = WorkerBoard::create({.slots = 2});
    board.enter(0, WorkerBoard::State::serving);
    board.enter(2, WorkerBoard::State::serving);   // slot 0 again: its successor
    EXPECT_EQ(board.serving(1'000'000), 1);
    board.enter(1, WorkerBoard::State::serving);
    EXPECT_EQ(board.serving(1'000'000), 2);
    board.worker(1).heartbeat_us -= 2'000'000;
    EXPECT_EQ(board.serving(1'000'000), 1);
}

TEST(WorkerBoard, refuses_a_descriptor_that_is_no_board) {
    const int file = ::open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    EXPECT_THROW((void)WorkerBoard::inherit(file), std::exception);
    ::close(file);
    EXPECT_THROW((void)WorkerBoard::inherit(-1), std::runtime_error);
}

}   // namespace
}   // namespace caddy
