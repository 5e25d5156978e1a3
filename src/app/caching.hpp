#pragma once
// A worker's caches of public answers: what they stand on, and how they hear of changes.
#include "app/platform.hpp"
#include "app/settings.hpp"
#include "platform/cache/changes.hpp"
#include "platform/cache/reply_cache.hpp"
#include "platform/cache/shared_store.hpp"

#include <memory>
#include <span>
#include <string_view>

namespace caddy::app {

/// What the workers of a pod share on their board, by its use.
struct SharedAreas {
    std::span<std::byte> epochs;
    std::span<std::byte> windows;

    static std::size_t bytes(const Settings&);
    static SharedAreas of(std::span<std::byte> area, const Settings&);
};

/// REQUIRES: outlives the routes that it is put before.
class Caching {
public:
    /// `document`: the API as the program answers it; programs that differ in it share no answers.
    Caching(Platform&, const Settings&, std::span<std::byte> epochs, std::string_view document);

    /// The events that drop what is kept, as jobs.
    void jobs(jobs::JobTable& table) { changes_.jobs(table); }
    void attach(http::Router& router) { replies_.attach(router); }
    http::ReadyReplies& ready() { return replies_; }
    void start() { changes_.start(); }
    Task<> stop();

private:
    cache::TagTable tags_;
    std::unique_ptr<cache::Epochs> epochs_;
    std::unique_ptr<cache::SharedStore> shared_;   // null without Redis
    cache::ReplyCache replies_;
    cache::Changes changes_;
};

}   // namespace caddy::app
