#include "app/profiler.hpp"

#include <dlfcn.h>

namespace caddy::app {
namespace {

constexpr std::int32_t there = 1;
constexpr std::int32_t no_library = 2;
constexpr std::int32_t failed = 3;

template <class Function>
Function* function(const char* name) {
    static void* const library = ::dlopen("libprofiler.so.0", RTLD_NOW | RTLD_LOCAL);
    return library ? reinterpret_cast<Function*>(::dlsym(library, name)) : nullptr;
}

void end(ProfileOrder& order, std::int32_t outcome) {
    order.outcome = outcome;
    order.done = order.number.load();
}

}   // namespace

void Profiler::look(Orders& orders, int seat) {
    auto& order = orders.profile;
    if (runs_ && std::chrono::steady_clock::now() >= until_) {
        (*function<void()>("ProfilerStop"))();
        runs_ = false;
        end(order, there);
    }
    if (order.number == current_) return;
    current_ = order.number;
    if (order.seat == seat && order.done != current_) begin(order);
}

void Profiler::begin(ProfileOrder& order) {
    auto* start = function<int(const char*)>("ProfilerStart");
    if (!start || !function<void()>("ProfilerStop")) return end(order, no_library);
    if ((*start)(order.file.data()) == 0) return end(order, failed);
    runs_ = true;
    until_ = std::chrono::steady_clock::now() + std::chrono::seconds(order.seconds);
}

}   // namespace caddy::app
