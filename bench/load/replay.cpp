// Sends a file of bench/traffic to a shop, over many connections from one thread, and tells how long answers took.
//
// With --rate requests come at their times whatever the shop does, and an answer's time is counted from the moment at
// which its request was due: a shop that stalls is not asked less meanwhile. Without, each connection sends its next
// request as soon as it has its answer. One line of JSON at the end.
#include "bench/load/connection.hpp"
#include "bench/load/script.hpp"
#include "bench/load/tally.hpp"

#include <sys/epoll.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>

#include <chrono>
#include <deque>
#include <iostream>

namespace caddy::bench {
namespace {

using Clock = std::chrono::steady_clock;

struct Plan {
    std::string file;
    std::uint16_t port = 0;
    std::size_t connections = 32;
    double rate = 0;   // requests per second; 0: as fast as they are answered
    double warm_up_s = 0;
    double seconds = 0;   // 0: until the file is over
    bool once = false;
    bool asks = false;   // waits for a line on standard input where counting begins
};

/// A shopper on his connection.
struct Seat {
    Connection connection;
    Shopper shopper;
    std::size_t session = 0;
    const Step* step = nullptr;
    Clock::time_point due{};
    bool busy = false;
};

class Replay {
public:
    Replay(const Plan& plan, const Script& script) : plan_(plan), script_(script), epoll_(::epoll_create1(0)) {
        // Where sessions have a mark, each keeps what it knows over it; else a seat takes one session after the other.
        shoppers_.resize(script.sessions.size());
        seats_.resize(plan.connections);
        for (auto& seat : seats_) {
            idle_.push_back(&seat);
            connect(seat);
        }
    }

    Tally run() {
        if (script_.has_marks) {
            run_part(0, {});
            if (plan_.asks) wait_for_word();
            run_part(1, {});
            return std::move(tally_);
        }
        const auto begin = Clock::now();
        const auto seconds = [&](double of) {
            return begin + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(of));
        };
        if (plan_.warm_up_s > 0) run_part(0, seconds(plan_.warm_up_s));
        if (plan_.asks) wait_for_word();
        const auto now = Clock::now();
        run_part(0, plan_.seconds > 0 ? now + (seconds(plan_.seconds) - begin) : Clock::time_point{});
        return std::move(tally_);
    }

private:
    void connect(Seat& seat) {
        seat.connection.open(plan_.port);
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.ptr = &seat;
        ::epoll_ctl(epoll_, EPOLL_CTL_ADD, seat.connection.socket(), &event);
    }

    static void wait_for_word() {
        std::cout << "ready" << std::endl;
        std::string line;
        std::getline(std::cin, line);
    }

    /// Sends the requests of a part of all sessions until `end` (or the end of the file, with the default).
    void run_part(std::size_t part, Clock::time_point end) {
        tally_ = Tally{};
        part_ = part;
        next_session_ = 0;
        begun_ = Clock::now();
        sent_ = 0;
        const bool endless = end != Clock::time_point{};
        for (;;) {
            const auto now = Clock::now();
            if (endless && now >= end) break;
            send_due(now, endless);
            if (resting_.size() == seats_.size()) break;
            await(now, end);
        }
        while (idle_.size() + resting_.size() < seats_.size())
            await(Clock::now(), Clock::now() + std::chrono::seconds(10));
        leave_seats();
        tally_.seconds = std::chrono::duration<double>(Clock::now() - begun_).count();
    }

    Clock::time_point due_at(std::uint64_t number) const {
        return begun_ + std::chrono::duration_cast<Clock::duration>(
                            std::chrono::duration<double>(static_cast<double>(number) / plan_.rate));
    }

    void send_due(Clock::time_point now, bool endless) {
        while (!idle_.empty()) {
            if (!has_step(*idle_.front(), endless)) {
                resting_.push_back(idle_.front());
                idle_.pop_front();
                continue;
            }
            const auto due = plan_.rate > 0 ? due_at(sent_) : now;
            if (due > now) return;
            auto& seat = *idle_.front();
            idle_.pop_front();
            take_step(seat);
            seat.due = due;
            seat.busy = true;
            ++sent_;
            seat.connection.send(write_request(*seat.step, seat.shopper));
        }
    }

    bool has_step(Seat& seat, bool endless) const {
        if (seat.step && seat.step != &script_.sessions[seat.session].parts[part_].back()) return true;
        return endless || next_session_ < script_.sessions.size();
    }

