#pragma once
// The seam behind spans: what records them and sends them away. Private to the folder.
#include "platform/telemetry/trace.hpp"

namespace caddy::trace {

class Recorder {
public:
    virtual ~Recorder() = default;
    /// Null where the sampler leaves the span out. `own` gets the context for the work below.
    virtual std::unique_ptr<Span::Recorded> begin(Kind, std::string_view name, const TraceContext& above,
                                                  TraceContext& own) = 0;
    /// Draws for the next trace that begins here, which goes by it.
    virtual bool draw_root() = 0;
    /// Sends what has ended, for at most `limit`.
    virtual void flush(std::chrono::milliseconds limit) = 0;
};

/// By OpenTelemetry's library. Throws std::runtime_error where the program was built without it.
std::unique_ptr<Recorder> open_recorder(const Config&);

}   // namespace caddy::trace
