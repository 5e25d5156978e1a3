#pragma once
// The prepared statements of one connection, by Sql::index and number of slots: bounded, the one unused for longest
// goes first. Private to the driver.
#include "platform/db/mysql_link.hpp"

#include <cstdint>
#include <list>
#include <string>
#include <unordered_map>
#include <vector>

namespace caddy::db {

struct PreparedStatement {
    std::uint64_t key = 0;
    MysqlLink::Statement handle;
    std::vector<std::string> columns;   // empty until the first execution has brought them
};

class PreparedStatements {
public:
    static std::uint64_t key_of(const Sql& sql, std::size_t slots) { return sql.index() * 256 + slots; }

    /// What the server grants to each of its connections, if all of them are open.
    void allow(std::size_t most) { most_ = most; }
    /// Null when it is not there; else it is the last one to go.
    PreparedStatement* find(std::uint64_t key) {
        const auto found = places_.find(key);
        if (found == places_.end()) return nullptr;
        kept_.splice(kept_.begin(), kept_, found->second);
        return &*found->second;
    }
    PreparedStatement& keep(PreparedStatement statement) {
        kept_.push_front(std::move(statement));
        places_[kept_.front().key] = kept_.begin();
        return kept_.front();
    }
    bool is_full() const { return kept_.size() >= most_; }
    bool is_empty() const { return kept_.empty(); }
    MysqlLink::Statement drop_oldest() {
        const auto handle = kept_.back().handle;
        places_.erase(kept_.back().key);
        kept_.pop_back();
        return handle;
    }
    void clear() {
        kept_.clear();
        places_.clear();
    }

private:
    std::size_t most_ = 100;
    std::list<PreparedStatement> kept_;
    std::unordered_map<std::uint64_t, std::list<PreparedStatement>::iterator> places_;
};

}   // namespace caddy::db
