// Runs recorded transactions against a database over several connections, as fast as it takes them: what the database
// alone can do with the statements that an order needs. See bench/harness/statements.py for the form of the file.
#include <boost/asio/io_context.hpp>
#include <boost/mysql.hpp>

#include <CLI/CLI.hpp>

#include <atomic>
#include <chrono>
#include <fstream>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

namespace mysql = boost::mysql;

struct Call {
    std::size_t text = 0;   // which prepared statement; `plain`: as it stands
    std::vector<mysql::field> values;
    std::string plain;
};
struct Unit {
    bool is_transaction = false;
    std::vector<Call> calls;
};

struct Recording {
    std::vector<std::string> texts;
    std::vector<Unit> units;
};

constexpr std::string_view names_as_the_shop_has_them = "SET NAMES utf8mb4 COLLATE utf8mb4_bin";
constexpr std::string_view session_as_the_shop_has_it =
    "SET SESSION tx_isolation = 'READ-COMMITTED', sql_mode = "
    "'STRICT_ALL_TABLES,STRICT_TRANS_TABLES,ONLY_FULL_GROUP_BY,NO_ZERO_IN_DATE,NO_ZERO_DATE,"
    "ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION,PIPES_AS_CONCAT,ANSI_QUOTES'";

constexpr std::size_t is_plain = static_cast<std::size_t>(-1);

std::string unescaped(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\' || i + 1 == text.size()) {
            out += text[i];
            continue;
        }
        const char next = text[++i];
        out += next == 't' ? '\t' : next == 'n' ? '\n' : next;
    }
    return out;
}

std::vector<std::string> cells_of(const std::string& line) {
    std::vector<std::string> cells;
    for (std::size_t at = 0;;) {
        const auto end = line.find('\t', at);
        cells.push_back(line.substr(at, end - at));
        if (end == std::string::npos) return cells;
        at = end + 1;
    }
}

/// `n` nothing, `i…` an integer, `s…` a text.
mysql::field value_of(const std::string& cell) {
    if (cell == "n") return mysql::field(nullptr);
    if (cell.front() == 'i') return mysql::field(std::stoll(cell.substr(1)));
    return mysql::field(unescaped(std::string_view(cell).substr(1)));
}

Recording read_recording(const std::string& file) {
    std::ifstream in(file);
    if (!in) throw std::runtime_error("cannot read " + file);
    Recording recording;
    for (std::string line; std::getline(in, line);) {
        const auto cells = cells_of(line);
        if (cells[0] == "P") recording.texts.push_back(unescaped(cells.at(1)));
        if (cells[0] == "U" || cells[0] == "T") recording.units.push_back({cells[0] == "T", {}});
        if (cells[0] == "Q") recording.units.back().calls.push_back({is_plain, {}, unescaped(cells.at(1))});
        if (cells[0] == "X") {
            Call call{static_cast<std::size_t>(std::stoul(cells.at(1))), {}, {}};
            for (std::size_t i = 2; i < cells.size(); ++i) call.values.push_back(value_of(cells[i]));
            recording.units.back().calls.push_back(std::move(call));
        }
    }
    if (recording.units.empty()) throw std::runtime_error("nothing was recorded in " + file);
    return recording;
}

struct Target {
    std::uint16_t port = 0;
    std::string user, password, database;
};

/// A connection with all statements prepared, as the shop's are.
class Session {
public:
    Session(const Target& target, const Recording& recording, std::string_view autocommit) : connection_(loop_) {
        const mysql::handshake_params who(target.user, target.password, target.database,
                                          mysql::handshake_params::default_collation, mysql::ssl_mode::disable);
        const boost::asio::ip::tcp::endpoint server(boost::asio::ip::make_address("127.0.0.1"), target.port);
        connection_.connect(server, who);
        run(names_as_the_shop_has_them);
        run(session_as_the_shop_has_it);
        run(autocommit);
        for (const auto& text : recording.texts) statements_.push_back(connection_.prepare_statement(text));
    }

    void run(std::string_view text) {
        mysql::results done;
        connection_.execute(text, done);
    }
    void run(const Call& call) {
        if (call.text == is_plain) return run(call.plain);
        mysql::results done;
        connection_.execute(statements_[call.text].bind(call.values.begin(), call.values.end()), done);
    }

private:
    boost::asio::io_context loop_;
    mysql::tcp_connection connection_;
    std::vector<mysql::statement> statements_;
};

class Worker {
public:
    Worker(const Target& target, const Recording& recording)
        : recording_(recording),
          alone_(target, recording, "SET autocommit = 1"),
          together_(target, recording, "SET autocommit = 0") {}

    /// Takes units until none is left.
    void run(std::atomic<std::size_t>& next) {
        for (;;) {
            const auto number = next++;
            if (number >= recording_.units.size()) return;
            const auto& unit = recording_.units[number];
            auto& session = unit.is_transaction ? together_ : alone_;
            try {
                for (const auto& call : unit.calls) session.run(call);
            } catch (const mysql::error_with_diagnostics& fault) {
                ++faults_;
                if (faults_ == 1) std::cerr << fault.what() << ": " << fault.get_diagnostics().server_message() << "\n";
                session.run("ROLLBACK");
            }
        }
    }
    std::size_t faults() const { return faults_; }

private:
    const Recording& recording_;
    Session alone_, together_;
    std::size_t faults_ = 0;
};

}   // namespace

int main(int argc, char** argv) {
    Target target;
    std::string file;
    std::size_t connections = 16;
    CLI::App app{"Runs recorded transactions against a MariaDB server on this machine"};
    app.add_option("--file", file, "the recording")->required();
    app.add_option("--port", target.port, "of the server")->required();
    app.add_option("--user", target.user)->required();
    app.add_option("--password", target.password)->required();
    app.add_option("--database", target.database)->required();
    app.add_option("--connections", connections, "that work at a time");
    CLI11_PARSE(app, argc, argv);
    try {
        const auto recording = read_recording(file);
        std::vector<std::unique_ptr<Worker>> workers;
        for (std::size_t i = 0; i < connections; ++i) workers.push_back(std::make_unique<Worker>(target, recording));
        std::atomic<std::size_t> next = 0;
        const auto begun = std::chrono::steady_clock::now();
        std::vector<std::thread> threads;
        for (auto& worker : workers) threads.emplace_back([&worker, &next] { worker->run(next); });
        for (auto& thread : threads) thread.join();
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
        std::size_t faults = 0;
        for (const auto& worker : workers) faults += worker->faults();
        std::cout << "{\"units\":" << recording.units.size() << ",\"faults\":" << faults
                  << ",\"seconds\":" << took.count() << "}" << std::endl;
    } catch (const mysql::error_with_diagnostics& fault) {
        std::cerr << "statements: " << fault.what() << ": " << fault.get_diagnostics().server_message() << "\n";
        return 70;
    } catch (const std::exception& fault) {
        std::cerr << "statements: " << fault.what() << "\n";
        return 70;
    }
}
