#include "platform/db/mysql_connection.hpp"

#include "core/assert.hpp"
#include "platform/telemetry/log.hpp"

#include <boost/mysql/row_view.hpp>
#include <boost/mysql/rows_view.hpp>

#include <algorithm>
#include <charconv>
#include <random>

namespace caddy::db {
namespace {

namespace wire = boost::mysql;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t cells_kept_max = 4'096;   // a larger result's memory is given back

bool only_reads(std::string_view text) {
    for (const std::string_view word : {"SELECT", "WITH", "EXPLAIN", "SHOW"}) {
        if (text.starts_with(word)) return true;
    }
    return false;
}

std::vector<wire::field_view> fields_of(const std::vector<Value>& arguments) {
    std::vector<wire::field_view> fields;
    fields.reserve(arguments.size());
    for (const auto& argument : arguments) {
        if (const auto* number = std::get_if<std::int64_t>(&argument)) fields.emplace_back(*number);
        else if (const auto* text = std::get_if<std::string>(&argument)) fields.emplace_back(wire::string_view(*text));
        else fields.emplace_back(nullptr);
    }
    return fields;
}

[[noreturn]] void no_integer(std::string_view name) {
    throw Fault("statement " + std::string(name) + " returned a number with a fraction");
}

/// SUM() of integers is a DECIMAL, which arrives as text.
Value whole_number(std::string_view digits, std::string_view name) {
    std::int64_t number = 0;
    const auto [end, fault] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (fault != std::errc{} || end != digits.data() + digits.size()) no_integer(name);
    return number;
}

Value cell(const wire::field_view& field, wire::column_type type, std::string_view name) {
    switch (field.kind()) {
        case wire::field_kind::null: return std::monostate{};
        case wire::field_kind::int64: return field.get_int64();
        case wire::field_kind::uint64:
            if (std::in_range<std::int64_t>(field.get_uint64())) return static_cast<std::int64_t>(field.get_uint64());
            throw Fault("statement " + std::string(name) + " returned a number beyond 63 bits");
        case wire::field_kind::string: {
            const auto text = field.get_string();
            if (type == wire::column_type::decimal) return whole_number(text, name);
            return std::string(text);
        }
        case wire::field_kind::blob: {
            const auto bytes = field.get_blob();
            return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        }
        case wire::field_kind::float_:
        case wire::field_kind::double_: no_integer(name);
        default: throw Fault("statement " + std::string(name) + " returned a date or time; times are integers here");
    }
}

/// How many rows a statement touched. Of an UPDATE the protocol counts those whose content became another, but says in
/// words how many it matched, which is what the other engine counts.
std::int64_t touched(const MysqlLink::Results& results) {
    constexpr std::string_view matched = "Rows matched: ";
    const std::string_view said = results.info();
    std::int64_t rows = static_cast<std::int64_t>(results.affected_rows());
    if (said.starts_with(matched)) std::from_chars(said.data() + matched.size(), said.data() + said.size(), rows);
    return rows;
}

/// The statements of a text, each ended by `;` at a line's end, without its comments.
std::vector<std::string> statements_in(std::string_view text) {
    std::vector<std::string> statements(1);
    while (!text.empty()) {
        auto line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        while (!line.empty() && (line.back() == ' ' || line.back() == '\r')) line.remove_suffix(1);
        const auto from = line.find_first_not_of(' ');
        if (from == std::string_view::npos || line.substr(from).starts_with("--")) continue;
        const bool last = line.ends_with(';');
        if (last) line.remove_suffix(1);
        if (!statements.back().empty()) statements.back() += '\n';
        statements.back() += line;
        if (last) statements.emplace_back();
    }
    if (statements.back().empty()) statements.pop_back();
    return statements;
}

milliseconds lifetime_of(const MysqlConfig& config) {
    static thread_local std::minstd_rand random{std::random_device{}()};
    const std::int64_t tenth = std::int64_t{config.lifetime_s} * 100;
    return milliseconds(std::uniform_int_distribution(tenth * 9, tenth * 11)(random));
}

}   // namespace

MysqlTarget::MysqlTarget(asio::any_io_executor loop, MysqlConfig given, std::string_view host_list, Need what_for)
    : executor(std::move(loop)), config(std::move(given)), need(what_for), hosts(parse_hosts(host_list, config.port)),
      tls(make_tls_context(config)) {
    if (hosts.empty()) throw Fault("DB_HOST: names no host");
}

bool MysqlTarget::may_open() const {
    const auto now = steady_clock::now();
    return std::any_of(hosts.begin(), hosts.end(), [&](const MysqlHost& host) { return host.may_try(now); });
}

MysqlConnection::MysqlConnection(MysqlTarget& target)
    : target_(target), link_(std::make_shared<MysqlLink>(target.executor, target.config, *target.tls)) {}

void MysqlConnection::lend_for(Purpose purpose) {
    purpose_ = purpose;
    stage_ = Stage::none;
}

// -- to the server and back ------------------------------------------------------------------------------

Task<> MysqlConnection::make_ready() {
    if (link_->is_open()) {
        const bool is_fresh = steady_clock::now() - used_at_ < milliseconds(target_.config.validate_after_ms);
        if (is_fresh && used_at_ > target_.lost_at) co_return;
        const auto outcome = co_await link_->ping();
        if (!outcome) {
            used_at_ = steady_clock::now();
            co_return;
        }
        target_.lost_at = steady_clock::now();
    }
    co_await open();
}

Task<> MysqlConnection::open() {
    if (target_.given_up) throw Gone("the database is closed");
    note_end();
    statements_.clear();
    autocommit_ = true;
    abandoned_ = false;
    std::string why;
    for (auto& host : target_.hosts) {
        const bool may_try = host.may_try(steady_clock::now());
        if (may_try) {
            const bool done = co_await try_host(host);
            if (done) co_return;
        }
        if (!why.empty()) why += "; ";
        why += host.last_failure();
    }
    throw Gone("no database server can be had: " + why);
}

Task<bool> MysqlConnection::try_host(MysqlHost& host) {
    host.trying();
    try {
        co_await link_->open(host);
        const auto variables = co_await set_up_session(*link_, target_.config, target_.need);
        const auto connections = std::max<std::int64_t>(1, variables.number("max_connections"));
        const auto share = variables.number("max_prepared_stmt_count") / connections;
        statements_.allow(static_cast<std::size_t>(std::clamp<std::int64_t>(share, 8, 1'000)));
    } catch (const Gone& fault) {
        link_->cut();
        log::warn("db.host_away", {{"host", host.text()}, {"why", fault.what()}});
        host.failed(steady_clock::now(), fault.what());
        co_return false;
    } catch (...) {
        link_->cut();
        host.given_up();
        throw;
    }
    host.succeeded();
    ++target_.opened;
    counted_ = true;
    used_at_ = steady_clock::now();
    opened_at_ = used_at_;
    expires_at_ = used_at_ + lifetime_of(target_.config);
    co_return true;
}

void MysqlConnection::note_end() noexcept {
    if (link_->is_open() || !std::exchange(counted_, false)) return;
    ++target_.closed;
}

bool MysqlConnection::is_too_old() const {
    return steady_clock::now() >= expires_at_ || opened_at_ < target_.renewed_at;
}

bool MysqlConnection::wants_tidying() const { return link_->is_open() && (abandoned_ || is_too_old()); }

Task<> MysqlConnection::tidy() {
    if (abandoned_) co_await roll_back();
    if (is_too_old()) co_await quit();
    note_end();
}

Task<> MysqlConnection::quit() {
    co_await link_->quit();
    link_->cut();
    note_end();
}

// -- statements ------------------------------------------------------------------------------------------

Task<Rows> MysqlConnection::run_statement(const Sql& sql, std::vector<Value> arguments, std::size_t slots) {
    const auto name = sql.name();
    const auto text = sql.text(Engine::mysql);
    const bool is_reader = purpose_ != Purpose::write;
    if (is_reader && !only_reads(text))
        throw Fault("statement " + std::string(name) + " writes, but its session is one for reads");
    if (takes_ids(text) != (slots > 0)) throw Fault("statement " + std::string(name) + ": `:ids` without a list");
    auto outcome = co_await execute(sql, arguments, slots);
    const auto trouble = trouble_of(outcome);
    if (is_reader && (trouble == Trouble::lost || trouble == Trouble::unfit)) {
        // Reading twice does no harm, and the connection may have been dead for long.
        target_.lost_at = steady_clock::now();
        co_await open();
        outcome = co_await execute(sql, arguments, slots);
    }
    if (outcome) fail(outcome, name);
    auto* kept = statements_.find(PreparedStatements::key_of(sql, slots));
    CADDY_ASSERT(kept != nullptr);
    if (kept->columns.empty()) {
        for (const auto& column : results_.meta()) kept->columns.emplace_back(column.column_name());
    }
    co_return rows_of(name, kept->columns);
}

Task<MysqlLink::Error> MysqlConnection::execute(const Sql& sql, const std::vector<Value>& arguments,
                                                std::size_t slots) {
    co_await enter();
    const auto key = PreparedStatements::key_of(sql, slots);
    auto* kept = statements_.find(key);
    if (!kept) {
        const auto outcome = co_await prepare(sql, slots);
        if (outcome) co_return outcome;
        kept = statements_.find(key);
    }
    if (kept->handle.num_params() != arguments.size()) {
        throw Fault("statement " + std::string(sql.name()) + " was given " + std::to_string(arguments.size()) +
                    " arguments");
    }
    const auto fields = fields_of(arguments);
    link_->bring_names(kept->columns.empty());
    const auto outcome = co_await link_->execute(kept->handle, fields, results_);
    if (!outcome) used_at_ = steady_clock::now();
    co_return outcome;
}

Task<MysqlLink::Error> MysqlConnection::prepare(const Sql& sql, std::size_t slots) {
    while (statements_.is_full()) {
        const auto outcome = co_await link_->forget(statements_.drop_oldest());
        if (outcome) co_return outcome;
    }
    const auto text = with_ids(sql.text(Engine::mysql), slots);
    PreparedStatement made{PreparedStatements::key_of(sql, slots), {}, {}};
    auto outcome = co_await link_->prepare(text, made.handle);
    if (trouble_of(outcome) == Trouble::crowded) {
        // The server's own bound for all connections: this one gives back what it holds.
        while (!statements_.is_empty()) (void)co_await link_->forget(statements_.drop_oldest());
        outcome = co_await link_->prepare(text, made.handle);
    }
    if (!outcome) statements_.keep(std::move(made));
    co_return outcome;
}

Task<Rows> MysqlConnection::run_text(std::string text) {
    Rows last;
    for (const auto& statement : statements_in(text)) {
        if (purpose_ != Purpose::write && !only_reads(statement))
            throw Fault("a text that writes, but its session is one for reads");
        co_await enter();
        link_->bring_names(true);
        const auto outcome = co_await link_->text(statement, results_);
        if (outcome) fail(outcome, "text");
        used_at_ = steady_clock::now();
        std::vector<std::string> columns;
        for (const auto& column : results_.meta()) columns.emplace_back(column.column_name());
        last = rows_of("text", std::move(columns));
    }
    co_return last;
}

Rows MysqlConnection::rows_of(std::string_view name, std::vector<std::string> columns) {
    Rows rows;
    rows.statement = name;
    rows.columns = std::move(columns);
    rows.changed = touched(results_);
    const auto meta = results_.meta();
    rows.cells.reserve(results_.rows().size() * meta.size());
    for (const auto row : results_.rows()) {
        for (std::size_t column = 0; column < row.size(); ++column)
            rows.cells.push_back(cell(row[column], meta[column].type(), name));
    }
    if (rows.cells.size() > cells_kept_max) results_ = MysqlLink::Results();
    return rows;
}

// -- transactions ----------------------------------------------------------------------------------------

// Without autocommit the first statement opens the transaction by itself, which saves the round trip of a BEGIN.
Task<> MysqlConnection::begin() {
    CADDY_ASSERT(stage_ == Stage::none && purpose_ == Purpose::write);
    stage_ = Stage::asked;
    co_return;
}

/// Brings the connection to where the next statement belongs: in a transaction, or in none.
Task<> MysqlConnection::enter() {
    if (!link_->is_open()) {
        if (stage_ != Stage::none) throw Retry("the connection was lost, and with it the transaction");
        co_await open();
    }
    if (abandoned_) co_await roll_back();
    const bool wanted = stage_ == Stage::none;
    if (autocommit_ != wanted) {
        const auto outcome = co_await link_->text(wanted ? "SET autocommit = 1" : "SET autocommit = 0", results_);
        if (outcome) fail(outcome, "autocommit");
        autocommit_ = wanted;
    }
    if (stage_ == Stage::asked) stage_ = Stage::open;
}

Task<> MysqlConnection::run_commit() {
    if (std::exchange(stage_, Stage::none) != Stage::open) co_return;   // no statement was run
    if (!link_->is_open()) throw Retry("the connection was lost before COMMIT, and with it the transaction");
    const auto outcome = co_await link_->text("COMMIT", results_);
    used_at_ = steady_clock::now();
    const auto reason = reason_of(outcome, link_->said());
    switch (trouble_of(outcome)) {
        case Trouble::none: co_return;
        case Trouble::retry: throw Retry("COMMIT was rolled back by the server: " + reason);
        case Trouble::lost:
        case Trouble::unfit:
            target_.lost_at = used_at_;
            throw Gone("COMMIT: the connection was lost before its answer; whether it happened is unknown: " + reason);
        default: abandoned_ = true; throw Gone("COMMIT was refused: " + reason);
    }
}

void MysqlConnection::abandon() noexcept {
    if (std::exchange(stage_, Stage::none) == Stage::open) abandoned_ = true;
}

Task<> MysqlConnection::roll_back() {
    abandoned_ = false;
    const auto outcome = co_await link_->text("ROLLBACK", results_);
    if (outcome) link_->cut();   // the server rolls back what has lost its connection
    used_at_ = steady_clock::now();
}

void MysqlConnection::fail(const MysqlLink::Error& outcome, std::string_view name) {
    const auto text = "statement " + std::string(name) + ": " + reason_of(outcome, link_->said());
    switch (trouble_of(outcome)) {
        case Trouble::conflict: throw Conflict(text, key_of(link_->said().server_message()));
        case Trouble::retry: throw Retry(text);
        case Trouble::lost:
        case Trouble::unfit:
            target_.lost_at = steady_clock::now();
            // What has not been committed is rolled back with the connection.
            if (stage_ != Stage::none) throw Retry(text);
            throw Gone(text);
        case Trouble::crowded:
        case Trouble::refused: throw Gone(text);
        case Trouble::none:
        case Trouble::statement: break;
    }
    throw Fault(text);
}

}   // namespace caddy::db
