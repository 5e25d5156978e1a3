#include "simulation/database.hpp"

namespace caddy::simulation {

using db::Gone;
using db::Purpose;
using db::Rows;
using db::Sql;
using db::Value;
using Mode = db::SqliteHandle::Mode;

class SimulatedConnection final : public db::Connection {
public:
    SimulatedConnection(Server& server, std::shared_ptr<const Life> life, Purpose purpose)
        : server_(server), life_(std::move(life)), purpose_(purpose) {}
    ~SimulatedConnection() override { end(); }

    db::Engine engine() const override { return db::Engine::sqlite; }

    Task<Rows> run_statement(const Sql& sql, std::vector<Value> arguments, std::size_t slots) override {
        co_await get_ready(sql.name());
        ++server_.counts.statements;
        auto rows = handle().run(frame(), sql, arguments, slots);
        co_return rows;
    }

    Task<Rows> run_text(std::string text) override {
        co_await get_ready("text");
        auto rows = handle().run_text(frame(), text);
        co_return rows;
    }

    Task<> begin() override {
        stage_ = Stage::asked;
        co_return;
    }

    Task<> run_commit() override {
        if (stage_ != Stage::open) {
            stage_ = Stage::none;
            co_return;
        }
        co_await turn("COMMIT");
        auto& chance = server_.scheduler_->chance;
        const bool lost = chance.per_mille(server_.faults_.lost_commit);
        const bool took_place = !lost || chance.per_mille(500);
        if (!lost && chance.per_mille(server_.faults_.conflict)) conflict("COMMIT");
        if (took_place) server_.writer_.commit();
        end();
        if (lost) {
            ++server_.counts.lost_commits;
            note(took_place ? "loses the answer of COMMIT" : "loses its connection before COMMIT");
            throw Gone("COMMIT: the connection was lost; its outcome is unknown");
        }
        co_await turn("committed");
    }

    void abandon() noexcept override { end(); }

    bool belongs_to(const Life& life) const { return life_.get() == &life; }
    /// Rolls back what is open, and lets the next writer in.
    void end() noexcept {
        stage_ = Stage::none;
        if (server_.holder_ != this) return;
        server_.writer_.roll_back();
        server_.holder_ = nullptr;
        server_.scheduler_->unblock();
    }

private:
    enum class Stage { none, asked, open };

    db::SqliteHandle& handle() { return purpose_ == Purpose::write ? server_.writer_ : server_.reader_; }
    db::SqliteHandle::Frame frame() {
        const auto opening = stage_ == Stage::asked ? db::Opening::yes : db::Opening::no;
        const db::SqliteHandle::Frame frame{purpose_, stage_ == Stage::open, opening};
        if (stage_ == Stage::asked) stage_ = Stage::open;
        return frame;
    }
    void note(std::string_view what) { server_.scheduler_->story.note(life_->name, what); }

    Task<> turn(std::string_view what) {
        co_await server_.scheduler_->turn();
        check_life();
        note(what);
    }
    void check_life() {
        if (life_->alive) return;
        end();
        throw Gone("this pod has ended");
    }

    [[noreturn]] void conflict(std::string_view at) {
        end();
        ++server_.counts.conflicts;
        server_.scheduler_->story.note(life_->name, "meets a conflict", [&] { return "at " + std::string(at); });
        throw db::Retry("a conflict of the simulation");
    }

    /// Waits for its turn and, to write, until nobody else does.
    Task<> get_ready(std::string_view what) {
        co_await turn(what);
        auto& scheduler = *server_.scheduler_;
        const bool writes = purpose_ == Purpose::write;
        while (writes && stage_ == Stage::asked && server_.holder_ != nullptr) {
            co_await scheduler.blocked_turn();
            check_life();
        }
        if (scheduler.chance.per_mille(server_.faults_.lost_statement)) {
            end();
            ++server_.counts.lost;
            note("loses its connection");
            throw Gone("the connection was lost");
        }
        if (writes && scheduler.chance.per_mille(server_.faults_.conflict)) conflict(what);
        if (writes && stage_ == Stage::asked) server_.holder_ = this;
    }

    Server& server_;
    std::shared_ptr<const Life> life_;
    Purpose purpose_;
    Stage stage_ = Stage::none;
};

namespace {

class SimulatedDriver final : public db::Driver {
public:
    SimulatedDriver(Server& server, std::shared_ptr<const Life> life) : server_(server), life_(std::move(life)) {}

    db::Engine engine() const override { return db::Engine::sqlite; }

    Task<Lease> acquire(const Context&, Purpose purpose) override {
        if (!life_->alive) throw Gone("this pod has ended");
        auto* connection =
            new SimulatedConnection(server_, life_, purpose == Purpose::write ? Purpose::write : Purpose::read);
        co_return Lease(connection, [](db::Connection* back) { delete back; });
    }
    Usage usage(Purpose) const override { return {}; }
    Task<> close() override { co_return; }

private:
    Server& server_;
    std::shared_ptr<const Life> life_;
};

}  // namespace

Server::Server(MemoryDisk& disk)
    : disk_(disk), writer_("shop.db", Mode::read_write, std::chrono::milliseconds(0)),
      reader_("shop.db", Mode::read_only, std::chrono::milliseconds(0)) {
    (void)write("PRAGMA page_size = " + std::to_string(MemoryDisk::page_size));   // small: a page is copied often
}

void Server::restart(Scheduler& scheduler, const Faults& faults) {
    disk_.restore();
    scheduler_ = &scheduler;
    faults_ = faults;
}

Rows Server::read(const Sql& sql, const std::vector<Value>& arguments, std::size_t slots) {
    return reader_.run({Purpose::read}, sql, arguments, slots);
}

Rows Server::write(const std::string& text) { return writer_.run_text({Purpose::write}, text); }

void Server::drop(const Life& life) {
    if (holder_ && holder_->belongs_to(life)) holder_->end();
}

std::unique_ptr<db::Driver> open_simulated(Server& server, std::shared_ptr<const Life> life) {
    return std::make_unique<SimulatedDriver>(server, std::move(life));
}

}  // namespace caddy::simulation
