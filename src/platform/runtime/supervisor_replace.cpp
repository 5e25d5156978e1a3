// How a supervisor replaces workers that run: one at a time, each successor accepting before its predecessor goes.
#include "platform/runtime/supervisor.hpp"

#include <csignal>
#include <system_error>

namespace caddy {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr seconds memory_interval(1);

}   // namespace

void Supervisor::reload() {
    if (ending_) return;
    std::shared_ptr<const ProgramFile> program;
    try {
        program = ProgramFile::open(program_path_);
    } catch (const std::system_error& fault) {
        ++reloads_failed_;
        report("reload.failed", -1, -1, fault.code().value());
        return;
    }
    report("reload.started", -1, -1);
    reloading_ = true;
    // What is under way goes on, and is then replaced once more: it may have read what has changed since.
    const bool is_under_way =
        !replacements_.empty() && slots_[static_cast<std::size_t>(replacements_.front().slot)].successor.has_value();
    replacements_.erase(replacements_.begin() + (is_under_way ? 1 : 0), replacements_.end());
    for (int slot = 0; slot < board_.slots(); ++slot) replacements_.push_back({slot, program});
}

void Supervisor::advance_replacement() {
    if (replacements_.empty() || !ever_served_) return;
    const auto next = replacements_.front();
    auto& slot = slots_[static_cast<std::size_t>(next.slot)];
    if (slot.successor) {
        if (slot.successor->served) succeed(next.slot);
        return;
    }
    if (!slot.current) {   // it crashed, and waits for its next try: that is the new generation's
        slot.program = next.program;
        slot.restart_at = steady_clock::now();
        replaced();
        return;
    }
    if (slot.current->served) slot.successor = launch(next.slot, next.program);
}

void Supervisor::succeed(int number) {
    auto& slot = slots_[static_cast<std::size_t>(number)];
    auto predecessor = *std::move(slot.current);
    slot.current = std::move(slot.successor);
    slot.successor.reset();
    slot.program = slot.current->program;
    slot.last_seat = slot.current->seat;
    slot.crashes = 0;
    predecessor.kill_at = steady_clock::now() + seconds(config_.end_limit_s);
    ::kill(predecessor.pid, SIGUSR2);
    retiring_.push_back(std::move(predecessor));
    replaced();
}

void Supervisor::replaced() {
    replacements_.pop_front();
    if (!replacements_.empty() || !reloading_) return;
    reloading_ = false;
    ++reloads_;
    report("reload.done", -1, -1);
}

void Supervisor::replacement_failed(int slot, int status) {
    replacements_.clear();
    if (reloading_) ++reloads_failed_;
    reloading_ = false;
    report("reload.failed", slot, -1, status);
}

void Supervisor::look_at_memory() {
    const auto now = steady_clock::now();
    if (config_.memory_bytes_max == 0 || !replacements_.empty() || now < memory_at_) return;
    memory_at_ = now + memory_interval;
    for (int number = 0; number < board_.slots(); ++number) {
        const auto& slot = slots_[static_cast<std::size_t>(number)];
        if (!slot.current || !slot.current->served) continue;
        if (now < slot.current->started_at + seconds(config_.memory_grace_s)) continue;
        const auto bytes = private_bytes(slot.current->pid);
        if (bytes <= config_.memory_bytes_max) continue;
        report("worker.bloated", number, slot.current->pid, bytes);
        ++restarts_.at(static_cast<std::size_t>(Reason::bloated));
        replacements_.push_back({number, slot.program});
        return;
    }
}

}   // namespace caddy
