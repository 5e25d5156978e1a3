#pragma once
// What is counted of jobs and of the outbox; the names stand in docs/operations.md. Private to this folder but for
// watch_backlog().
#include "platform/jobs/worker.hpp"

#include <chrono>
#include <string_view>

namespace caddy::jobs {

/// Shows the backlog in the gauges every few seconds, as a job of the table. One process of a pod is enough: all of
/// them see the same outbox.
void watch_backlog(JobTable&, db::Database&);

namespace counts {

/// How a run ended. An event with several subscriptions has a run for each of them.
enum class Run { done, failed };
/// `type`: an event's, or the name of what is scheduled.
void ran(std::string_view type, Run, std::chrono::steady_clock::duration);
/// An event was given up, once for each event, beside its last failure.
void parked(std::string_view type);

}   // namespace counts
}   // namespace caddy::jobs
