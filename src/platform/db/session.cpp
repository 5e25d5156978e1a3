#include "platform/db/session.hpp"

namespace caddy::db {

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
