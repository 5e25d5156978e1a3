#include "platform/db/mysql_driver.hpp"

#include "core/assert.hpp"
#include "platform/db/lender.hpp"
#include "platform/db/mysql_connection.hpp"
#include "platform/telemetry/log.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

namespace caddy::db {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// The connections to one set of hosts. Lives as long as the driver and every lease.
class MysqlPool : public std::enable_shared_from_this<MysqlPool> {
public:
    MysqlPool(asio::any_io_executor loop, const MysqlConfig& config, std::string_view hosts, Need need)
        : target_(loop, config, hosts, need),
          lender_(loop, milliseconds(config.wait_limit_ms), static_cast<std::size_t>(config.queue_limit)) {
        for (int i = 0; i < std::max(1, config.pool_size); ++i) {
            connections_.push_back(std::make_unique<MysqlConnection>(target_));
            lender_.add(*connections_.back());
        }
    }

    Task<Driver::Lease> lend(const Context& ctx, Purpose purpose) {
        const auto rank = [this, purpose](const Connection& each) { return suits(each, purpose); };
        auto* taken = static_cast<MysqlConnection*>(co_await lender_.take(ctx, rank));
        Driver::Lease lease(taken, [pool = shared_from_this()](Connection* back) {
            pool->give_back(static_cast<MysqlConnection&>(*back));
        });
        taken->lend_for(purpose);
        co_await taken->make_ready();
        co_return lease;
    }

    Driver::Usage usage() const {
        auto usage = lender_.usage();
        std::size_t open = 0;
        for (const auto& each : connections_) open += each->is_open() ? 1U : 0U;
        usage.idle = open > usage.lent ? open - usage.lent : 0;
        usage.opened = target_.opened;
        usage.closed = target_.closed;
        return usage;
    }

    void change_credentials(const std::string& user, const std::string& password) {
        target_.config.user = user;
        target_.config.password = password;
        target_.renewed_at = steady_clock::now();
        for (auto& host : target_.hosts) host.try_at_once();
    }

    /// A connection that somebody still works with is waited for, then cut: taking leave in the middle of a statement
    /// would mix two conversations.
    Task<> close() {
        lender_.close();
        target_.given_up = true;
        asio::steady_timer pause(target_.executor);
        const auto until = steady_clock::now() + milliseconds(target_.config.connect_limit_ms);
        while (tidying_ > 0 || (lender_.usage().lent > 0 && steady_clock::now() < until)) {
            pause.expires_after(milliseconds(5));
            co_await pause.async_wait(asio::use_awaitable);
        }
        for (auto& each : connections_) {
            if (each->in_flight()) each->cut();
            else co_await each->quit();
        }
    }

private:
    /// An open connection that was last used for the same: else a new one, so that those for reads and those for
    /// transactions need not be turned into each other; else any.
    int suits(const Connection& connection, Purpose purpose) const {
        const auto& each = static_cast<const MysqlConnection&>(connection);
        if (!each.is_open()) return target_.may_open() ? 2 : 0;
        return each.is_transactional() == (purpose == Purpose::write) ? 3 : 1;
    }

    void give_back(MysqlConnection& connection) {
        connection.note_end();
        if (!connection.wants_tidying()) return lender_.give_back(connection);
        ++tidying_;   // close() waits for its end
        asio::co_spawn(target_.executor, connection.tidy(),
                       [pool = shared_from_this(), &connection](const std::exception_ptr& fault) {
                           if (fault) connection.cut();
                           --pool->tidying_;
                           pool->lender_.give_back(connection);
                       });
    }

    MysqlTarget target_;
    Lender lender_;
    std::vector<std::unique_ptr<MysqlConnection>> connections_;
    int tidying_ = 0;
};

class MysqlDriver final : public Driver {
public:
    MysqlDriver(asio::any_io_executor loop, const MysqlConfig& config)
        : primary_(std::make_shared<MysqlPool>(loop, config, config.hosts, Need::write)) {
        if (!config.read_hosts.empty())
            replica_ = std::make_shared<MysqlPool>(loop, config, config.read_hosts, Need::read);
    }

