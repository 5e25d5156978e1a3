#include "platform/config/config.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <numeric>
#include <sstream>
#include <stdexcept>

namespace caddy::config {
namespace {

constexpr std::string_view mask = "********";

std::string normalised(std::string_view name) {
    std::string upper;
    for (const char c : name) {
        const bool lower_case = c >= 'a' && c <= 'z';
        upper.push_back(c == '-' ? '_' : lower_case ? static_cast<char>(c - 'a' + 'A') : c);
    }
    return upper;
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
    std::int64_t value = 0;
    const auto* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc{} || stop != end || text.empty()) return std::nullopt;
    return value;
}

/// Levenshtein's distance, for "did you mean".
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i);
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t substitute = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, substitute});
        }
    }
    return row[b.size()];
}

std::string nearest(const std::string& name, const std::vector<Setting>& settings) {
    const auto closer = [&](const Setting& a, const Setting& b) {
        return distance(name, a.name) < distance(name, b.name);
    };
    const auto best = std::min_element(settings.begin(), settings.end(), closer);
    return best != settings.end() && distance(name, best->name) <= 3 ? best->name : std::string{};
}

std::string joined(const std::vector<std::string>& names) {
    std::string all;
    for (const auto& name : names) all.append(all.empty() ? "" : ", ").append(name);
    return all;
}

std::string described(const std::string& name, const Sources::Raw& raw) {
    return name + (raw.place.empty() ? "" : " (" + raw.place + ")");
}

}   // namespace

void Sources::add_entry(std::string_view name, Raw raw) {
    auto& held = values_[normalised(name)];
    if (raw.origin >= held.origin) held = std::move(raw);
}

void Sources::add_all(const Sources& others) {
    for (const auto& [name, raw] : others.values_) add_entry(name, raw);
}

void Sources::add_file(const std::filesystem::path& path) {
    YAML::Node document;
    try {
        document = YAML::LoadFile(path.string());
    } catch (const YAML::Exception& fault) {
        throw std::runtime_error(path.string() + ": " + fault.what());
    }
    if (document.IsNull()) return;
    if (!document.IsMap()) throw std::runtime_error(path.string() + ": expected a map of names to values");
    for (const auto& entry : document) {
        const auto name = entry.first.as<std::string>();
        if (!entry.second.IsScalar()) {
            throw std::runtime_error(path.string() + ": " + name + ": expected a single value");
        }
        add_entry(name, {entry.second.as<std::string>(), Origin::file, path.string()});
    }
}

void Sources::add_directory(const std::filesystem::path& path) {
    std::error_code error;
    // A kubelet's files are links through `..data`, which it swaps: what lies behind it is of one moment.
    const auto swapped = path / "..data";
    const auto folder = std::filesystem::exists(swapped) ? std::filesystem::canonical(swapped, error) : path;
    if (error) throw std::runtime_error(path.string() + ": " + error.message());
    for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
        const auto name = entry.path().filename().string();
        if (name.starts_with('.') || !entry.is_regular_file()) continue;   // `..data` is Kubernetes' own
        std::ifstream file(entry.path(), std::ios::binary);
        std::ostringstream content;
        content << file.rdbuf();
        if (!file) throw std::runtime_error(entry.path().string() + ": cannot be read");
        auto value = std::move(content).str();
        if (value.ends_with('\n')) value.pop_back();
        if (value.ends_with('\r')) value.pop_back();
        add_entry(name, {std::move(value), Origin::directory, (path / name).string()});
    }
    if (error) throw std::runtime_error(path.string() + ": " + error.message());
}

void Sources::add_environment(const char* const* environment) {
    for (; *environment != nullptr; ++environment) {
        const std::string_view entry(*environment);
        const auto equals = entry.find('=');
        if (equals == std::string_view::npos) continue;
        add_entry(entry.substr(0, equals), {std::string(entry.substr(equals + 1)), Origin::environment, {}});
    }
}

