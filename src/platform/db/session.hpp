#pragma once
// The face that stores see: run a named statement, get typed rows. A Row is a described struct whose members have
// the columns' names in the columns' order. One loop; one statement at a time per session.
#include "platform/db/sql.hpp"
#include "platform/db/value.hpp"
#include "platform/runtime/context.hpp"
#include "platform/runtime/task.hpp"

#include <algorithm>
#include <iterator>
#include <span>

namespace caddy::db {

/// The seam: one connection to one engine. A driver, never a fake, implements it.
class Connection {
public:
    virtual ~Connection() = default;
    /// Runs a statement, measured and below the span of whom it is lent to; `slots` is how many `?` its `:ids` stands
    /// for.
    Task<Rows> run(const Sql&, std::vector<Value> arguments, std::size_t slots);
    /// Runs text that is no named statement (a migration, EXPLAIN): one statement or several; the last one's rows.
    virtual Task<Rows> run_text(std::string text) = 0;
    /// Opens a transaction. May be carried out together with the first statement.
    virtual Task<> begin() = 0;
    /// Never cancelled half-way. A fault means that the outcome is unknown.
    Task<> commit();
    /// Rolls back without waiting; the connection looks after itself until that is done.
    virtual void abandon() noexcept = 0;
    /// Called when it is lent.
    void work_for(const Context& ctx) { above_ = ctx.span; }

private:
    virtual Engine engine() const = 0;
    virtual Task<Rows> run_statement(const Sql&, std::vector<Value> arguments, std::size_t slots) = 0;
    virtual Task<> run_commit() = 0;

    std::shared_ptr<trace::Span> above_;
};

/// Throws Fault, naming the statement, when the result's columns are not the row's members.
template <class Row>
std::vector<Row> decode_rows(const Rows& rows) {
    using Members = boost::describe::describe_members<Row, boost::describe::mod_public>;
    constexpr std::size_t width = boost::mp11::mp_size<Members>::value;
    const auto misfit = [&](std::string_view what) {
        return Fault("statement " + std::string(rows.statement) + ": " + std::string(what));
    };
    if (!rows.columns.empty() && rows.columns.size() != width) throw misfit("unexpected number of columns");
    std::vector<Row> decoded(rows.size());
    for (std::size_t row = 0; row < decoded.size(); ++row) {
        std::size_t column = 0;
        boost::mp11::mp_for_each<Members>([&](auto member) {
            if (row == 0 && rows.columns[column] != member.name) {
                throw misfit("column " + rows.columns[column] + " instead of " + member.name);
            }
            auto& field = decoded[row].*member.pointer;
            try {
                field = decode<std::remove_reference_t<decltype(field)>>(rows.cells[row * width + column]);
            } catch (const Fault& fault) {
                throw misfit(std::string(member.name) + ": " + fault.what());
            }
            ++column;
        });
    }
    return decoded;
}

/// Arguments are taken over before a function returns its task, so a task may outlive them.
class Session {
public:
    explicit Session(Connection& connection) : connection_(&connection) {}

    /// Runs a statement that changes rows; how many it touched. Every UPDATE changes some column of each row that
    /// it matches, so that the engines agree on the number.
    template <class... Arguments>
    Task<std::int64_t> exec(const Sql& sql, const Arguments&... arguments) {
        return change(sql, values_of(arguments...));
    }

    /// As exec, for an INSERT that may meet a unique key: false when the row was there already.
    template <class... Arguments>
    Task<bool> exec_unique(const Sql& sql, const Arguments&... arguments) {
        return change_unless_there(sql, values_of(arguments...));
    }

    template <class Row, class... Arguments>
    Task<std::vector<Row>> all(const Sql& sql, const Arguments&... arguments) {
        return fetch_all<Row>(sql, values_of(arguments...));
    }

    /// The first row, or nothing.
    template <class Row, class... Arguments>
    Task<std::optional<Row>> one(const Sql& sql, const Arguments&... arguments) {
        return fetch_one<Row>(sql, values_of(arguments...));
    }

