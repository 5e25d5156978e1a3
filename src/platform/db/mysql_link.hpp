#pragma once
// One connection to a server as the protocol has it: every call has a time limit, and one that is cut short, by its
// limit or by its caller, closes the connection, since nobody could tell what would arrive on it next. Private to the
// driver.
#include "platform/db/mysql_driver.hpp"
#include "platform/db/mysql_error.hpp"
#include "platform/db/mysql_hosts.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/mysql/field_view.hpp>
#include <boost/mysql/results.hpp>
#include <boost/mysql/statement.hpp>
#include <boost/mysql/tcp_ssl.hpp>

#include <chrono>
#include <memory>
#include <span>

namespace caddy::db {

/// Throws Fault when the authorities cannot be read.
std::unique_ptr<asio::ssl::context> make_tls_context(const MysqlConfig&);

class MysqlLink : public std::enable_shared_from_this<MysqlLink> {
public:
    using Error = boost::mysql::error_code;
    using Results = boost::mysql::results;
    using Statement = boost::mysql::statement;

    MysqlLink(asio::any_io_executor, const MysqlConfig&, asio::ssl::context&);
    MysqlLink(const MysqlLink&) = delete;

    /// Connects, encrypts, signs in. Throws Gone with the reason; cancelled, what Asio throws.
    Task<> open(const MysqlHost&);

    // What the server answers, or what became of the connection; said() has its words. A cancelled call throws.
    Task<Error> text(std::string_view, Results&);
    Task<Error> prepare(std::string_view, Statement&);
    Task<Error> execute(const Statement&, std::span<const boost::mysql::field_view>, Results&);
    Task<Error> forget(const Statement&);
    Task<Error> ping();
    /// Takes its leave, as far as that is possible.
    Task<> quit();

    /// Whether a call is under way: another one must wait for its end.
    bool in_flight() const { return in_flight_; }
    bool is_open() const { return connection_ != nullptr && !cut_; }
    bool is_encrypted() const { return connection_ && connection_->uses_ssl(); }
    const boost::mysql::diagnostics& said() const { return said_; }
    /// Whether the next executions bring the names of their columns.
    void bring_names(bool wanted);
    void cut() noexcept;

private:
    class Flight;
    using Clock = std::chrono::steady_clock;

    Task<> enter(const MysqlHost&);
    Task<> connect(const MysqlHost&);
    void check_identity(const MysqlHost&);

    asio::any_io_executor executor_;
    const MysqlConfig& config_;
    asio::ssl::context& tls_;
    std::unique_ptr<boost::mysql::tcp_ssl_connection> connection_;
    boost::mysql::diagnostics said_;
    asio::ip::tcp::resolver resolver_;
    asio::steady_timer limit_;
    std::uint64_t flights_ = 0;
    bool in_flight_ = false;
    bool late_ = false;   // the last call ran over its limit
    bool cut_ = false;
};

}   // namespace caddy::db
