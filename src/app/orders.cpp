#include "app/orders.hpp"

#include "core/assert.hpp"

#include <algorithm>

namespace caddy::app {

Orders& orders_of(const WorkerBoard& board) {
    static_assert(sizeof(Orders) <= 16 * 1024 && alignof(Orders) <= 64);
    return *reinterpret_cast<Orders*>(board.orders_area().data());
}

void Orders::set_faults(const std::vector<FaultRule>& rules) {
    CADDY_ASSERT(rules.size() <= faults_max);
    faults_version.fetch_add(1, std::memory_order_acq_rel);
    std::copy(rules.begin(), rules.end(), faults.begin());
    fault_count = static_cast<std::uint32_t>(rules.size());
    faults_version.fetch_add(1, std::memory_order_release);
}

std::vector<FaultRule> Orders::get_faults() const {
    for (;;) {
        const auto before = faults_version.load(std::memory_order_acquire);
        const auto count = std::min<std::size_t>(fault_count, faults_max);
        std::vector<FaultRule> rules(faults.begin(), faults.begin() + static_cast<std::ptrdiff_t>(count));
        std::atomic_thread_fence(std::memory_order_acquire);
        if (before % 2 == 0 && before == faults_version.load(std::memory_order_relaxed)) return rules;
    }
}

}   // namespace caddy::app
