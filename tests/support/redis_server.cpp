#include "tests/support/redis_server.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <random>
#include <sstream>
#include <thread>

namespace caddy::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

std::string quoted(const std::string& word) {
    std::string text = "'";
    for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return text + "'";
}

std::string output_of(const std::string& command) {
    FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
    if (pipe == nullptr) throw std::runtime_error("no shell");
    std::string text;
    std::array<char, 4'096> buffer{};
    for (std::size_t size = 0; (size = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;)
        text.append(buffer.data(), size);
    const int status = ::pclose(pipe);
    while (text.ends_with('\n')) text.pop_back();
    if (status != 0) throw std::runtime_error(command + ": " + text);
    return text;
}

bool is_free(int port) {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const bool bound = ::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    ::close(socket);
    return bound;
}

/// Below the range that the kernel gives out by itself, and so that the cluster's own port is free, too.
int free_port() {
    static std::random_device dice;
    for (;;) {
        const int port = std::uniform_int_distribution<int>(11'000, 21'000)(dice);
        if (is_free(port) && is_free(port + 10'000)) return port;
    }
}

std::string text_of(const std::filesystem::path& file) {
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), {}};
}

/// A certificate authority, and a certificate of it for localhost.
void make_certificates(const std::filesystem::path& folder) {
    const auto at = [&](const char* name) { return quoted((folder / name).string()); };
    output_of("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=test-ca"
              " -keyout " + at("ca.key") + " -out " + at("ca.crt"));
    output_of("openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=localhost -keyout " +
              at("server.key") + " -out " + at("server.csr"));
    std::ofstream(folder / "names") << "subjectAltName=DNS:localhost\n";
    output_of("openssl x509 -req -days 2 -CA " + at("ca.crt") + " -CAkey " + at("ca.key") + " -CAcreateserial -in " +
              at("server.csr") + " -out " + at("server.crt") + " -extfile " + at("names"));
}

}   // namespace

TemporaryFolder::TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "caddy-redis-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path = name;
}

TemporaryFolder::~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
}

RedisServer::RedisServer(RedisOptions options) : options_(std::move(options)) {
    if (options_.transport == RedisTransport::tls) make_certificates(folder_.path);
    for (int attempt = 1;; ++attempt) {
        port_ = free_port();
        try {
            start();
            return;
        } catch (const std::runtime_error&) {   // somebody was faster to take the port
            if (attempt == 5) throw;
        }
    }
}

RedisServer::~RedisServer() { end(SIGKILL); }

