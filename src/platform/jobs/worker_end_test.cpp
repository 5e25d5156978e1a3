// A worker that has to end while a renewal of its claims is at its COMMIT, which nothing cancels.
#include "tests/support/job_worker.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace caddy::jobs {
namespace {

struct Gate {
    bool reached = false;
    bool open = false;
};

/// A connection of the test's database whose COMMIT of a renewal waits before the gate.
class HeldConnection final : public db::Connection {
public:
    HeldConnection(db::Driver::Lease behind, db::Engine engine, Gate& gate)
        : behind_(std::move(behind)), engine_(engine), gate_(gate) {}

    Task<db::Rows> run_text(std::string text) override { return behind_->run_text(std::move(text)); }
    Task<> begin() override { return behind_->begin(); }
    void abandon() noexcept override { behind_->abandon(); }

private:
    db::Engine engine() const override { return engine_; }
    Task<db::Rows> run_statement(const db::Sql& sql, std::vector<db::Value> arguments, std::size_t slots) override {
        renews_ = renews_ || sql.name() == "jobs.renew";
        return behind_->run(sql, std::move(arguments), slots);
    }
    Task<> run_commit() override {
        gate_.reached = gate_.reached || renews_;
        while (renews_ && !gate_.open) {
            asio::steady_timer timer(co_await asio::this_coro::executor, 5ms);
            co_await timer.async_wait(asio::use_awaitable);
        }
        co_await behind_->commit();
    }

    db::Driver::Lease behind_;
    db::Engine engine_;
    Gate& gate_;
    bool renews_ = false;
};

class HeldDriver final : public db::Driver {
public:
    HeldDriver(db::Driver& behind, Gate& gate) : behind_(behind), gate_(gate) {}

    db::Engine engine() const override { return behind_.engine(); }
    Task<Lease> acquire(const Context& ctx, db::Purpose purpose) override {
        auto lease = co_await behind_.acquire(ctx, purpose);
        auto held = std::make_unique<HeldConnection>(std::move(lease), engine(), gate_);
        co_return Lease(held.release(), std::default_delete<db::Connection>());
    }
    Usage usage(db::Purpose purpose) const override { return behind_.usage(purpose); }
    Task<> close() override { co_return; }

private:
    db::Driver& behind_;
    Gate& gate_;
};

TEST_F(Jobs, a_worker_that_is_cut_short_at_the_commit_of_a_renewal_ends) {
    Gate gate;
    db::Database database(std::make_unique<HeldDriver>(test.database().driver(), gate));
    table.on("test.happened", "test.long", [](const Context&, const Event&) -> Task<> {
        asio::steady_timer timer(co_await asio::this_coro::executor, 1h);
        co_await timer.async_wait(asio::use_awaitable);
    });
    emit_one("test.happened", "a");
    auto config = quick();
    config.lease_s = 1;
    config.job_limit_s = 600;
    Worker worker(test.executor(), database, test.clock(), table, config);
    bool ended = false;
    asio::co_spawn(test.loop(), worker.run(), [&](std::exception_ptr) { ended = true; });
    const auto until = [&](const bool& holds) {
        const auto limit = std::chrono::steady_clock::now() + 60s;
        test.loop().restart();
        while (!holds && std::chrono::steady_clock::now() < limit) test.loop().run_one_for(50ms);
        return holds;
    };
    ASSERT_TRUE(until(gate.reached));

    worker.cut_short();
    test.loop().run_for(100ms);   // all but the renewal ends
    EXPECT_FALSE(ended);
    gate.open = true;

    EXPECT_TRUE(until(ended));
    EXPECT_EQ(test.count("SELECT COUNT(*) FROM outbox_events WHERE status = 'waiting' AND lease_owner = ''"), 1);
}

}  // namespace
}  // namespace caddy::jobs
