#include "platform/db/sqlite_handle.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <random>
#include <thread>

namespace caddy::db {
namespace {

using std::chrono::microseconds;
using std::chrono::steady_clock;

// 0: no ids; else the lengths to which Session::all_in pads.
constexpr std::array<std::size_t, 5> slot_counts{0, 1, 8, 32, 128};

std::size_t slot_place(std::size_t slots) {
    const auto found = std::find(slot_counts.begin(), slot_counts.end(), slots);
    if (found == slot_counts.end()) throw Fault("a list of ids has an unexpected length");
    return static_cast<std::size_t>(found - slot_counts.begin());
}

/// `UNIQUE constraint failed: carts.token` → `carts.token`.
std::string constraint_of(std::string_view message) {
    const auto colon = message.find(": ");
    return std::string(colon == std::string_view::npos ? message : message.substr(colon + 2));
}

Value cell(sqlite3_stmt* statement, int column, std::string_view name) {
    switch (sqlite3_column_type(statement, column)) {
        case SQLITE_NULL: return std::monostate{};
        case SQLITE_INTEGER: return std::int64_t{sqlite3_column_int64(statement, column)};
        case SQLITE_TEXT:
        case SQLITE_BLOB: {
            const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement, column));
            return std::string(bytes ? bytes : "", static_cast<std::size_t>(sqlite3_column_bytes(statement, column)));
        }
        default: throw Fault("statement " + std::string(name) + " returned a number with a fraction");
    }
}

/// Leaves a statement ready for its next use, however the present one ends.
struct Reset {
    sqlite3_stmt* statement;
    ~Reset() {
        sqlite3_reset(statement);
        sqlite3_clear_bindings(statement);
    }
};

}  // namespace

void SqliteHandle::Close::operator()(sqlite3* db) const noexcept { sqlite3_close_v2(db); }
void SqliteHandle::Finalize::operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }

