#pragma once
// What the server's error numbers mean to a transaction. Private to the driver.
#include <boost/mysql/diagnostics.hpp>
#include <boost/mysql/error_code.hpp>

#include <string>
#include <string_view>

namespace caddy::db {

enum class Trouble {
    none,
    statement,   // the statement is wrong, or the data does not fit: the connection lives
    conflict,    // a unique key
    retry,       // a deadlock or write conflict: rolled back, may run again
    crowded,     // too many prepared statements at the server
    refused,     // the server cannot do it now, and says so: full, over its time limit
    unfit,       // this server no longer takes our work (read-only, leaving its cluster): another may
    lost,        // no connection any more
};

Trouble trouble_of(const boost::mysql::error_code&);

/// A login that the server refuses: the name or the password is not, or no longer, what it knows.
bool is_login_refused(const boost::mysql::error_code&);

/// `Duplicate entry 'x' for key 'carts.carts_token'` → `carts_token`, on either engine's wording.
std::string key_of(std::string_view message);

/// For logs and exceptions: what the server said, without the values that it quotes.
std::string reason_of(const boost::mysql::error_code&, const boost::mysql::diagnostics&);

}   // namespace caddy::db