    /// The only cell of the only row; nothing when there is no row or the cell is NULL.
    template <class T, class... Arguments>
    Task<std::optional<T>> scalar(const Sql& sql, const Arguments&... arguments) {
        return fetch_cell<T>(sql, values_of(arguments...));
    }

    /// For a statement with `… IN (:ids) …` as its LAST parameters: `arguments` come first, the ids after them.
    /// Lists are padded to 1, 8, 32 or 128 slots, so that few texts are prepared, and longer ones run in parts: the
    /// rows of different parts stand in no common order.
    template <class Row, class Key, class... Arguments>
    Task<std::vector<Row>> all_in(const Sql& sql, std::span<const Key> ids, const Arguments&... arguments) {
        std::vector<Value> keys;
        keys.reserve(ids.size());
        for (const auto& id : ids) keys.push_back(encode(id));
        return fetch_in<Row>(sql, std::move(keys), values_of(arguments...));
    }

protected:
    static constexpr std::size_t ids_max = 128;
    static std::size_t slots_for(std::size_t count) {
        return count <= 1 ? 1 : count <= 8 ? 8 : count <= 32 ? 32 : ids_max;
    }

    template <class... Arguments>
    static std::vector<Value> values_of(const Arguments&... arguments) {
        std::vector<Value> values;
        values.reserve(sizeof...(arguments));
        (values.push_back(encode(arguments)), ...);
        return values;
    }

    Task<std::int64_t> change(const Sql&, std::vector<Value>);
    Task<bool> change_unless_there(const Sql&, std::vector<Value>);
    Task<Value> cell(const Sql&, std::vector<Value>);

    template <class Row>
    Task<std::vector<Row>> fetch_all(const Sql& sql, std::vector<Value> values) {
        const auto rows = co_await connection_->run(sql, std::move(values), 0);
        co_return decode_rows<Row>(rows);
    }
    template <class Row>
    Task<std::optional<Row>> fetch_one(const Sql& sql, std::vector<Value> values) {
        const auto rows = co_await connection_->run(sql, std::move(values), 0);
        auto decoded = decode_rows<Row>(rows);
        if (decoded.empty()) co_return std::nullopt;
        co_return std::move(decoded.front());
    }
    template <class T>
    Task<std::optional<T>> fetch_cell(const Sql& sql, std::vector<Value> values) {
        const auto found = co_await cell(sql, std::move(values));
        co_return decode<std::optional<T>>(found);
    }
    template <class Row>
    Task<std::vector<Row>> fetch_in(const Sql& sql, std::vector<Value> keys, std::vector<Value> first) {
        std::vector<Row> found;
        for (std::size_t at = 0; at < keys.size(); at += ids_max) {
            const auto count = std::min(ids_max, keys.size() - at);
            const auto slots = slots_for(count);
            auto values = first;
            for (std::size_t i = 0; i < slots; ++i) values.push_back(keys[at + std::min(i, count - 1)]);
            const auto rows = co_await connection_->run(sql, std::move(values), slots);
            auto decoded = decode_rows<Row>(rows);
            found.insert(found.end(), std::make_move_iterator(decoded.begin()), std::make_move_iterator(decoded.end()));
        }
        co_return found;
    }

    Connection* connection_;
};

/// What a transaction says of itself to its own process once it has committed: an event that it wrote.
struct Announcement {
    std::int64_t id = 0;
    std::string type;        // `catalog.product_changed`
    std::string aggregate;   // the text of the id that it tells of
    std::string payload;     // JSON
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
    /// Asks for Database::on_announced once this transaction has committed: work waits that its rows tell of.
    void announce() { announced_ = true; }
    /// The same, and hands this to Database::on_announcement.
    void announce(Announcement announcement) {
        announced_ = true;
        announcements_.push_back(std::move(announcement));
    }
    bool announced() const { return announced_; }
    const std::vector<Announcement>& announcements() const { return announcements_; }

private:
    bool open_ = true;
    bool announced_ = false;
    std::vector<Announcement> announcements_;
};

}  // namespace caddy::db
