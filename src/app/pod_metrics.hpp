#pragma once
// `/metrics`: the counts of all workers of a pod as one, and what their supervisor knows of them.
#include "app/settings_watch.hpp"
#include "platform/runtime/supervisor.hpp"
#include "platform/runtime/worker_board.hpp"
#include "platform/telemetry/metrics.hpp"

#include <string>

namespace caddy::app {

/// See docs/operations.md for the names.
std::string expose_pod(metrics::Format, const WorkerBoard&, const Supervisor&, const ReloadState&);

}   // namespace caddy::app
