#pragma once
// One connection of SQLite's own, with its prepared statements. Everything in it blocks: used off the event loop, by
// one thread at a time.
#include "platform/db/database.hpp"

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace caddy::db {

enum class Opening { no, yes };   // whether a transaction begins with this call

class SqliteHandle {
public:
    enum class Mode { read_write, read_only };

    /// Throws Fault with what to do.
    SqliteHandle(const std::filesystem::path& file, Mode, std::chrono::milliseconds busy_limit);
    SqliteHandle(const SqliteHandle&) = delete;
    ~SqliteHandle();

    /// What a call finds around it: the transaction that its caller believes to be in.
    struct Frame {
        Purpose purpose;
        bool in_transaction = false;
        Opening opening = Opening::no;
    };

    Rows run(const Frame&, const Sql&, const std::vector<Value>& arguments, std::size_t slots);
    Rows run_text(const Frame&, const std::string& text);
    /// Throws Gone when it fails; then nothing was written, or nobody knows.
    void commit();
    /// Nothing when no transaction is open.
    void roll_back() noexcept;

private:
    struct Close { void operator()(sqlite3*) const noexcept; };
    struct Finalize { void operator()(sqlite3_stmt*) const noexcept; };
    using Statement = std::unique_ptr<sqlite3_stmt, Finalize>;

    static int wait_for_others(void* self, int round);
    void enter(const Frame&, std::string_view name);
    void execute(const char* text);
    sqlite3_stmt* prepared(const Sql&, std::size_t slots);
    void bind(sqlite3_stmt*, const std::vector<Value>& arguments, std::string_view name);
    Rows step_through(sqlite3_stmt*, std::string_view name);
    [[noreturn]] void fail(int code, std::string_view name);
    void use_wal();

    std::unique_ptr<sqlite3, Close> db_;
    std::vector<Statement> statements_;   // by Sql::index and number of slots
    std::chrono::milliseconds busy_limit_;
    std::chrono::steady_clock::time_point busy_until_{};
};

}  // namespace caddy::db
