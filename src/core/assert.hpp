#pragma once
// CADDY_ASSERT: an impossible state is a bug; the process ends and its supervisor starts a clean one.
#include <cstdio>
#include <cstdlib>

/// Always on, in release builds too.
#define CADDY_ASSERT(condition)                                                                     \
    do {                                                                                            \
        if (!(condition)) {                                                                         \
            std::fprintf(stderr, "assertion failed: %s (%s:%d)\n", #condition, __FILE__, __LINE__); \
            std::abort();                                                                           \
        }                                                                                           \
    } while (false)
