#pragma once
// A place in the pool: a connection that is opened when somebody needs it, with its prepared statements and its
// transaction. Private to the driver.
#include "platform/db/mysql_link.hpp"
#include "platform/db/mysql_setup.hpp"
#include "platform/db/mysql_statements.hpp"

namespace caddy::db {

/// What the connections of one pool share.
struct MysqlTarget {
    MysqlTarget(asio::any_io_executor loop, MysqlConfig given, std::string_view host_list, Need what_for);

    asio::any_io_executor executor;
    MysqlConfig config;
    Need need;
    std::vector<MysqlHost> hosts;
    std::unique_ptr<asio::ssl::context> tls;
    std::chrono::steady_clock::time_point lost_at{};   // when a connection was last found dead
    std::chrono::steady_clock::time_point renewed_at{};   // what was opened before ends with its next use
    std::int64_t opened = 0;
    std::int64_t closed = 0;
    bool given_up = false;   // by the driver, for good

    bool may_open() const;
};

class MysqlConnection final : public Connection {
public:
    explicit MysqlConnection(MysqlTarget& target);

    void lend_for(Purpose purpose);
    /// Open and alive. Throws Gone when no server can be had.
    Task<> make_ready();

    Task<Rows> run_text(std::string text) override;
    Task<> begin() override;
    void abandon() noexcept override;

    bool is_open() const { return link_->is_open(); }
    bool in_flight() const { return link_->in_flight(); }
    bool is_encrypted() const { return link_->is_encrypted(); }
    /// Whether it is set for transactions, as the last one left it.
    bool is_transactional() const { return !autocommit_; }
    /// Whether something is to be done before somebody else may have it.
    bool wants_tidying() const;
    Task<> tidy();
    /// Counts a connection that has ended.
    void note_end() noexcept;
    Task<> quit();
    void cut() noexcept {
        link_->cut();
        note_end();
    }

private:
    using Moment = std::chrono::steady_clock::time_point;
    enum class Stage { none, asked, open };

    Engine engine() const override { return Engine::mysql; }
    Task<Rows> run_statement(const Sql&, std::vector<Value> arguments, std::size_t slots) override;
    Task<> run_commit() override;
    bool is_too_old() const;
    Task<> open();
    Task<bool> try_host(MysqlHost&);
    Task<> enter();
    Task<> roll_back();
    Task<MysqlLink::Error> prepare(const Sql&, std::size_t slots);
    Task<MysqlLink::Error> execute(const Sql&, const std::vector<Value>& arguments, std::size_t slots);
    Rows rows_of(std::string_view name, std::vector<std::string> columns);
    [[noreturn]] void fail(const MysqlLink::Error&, std::string_view name);

    MysqlTarget& target_;
    std::shared_ptr<MysqlLink> link_;
    PreparedStatements statements_;
    MysqlLink::Results results_;
    Purpose purpose_ = Purpose::read;
    Stage stage_ = Stage::none;
    bool autocommit_ = true;
    bool abandoned_ = false;   // its transaction is to be rolled back
    bool counted_ = false;     // as opened, and not yet as closed
    Moment opened_at_{};
    Moment used_at_{};
    Moment expires_at_{};
};

}   // namespace caddy::db
