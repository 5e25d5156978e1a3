#pragma once
// A command with its keys marked, and scripts that run where their keys are.
#include "platform/redis/key.hpp"

#include <concepts>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace caddy::redis {

class Script;

/// What a lost connection means for a command that may have run already: `once` fails with Gone, `safe` is sent again.
/// Reading commands are safe by themselves.
enum class Repeat { once, safe };

/// `Command("SET").key(name("x")).arg("v").arg("PX").arg(5000)`
class Command {
public:
    explicit Command(std::string_view verb);
    /// EVALSHA; becomes an EVAL by itself on a server that does not know the script.
    Command(const Script&, std::span<const Key> keys, std::span<const std::string> arguments);

    Command& key(const Key&);
    Command& channel(const Channel&);
    Command& arg(std::string_view);
    template <std::integral Integer>
    Command& arg(Integer number) {
        return arg(std::string_view(std::to_string(number)));
    }
    /// Running it twice does no harm: after a lost connection it may be sent again.
    Command& repeatable() {
        repeat_ = Repeat::safe;
        return *this;
    }

    std::string_view verb() const { return words_.front(); }
    Repeat repeat() const { return repeat_; }
    const Script* script() const { return script_; }

    /// As it is sent: names with the prefix.
    std::string format(std::string_view prefix) const;
    /// The same with the source of its script in the place of the digest. REQUIRES: script().
    std::string format_with_source(std::string_view prefix) const;
    /// The words that are keys, without the prefix.
    std::vector<std::string_view> keys() const;

private:
    enum class Role : char { plain, key, channel };
    enum class Body { digest, source };
    std::string formatted(std::string_view prefix, Body) const;

    std::vector<std::string> words_;
    std::vector<Role> roles_;
    Repeat repeat_ = Repeat::once;
    const Script* script_ = nullptr;
};

/// A Lua script that runs as one step on the node of its keys. Constants only: define at namespace scope. Registers
/// itself, so that a test can load each of them on a real server. Every key that it touches is passed to it.
class Script {
public:
    struct Text {
        std::string_view name;   // `<module>.<what>`
        std::string_view source;
        Repeat repeat = Repeat::once;
    };
    explicit Script(Text);
    Script(const Script&) = delete;
    ~Script();

    std::string_view name() const { return text_.name; }
    std::string_view source() const { return text_.source; }
    Repeat repeat() const { return text_.repeat; }
    /// SHA-1 of the source in hexadecimal digits, as EVALSHA wants it.
    const std::string& digest() const { return digest_; }

    static std::span<const Script* const> all();

private:
    Text text_;
    std::string digest_;
};

}   // namespace caddy::redis
