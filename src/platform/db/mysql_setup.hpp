#pragma once
// How every session with a server is set, and what is read from the server with it. Private to the driver.
#include "platform/db/mysql_link.hpp"

#include <map>
#include <string>

namespace caddy::db {

/// What the server says of itself and of this session.
struct ServerVariables {
    std::map<std::string, std::string, std::less<>> values;

    /// Empty where the server has no such variable.
    std::string_view text(std::string_view name) const;
    std::int64_t number(std::string_view name) const;
    bool is_mariadb() const { return text("version").find("MariaDB") != std::string_view::npos; }
};

enum class Need { write, read };

/// Sets isolation, strictness, character set, time zone and limits, and asserts that they hold. Throws Gone when this
/// server is not the one to talk to now, Fault when it does not keep to what was set.
Task<ServerVariables> set_up_session(MysqlLink&, const MysqlConfig&, Need);

/// Names and values of a `SHOW …` with two columns.
std::map<std::string, std::string, std::less<>> pairs_of(const MysqlLink::Results&);

}   // namespace caddy::db
