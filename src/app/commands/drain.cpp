// `drain` and `check http`: what a subcommand asks a shop that runs on this machine.
#include "app/command.hpp"
#include "app/local_call.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <iostream>

namespace caddy::app {
namespace {

std::string place(const std::string& host, int port) { return host + " port " + std::to_string(port); }

}   // namespace

int drain(const Settings& settings, const CommandLine& line) {
    const auto& process = settings.process;
    const auto reply = call_local("POST", process.admin_host, process.admin_port, "/drain");
    if (!reply) {
        complain("no shop answers on the admin port, " + place(process.admin_host, process.admin_port) +
                 "; is it another one (--admin-port)?");
        return exit_unavailable;
    }
    if (reply->status != 200) {
        complain("the shop refused to drain: " + reply->body);
        return exit_failed;
    }
    boost::asio::io_context loop;
    boost::asio::steady_timer(loop, std::chrono::seconds(line.wait_s)).wait();
    return exit_ok;
}

int check_http(const Settings& settings) {
    const auto& process = settings.process;
    const auto reply = call_local("GET", process.host, process.port, "/health");
    if (!reply) {
        complain("no shop answers on " + place(process.host, process.port));
        return exit_unavailable;
    }
    std::cout << reply->body << '\n';
    return reply->status == 200 ? exit_ok : exit_failed;
}

}   // namespace caddy::app
