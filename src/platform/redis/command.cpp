#include "platform/redis/command.hpp"

#include "core/assert.hpp"
#include "platform/redis/codec.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>

namespace caddy::redis {
namespace {

std::vector<const Script*>& scripts() {
    static std::vector<const Script*> all;
    return all;
}

// Reading twice is reading. (XREADGROUP is no reading command: it gives entries out.)
constexpr std::array<std::string_view, 30> reading_verbs{
    "GET",    "MGET",   "EXISTS",    "TTL",       "PTTL",   "TYPE",             "STRLEN",        "HGET",
    "HMGET",  "HGETALL", "HLEN",     "HEXISTS",   "ZRANGE", "ZREVRANGE",        "ZSCORE",        "ZCARD",
    "ZCOUNT", "ZRANK",  "SMEMBERS",  "SISMEMBER", "SCARD",  "LRANGE",           "LLEN",          "XRANGE",
    "XLEN",   "XINFO",  "XPENDING",  "PING",      "TIME",   "ZRANGEBYSCORE"};

bool is_reading(std::string_view verb) {
    return std::find(reading_verbs.begin(), reading_verbs.end(), verb) != reading_verbs.end();
}

std::string sha1_hex(std::string_view text) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    CADDY_ASSERT(EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr) == 1);
    constexpr std::string_view digits = "0123456789abcdef";
    std::string hex;
    for (unsigned int at = 0; at < size; ++at) {
        hex += digits[digest[at] >> 4U];
        hex += digits[digest[at] & 15U];
    }
    return hex;
}

}   // namespace

Command::Command(std::string_view verb) : repeat_(is_reading(verb) ? Repeat::safe : Repeat::once) { arg(verb); }

Command::Command(const Script& script, std::span<const Key> keys, std::span<const std::string> arguments)
    : repeat_(script.repeat()), script_(&script) {
    arg("EVALSHA").arg(script.digest()).arg(keys.size());
    for (const auto& each : keys) key(each);
    for (const auto& each : arguments) arg(each);
}

Command& Command::key(const Key& key) {
    words_.push_back(key.text());
    roles_.push_back(Role::key);
    return *this;
}

Command& Command::channel(const Channel& channel) {
    words_.emplace_back(channel.text().name);
    roles_.push_back(Role::channel);
    return *this;
}

Command& Command::arg(std::string_view word) {
    words_.emplace_back(word);
    roles_.push_back(Role::plain);
    return *this;
}

std::string Command::formatted(std::string_view prefix, Body body) const {
    std::vector<std::string> named;   // with the prefix; reserved, so that nothing moves
    named.reserve(words_.size());
    std::vector<std::string_view> words;
    words.reserve(words_.size());
    for (std::size_t at = 0; at < words_.size(); ++at) {
        if (roles_[at] == Role::plain) {
            words.emplace_back(words_[at]);
            continue;
        }
        named.push_back(std::string(prefix) + words_[at]);
        words.emplace_back(named.back());
    }
    if (body == Body::source) {
        words[0] = "EVAL";
        words[1] = script_->source();
    }
    return encode(words);
}

std::string Command::format(std::string_view prefix) const { return formatted(prefix, Body::digest); }

std::string Command::format_with_source(std::string_view prefix) const {
    CADDY_ASSERT(script_ != nullptr);
    return formatted(prefix, Body::source);
}

std::vector<std::string_view> Command::keys() const {
    std::vector<std::string_view> found;
    for (std::size_t at = 0; at < words_.size(); ++at)
        if (roles_[at] == Role::key) found.emplace_back(words_[at]);
    return found;
}

Script::Script(Text text) : text_(text), digest_(sha1_hex(text.source)) {
    CADDY_ASSERT(!text_.name.empty() && !text_.source.empty());
    scripts().push_back(this);
}

Script::~Script() { std::erase(scripts(), this); }

std::span<const Script* const> Script::all() { return scripts(); }

}   // namespace caddy::redis
