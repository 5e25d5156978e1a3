#include "simulation/crew.hpp"

#include "simulation/time_and_chance.hpp"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstring>
#include <new>
#include <stdexcept>

namespace caddy::simulation {
namespace {

constexpr std::int64_t failures_told = 20;
constexpr std::size_t jobs_max = 64;

/// What a process shares with the one that started it.
struct Slot {
    std::atomic<std::uint64_t> next{0};   // the schedule that it is at
    std::atomic<std::uint64_t> done{0};
    Tally tally;                          // written by the process, read when it has ended, or for progress
};

struct Board {
    Slot slots[jobs_max];
    std::atomic<std::int64_t> failures{0};
};

Board& make_board() {
    void* memory = ::mmap(nullptr, sizeof(Board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::runtime_error("no memory to share");
    return *new (memory) Board;
}

void add(Tally& sum, const Tally& one) {
    sum.steps += one.steps;
    sum.statements += one.statements;
    sum.conflicts += one.conflicts;
    sum.lost += one.lost;
    sum.crashes += one.crashes;
    sum.orders += one.orders;
    sum.failures += one.failures;
}

class Crew {
public:
    Crew(const Plan& plan, const std::function<Outcome(std::uint64_t)>& play)
        : plan_(plan), play_(play), board_(make_board()), jobs_(static_cast<std::size_t>(plan.jobs)) {}

    int run() {
        begun_ = machine_time();
        for (std::size_t job = 0; job < jobs_; ++job) {
            board_.slots[job].next = job;
            children_.push_back(start(job));
        }
        while (std::ranges::any_of(children_, [](pid_t child) { return child != 0; })) {
            look_after_children();
            ::usleep(50'000);
            tell_progress(false);
        }
        return close();
    }

private:
    std::string repeat(std::uint64_t schedule) const {
        return plan_.program + " --explain --seed " + std::to_string(plan_.first_seed + schedule);
    }

    pid_t start(std::size_t job) {
        std::fflush(nullptr);
        const pid_t child = ::fork();
        if (child != 0) return child;
        work(board_.slots[job]);
        std::fflush(nullptr);
        ::_exit(0);
    }

    void work(Slot& slot) {
        for (auto at = slot.next.load(); at < plan_.schedules; at += jobs_) {
            slot.next = at;
            const auto outcome = play_(plan_.first_seed + at);
            add(slot.tally, outcome.tally);
            ++slot.done;
            if (outcome.wrong.empty()) continue;
            ++slot.tally.failures;
            if (board_.failures++ >= failures_told) continue;
            std::string text = "seed " + std::to_string(plan_.first_seed + at) + ":\n";
            for (const auto& wrong : outcome.wrong) text += "  " + wrong + "\n";
            text += "  " + repeat(at) + "\n";
            std::fputs(text.c_str(), stdout);
            std::fflush(stdout);
        }
    }

    void look_after_children() {
        for (std::size_t job = 0; job < jobs_; ++job) {
            int status = 0;
            if (children_[job] == 0 || ::waitpid(children_[job], &status, WNOHANG) <= 0) continue;
            children_[job] = 0;
            if (WIFEXITED(status) && WEXITSTATUS(status) == 0) continue;
            auto& slot = board_.slots[job];
            const auto at = slot.next.load();
            const auto why = WIFSIGNALED(status) ? ::strsignal(WTERMSIG(status)) : "an exit of its own";
            std::printf("seed %llu:\n  the process was ended by: %s\n  %s\n",
                        static_cast<unsigned long long>(plan_.first_seed + at), why, repeat(at).c_str());
            ++slot.tally.failures;
            ++slot.done;
            slot.next = at + jobs_;
            if (++board_.failures < failures_told) children_[job] = start(job);
        }
    }

    Tally sum() const {
        Tally all;
        for (std::size_t job = 0; job < jobs_; ++job) add(all, board_.slots[job].tally);
        return all;
    }
    std::uint64_t done() const {
        std::uint64_t all = 0;
        for (std::size_t job = 0; job < jobs_; ++job) all += board_.slots[job].done;
        return all;
    }
    double seconds() const { return std::chrono::duration<double>(machine_time() - begun_).count(); }

    void tell_progress(bool at_once) {
        const bool terminal = ::isatty(2) == 1;
        const double every = terminal ? 1 : 30;
        if (!at_once && seconds() - told_at_ < every) return;
        told_at_ = seconds();
        std::fprintf(stderr, "%s%llu of %llu schedules, %lld failed, %.0f a second%s", terminal ? "\r" : "",
                     static_cast<unsigned long long>(done()), static_cast<unsigned long long>(plan_.schedules),
                     static_cast<long long>(sum().failures), static_cast<double>(done()) / seconds(),
                     terminal ? "  " : "\n");
    }

    int close() {
        if (::isatty(2) == 1) std::fputs("\n", stderr);
        const auto all = sum();
        const auto took = seconds();
        const auto count = static_cast<double>(std::max<std::uint64_t>(done(), 1));
        std::printf("%llu schedules from seed %llu in %.1f s (%.2f ms of a core each): %lld orders, %lld statements, "
                    "%lld conflicts, %lld lost connections, %lld crashes: %lld failed\n",
                    static_cast<unsigned long long>(done()), static_cast<unsigned long long>(plan_.first_seed), took,
                    took * 1'000 * static_cast<double>(jobs_) / count, static_cast<long long>(all.orders),
                    static_cast<long long>(all.statements), static_cast<long long>(all.conflicts),
                    static_cast<long long>(all.lost), static_cast<long long>(all.crashes),
                    static_cast<long long>(all.failures));
        return all.failures == 0 ? 0 : 1;
    }

    const Plan& plan_;
    const std::function<Outcome(std::uint64_t)>& play_;
    Board& board_;
    std::size_t jobs_;
    std::vector<pid_t> children_;
    std::chrono::nanoseconds begun_{};
    double told_at_ = 0;
};

}  // namespace

int run(const Plan& plan, const std::function<Outcome(std::uint64_t)>& play) { return Crew(plan, play).run(); }

}  // namespace caddy::simulation
