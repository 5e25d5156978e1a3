#include "platform/diagnosis/diagnosis.hpp"

#include <algorithm>
#include <array>

namespace caddy::diagnosis {

Finding fine(std::string check, std::string found) { return {Gravity::ok, std::move(check), std::move(found)}; }

void sort_by_gravity(Findings& findings) {
    std::stable_sort(findings.begin(), findings.end(),
                     [](const Finding& a, const Finding& b) { return a.gravity < b.gravity; });
}

Gravity worst_of(const Findings& findings) {
    auto worst = Gravity::ok;
    for (const auto& each : findings) worst = std::min(worst, each.gravity);
    return worst;
}

std::string to_text(const Findings& findings) {
    std::string out;
    std::array<int, 4> count{};
    for (const auto& each : findings) {
        ++count.at(static_cast<std::size_t>(each.gravity));
        std::string label = boost::describe::enum_to_string(each.gravity, "");
        label.resize(10, ' ');
        out += label + each.check + ": " + each.found + '\n';
        if (!each.means.empty()) out += "          " + each.means + '\n';
        if (!each.next.empty()) out += "          next: " + each.next + '\n';
    }
    return out + '\n' + std::to_string(count[0]) + " critical, " + std::to_string(count[1]) + " warnings, " +
           std::to_string(count[2]) + " notes, " + std::to_string(count[3]) + " ok\n";
}

}   // namespace caddy::diagnosis
