#include "platform/db/sql.hpp"

#include "core/assert.hpp"

#include <vector>

namespace caddy::db {
namespace {

// Made on first use: statements are constants of many files, whose order of construction nobody knows.
std::vector<const Sql*>& registry() {
    static std::vector<const Sql*> statements;
    return statements;
}

constexpr std::string_view ids_mark = ":ids";

}  // namespace

Sql::Sql(Text text) : text_(text), index_(registry().size()) {
    CADDY_ASSERT(!text_.name.empty());
    CADDY_ASSERT(text_.any.empty() ? !text_.mysql.empty() && !text_.sqlite.empty()
                                   : text_.mysql.empty() && text_.sqlite.empty());
    registry().push_back(this);
}

std::string_view Sql::text(Engine engine) const {
    if (!text_.any.empty()) return text_.any;
    return engine == Engine::sqlite ? text_.sqlite : text_.mysql;
}

std::span<const Sql* const> Sql::all() { return registry(); }

bool takes_ids(std::string_view text) { return text.find(ids_mark) != std::string_view::npos; }

std::string with_ids(std::string_view text, std::size_t slots) {
    const auto at = text.find(ids_mark);
    if (at == std::string_view::npos || slots == 0) return std::string(text);
    std::string written;
    written.reserve(text.size() + slots * 2);
    written.append(text.substr(0, at));
    for (std::size_t slot = 0; slot < slots; ++slot) written.append(slot == 0 ? "?" : ",?");
    written.append(text.substr(at + ids_mark.size()));
    return written;
}

}  // namespace caddy::db
