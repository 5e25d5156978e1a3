#pragma once
// Who goes next: everything that would wait for a database, a network or a provider waits here, and one of the waiting
// goes on at a time, drawn by the seed.
#include "platform/runtime/task.hpp"
#include "simulation/time_and_chance.hpp"

#include <boost/asio/io_context.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace caddy::simulation {

/// What happened, in order: a digest, and lines for whoever wants to read them.
class Story {
public:
    explicit Story(bool told) : told_(told) {}
    /// `who` did `what`; `more` is asked for only when the story is told.
    void note(std::string_view who, std::string_view what);
    template <class More>
    void note(std::string_view who, std::string_view what, More more) {
        mix(who);
        mix(what);
        if (told_) write(who, std::string(what) + " " + more());
    }
    std::uint64_t digest() const { return digest_; }

private:
    void mix(std::string_view);
    void write(std::string_view who, const std::string& what) const;

    bool told_;
    std::uint64_t digest_ = 0xcbf29ce484222325ULL;
};

class Scheduler {
public:
    Scheduler(std::uint64_t seed, bool told) : chance(seed), story(told) {}
    Scheduler(const Scheduler&) = delete;
    ~Scheduler();

    /// Waits until it is drawn. Can be cancelled.
    Task<> turn() { return wait(waiting_); }
    /// The same, but takes part in draws only once somebody has let the blocked ones go on.
    Task<> blocked_turn() { return wait(blocked_); }
    void unblock();
    /// Lets virtual time go by.
    Task<> pause(std::chrono::milliseconds);
    /// Runs a task beside the others. What it throws ends the schedule as a failure of the simulation.
    void spawn(Task<>);

    /// One step; false when nothing is left that could ever happen.
    bool step();
    /// Steps until something holds; false when that took too long.
    bool until(const std::function<bool()>& holds, std::chrono::minutes limit);

    asio::io_context& loop() { return loop_; }
    std::size_t live() const { return live_; }

    Chance chance;
    Story story;
    bool stalls = true;                         // whether time jumps now and then while work waits
    std::function<void()> between = [] {};      // before each draw
    std::int64_t steps = 0;
    std::vector<std::string> escaped;           // what tasks threw

private:
    struct Waiting {
        std::uint64_t number;
        std::function<void(boost::system::error_code)> go;
    };
    Task<> wait(std::vector<Waiting>& among);
    void cancel(std::uint64_t number);
    void jump();

    asio::io_context loop_{1};
    std::vector<Waiting> waiting_;
    std::vector<Waiting> blocked_;
    std::uint64_t numbers_ = 0;
    std::size_t live_ = 0;
};

}  // namespace caddy::simulation
