// `import`: a product file into the catalogue, with progress on a terminal and a report row by row.
#include "app/command.hpp"
#include "app/platform.hpp"
#include "app/shop.hpp"

#include <unistd.h>

#include <iostream>

namespace caddy::app {
namespace {

/// One line that is rewritten in place; nothing where standard error is no terminal.
class ProgressBar {
public:
    void show(std::int64_t done, std::int64_t total) {
        if (!terminal_ || total == 0) return;
        const auto percent = done * 100 / total;
        if (percent == shown_) return;
        shown_ = percent;
        const auto filled = static_cast<std::size_t>(percent) * width / 100;
        std::cerr << "\rimporting [" << std::string(filled, '#') << std::string(width - filled, '.') << "] " << percent
                  << "% of " << total << " rows" << std::flush;
    }
    ~ProgressBar() {
        if (shown_ >= 0) std::cerr << '\n';
    }

private:
    static constexpr std::size_t width = 40;
    bool terminal_ = ::isatty(STDERR_FILENO) != 0;
    std::int64_t shown_ = -1;
};

void print(const imports::Report& report) {
    for (const auto& entry : report.entries) {
        if (entry.message.empty()) continue;
        std::cout << "row " << entry.row << ": " << entry.handle << (entry.handle.empty() ? "" : ": ")
                  << boost::describe::enum_to_string(entry.outcome, "") << ": " << entry.message << '\n';
    }
    const auto& totals = report.totals;
    std::cout << totals.products << " products in " << totals.rows << " rows: " << totals.created << " created, "
              << totals.updated << " updated, " << totals.unchanged << " unchanged, " << totals.refused << " refused, "
              << totals.notes << " notes\n";
}

int failed(const Error& error) {
    complain(error.detail);
    return error.code == "imports.no_such_file" ? exit_no_input : exit_data;
}

}   // namespace

int import_catalogue(const Settings& given, const CommandLine& line) {
    std::optional<Currency> currency;
    if (!line.currency.empty()) {
        currency = Currency::parse(line.currency);
        if (!currency) {
            complain("--currency: '" + line.currency + "' is not an ISO 4217 code, such as CNY");
            return exit_usage;
        }
    }
    Settings settings = given;
    complete_secrets(settings);
    Platform platform(settings);
    platform.require_schema();
    Shop shop(platform, settings);
    const auto ctx = platform.context("import");
    if (line.if_empty && platform.run(shop.catalog.has_products(ctx))) {
        std::cout << "the catalogue has products already; nothing imported\n";
        return exit_ok;
    }
    imports::ImportRequest request;
    request.file = line.file;
    request.currency = currency;
    ProgressBar bar;
    const auto report = platform.run(
        shop.imports.run(ctx, request, [&bar](std::int64_t done, std::int64_t total) { bar.show(done, total); }));
    if (!report) return failed(report.error());
    print(*report);
    return report->totals.refused == 0 ? exit_ok : exit_data;
}

}   // namespace caddy::app
