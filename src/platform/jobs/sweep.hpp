#pragma once
// Finished events do not stay for ever.
#include "platform/jobs/worker.hpp"

namespace caddy::jobs {

/// Deletes, every hour, the events that were finished longer ago than `keep`. What was not finished stays.
void sweep_jobs(JobTable&, db::Database&, std::chrono::days keep);

}   // namespace caddy::jobs
