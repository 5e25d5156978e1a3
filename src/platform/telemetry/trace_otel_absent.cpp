// Stands in where the library's package was missing when the program was built.
#include "platform/telemetry/trace_recorder.hpp"

#include <stdexcept>

namespace caddy::trace {

std::unique_ptr<Recorder> open_recorder(const Config&) {
    throw std::runtime_error("TRACING_ENABLED: this program was built without OpenTelemetry; install "
                             "opentelemetry-cpp-dev and build again, or switch tracing off");
}

}   // namespace caddy::trace
