#pragma once
#include "platform/config/config.hpp"
#include "platform/telemetry/trace.hpp"

namespace caddy::app {

/// Binds what traces are made by, under the names of OpenTelemetry. What stands there and not here (headers,
/// certificates, compression) its library reads from the environment itself.
void bind_tracing(config::Binder&, trace::Config&);

}   // namespace caddy::app
