#pragma once
// What the caches' tasks let escape. Private to the folder.
#include <exception>

namespace caddy::cache {

/// Logs a bug; a task that was told to end is none.
void report_fault(const std::exception_ptr&);

}   // namespace caddy::cache
