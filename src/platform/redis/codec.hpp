#pragma once
// RESP2 as bytes: hiredis' formatter and reader, bounded.
#include "platform/redis/reply.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

struct redisReader;

namespace caddy::redis {

/// What came is no RESP2, or more than the bounds allow: nothing after it can be understood.
struct Malformed : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// A command as it goes over the wire.
std::string encode(std::span<const std::string_view> words);

/// Bytes in pieces of any size, replies out.
class Decoder {
public:
    static constexpr std::size_t items_max = 1U << 20U;   // in one reply, nested ones included

    explicit Decoder(std::size_t reply_bytes_max);
    Decoder(Decoder&&) noexcept;
    Decoder& operator=(Decoder&&) noexcept;
    ~Decoder();

    /// Throws Malformed.
    void feed(std::string_view bytes);
    /// The next whole reply; nothing until more bytes have come. Throws Malformed.
    std::optional<Reply> next();

private:
    struct Budget;
    struct Free {
        void operator()(redisReader*) const;
    };
    std::size_t bytes_max_;
    std::size_t fed_ = 0;       // bytes, ever
    std::size_t finished_ = 0;  // of them in replies that are out
    std::unique_ptr<Budget> budget_;
    std::unique_ptr<redisReader, Free> reader_;
};

}   // namespace caddy::redis
