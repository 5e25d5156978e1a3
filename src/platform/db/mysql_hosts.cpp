#include "platform/db/mysql_hosts.hpp"

#include "platform/db/value.hpp"

#include <algorithm>
#include <charconv>
#include <random>

namespace caddy::db {
namespace {

using std::chrono::milliseconds;

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    return text;
}

MysqlHost parse_host(std::string_view text, int port) {
    const Fault wrong("DB_HOST: '" + std::string(text) + "' is no host, such as db.example.com or 10.0.0.5:3306");
    auto name = text;
    std::string_view number;
    if (text.starts_with('[')) {
        const auto end = text.find(']');
        if (end == std::string_view::npos) throw wrong;
        name = text.substr(1, end - 1);
        const auto rest = text.substr(end + 1);
        if (!rest.empty() && !rest.starts_with(':')) throw wrong;
        if (!rest.empty()) number = rest.substr(1);
    } else if (std::count(text.begin(), text.end(), ':') == 1) {
        name = text.substr(0, text.find(':'));
        number = text.substr(name.size() + 1);
    }
    if (number.data() != nullptr) {
        const auto [end, fault] = std::from_chars(number.data(), number.data() + number.size(), port);
        if (fault != std::errc{} || end != number.data() + number.size()) throw wrong;
    }
    if (name.empty() || name.find_first_of(" /@") != std::string_view::npos || port < 1 || port > 65'535) throw wrong;
    return {std::string(name), static_cast<std::uint16_t>(port)};
}

}   // namespace

void MysqlHost::succeeded() {
    failures_ = 0;
    probed_ = false;
    why_.clear();
}

void MysqlHost::failed(Moment now, std::string why) {
    probed_ = false;
    why_ = std::move(why);
    if (failures_ > 0 && now < again_at_) return;   // one of several who tried at the same time
    static thread_local std::minstd_rand random{std::random_device{}()};
    const int most_ms = std::min(1'000, 50 << std::min(failures_, 5));
    ++failures_;
    again_at_ = now + milliseconds(std::uniform_int_distribution(most_ms / 2, most_ms)(random));
}

std::vector<MysqlHost> parse_hosts(std::string_view text, int port) {
    std::vector<MysqlHost> hosts;
    while (!text.empty()) {
        const auto comma = std::min(text.find(','), text.size());
        hosts.push_back(parse_host(trimmed(text.substr(0, comma)), port));
        text.remove_prefix(std::min(comma + 1, text.size()));
    }
    return hosts;
}

}   // namespace caddy::db
