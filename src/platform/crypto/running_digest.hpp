#pragma once
// SHA-256 of bytes that come piece by piece.
#include <memory>
#include <string>
#include <string_view>

namespace caddy::crypto {

class RunningSha256 {
public:
    RunningSha256();
    RunningSha256(const RunningSha256&) = delete;
    ~RunningSha256();

    void add(std::string_view);
    /// Of all that was added, as 64 hexadecimal digits. Nothing may be added behind it.
    std::string hex();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace caddy::crypto
