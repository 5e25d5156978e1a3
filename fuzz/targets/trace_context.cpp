// traceparent, tracestate, baggage: what is handed on is well-formed, and reads as what it was.
#include "holds.hpp"
#include "platform/telemetry/trace_context.hpp"

using namespace caddy::trace;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto text = text_of(data, size);
    HeaderFields fields;
    constexpr const char* names[] = {"traceparent", "tracestate", "baggage"};
    std::size_t at = 0;
    for (std::size_t line = 0; at <= text.size() && line < 8; ++line) {   // lines that begin with 0, 1 or 2 say which
        const auto end = std::min(text.find('\n', at), text.size());
        const auto each = text.substr(at, end - at);
        if (!each.empty()) fields.emplace_back(names[static_cast<unsigned char>(each[0]) % 3], each.substr(1));
        at = end + 1;
    }
    const auto context = extract(fields);
    const auto onward = inject(context);
    for (const auto& [name, value] : onward) {
        for (const unsigned char c : value)
            holds(c >= 0x20 && c != 0x7F, "nothing that would end a header is handed on");
    }
    if (context.valid()) {
        const auto again = extract(onward);
        holds(again.trace_id == context.trace_id && again.span_id == context.span_id, "the trace goes on");
        holds(again.sampled == context.sampled && again.state == context.state, "with its flags and its state");
    }
    const auto kept = from_text(to_text(context));
    holds(kept.trace_id == context.trace_id && kept.state == context.state, "what is kept is what it was");
    (void)from_text(text);
    return 0;
}
