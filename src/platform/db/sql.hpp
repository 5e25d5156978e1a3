#pragma once
// A named SQL statement, in one text for both engines or in two that stand side by side.
//
// Every statement of the program registers itself, so that a test can prepare and explain each of them on each
// engine, and a connection can keep its prepared statements in a plain array. Constants only: define at
// namespace scope, never on the fly.
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace caddy::db {

enum class Engine { sqlite, mysql };

class Sql {
public:
    struct Text {
        std::string_view name;        // `<feature>.<what>`
        std::string_view any{};       // portable text, or
        std::string_view mysql{};     // one for MariaDB, MySQL and TiDB
        std::string_view sqlite{};    // and one for SQLite
    };

    /// REQUIRES: a name, and either `any` or both of `mysql` and `sqlite`.
    explicit Sql(Text);
    Sql(const Sql&) = delete;

    std::string_view name() const { return text_.name; }
    /// Position among all statements of the program: dense, fixed for the life of the process.
    std::size_t index() const { return index_; }
    /// The statement for an engine. `:ids` stands for a list of `?`; see Session::all_in.
    std::string_view text(Engine) const;

    static std::span<const Sql* const> all();

private:
    Text text_;
    std::size_t index_;
};

bool takes_ids(std::string_view text);
/// The statement with `:ids` written out as `slots` question marks.
std::string with_ids(std::string_view text, std::size_t slots);

}  // namespace caddy::db
