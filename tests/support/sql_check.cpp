#include "tests/support/sql_check.hpp"

#include <algorithm>

namespace caddy::testing {
namespace {

Task<db::Rows> explain(TestDatabase& test, std::string text) {
    const auto ctx = test.context();
    auto lease = co_await test.database().driver().acquire(ctx, db::Purpose::write);
    auto rows = co_await lease->run_text(std::move(text));
    co_return rows;
}

std::string written(const db::Sql& sql, std::size_t slots) {
    const auto text = sql.text(db::Engine::sqlite);
    return "EXPLAIN QUERY PLAN " + (db::takes_ids(text) ? db::with_ids(text, slots) : std::string(text));
}

bool reads_all(std::string_view step) {
    // SCAN of a constant row, of a subquery's few rows or of json_each is no table; sqlite_master is small.
    return step.starts_with("SCAN ") && !step.starts_with("SCAN CONSTANT") && !step.starts_with("SCAN (") &&
           !step.starts_with("SCAN json_each") && !step.starts_with("SCAN sqlite_") &&
           !step.starts_with("SCAN schema_");
}

}  // namespace

std::vector<std::string> unprepared_statements(TestDatabase& test) {
    std::vector<std::string> faults;
    for (const auto* sql : db::Sql::all()) {
        for (const std::size_t slots : {1U, 8U, 32U, 128U}) {
            try {
                (void)test.run(explain(test, written(*sql, slots)));
            } catch (const db::Fault& fault) {
                faults.push_back(std::string(sql->name()) + ": " + fault.what());
                break;
            }
            if (!db::takes_ids(sql->text(db::Engine::sqlite))) break;
        }
    }
    return faults;
}

std::vector<Plan> statement_plans(TestDatabase& test) {
    std::vector<Plan> plans;
    for (const auto* sql : db::Sql::all()) {
        const auto rows = test.run(explain(test, written(*sql, 8)));
        Plan plan{sql->name(), {}};
        // id, parent, notused, detail
        for (std::size_t row = 0; row < rows.size(); ++row) {
            plan.steps.push_back(db::decode<std::string>(rows.cells[row * rows.columns.size() + 3]));
        }
        plans.push_back(std::move(plan));
    }
    return plans;
}

std::vector<std::string> full_scans(TestDatabase& test, const std::vector<std::string_view>& excused) {
    std::vector<std::string> found;
    for (const auto& plan : statement_plans(test)) {
        if (std::find(excused.begin(), excused.end(), plan.statement) != excused.end()) continue;
        for (const auto& step : plan.steps) {
            if (reads_all(step)) found.push_back(std::string(plan.statement) + ": " + step);
        }
    }
    return found;
}

}  // namespace caddy::testing
