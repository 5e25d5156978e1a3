#include "platform/db/session.hpp"

#include "platform/telemetry/metrics.hpp"
#include "platform/telemetry/trace.hpp"

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/this_coro.hpp>

#include <chrono>
#include <exception>

namespace caddy::db {
namespace {

// Names, labels and bounds: OpenTelemetry's semantic conventions for database clients.
const metrics::Histogram duration{{"db_client_operation_duration_seconds",
                                   "How long statements and commits took.",
                                   {"db_system_name", "db_operation_name", "error_type"},
                                   metrics::Merge::sum,
                                   {0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10}}};

/// One operation of a connection, from its beginning to its end.
class Operation {
public:
    Operation(const trace::Span* above, std::string_view system, std::string_view verb, std::string_view summary)
        : span_(trace::begin_below(above, trace::Kind::client, summary)), system_(system), verb_(verb) {
        span_.set("db.system.name", system);
        span_.set("db.operation.name", verb);
        span_.set("db.query.summary", summary);
    }
    Operation(const Operation&) = delete;
    ~Operation() {
        const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begun_;
        duration.observe({system_, verb_, error_}, taken.count());
        if (!error_.empty()) span_.fail(error_);
    }
    void succeeded() { error_ = {}; }
    void conflicted() { error_ = "conflict"; }

private:
    trace::Span span_;
    std::string_view system_;
    std::string_view verb_;
    std::string_view error_ = "fault";   // until it is known to be otherwise, a cancellation included
    std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
};

std::string_view system_name(Engine engine) { return engine == Engine::mysql ? "mysql" : "sqlite"; }

/// `SELECT`, `INSERT` …: the first word of a statement.
std::string_view verb_of(std::string_view text) { return text.substr(0, text.find_first_of(" \n")); }

}  // namespace

Task<Rows> Connection::run(const Sql& sql, std::vector<Value> arguments, std::size_t slots) {
    Operation operation(above_.get(), system_name(engine()), verb_of(sql.text(engine())), sql.name());
    try {
        auto rows = co_await run_statement(sql, std::move(arguments), slots);
        operation.succeeded();
        co_return rows;
    } catch (const Conflict&) {
        operation.conflicted();
        throw;
    } catch (const Retry&) {
        operation.conflicted();
        throw;
    }
}

Task<> Connection::commit() {
    Operation operation(above_.get(), system_name(engine()), "COMMIT", "commit");
    std::exception_ptr fault;
    try {
        co_await run_commit();
        operation.succeeded();
    } catch (...) {
        fault = std::current_exception();
    }
    if (!fault) co_return;
    // Its caller has switched cancellation off; should he go on after the fault, he can be cancelled again.
    co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
    std::rethrow_exception(fault);
}

Task<std::int64_t> Session::change(const Sql& sql, std::vector<Value> values) {
    const auto rows = co_await connection_->run(sql, std::move(values), 0);
    co_return rows.changed;
}

Task<bool> Session::change_unless_there(const Sql& sql, std::vector<Value> values) {
    bool written = true;
    try {
        (void)co_await connection_->run(sql, std::move(values), 0);
    } catch (const Conflict&) {
        written = false;
    }
    co_return written;
}

Task<Value> Session::cell(const Sql& sql, std::vector<Value> values) {
    const auto rows = co_await connection_->run(sql, std::move(values), 0);
    if (rows.cells.empty()) co_return Value{};
    if (rows.cells.size() != 1) throw Fault("statement " + std::string(rows.statement) + " has more than one cell");
    co_return rows.cells.front();
}

}  // namespace caddy::db
