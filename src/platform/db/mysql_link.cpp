#include "platform/db/mysql_link.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/mysql/handshake_params.hpp>
#include <boost/mysql/metadata_mode.hpp>
#include <boost/mysql/mysql_collations.hpp>

#include <openssl/ssl.h>

#include <exception>

namespace caddy::db {
namespace {

namespace wire = boost::mysql;
using tcp = asio::ip::tcp;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds renewal_wait(300);   // somewhat longer than a change of settings takes to get here
constexpr milliseconds renewal_poll(10);

/// The server does not know this name with this password.
struct LoginRefused : Gone {
    using Gone::Gone;
};

wire::ssl_mode wire_mode(TlsMode mode) {
    switch (mode) {
        case TlsMode::disabled: return wire::ssl_mode::disable;
        case TlsMode::preferred: return wire::ssl_mode::enable;
        case TlsMode::required:
        case TlsMode::verify_ca:
        case TlsMode::verify_full: return wire::ssl_mode::require;
    }
    return wire::ssl_mode::require;
}

bool verifies(TlsMode mode) { return mode == TlsMode::verify_ca || mode == TlsMode::verify_full; }

/// Throws what Asio throws when the caller's deadline, or somebody else, wants the task to end.
Task<> end_if_cancelled() {
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none)
        throw boost::system::system_error(asio::error::operation_aborted);
}

}   // namespace

std::unique_ptr<asio::ssl::context> make_tls_context(const MysqlConfig& config) {
    auto context = std::make_unique<asio::ssl::context>(asio::ssl::context::tls_client);
    ::SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
    if (!verifies(config.tls)) return context;
    boost::system::error_code fault;
    if (config.authorities.empty()) context->set_default_verify_paths(fault);
    else if (config.authorities.find("-----BEGIN") != std::string::npos)
        context->add_certificate_authority(asio::buffer(config.authorities), fault);
    else context->load_verify_file(config.authorities, fault);
    if (fault) throw Fault("DB_SSL_CA: the authorities' certificates cannot be used: " + fault.message());
    context->set_verify_mode(asio::ssl::verify_peer);
    return context;
}

/// One call that is under way. Its limit closes the connection; so does its end, unless the call has come back whole.
class MysqlLink::Flight {
public:
    Flight(MysqlLink& link, milliseconds limit) : link_(link) {
        link_.in_flight_ = true;
        link_.late_ = false;
        if (limit.count() == 0) return;
        link_.limit_.expires_after(limit);
        link_.limit_.async_wait([self = link_.shared_from_this(), flight = ++link_.flights_](Error end) {
            if (end || !self->in_flight_ || self->flights_ != flight) return;
            self->late_ = true;
            self->cut();
        });
    }
    Flight(const Flight&) = delete;
    ~Flight() {
        link_.limit_.cancel();
        ++link_.flights_;
        link_.in_flight_ = false;
        if (!landed_) link_.cut();
    }
    void landed(const Error& outcome) {
        const auto trouble = trouble_of(outcome);
        landed_ = trouble != Trouble::lost && trouble != Trouble::unfit;
    }

private:
    MysqlLink& link_;
    bool landed_ = false;
};

MysqlLink::MysqlLink(asio::any_io_executor executor, const MysqlConfig& config, asio::ssl::context& tls)
    : executor_(executor), config_(config), tls_(tls), resolver_(executor), limit_(executor) {}

void MysqlLink::cut() noexcept {
    cut_ = true;
    resolver_.cancel();
    if (!connection_) return;
    boost::system::error_code ignored;
    connection_->stream().lowest_layer().close(ignored);
}

void MysqlLink::bring_names(bool wanted) {
    connection_->set_meta_mode(wanted ? wire::metadata_mode::full : wire::metadata_mode::minimal);
}

/// A server may hear of a new password a moment before this process does: who is refused waits for that moment.
Task<> MysqlLink::open(const MysqlHost& host) {
    const auto user = config_.user, password = config_.password;
    std::exception_ptr refused;
    try {
        co_await enter(host);
    } catch (const LoginRefused&) {
        refused = std::current_exception();
    }
    if (!refused) co_return;
    const auto is_known = [&] { return config_.user == user && config_.password == password; };
    asio::steady_timer pause(executor_);
    for (const auto until = steady_clock::now() + renewal_wait; is_known() && steady_clock::now() < until;) {
        pause.expires_after(renewal_poll);
        co_await pause.async_wait(asio::use_awaitable);
    }
    if (is_known()) std::rethrow_exception(refused);
    co_await enter(host);
}