void RedisServer::spawn() {
    const auto port = std::to_string(port_);
    const auto in = [&](const char* name) { return (folder_.path / name).string(); };
    std::vector<std::string> words{"redis-server", "--bind", "127.0.0.1", "--dir", folder_.path.string(),
                                   "--logfile", in("redis.log"), "--save", "", "--appendonly", "yes",
                                   "--appendfsync", "always"};
    if (options_.transport == RedisTransport::tls) {
        words.insert(words.end(), {"--port", "0", "--tls-port", port, "--tls-cert-file", in("server.crt"),
                                   "--tls-key-file", in("server.key"), "--tls-auth-clients", "no"});
    } else {
        words.insert(words.end(), {"--port", port});
    }
    if (!options_.password.empty()) words.insert(words.end(), {"--requirepass", options_.password});
    words.insert(words.end(), options_.arguments.begin(), options_.arguments.end());
    std::vector<char*> argv;
    for (auto& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    pid_ = ::fork();
    if (pid_ != 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::execvp(argv[0], argv.data());
    std::_Exit(127);
}

bool RedisServer::is_ready() const {
    return text_of(folder_.path / "redis.log").find("Ready to accept connections") != std::string::npos;
}

void RedisServer::start() {
    std::filesystem::remove(folder_.path / "redis.log");
    spawn();
    const auto limit = steady_clock::now() + seconds(60);
    while (!is_ready()) {
        const bool ended = ::waitpid(pid_, nullptr, WNOHANG) != 0;
        if (ended) pid_ = -1;
        if (ended || steady_clock::now() > limit)
            throw std::runtime_error("redis-server does not start: " + text_of(folder_.path / "redis.log"));
        std::this_thread::sleep_for(milliseconds(5));
    }
}

void RedisServer::end(int signal) {
    if (pid_ <= 0) return;
    ::kill(pid_, signal);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
}

void RedisServer::stop() { end(SIGTERM); }
void RedisServer::kill() { end(SIGKILL); }
void RedisServer::freeze() { ::kill(pid_, SIGSTOP); }
void RedisServer::thaw() { ::kill(pid_, SIGCONT); }

std::string RedisServer::cli(const std::vector<std::string>& words) const {
    std::string command = "timeout 60 redis-cli -p " + std::to_string(port_);
    if (!options_.password.empty()) command += " --no-auth-warning -a " + quoted(options_.password);
    if (options_.transport == RedisTransport::tls)
        command += " -h localhost --tls --cacert " + quoted(authority().string());
    for (const auto& word : words) command += " " + quoted(word);
    return output_of(command);
}

redis::Config RedisServer::config() const {
    redis::Config config;
    config.host = "127.0.0.1";
    config.port = port_;
    config.password = options_.password;
    if (options_.transport == RedisTransport::tls) {
        config.host = "localhost";
        config.tls = redis::Tls::verify_identity;
        config.ca_file = authority().string();
    }
    return config;
}

RedisCluster::RedisCluster() {
    std::vector<std::string> create{"--cluster", "create"};
    for (int at = 0; at < 6; ++at) {
        RedisOptions options;
        options.arguments = {"--cluster-enabled", "yes", "--cluster-node-timeout", "1000",
                             "--cluster-replica-validity-factor", "0", "--repl-diskless-sync-delay", "0"};
        nodes.push_back(std::make_unique<RedisServer>(options));
        create.push_back(nodes.back()->address());
    }
    create.insert(create.end(), {"--cluster-replicas", "1", "--cluster-yes"});
    (void)nodes.front()->cli(create);
    wait_until_whole();
}

void RedisCluster::wait_until_whole() {
    const auto limit = steady_clock::now() + seconds(90);
    for (;;) {
        bool whole = true;
        for (const auto& node : nodes) {
            const auto info = node->cli({"CLUSTER", "INFO"});
            const auto role = node->cli({"INFO", "replication"});
            const bool paired = role.find("role:master") != std::string::npos
                                    ? role.find("connected_slaves:1") != std::string::npos
                                    : role.find("master_link_status:up") != std::string::npos;
            whole = whole && paired && info.find("cluster_state:ok") != std::string::npos &&
                    info.find("cluster_slots_ok:16384") != std::string::npos;
        }
        if (whole) return;
        if (steady_clock::now() > limit) throw std::runtime_error("the cluster does not become whole");
        std::this_thread::sleep_for(milliseconds(50));
    }
}

redis::Config RedisCluster::config() const {
    redis::Config config;
    config.cluster_nodes = {nodes[0]->address(), nodes[1]->address(), nodes[5]->address()};
    return config;
}

RedisServer& RedisCluster::by_port(int port) {
    for (const auto& node : nodes)
        if (node->port() == port) return *node;
    throw std::runtime_error("no node has the port " + std::to_string(port));
}

RedisServer& RedisCluster::primary_of(int slot) {
    // id address@bus flags master ping pong epoch link slots…
    std::istringstream lines(nodes.front()->cli({"CLUSTER", "NODES"}));
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string id, address, flags, skipped;
        words >> id >> address >> flags;
        if (flags.find("master") == std::string::npos || flags.find("fail") != std::string::npos) continue;
        for (int at = 0; at < 5; ++at) words >> skipped;
        for (std::string range; words >> range;) {
            if (range.starts_with('[')) continue;
            const auto dash = range.find('-');
            const int first = std::stoi(range);
            const int last = dash == std::string::npos ? first : std::stoi(range.substr(dash + 1));
            const auto colon = address.find(':');
            if (slot >= first && slot <= last) return by_port(std::stoi(address.substr(colon + 1)));
        }
    }
    throw std::runtime_error("nobody serves the slot");
}

RedisServer& RedisCluster::primary_other_than(const RedisServer& one) {
    for (const int slot : {0, 8'000, 16'000})
        if (auto& primary = primary_of(slot); &primary != &one) return primary;
    throw std::runtime_error("there is one primary only");
}

std::string RedisCluster::id_of(const RedisServer& node) { return node.cli({"CLUSTER", "MYID"}); }

}   // namespace caddy::testing
