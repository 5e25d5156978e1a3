#pragma once
// Configuration: texts from several sources in rising order, bound once to typed fields with bounds.
// Nothing else in the program reads the environment. Used at start, from one thread.
#include <boost/describe.hpp>
#include <boost/mp11.hpp>

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace caddy::config {

/// Where a value came from; a later one wins over an earlier one.
BOOST_DEFINE_ENUM_CLASS(Origin, built_in, file, environment, directory, flag)

/// What the sources say, before anybody has looked at it. Names are upper case with `_`, as in the environment.
class Sources {
public:
    /// A flat YAML map of names to scalars. Throws std::runtime_error with the place of the fault.
    void add_file(const std::filesystem::path&);
    /// One file per name (`db-password` is DB_PASSWORD), as Kubernetes mounts a ConfigMap or a Secret, of one moment
    /// even while it is swapped; a line end at the end of a file is dropped. Throws std::runtime_error when the
    /// directory cannot be read.
    void add_directory(const std::filesystem::path&);
    /// The process's environment (`environ`).
    void add_environment(const char* const* environment);
    void add_flag(std::string_view name, std::string value);

    struct Raw {
        std::string value;
        Origin origin = Origin::built_in;
        std::string place;   // file name, for messages
        bool operator==(const Raw&) const = default;
    };
    /// One value; a stronger one that is there already stays.
    void add_entry(std::string_view name, Raw);
    /// All that others say, each by its own strength.
    void add_all(const Sources&);
    const Raw* find(const std::string& name) const;
    const std::map<std::string, Raw>& all() const { return values_; }

    bool operator==(const Sources&) const = default;

private:
    std::map<std::string, Raw> values_;
};

/// One setting as the reference page shows it.
struct Setting {
    std::string name;
    std::string help;
    std::string built_in;   // the default, as text
    std::string bounds;     // `1..1000`, `a, b or c`, or empty
    std::string value;      // masked where secret
    Origin origin = Origin::built_in;
    std::string place{};    // the file that said so, if one did
    bool secret = false;
};

struct Bounds {
    std::int64_t min = 0;
    std::int64_t max = 0;
};

/// Binds names to fields. A bad value leaves the field at its default and is noted as a fault.
class Binder {
public:
    explicit Binder(const Sources& sources) : sources_(sources) {}

    template <class Integer>
    requires std::is_integral_v<Integer> Binder& integer(std::string name, Integer& field, Bounds bounds,
                                                         std::string help) {
        const auto value = bind_integer(std::move(name), static_cast<std::int64_t>(field), bounds, std::move(help));
        field = static_cast<Integer>(value);
        return *this;
    }
    Binder& text(std::string name, std::string& field, std::string help);
    /// Never printed, logged or shown with its default.
    Binder& secret(std::string name, std::string& field, std::string help);
    /// true, false, yes, no, on, off, 1, 0.
    Binder& toggle(std::string name, bool& field, std::string help);
    /// Comma-separated.
    Binder& list(std::string name, std::vector<std::string>& field, std::string help);

    template <class Enum>
    requires std::is_enum_v<Enum> Binder& choice(std::string name, Enum& field, std::string help) {
        std::vector<std::string> names;
        boost::mp11::mp_for_each<boost::describe::describe_enumerators<Enum>>(
            [&](auto each) { names.emplace_back(each.name); });
        const auto chosen =
            bind_choice(std::move(name), boost::describe::enum_to_string(field, ""), names, std::move(help));
        boost::describe::enum_from_string(chosen.c_str(), field);
        return *this;
    }

    /// A fault that a rule over several settings found.
    void fault(std::string message) { faults_.push_back(std::move(message)); }

    const std::vector<Setting>& settings() const { return settings_; }
    /// One line per fault: bad values, and names in files and flags that nothing was bound to, with the nearest name.
    std::vector<std::string> faults() const;

private:
    std::int64_t bind_integer(std::string name, std::int64_t built_in, Bounds, std::string help);
    std::string bind_choice(std::string name, std::string built_in, const std::vector<std::string>& names,
                            std::string help);
    const Sources::Raw* note(Setting setting);

    const Sources& sources_;
    std::vector<Setting> settings_;
    std::vector<std::string> faults_;
};

}   // namespace caddy::config