void Sources::add_flag(std::string_view name, std::string value) {
    add_entry(name, {std::move(value), Origin::flag, {}});
}

const Sources::Raw* Sources::find(const std::string& name) const {
    const auto at = values_.find(name);
    return at == values_.end() ? nullptr : &at->second;
}

const Sources::Raw* Binder::note(Setting setting) {
    const auto* raw = sources_.find(setting.name);
    setting.value = raw ? raw->value : setting.built_in;
    setting.origin = raw ? raw->origin : Origin::built_in;
    if (raw) setting.place = raw->place;
    if (setting.secret && !setting.value.empty()) setting.value = mask;
    settings_.push_back(std::move(setting));
    return raw;
}

std::int64_t Binder::bind_integer(std::string name, std::int64_t built_in, Bounds bounds, std::string help) {
    const auto range = std::to_string(bounds.min) + ".." + std::to_string(bounds.max);
    const auto* raw = note({name, std::move(help), std::to_string(built_in), range, {}});
    if (!raw) return built_in;
    const auto value = parse_integer(raw->value);
    if (value && *value >= bounds.min && *value <= bounds.max) return *value;
    fault(described(name, *raw) + ": '" + raw->value + "' is not a whole number in " + range);
    return built_in;
}

Binder& Binder::text(std::string name, std::string& field, std::string help) {
    if (const auto* raw = note({std::move(name), std::move(help), field, {}, {}})) field = raw->value;
    return *this;
}

Binder& Binder::secret(std::string name, std::string& field, std::string help) {
    Setting setting{std::move(name), std::move(help), {}, {}, {}};
    setting.secret = true;
    if (const auto* raw = note(std::move(setting))) field = raw->value;
    return *this;
}

Binder& Binder::toggle(std::string name, bool& field, std::string help) {
    const auto* raw = note({name, std::move(help), field ? "true" : "false", "true or false", {}});
    if (!raw) return *this;
    const auto word = normalised(raw->value);
    if (word == "TRUE" || word == "YES" || word == "ON" || word == "1") field = true;
    else if (word == "FALSE" || word == "NO" || word == "OFF" || word == "0") field = false;
    else fault(described(name, *raw) + ": '" + raw->value + "' is neither true nor false");
    return *this;
}

Binder& Binder::list(std::string name, std::vector<std::string>& field, std::string help) {
    const auto* raw = note({std::move(name), std::move(help), joined(field), "comma-separated", {}});
    if (!raw) return *this;
    field.clear();
    std::istringstream parts(raw->value);
    for (std::string part; std::getline(parts, part, ',');) {
        const auto first = part.find_first_not_of(' ');
        if (first == std::string::npos) continue;
        field.push_back(part.substr(first, part.find_last_not_of(' ') - first + 1));
    }
    return *this;
}

std::string Binder::bind_choice(std::string name, std::string built_in, const std::vector<std::string>& names,
                                std::string help) {
    const auto* raw = note({name, std::move(help), built_in, joined(names), {}});
    if (!raw) return built_in;
    if (std::find(names.begin(), names.end(), raw->value) != names.end()) return raw->value;
    fault(described(name, *raw) + ": '" + raw->value + "' is not one of " + joined(names));
    return built_in;
}

std::vector<std::string> Binder::faults() const {
    auto all = faults_;
    for (const auto& [name, raw] : sources_.all()) {
        // The environment holds other programs' variables, too; a file or a flag is meant for this one alone.
        if (raw.origin == Origin::environment) continue;
        const bool known = std::any_of(settings_.begin(), settings_.end(),
                                       [&, &given = name](const Setting& each) { return each.name == given; });
        if (known) continue;
        const auto guess = nearest(name, settings_);
        all.push_back(described(name, raw) + ": no such setting" +
                      (guess.empty() ? "" : "; did you mean " + guess + "?"));
    }
    return all;
}

}   // namespace caddy::config