SqliteHandle::SqliteHandle(const std::filesystem::path& file, Mode mode, std::chrono::milliseconds busy_limit)
    : busy_limit_(busy_limit) {
    sqlite3* opened = nullptr;
    const int access = mode == Mode::read_write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
    const int code = sqlite3_open_v2(file.c_str(), &opened, access | SQLITE_OPEN_NOMUTEX, nullptr);
    db_.reset(opened);
    if (code != SQLITE_OK) {
        throw Fault("cannot open the database " + file.string() + ": " + sqlite3_errstr(code) +
                    "; check that its folder exists and that this user may write there");
    }
    sqlite3_extended_result_codes(db_.get(), 1);
    sqlite3_busy_handler(db_.get(), &SqliteHandle::wait_for_others, this);
    // Text in double quotes is a name, on this engine as on the others.
    sqlite3_db_config(db_.get(), SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
    sqlite3_db_config(db_.get(), SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
    sqlite3_db_config(db_.get(), SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    if (mode == Mode::read_write) {
        use_wal();
        execute("PRAGMA synchronous = FULL");   // an order that was acknowledged outlives a power cut
        execute("PRAGMA journal_size_limit = 67108864");
    } else {
        execute("PRAGMA query_only = ON");
    }
    // LIKE minds case, as it does on the server engines with a binary collation; and can use an index.
    execute("PRAGMA case_sensitive_like = ON; PRAGMA foreign_keys = OFF; PRAGMA trusted_schema = OFF;"
            "PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16000");
}

SqliteHandle::~SqliteHandle() = default;

void SqliteHandle::use_wal() {
    // The switch to WAL does not ask the busy handler when several processes open a new file at once.
    for (int round = 0;; ++round) {
        const int code = sqlite3_exec(db_.get(), "PRAGMA journal_mode = WAL", nullptr, nullptr, nullptr);
        if (code == SQLITE_OK) return;
        if ((code & 0xff) != SQLITE_BUSY || wait_for_others(this, round) == 0) fail(code, "open");
    }
}

int SqliteHandle::wait_for_others(void* self, int round) {
    auto& handle = *static_cast<SqliteHandle*>(self);
    if (round == 0) handle.busy_until_ = steady_clock::now() + handle.busy_limit_;
    if (steady_clock::now() >= handle.busy_until_) return 0;
    static thread_local std::minstd_rand random{std::random_device{}()};
    const auto most = std::min(5'000, 200 << std::min(round, 5));
    std::this_thread::sleep_for(microseconds(std::uniform_int_distribution(most / 2, most)(random)));
    return 1;
}

void SqliteHandle::fail(int code, std::string_view name) {
    const std::string message = sqlite3_errmsg(db_.get());
    const auto text = "statement " + std::string(name) + ": " + message;
    switch (code) {
        case SQLITE_CONSTRAINT_UNIQUE:
        case SQLITE_CONSTRAINT_PRIMARYKEY:
        case SQLITE_CONSTRAINT_ROWID: throw Conflict(text, constraint_of(message));
        default: break;
    }
    switch (code & 0xff) {
        case SQLITE_BUSY:
        case SQLITE_LOCKED: throw Retry(text);
        case SQLITE_FULL:
        case SQLITE_IOERR:
        case SQLITE_CANTOPEN:
        case SQLITE_PROTOCOL:
        case SQLITE_NOMEM: throw Gone(text);
        case SQLITE_NOTADB: throw Fault(text + "; name another file, this one is left as it is");
        default: throw Fault(text);
    }
}

void SqliteHandle::execute(const char* text) {
    const int code = sqlite3_exec(db_.get(), text, nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) fail(code, text);
}

void SqliteHandle::enter(const Frame& frame, std::string_view name) {
    if (frame.opening == Opening::yes) return execute("BEGIN IMMEDIATE");
    // The engine ends a transaction by itself when its disk fails: what follows must not run outside of one.
    if (frame.in_transaction && sqlite3_get_autocommit(db_.get()) != 0) {
        throw Gone("statement " + std::string(name) + ": its transaction has been rolled back by the engine");
    }
}

sqlite3_stmt* SqliteHandle::prepared(const Sql& sql, std::size_t slots) {
    const auto place = sql.index() * slot_counts.size() + slot_place(slots);
    if (place >= statements_.size()) statements_.resize(Sql::all().size() * slot_counts.size());
    auto& kept = statements_[place];
    if (kept) return kept.get();
    const auto text = sql.text(Engine::sqlite);
    if (takes_ids(text) != (slots > 0)) throw Fault("statement " + std::string(sql.name()) + ": `:ids` without a list");
    const auto written = with_ids(text, slots);
    sqlite3_stmt* made = nullptr;
    const int code = sqlite3_prepare_v3(db_.get(), written.data(), static_cast<int>(written.size()),
                                        SQLITE_PREPARE_PERSISTENT, &made, nullptr);
    kept.reset(made);
    if (code != SQLITE_OK) fail(code, sql.name());
    if (!kept) throw Fault("statement " + std::string(sql.name()) + " is empty");
    return kept.get();
}

void SqliteHandle::bind(sqlite3_stmt* statement, const std::vector<Value>& arguments, std::string_view name) {
    if (sqlite3_bind_parameter_count(statement) != static_cast<int>(arguments.size())) {
        throw Fault("statement " + std::string(name) + " was given " + std::to_string(arguments.size()) + " arguments");
    }
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const auto place = static_cast<int>(i) + 1;
        int code = SQLITE_OK;
        if (const auto* number = std::get_if<std::int64_t>(&arguments[i])) {
            code = sqlite3_bind_int64(statement, place, *number);
        } else if (const auto* text = std::get_if<std::string>(&arguments[i])) {
            code = sqlite3_bind_text64(statement, place, text->data(), text->size(), SQLITE_STATIC, SQLITE_UTF8);
        }
        if (code != SQLITE_OK) fail(code, name);
    }
}

Rows SqliteHandle::step_through(sqlite3_stmt* statement, std::string_view name) {
    Rows rows;
    rows.statement = name;
    const int width = sqlite3_column_count(statement);
    for (int column = 0; column < width; ++column) rows.columns.emplace_back(sqlite3_column_name(statement, column));
    const auto before = sqlite3_total_changes64(db_.get());
    for (;;) {
        const int code = sqlite3_step(statement);
        if (code == SQLITE_DONE) break;
        if (code != SQLITE_ROW) fail(code, name);
        for (int column = 0; column < width; ++column) rows.cells.push_back(cell(statement, column, name));
    }
    rows.changed = sqlite3_total_changes64(db_.get()) - before;
    return rows;
}

Rows SqliteHandle::run(const Frame& frame, const Sql& sql, const std::vector<Value>& arguments, std::size_t slots) {
    enter(frame, sql.name());
    auto* statement = prepared(sql, slots);
    if (frame.purpose == Purpose::read && sqlite3_stmt_readonly(statement) == 0) {
        throw Fault("statement " + std::string(sql.name()) + " writes, but its session is one for reads");
    }
    const Reset reset{statement};
    bind(statement, arguments, sql.name());
    return step_through(statement, sql.name());
}

Rows SqliteHandle::run_text(const Frame& frame, const std::string& text) {
    enter(frame, "text");
    Rows last;
    const char* at = text.c_str();
    while (*at != '\0') {
        sqlite3_stmt* made = nullptr;
        const int code = sqlite3_prepare_v3(db_.get(), at, -1, 0, &made, &at);
        const Statement statement(made);
        if (code != SQLITE_OK) fail(code, "text");
        if (made) last = step_through(made, "text");   // else a comment or white space
    }
    return last;
}

void SqliteHandle::commit() {
    if (sqlite3_get_autocommit(db_.get()) != 0) throw Gone("the transaction has been rolled back by the engine");
    if (sqlite3_exec(db_.get(), "COMMIT", nullptr, nullptr, nullptr) == SQLITE_OK) return;
    const std::string why = sqlite3_errmsg(db_.get());
    roll_back();
    throw Gone("COMMIT failed: " + why);
}

void SqliteHandle::roll_back() noexcept {
    if (sqlite3_get_autocommit(db_.get()) == 0) sqlite3_exec(db_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
}

}  // namespace caddy::db
