#pragma once
// What a worker changes where it stands, without a new process: quotas, keys, credentials, read-only mode.
#include "app/platform.hpp"
#include "app/settings.hpp"
#include "platform/jobs/worker.hpp"
#include "platform/limit/limit.hpp"
#include "shop/identity/identity.hpp"

namespace caddy::app {

/// The parts of a worker that follow; see takes_effect().
struct LiveParts {
    Platform& platform;
    limit::RateLimiter& limiter;
    identity::IdentityService& identity;
    jobs::Worker& worker;
    Settings& settings;   // what of them is read anew each time
};

/// Has the parts go on with `fresh`. Requests under way end as they began.
void go_on_with(const Settings& fresh, LiveParts&);

}   // namespace caddy::app
