#pragma once
// What all sessions of one server share. Private to the folder; one event loop.
#include "platform/http/client_address.hpp"
#include "platform/http/router.hpp"
#include "platform/http/server.hpp"
#include "platform/http/server_config.hpp"

#include <chrono>
#include <filesystem>
#include <list>
#include <memory>
#include <random>
#include <string>
#include <string_view>

namespace caddy::http {

class Session;

/// The line of one request in the access log.
void log_request(const Finished&, std::string_view request_id, const trace::TraceContext*);

/// True for an id that a caller may give to a request.
bool is_request_id(std::string_view);

struct Edge {
    Edge(const ServerConfig& limits, Services given);

    ServerConfig config;
    Services services;
    TrustedProxies proxies;
    std::list<Session*> sessions{};   // that are open: for the watch over their limits
    bool draining = false;            // answers carry `Connection: close`
    bool stopping = false;            // connections with nothing on the way are closed

    /// Works with the temporary files of large bodies; begins with the first of them.
    asio::thread_pool& upload_pool();
    std::filesystem::path upload_folder() const;

    /// For requests that bring none.
    void write_request_id(std::string& text);
    /// Of the `Date` header; rendered once a second.
    std::string_view date();
    /// True for the requests that get a line in the log.
    bool logs_next();

private:
    std::mt19937_64 random_;
    std::chrono::sys_seconds date_second_{};
    std::string date_;
    std::int64_t requests_ = 0;
    std::unique_ptr<asio::thread_pool> upload_pool_;
};

}  // namespace caddy::http
