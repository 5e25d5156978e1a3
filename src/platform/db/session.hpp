#pragma once
// The face that stores see: run a named statement, get typed rows. A Row is a described struct whose members have
// the columns' names in the columns' order. One loop; one statement at a time per session.
#include "platform/db/sql.hpp"
#include "platform/db/value.hpp"
#include "platform/runtime/task.hpp"

#include <span>

namespace caddy::db {

/// The seam: one connection to one engine. A driver, never a fake, implements it.
class Connection {
public:
    virtual ~Connection() = default;
    /// Runs a statement; `slots` is how many `?` its `:ids` stands for.
    virtual Task<Rows> run(const Sql&, std::vector<Value> arguments, std::size_t slots) = 0;
    /// Opens a transaction. May be carried out together with the first statement.
    virtual Task<> begin() = 0;
    /// Never cancelled half-way. A fault means that the outcome is unknown.
    virtual Task<> commit() = 0;
    /// Rolls back without waiting; the connection looks after itself until that is done.
    virtual void abandon() noexcept = 0;
};

/// Throws Fault when the result's columns are not the row's members.
template <class Row>
std::vector<Row> decode_rows(const Rows& rows) {
    using Members = boost::describe::describe_members<Row, boost::describe::mod_public>;
    constexpr std::size_t width = boost::mp11::mp_size<Members>::value;
    if (!rows.columns.empty() && rows.columns.size() != width) throw Fault("a result has an unexpected number of columns");
    std::vector<Row> decoded(rows.size());
    for (std::size_t row = 0; row < decoded.size(); ++row) {
        std::size_t column = 0;
        boost::mp11::mp_for_each<Members>([&](auto member) {
            if (row == 0 && rows.columns[column] != member.name) throw Fault(std::string("unexpected column instead of ") + member.name);
            auto& field = decoded[row].*member.pointer;
            field = decode<std::remove_reference_t<decltype(field)>>(rows.cells[row * width + column]);
            ++column;
        });
    }
    return decoded;
}

class Session {
public:
    explicit Session(Connection& connection) : connection_(&connection) {}

    /// Runs a statement that changes rows; how many it touched. Every UPDATE changes some column of each row that
    /// it matches, so that the engines agree on the number.
    template <class... Arguments>
    Task<std::int64_t> exec(const Sql& sql, const Arguments&... arguments) {
        std::vector<Value> values{encode(arguments)...};
        const auto rows = co_await connection_->run(sql, std::move(values), 0);
        co_return rows.changed;
    }

    /// As exec, for an INSERT that may meet a unique key: false when the row was there already.
    template <class... Arguments>
    Task<bool> exec_unique(const Sql& sql, const Arguments&... arguments) {
        std::vector<Value> values{encode(arguments)...};
        bool written = true;
        try {
            (void)co_await connection_->run(sql, std::move(values), 0);
        } catch (const Conflict&) {
            written = false;
        }
        co_return written;
    }

    template <class Row, class... Arguments>
    Task<std::vector<Row>> all(const Sql& sql, const Arguments&... arguments) {
        std::vector<Value> values{encode(arguments)...};
        const auto rows = co_await connection_->run(sql, std::move(values), 0);
        co_return decode_rows<Row>(rows);
    }

    /// The first row, or nothing.
    template <class Row, class... Arguments>
    Task<std::optional<Row>> one(const Sql& sql, const Arguments&... arguments) {
        auto rows = co_await all<Row>(sql, arguments...);
        if (rows.empty()) co_return std::nullopt;
        co_return std::move(rows.front());
    }

    /// The only cell of the only row; nothing when there is no row or the cell is NULL.
    template <class T, class... Arguments>
    Task<std::optional<T>> scalar(const Sql& sql, const Arguments&... arguments) {
        std::vector<Value> values{encode(arguments)...};
        const auto rows = co_await connection_->run(sql, std::move(values), 0);
        if (rows.cells.empty()) co_return std::nullopt;
        co_return decode<std::optional<T>>(rows.cells.front());
    }

    /// For a statement with `… IN (:ids) …` as its LAST parameters: `arguments` come first, the ids after them.
    /// Lists are padded to 1, 8, 32 or 128 slots, so that few texts are prepared, and longer ones run in parts.
    template <class Row, class Key, class... Arguments>
    Task<std::vector<Row>> all_in(const Sql& sql, std::span<const Key> ids, const Arguments&... arguments) {
        std::vector<Row> found;
        for (std::size_t at = 0; at < ids.size(); at += ids_max) {
            const auto part = ids.subspan(at, std::min(ids_max, ids.size() - at));
            const auto slots = slots_for(part.size());
            std::vector<Value> values{encode(arguments)...};
            for (std::size_t i = 0; i < slots; ++i) values.push_back(encode(part[std::min(i, part.size() - 1)]));
            const auto rows = co_await connection_->run(sql, std::move(values), slots);
            auto decoded = decode_rows<Row>(rows);
            found.insert(found.end(), std::make_move_iterator(decoded.begin()), std::make_move_iterator(decoded.end()));
        }
        co_return found;
    }

protected:
    static constexpr std::size_t ids_max = 128;
    static std::size_t slots_for(std::size_t count) { return count <= 1 ? 1 : count <= 8 ? 8 : count <= 32 ? 32 : ids_max; }

    Connection* connection_;
};

/// A session inside an open transaction. Rolls back when it is destroyed uncommitted.
class Transaction : public Session {
public:
    explicit Transaction(Connection& connection) : Session(connection) {}
    Transaction(const Transaction&) = delete;
    ~Transaction() {
        if (open_) connection_->abandon();
    }
    Task<> commit() {
        open_ = false;   // a COMMIT that fails has an unknown outcome: nothing is left to roll back
        co_await connection_->commit();
    }

private:
    bool open_ = true;
};

}  // namespace caddy::db
