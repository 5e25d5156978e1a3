#include "platform/db/mysql_error.hpp"

#include <boost/mysql/error_categories.hpp>

#include <algorithm>
#include <array>

namespace caddy::db {
namespace {

namespace wire = boost::mysql;

bool is_from_server(const wire::error_code& error) {
    const auto& category = error.category();
    return category == wire::get_common_server_category() || category == wire::get_mysql_server_category() ||
           category == wire::get_mariadb_server_category();
}

template <std::size_t N>
bool contains(const std::array<int, N>& numbers, int number) {
    return std::find(numbers.begin(), numbers.end(), number) != numbers.end();
}

// 1205 and 1213 of InnoDB; 8002, 8022, 8028, 9007 of TiDB. 1615: the table has changed under a prepared statement.
constexpr std::array retry{1205, 1213, 1615, 8002, 8022, 8028, 9007};
// Full (1040, 1041, 1203, 1226), out of space (1021, 1114), over a time limit (1317, 1969, 3024), TiDB busy (9001 …).
constexpr std::array refused{1021, 1040, 1041, 1114, 1203, 1226, 1317, 1969, 3024, 9001, 9002, 9003};
// Read-only (1290, 1792, 1836), not prepared for use by its cluster (1047).
constexpr std::array unfit{1047, 1290, 1792, 1836};
// Killed or shutting down, packets that nobody understands, closed after idleness (4031).
constexpr std::array lost{1053, 1077, 1079, 1152, 1153, 1155, 1156, 1158, 1159,
                          1160, 1161, 1184, 1927, 2006, 2013, 3169, 4031};
// Messages that quote a value: duplicate keys and data that does not fit.
constexpr std::array quoting{1062, 1265, 1292, 1366, 1411, 1525, 1586};

}   // namespace

Trouble trouble_of(const wire::error_code& error) {
    if (!error) return Trouble::none;
    if (!is_from_server(error)) return Trouble::lost;
    const int number = error.value();
    if (number == 1062 || number == 1586) return Trouble::conflict;
    if (number == 1461) return Trouble::crowded;
    if (contains(retry, number)) return Trouble::retry;
    if (contains(refused, number)) return Trouble::refused;
    if (contains(unfit, number)) return Trouble::unfit;
    if (contains(lost, number)) return Trouble::lost;
    return Trouble::statement;
}

bool is_login_refused(const wire::error_code& error) {
    return is_from_server(error) && (error.value() == 1045 || error.value() == 1698);
}

std::string key_of(std::string_view message) {
    constexpr std::string_view mark = "for key '";
    const auto from = message.rfind(mark);
    if (from == std::string_view::npos) return {};
    auto name = message.substr(from + mark.size());
    name = name.substr(0, name.find('\''));
    const auto dot = name.rfind('.');
    return std::string(dot == std::string_view::npos ? name : name.substr(dot + 1));
}

std::string reason_of(const wire::error_code& error, const wire::diagnostics& said) {
    if (!is_from_server(error)) return error.message();
    const auto number = "error " + std::to_string(error.value());
    if (contains(quoting, error.value())) return number + " (" + error.message() + ")";
    return number + ": " + std::string(said.server_message());
}

}   // namespace caddy::db