    Engine engine() const override { return Engine::mysql; }

    Task<Lease> acquire(const Context& ctx, Purpose purpose) override {
        if (purpose == Purpose::replica && replica_) {
            try {
                auto lease = co_await replica_->lend(ctx, purpose);
                co_return lease;
            } catch (const Gone& fault) {
                note_replica_away(fault.what());
            }
        }
        auto lease = co_await primary_->lend(ctx, purpose == Purpose::write ? purpose : Purpose::read);
        co_return lease;
    }

    void change_credentials(const std::string& user, const std::string& password) {
        primary_->change_credentials(user, password);
        if (replica_) replica_->change_credentials(user, password);
    }

    // Reads and writes share the connections to the primary; each figure stands in one place.
    Usage usage(Purpose purpose) const override {
        if (purpose == Purpose::write) return primary_->usage();
        return purpose == Purpose::replica && replica_ ? replica_->usage() : Usage{};
    }

    Task<> close() override {
        co_await primary_->close();
        if (replica_) co_await replica_->close();
    }

private:
    /// The primary knows everything that a copy knows: a copy that is away costs load, not answers.
    void note_replica_away(const char* why) {
        const auto now = steady_clock::now();
        if (now < complain_again_at_) return;
        complain_again_at_ = now + std::chrono::seconds(10);
        log::warn("db.replica_away", {{"why", why}, {"remedy", "reads go to DB_HOST until it is back"}});
    }

    std::shared_ptr<MysqlPool> primary_;
    std::shared_ptr<MysqlPool> replica_;
    steady_clock::time_point complain_again_at_{};
};

}   // namespace

std::unique_ptr<Driver> open_mysql(asio::any_io_executor loop, const MysqlConfig& config) {
    return std::make_unique<MysqlDriver>(std::move(loop), config);
}

namespace {

constexpr std::string_view show_settings =
    "SHOW SESSION VARIABLES WHERE Variable_name IN ('max_connections', 'max_prepared_stmt_count', 'tx_isolation', "
    "'transaction_isolation', 'sql_mode', 'innodb_flush_log_at_trx_commit', 'log_bin', 'sync_binlog', "
    "'max_allowed_packet')";

}   // namespace

void change_credentials(Driver& driver, const std::string& user, const std::string& password) {
    CADDY_ASSERT(driver.engine() == Engine::mysql);
    static_cast<MysqlDriver&>(driver).change_credentials(user, password);
}

Task<ServerReport> inspect_server(Database& database, const Context& ctx) {
    auto lease = co_await database.driver().acquire(ctx, Purpose::read);
    const auto rows = co_await lease->run_text(
        "SELECT VERSION(), @@max_connections, @@max_prepared_stmt_count");
    const auto threads = co_await lease->run_text("SHOW GLOBAL STATUS LIKE 'Threads_connected'");
    ServerReport report;
    report.version = decode<std::string>(rows.cells.at(0));
    report.connections_max = decode<std::int64_t>(rows.cells.at(1));
    report.statements_max = decode<std::int64_t>(rows.cells.at(2));
    if (threads.cells.size() == 2) report.connections_open = std::stoll(decode<std::string>(threads.cells.at(1)));
    report.encrypted = static_cast<MysqlConnection&>(*lease).is_encrypted();
    const auto settings = co_await lease->run_text(std::string(show_settings));
    for (std::size_t at = 0; at + 1 < settings.cells.size(); at += 2) {
        report.variables.emplace(decode<std::string>(settings.cells[at]), decode<std::string>(settings.cells[at + 1]));
    }
    const auto clock = co_await lease->run_text("SELECT CAST(UNIX_TIMESTAMP(NOW(6)) * 1000 AS SIGNED)");
    report.clock_ms = decode<std::int64_t>(clock.cells.at(0));
    co_return report;
}

}   // namespace caddy::db
