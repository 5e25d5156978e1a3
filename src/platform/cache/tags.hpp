#pragma once
// Which events change what cached answers are made from. Features fill it once at the start.
#include "platform/db/session.hpp"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace caddy::cache {

class TagTable {
public:
    /// The tags that an event of the type moves, as routes name them: `product:prod_05a…`.
    using Tags = std::vector<std::string> (*)(const db::Announcement&);

    void on(std::string event_type, Tags tags) { rows_.emplace(std::move(event_type), tags); }
    std::vector<std::string> tags_of(const db::Announcement& event) const {
        const auto row = rows_.find(event.type);
        return row == rows_.end() ? std::vector<std::string>() : row->second(event);
    }
    const std::map<std::string, Tags, std::less<>>& rows() const { return rows_; }

private:
    std::map<std::string, Tags, std::less<>> rows_;
};

}   // namespace caddy::cache
