#include "platform/http/router.hpp"

#include "core/assert.hpp"

#include <algorithm>
#include <deque>
#include <map>

namespace caddy::http {

namespace {

std::vector<std::string_view> split(std::string_view path) {
    std::vector<std::string_view> segments;
    path.remove_prefix(1);   // the leading slash
    constexpr std::size_t usual_depth = 8;
    segments.reserve(usual_depth);
    for (;;) {
        const auto slash = path.find('/');
        segments.push_back(path.substr(0, slash));
        if (slash == std::string_view::npos) return segments;
        path.remove_prefix(slash + 1);
    }
}

bool is_braced(std::string_view segment) {
    return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}
bool is_rest(std::string_view segment) { return is_braced(segment) && segment[segment.size() - 2] == '*'; }

std::string name_of(std::string_view segment) {
    return std::string(segment.substr(1, segment.size() - (is_rest(segment) ? 3 : 2)));
}

}  // namespace

// A trie over segments. Routes of one shape share a node whatever they call their parameters.
struct Router::Table {
    struct Row {
        Route route;
        std::vector<std::string> names;   // of the parameters, in order
    };
    struct Node {
        std::map<std::string, std::unique_ptr<Node>, std::less<>> literals;
        std::unique_ptr<Node> parameter;
        std::vector<const Row*> rows;   // that end here, one per method
        std::vector<const Row*> rest;   // that take everything from here on
    };
    using Segment = std::vector<std::string_view>::const_iterator;

    Node root;
    std::deque<Row> rows;   // a deque: rows keep their addresses

    /// The rows of a path, or null; `values` gets what stands in the places of their parameters.
    static const std::vector<const Row*>* find(const Node& node, std::string_view path, Segment at, Segment end,
                                               std::vector<std::string_view>& values) {
        if (at == end) return node.rows.empty() ? nullptr : &node.rows;
        if (const auto literal = node.literals.find(*at); literal != node.literals.end()) {
            if (const auto* rows = find(*literal->second, path, at + 1, end, values)) return rows;
        }
        if (node.parameter && !at->empty()) {
            values.push_back(*at);
            if (const auto* rows = find(*node.parameter, path, at + 1, end, values)) return rows;
            values.pop_back();
        }
        if (node.rest.empty()) return nullptr;
        values.push_back(path.substr(static_cast<std::size_t>(at->data() - path.data())));
        return &node.rest;
    }

    static const Row* row_for(const std::vector<const Row*>& rows, std::string_view method) {
        for (const auto* row : rows) {
            if (row->route.method == method) return row;
        }
        return nullptr;
    }

    static std::string allow_of(const std::vector<const Row*>& rows) {
        std::string allow;
        for (const auto* row : rows)
            allow.append(row->route.method).append(row->route.method == "GET" ? ", HEAD, " : ", ");
        return allow + "OPTIONS";
    }
};

Router::Router() : table_(std::make_unique<Table>()) {}
Router::~Router() = default;
Router::Router(Router&&) noexcept = default;
Router& Router::operator=(Router&&) noexcept = default;

Route& Router::add(std::string method, std::string pattern, Access access, Handler handler) {
    CADDY_ASSERT(!pattern.empty() && pattern.front() == '/');
    auto& row = table_->rows.emplace_back();
    row.route.method = std::move(method);
    row.route.pattern = std::move(pattern);
    row.route.access = access;
    row.route.handler = std::move(handler);
    auto* node = &table_->root;
    auto* rows = &node->rows;
    const auto segments = split(row.route.pattern);
    for (const auto& segment : segments) {
        if (is_braced(segment)) row.names.push_back(name_of(segment));
        if (is_rest(segment)) {
            CADDY_ASSERT(&segment == &segments.back());
            rows = &node->rest;
            break;
        }
        auto& next = is_braced(segment) ? node->parameter : node->literals[std::string(segment)];
        if (!next) next = std::make_unique<Table::Node>();
        node = next.get();
        rows = &node->rows;
    }
    CADDY_ASSERT(!Table::row_for(*rows, row.route.method));   // two rows for one method and shape
    rows->push_back(&row);
    return row.route;
}

Route& Router::get(std::string pattern, Access access, Handler handler) {
    return add("GET", std::move(pattern), access, std::move(handler));
}
Route& Router::post(std::string pattern, Access access, Handler handler) {
    return add("POST", std::move(pattern), access, std::move(handler));
}
Route& Router::put(std::string pattern, Access access, Handler handler) {
    return add("PUT", std::move(pattern), access, std::move(handler));
}
Route& Router::patch(std::string pattern, Access access, Handler handler) {
    return add("PATCH", std::move(pattern), access, std::move(handler));
}
Route& Router::remove(std::string pattern, Access access, Handler handler) {
    return add("DELETE", std::move(pattern), access, std::move(handler));
}

Router::Match Router::match(Request& request) const {
    if (request.path.empty() || request.path.front() != '/') return {};
    const auto segments = split(request.path);
    std::vector<std::string_view> values;
    const auto* rows = Table::find(table_->root, request.path, segments.begin(), segments.end(), values);
    if (!rows) return {};
    const auto* row = Table::row_for(*rows, request.method == "HEAD" ? "GET" : std::string_view(request.method));
    if (!row) return {nullptr, Table::allow_of(*rows)};
    request.parameters.clear();
    for (std::size_t i = 0; i < row->names.size(); ++i) request.parameters.emplace_back(row->names[i], values[i]);
    return {&row->route, {}};
}

std::string Router::allow(std::string_view path) const {
    if (path.empty() || path.front() != '/') return {};
    const auto segments = split(path);
    std::vector<std::string_view> values;
    const auto* rows = Table::find(table_->root, path, segments.begin(), segments.end(), values);
    return rows ? Table::allow_of(*rows) : std::string();
}

std::vector<Route*> Router::rows() {
    std::vector<Route*> routes;
    for (auto& row : table_->rows) routes.push_back(&row.route);
    return routes;
}

std::vector<const Route*> Router::list() const {
    std::vector<const Route*> routes;
    for (const auto& row : table_->rows) routes.push_back(&row.route);
    return routes;
}

}  // namespace caddy::http
