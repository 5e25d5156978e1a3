#pragma once
// Looks at every named statement that is linked into a test program: does it prepare, and how would it run?
#include "tests/support/test_database.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace caddy::testing {

/// `name: why`, for each statement that the engine does not prepare; statements with ids are tried with each padding.
std::vector<std::string> unprepared_statements(TestDatabase&);

struct Plan {
    std::string_view statement;
    std::vector<std::string> steps;   // as EXPLAIN QUERY PLAN says, such as "SCAN carts"
};
/// On SQLite; nothing at a server.
std::vector<Plan> statement_plans(TestDatabase&);

/// `name: step`, for each statement that reads a whole table or a whole index; statements may be excused by name.
/// At a server, it fills the tables first.
std::vector<std::string> full_scans(TestDatabase&, const std::vector<std::string_view>& excused = {});

/// `name: step`, for each statement whose order no index gives, so that the engine sorts what it has found. At a
/// server, it fills the tables first, with many rows that are alike.
std::vector<std::string> engine_sorts(TestDatabase&, const std::vector<std::string_view>& excused = {});

}  // namespace caddy::testing
