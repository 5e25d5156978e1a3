#include "app/local_call.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <iterator>

namespace caddy::app {
namespace {

std::string reachable(const std::string& host) {
    if (host == "0.0.0.0") return "127.0.0.1";
    return host == "::" ? "::1" : host;
}

}   // namespace

std::optional<LocalReply> call_local(std::string_view method, const std::string& host, int port,
                                     const std::string& path) {
    boost::asio::ip::tcp::iostream connection;
    connection.expires_after(std::chrono::seconds(5));
    connection.connect(reachable(host), std::to_string(port));
    connection << method << ' ' << path
               << " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
               << std::flush;
    std::string version;
    LocalReply reply;
    connection >> version >> reply.status;
    std::string line;
    std::getline(connection, line);   // the rest of the status line
    while (std::getline(connection, line) && line != "\r") {
    }
    reply.body.assign(std::istreambuf_iterator<char>(connection), {});
    if (!version.starts_with("HTTP/") || reply.status == 0) return std::nullopt;
    return reply;
}

}   // namespace caddy::app
