#pragma once
// What a target demands beyond "no fault of memory, no undefined behaviour, no exception that gets out".
#include <cstdio>
#include <cstdlib>
#include <cstdint>
#include <string_view>

/// Ends the process, which the fuzzer takes for a finding and keeps the input of.
inline void holds(bool truth, const char* what) {
    if (truth) return;
    std::fprintf(stderr, "does not hold: %s\n", what);
    std::abort();
}

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
    return {reinterpret_cast<const char*>(data), size};
}
