#pragma once
// Real Redis servers for tests: on free ports of this machine, in temporary folders, stopped by their process ids.
//
//     RedisServer server;
//     RedisLoop redis(server.config());
//     redis.run(redis.client.set(redis.context(), key, "value"));
#include "platform/redis/client.hpp"
#include "tests/support/fake_clock.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <sys/types.h>

#include <exception>
#include <filesystem>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

namespace caddy::testing {

/// A folder that is gone with it.
class TemporaryFolder {
public:
    TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    ~TemporaryFolder();
    std::filesystem::path path;
};

enum class RedisTransport { plain, tls };

struct RedisOptions {
    std::string password{};
    RedisTransport transport = RedisTransport::plain;
    std::vector<std::string> arguments{};   // further ones of redis-server, `--name`, `value`
};

/// One redis-server. It keeps its port and its folder over stop() and start().
class RedisServer {
public:
    explicit RedisServer(RedisOptions = {});
    RedisServer(const RedisServer&) = delete;
    ~RedisServer();

    void start();
    void stop();   // as an operator does
    void kill();   // as a crash does
    void freeze();
    void thaw();
    int port() const { return port_; }
    std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
    /// What redis-cli prints.
    std::string cli(const std::vector<std::string>& words) const;
    redis::Config config() const;
    std::filesystem::path authority() const { return folder_.path / "ca.crt"; }

private:
    void spawn();
    bool is_ready() const;
    void end(int signal);

    TemporaryFolder folder_;
    RedisOptions options_;
    int port_ = 0;
    pid_t pid_ = -1;
};

/// Three primaries with a replica each.
class RedisCluster {
public:
    RedisCluster();

    redis::Config config() const;
    /// The primary that serves the slot now.
    RedisServer& primary_of(int slot);
    RedisServer& primary_other_than(const RedisServer&);
    RedisServer& by_port(int port);
    static std::string id_of(const RedisServer&);
    /// Every node sees every slot served and every primary with a replica. Throws after half a minute.
    void wait_until_whole();

    std::vector<std::unique_ptr<RedisServer>> nodes;
};

/// A client with a loop of its own, closed at the end.
class RedisLoop {
public:
    explicit RedisLoop(redis::Config config) : client(loop.get_executor(), std::move(config)) {}
    ~RedisLoop() { run(client.close()); }

    Context context(std::chrono::milliseconds limit = std::chrono::seconds(5)) const {
        Context ctx;
        ctx.route = "test";
        ctx.clock = &clock;
        ctx.deadline = std::chrono::steady_clock::now() + limit;
        return ctx;
    }

    template <class T>
    T run(Task<T> task) {
        using Kept = std::conditional_t<std::is_void_v<T>, bool, T>;
        bool ended = false;
        std::exception_ptr fault;
        std::optional<Kept> value;
        asio::co_spawn(loop, keep(std::move(task), value), [&](std::exception_ptr thrown) {
            fault = thrown;
            ended = true;
        });
        loop.restart();
        while (!ended)
            if (loop.run_one() == 0) throw std::logic_error("the task waits for something that nobody will do");
        if (fault) std::rethrow_exception(fault);
        if constexpr (!std::is_void_v<T>) return std::move(*value);
    }

    /// Turns the loop until something that was spawned on it has ended. Throws after `limit`.
    template <class T>
    T wait_for(std::future<T>& ended, std::chrono::milliseconds limit = std::chrono::seconds(20)) {
        const auto begun = std::chrono::steady_clock::now();
        loop.restart();
        while (ended.wait_for(std::chrono::seconds(0)) != std::future_status::ready) {
            if (std::chrono::steady_clock::now() - begun > limit) throw std::runtime_error("it does not end");
            loop.run_one_for(std::chrono::milliseconds(10));
        }
        return ended.get();
    }

    /// Turns the loop until the client is so; how long that took. Throws after `limit`.
    std::chrono::milliseconds wait_for(redis::State wanted,
                                       std::chrono::milliseconds limit = std::chrono::seconds(20)) {
        const auto begun = std::chrono::steady_clock::now();
        client.start();
        loop.restart();
        while (client.state() != wanted) {
            if (std::chrono::steady_clock::now() - begun > limit) throw std::runtime_error("the state does not come");
            loop.run_one_for(std::chrono::milliseconds(10));
        }
        return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begun);
    }

    asio::io_context loop{1};
    FakeClock clock;
    redis::Client client;

private:
    template <class T, class Kept>
    static Task<> keep(Task<T> task, std::optional<Kept>& out) {
        if constexpr (std::is_void_v<T>) {
            co_await std::move(task);
            out.emplace(true);
        } else {
            auto result = co_await std::move(task);
            out.emplace(std::move(result));
        }
    }
};

}   // namespace caddy::testing
