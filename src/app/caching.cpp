#include "app/caching.hpp"

#include "app/version.hpp"
#include "platform/crypto/digest.hpp"
#include "shop/shop_modules.hpp"

namespace caddy::app {
namespace {

constexpr std::size_t page_bytes = 4'096;
constexpr std::size_t edition_digits = 12;

std::size_t whole_pages(std::size_t bytes) { return (bytes + page_bytes - 1) / page_bytes * page_bytes; }

std::size_t epochs_bytes() { return whole_pages(cache::Epochs::bytes()); }

cache::TagTable tag_table() {
    cache::TagTable table;
    catalog::cache_tags(table);
    search::cache_tags(table);
    return table;
}

std::unique_ptr<cache::SharedStore> shared_store(Platform& platform, const Settings& settings,
                                                 std::string_view document) {
    if (!platform.redis) return nullptr;
    const auto digest = crypto::sha256_hex(std::string(version()).append("\n").append(document));
    return std::make_unique<cache::SharedStore>(
        *platform.redis, cache::SharedStore::Config{digest.substr(0, edition_digits),
                                                    static_cast<std::size_t>(settings.cache.shared_bytes_max)});
}

std::unique_ptr<cache::Epochs> epochs_in(std::span<std::byte> memory) {
    return memory.empty() ? std::make_unique<cache::Epochs>() : std::make_unique<cache::Epochs>(memory);
}

/// The pod's memory is shared out over its workers.
cache::ReplyCache::Surroundings reply_surroundings(Platform& platform, const Settings& settings,
                                                   cache::Epochs& epochs, cache::SharedStore* shared) {
    return {.executor = platform.loop.get_executor(),
            .clock = platform.clock,
            .epochs = epochs,
            .shared = shared,
            .bytes_max = static_cast<std::size_t>(settings.cache.bytes_max / settings.process.workers),
            .reads_copies = !settings.mysql.read_hosts.empty()};
}

/// The file of an embedded shop is written by this pod alone; beside it by subcommands, whose events its workers run.
cache::Changes::Others others(const Settings& settings, std::span<std::byte> epochs) {
    return settings.embedded() && !epochs.empty() ? cache::Changes::Others::none : cache::Changes::Others::some;
}

}   // namespace

// In whole pages, as the board has them.
std::size_t SharedAreas::bytes(const Settings& settings) {
    const auto windows = limit::WindowTable::bytes_for(static_cast<std::size_t>(settings.limit.callers_max));
    return epochs_bytes() + whole_pages(windows);
}

// A supervisor of another program may have laid the area out otherwise: then each process keeps its own epochs until
// the supervisor is replaced, too.
SharedAreas SharedAreas::of(std::span<std::byte> area, const Settings& settings) {
    if (area.size() != bytes(settings)) return {{}, area};
    return {area.first(epochs_bytes()), area.subspan(epochs_bytes())};
}

Caching::Caching(Platform& platform, const Settings& settings, std::span<std::byte> epochs, std::string_view document)
    : tags_(tag_table()), epochs_(epochs_in(epochs)), shared_(shared_store(platform, settings, document)),
      replies_(reply_surroundings(platform, settings, *epochs_, shared_.get()), settings.cache),
      changes_({.executor = platform.loop.get_executor(),
                .database = platform.database,
                .epochs = *epochs_,
                .replies = replies_,
                .tags = tags_,
                .redis = platform.redis.get(),
                .shared = shared_.get()},
               others(settings, epochs)) {}

Task<> Caching::stop() {
    co_await changes_.stop();
    co_await replies_.close();
}

}   // namespace caddy::app