    /// The seat's next request: of its session, else of the next one. REQUIRES: there is one.
    void take_step(Seat& seat) {
        if (seat.step && seat.step != &script_.sessions[seat.session].parts[part_].back()) {
            ++seat.step;
            return;
        }
        if (seat.step) shoppers_[seat.session] = std::move(seat.shopper);
        seat.session = next_session_++ % script_.sessions.size();
        seat.shopper = part_ > 0 ? std::move(shoppers_[seat.session]) : Shopper{};
        seat.step = &script_.sessions[seat.session].parts[part_].front();
    }

    /// What the shoppers know is kept for their next part.
    void leave_seats() {
        for (auto& seat : seats_) {
            if (seat.step) shoppers_[seat.session] = std::move(seat.shopper);
            seat.step = nullptr;
        }
        for (auto* seat : resting_) idle_.push_back(seat);
        resting_.clear();
    }

    void await(Clock::time_point now, Clock::time_point end) {
        std::array<epoll_event, 256> events;
        auto until = now + std::chrono::milliseconds(100);
        if (end != Clock::time_point{}) until = std::min(until, end);
        if (plan_.rate > 0 && !idle_.empty()) until = std::min(until, due_at(sent_));
        timespec patience{};
        const auto wait = std::max(until - now, Clock::duration::zero());
        patience.tv_nsec = std::chrono::duration_cast<std::chrono::nanoseconds>(wait).count() % 1'000'000'000;
        const auto count = ::epoll_pwait2(epoll_, events.data(), static_cast<int>(events.size()), &patience, nullptr);
        for (int i = 0; i < count; ++i) read(*static_cast<Seat*>(events[static_cast<std::size_t>(i)].data.ptr));
    }

    void read(Seat& seat) {
        const auto state = seat.connection.receive();
        if (state == Connection::State::more) return;
        if (!seat.busy && state == Connection::State::complete) return;
        if (seat.busy) count(seat, state == Connection::State::complete);
        if (seat.connection.is_over()) connect(seat);
        if (seat.busy) idle_.push_back(&seat);
        seat.busy = false;
    }

    void count(Seat& seat, bool answered) {
        const auto time = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - seat.due);
        const auto status = answered ? seat.connection.status() : 0;
        const auto& right = seat.step->statuses;
        const bool is_right = std::find(right.begin(), right.end(), status) != right.end();
        tally_.add(seat.step->name, status, time, is_right);
        if (!is_right && tally_.told_errors++ < 3) {
            std::cerr << seat.step->method << " " << seat.step->target << ": " << status << " "
                      << seat.connection.body().substr(0, 300) << "\n";
        }
        if (answered) take_values(*seat.step, seat.connection.message(), seat.shopper);
    }

    Plan plan_;
    const Script& script_;
    int epoll_;
    std::deque<Seat> seats_;
    std::deque<Seat*> idle_;
    std::vector<Seat*> resting_;   // with nothing left to do in this part
    std::vector<Shopper> shoppers_;
    std::size_t part_ = 0;
    std::size_t next_session_ = 0;
    std::uint64_t sent_ = 0;
    Clock::time_point begun_{};
    Tally tally_;
};

void allow_sockets(std::size_t number) {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, number + 64);
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

}   // namespace
}   // namespace caddy::bench

int main(int argc, char** argv) {
    using namespace caddy::bench;
    Plan plan;
    CLI::App app{"Sends a file of bench/traffic to a shop on this machine"};
    app.add_option("--file", plan.file, "the traffic")->required();
    app.add_option("--port", plan.port, "of the shop")->required();
    app.add_option("--connections", plan.connections, "open at a time");
    app.add_option("--rate", plan.rate, "requests a second, at their times; 0: each when the one before is answered");
    app.add_option("--warm-up", plan.warm_up_s, "seconds that are not counted");
    app.add_option("--seconds", plan.seconds, "how long; 0: once through the file");
    app.add_flag("--ask", plan.asks, "prints `ready` where counting begins, and waits for a line");
    CLI11_PARSE(app, argc, argv);
    try {
        allow_sockets(plan.connections);
        const auto script = read_script(plan.file);
        std::cout << Replay(plan, script).run().json() << std::endl;
    } catch (const std::exception& fault) {
        std::cerr << "replay: " << fault.what() << "\n";
        return 70;
    }
}
