#include "platform/jobs/worker.hpp"
#include "shop/media/media.hpp"

namespace caddy::media {
namespace {

constexpr std::chrono::minutes sweep_interval{10};

Task<> sweep(const Context& ctx, MediaService& media) { return media.sweep(ctx); }

}   // namespace

void jobs(jobs::JobTable& table, MediaService& media) {
    table.every(sweep_interval, "media.sweep", caddy::jobs::bind_scheduled(sweep, media));
}

}   // namespace caddy::media
