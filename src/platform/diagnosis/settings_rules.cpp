// What settings say by themselves: secrets that others know, ports and connections that others reach.
#include "platform/diagnosis/diagnosis.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <set>

namespace caddy::diagnosis {
namespace {

// What stands in examples, and what people type where they are asked for something secret.
constexpr std::array<std::string_view, 14> placeholders{
    "change", "secret", "password", "passwd", "example", "placeholder", "replace", "default", "123456", "qwerty",
    "letmein", "your-", "your_", "admin"};

// Of random text as long as a secret, hexadecimal digits have the fewest characters that differ, and more than these.
constexpr std::size_t distinct_min = 8;

std::string in_lower_case(std::string_view text) {
    std::string lower(text);
    std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
    return lower;
}

bool is_placeholder(std::string_view value) {
    const auto lower = in_lower_case(value);
    return std::any_of(placeholders.begin(), placeholders.end(),
                       [&](std::string_view each) { return lower.find(each) != std::string::npos; });
}

}   // namespace

Finding judge(const Secret& secret) {
    const auto check = "settings." + in_lower_case(secret.name);
    const auto draw = "draw a new one, 'openssl rand -hex 32', and give it to every process";
    if (is_placeholder(secret.value)) {
        return {Gravity::critical, check, secret.name + " reads like the placeholder of an example",
                "Whoever has read the same example can act as the shop or sign in as anybody.", draw};
    }
    const std::set<char> distinct(secret.value.begin(), secret.value.end());
    if (secret.value.size() < secret.length_min || distinct.size() < std::min(distinct_min, secret.length_min)) {
        return {Gravity::warning, check,
                secret.name + " is short or repeats itself: " + std::to_string(secret.value.size()) +
                    " bytes, " + std::to_string(distinct.size()) + " different ones",
                "It can be guessed by trying.", draw};
    }
    return fine(check, secret.name + " is given and does not look guessable");
}

bool is_this_machine(std::string_view host) {
    return host.empty() || host == "localhost" || host == "::1" || host == "[::1]" || host.starts_with("127.") ||
           host.starts_with("/");
}

Finding judge(const AdminPort& port) {
    const auto place = port.host + " port " + std::to_string(port.port);
    const std::string check = "settings.admin_port";
    if (is_this_machine(port.host)) return fine(check, "the admin port is for this machine alone (" + place + ")");
    if (!port.has_token) {
        return {Gravity::warning, check, "the admin port listens on " + place + " and there is no ADMIN_TOKEN",
                "Whoever reaches it reads probes, metrics and version. Changes are refused to everybody, to you, too.",
                "keep it out of Services and load balancers that are public; set ADMIN_HOST=127.0.0.1 where nothing on "
                "another machine asks it, or ADMIN_TOKEN where you want to change things there"};
    }
    return {Gravity::note, check, "the admin port listens on " + place + ", with a token for changes",
            "Whoever reaches it reads probes, metrics and version.", "keep it out of what is public"};
}

Finding judge(const Connection& connection) {
    bool is_local = true;
    for (std::size_t at = 0; at <= connection.host.size();) {
        const auto comma = std::min(connection.host.find(',', at), connection.host.size());
        auto host = std::string_view(connection.host).substr(at, comma - at);
        if (const auto colon = host.rfind(':'); colon != std::string_view::npos && host.find(':') == colon) {
            host = host.substr(0, colon);
        }
        is_local = is_local && is_this_machine(host);
        at = comma + 1;
    }
    if (is_local) return fine(connection.check, connection.server + " is on this machine");
    if (!connection.encrypted) {
        return {Gravity::warning, connection.check,
                "nothing makes sure that the way to " + connection.server + " is encrypted",
                "Whoever listens on the network between reads customers' data and passwords.",
                "switch TLS on at the server and set " + connection.setting};
    }
    if (!connection.proven) {
        return {Gravity::note, connection.check,
                "the way to " + connection.server + " is encrypted, and who answers is not checked",
                "Somebody who can stand in between is not noticed.", "set " + connection.setting};
    }
    return fine(connection.check, "the way to " + connection.server + " is encrypted and its end is checked");
}

}   // namespace caddy::diagnosis