Task<> MysqlLink::enter(const MysqlHost& host) {
    connection_ = std::make_unique<wire::tcp_ssl_connection>(executor_, tls_);
    cut_ = false;
    Flight flight(*this, milliseconds(config_.connect_limit_ms));
    co_await connect(host);
    flight.landed({});
}

Task<> MysqlLink::connect(const MysqlHost& host) {
    const auto where = "the database server " + host.text();
    Error fault;
    const auto port = std::to_string(host.port());
    const auto endpoints =
        co_await resolver_.async_resolve(host.name(), port, asio::redirect_error(asio::use_awaitable, fault));
    if (fault && !late_) co_await end_if_cancelled();
    if (fault || late_) throw Gone(where + " has no address: " + (late_ ? "no answer in time" : fault.message()));
    auto& socket = connection_->stream().lowest_layer();
    (void)co_await asio::async_connect(socket, endpoints, asio::redirect_error(asio::use_awaitable, fault));
    if (fault && !late_) co_await end_if_cancelled();
    if (fault || late_) throw Gone(where + " cannot be reached: " + (late_ ? "no answer in time" : fault.message()));
    socket.set_option(tcp::no_delay(true), fault);
    socket.set_option(asio::socket_base::keep_alive(true), fault);
    check_identity(host);
    const auto user = config_.user, password = config_.password;   // they may change meanwhile
    const wire::handshake_params account(user, password, config_.database,
                                         wire::mysql_collations::utf8mb4_bin, wire_mode(config_.tls));
    co_await connection_->async_handshake(account, said_, asio::redirect_error(asio::use_awaitable, fault));
    if (!fault) co_return;
    if (!late_) co_await end_if_cancelled();
    const auto why = where + " does not let us in: " + (late_ ? "no answer in time" : reason_of(fault, said_));
    if (!late_ && is_login_refused(fault)) throw LoginRefused(why);
    throw Gone(why);
}

void MysqlLink::check_identity(const MysqlHost& host) {
    auto& stream = connection_->stream();
    // The macro SSL_set_tlsext_host_name, without its cast.
    auto* name = const_cast<char*>(host.name().c_str());
    ::SSL_ctrl(stream.native_handle(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name);
    if (config_.tls == TlsMode::verify_full) stream.set_verify_callback(asio::ssl::host_name_verification(host.name()));
}

Task<MysqlLink::Error> MysqlLink::text(std::string_view sql, Results& results) {
    Flight flight(*this, milliseconds(config_.statement_limit_ms));
    Error outcome;
    co_await connection_->async_execute(wire::string_view(sql), results, said_,
                                        asio::redirect_error(asio::use_awaitable, outcome));
    flight.landed(outcome);
    if (outcome && !late_) co_await end_if_cancelled();
    co_return outcome;
}

Task<MysqlLink::Error> MysqlLink::prepare(std::string_view sql, Statement& statement) {
    Flight flight(*this, milliseconds(config_.statement_limit_ms));
    Error outcome;
    statement = co_await connection_->async_prepare_statement(wire::string_view(sql), said_,
                                                              asio::redirect_error(asio::use_awaitable, outcome));
    flight.landed(outcome);
    if (outcome && !late_) co_await end_if_cancelled();
    co_return outcome;
}

Task<MysqlLink::Error> MysqlLink::execute(const Statement& statement, std::span<const wire::field_view> arguments,
                                          Results& results) {
    Flight flight(*this, milliseconds(config_.statement_limit_ms));
    Error outcome;
    const auto bound = statement.bind(arguments.data(), arguments.data() + arguments.size());
    co_await connection_->async_execute(bound, results, said_, asio::redirect_error(asio::use_awaitable, outcome));
    flight.landed(outcome);
    if (outcome && !late_) co_await end_if_cancelled();
    co_return outcome;
}

Task<MysqlLink::Error> MysqlLink::forget(const Statement& statement) {
    Flight flight(*this, milliseconds(config_.connect_limit_ms));
    Error outcome;
    co_await connection_->async_close_statement(statement, said_, asio::redirect_error(asio::use_awaitable, outcome));
    flight.landed(outcome);
    co_return outcome;
}

Task<MysqlLink::Error> MysqlLink::ping() {
    Flight flight(*this, milliseconds(config_.connect_limit_ms));
    Error outcome;
    co_await connection_->async_ping(said_, asio::redirect_error(asio::use_awaitable, outcome));
    flight.landed(outcome);
    if (outcome && !late_) co_await end_if_cancelled();
    co_return outcome;
}

Task<> MysqlLink::quit() {
    if (!is_open()) co_return;
    Flight flight(*this, milliseconds(config_.connect_limit_ms));
    Error ignored;
    co_await connection_->async_close(said_, asio::redirect_error(asio::use_awaitable, ignored));
}

}   // namespace caddy::db
